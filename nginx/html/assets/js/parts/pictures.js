// A picture of the create page: by file, camera, drop, paste or address, or one sent before. What
// the form sends is the address in the field, so that the form works without this too.
import { el, find } from "./element.js";
import { fieldError } from "./fields.js";
import { fileProblem, isOwn, latest, sendAddress, sendFile } from "./uploads.js";
import { text } from "../../text/en.js";

/** @typedef {import("./uploads.js").Upload} Upload */

class Picture {
  /** @param {HTMLElement} box */
  constructor(box) {
    this.box = box;
    /** @type {HTMLInputElement} */ this.input = find(`#${box.dataset.picture}`);
    /** @type {HTMLInputElement} */ this.file = find("input[type=file]", box);
    /** @type {HTMLElement} */ this.shown = find("[data-shown]", box);
    /** @type {HTMLImageElement} */ this.preview = find("[data-preview]", box);
    /** @type {HTMLElement} */ this.said = find("[data-said]", box);
    /** @type {HTMLProgressElement} */ this.progress = find("[data-progress]", box);
    /** @type {HTMLElement} */ this.list = find("[data-uploads]", box);
    /** What is under way. @type {AbortController | null} */ this.sending = null;
    box.hidden = false;
    this.listen();
    this.follow();
  }

  listen() {
    const drop = find("[data-drop]", this.box);
    // It has no name in the form, which would take it for a field.
    for (const kind of ["input", "focusout"]) {
      this.file.addEventListener(kind, (event) => event.stopPropagation());
    }
    this.file.addEventListener("change", (event) => {
      event.stopPropagation();
      const [file] = this.file.files ?? [];
      if (file) this.take(file);
      this.file.value = "";
    });
    drop.addEventListener("dragover", (/** @type {DragEvent} */ event) => {
      event.preventDefault();
      drop.classList.add("over");
    });
    drop.addEventListener("dragleave", () => drop.classList.remove("over"));
    drop.addEventListener("drop", (/** @type {DragEvent} */ event) => {
      event.preventDefault();
      drop.classList.remove("over");
      const [file] = event.dataTransfer?.files ?? [];
      if (file) this.take(file);
    });
    this.input.addEventListener("input", () => this.follow());
    this.input.addEventListener("change", () => this.fetch());
    find("[data-replace]", this.box).addEventListener("click", () => this.file.click());
    find("[data-remove]", this.box).addEventListener("click", () => this.remove());
    find("[data-earlier]", this.box).addEventListener("click", () => this.toggleEarlier());
  }

  /** Shows what the field says. */
  follow() {
    const url = this.input.value.trim();
    if (this.sending) return;
    this.shown.hidden = !isOwn(url);
    if (isOwn(url) && this.preview.getAttribute("src") !== url) this.preview.src = url;
  }

  /** @param {Blob} file */
  async take(file) {
    fieldError(this.input, null);
    const problem = await fileProblem(file);
    if (problem) return fieldError(this.input, problem);
    const local = URL.createObjectURL(file);
    this.preview.src = local;
    await this.send(
      (signal) => sendFile(file, (part) => (this.progress.value = part), signal),
      text.picture.sending,
    );
    URL.revokeObjectURL(local);
  }

  /** Has a picture fetched whose address was written. */
  async fetch() {
    const url = this.input.value.trim();
    if (!URL.canParse(url) || !url.startsWith("https://") || isOwn(url)) return;
    this.preview.removeAttribute("src");
    await this.send((signal) => sendAddress(url, signal), text.picture.fetching);
  }

  /** @param {(signal: AbortSignal) => Promise<Upload>} begin @param {string} words */
  async send(begin, words) {
    this.sending?.abort();
    const own = new AbortController();
    this.sending = own;
    this.shown.hidden = false;
    this.progress.hidden = false;
    this.progress.value = 0;
    this.said.textContent = words;
    try {
      const upload = await begin(own.signal);
      if (this.sending === own) this.choose(upload);
    } catch (/** @type {any} */ error) {
      if (this.sending !== own) return;
      this.sending = null;
      this.said.textContent = "";
      this.follow();
      const details = Array.isArray(error?.details) ? error.details : [];
      const refusal = details.map((/** @type {{message: string}} */ { message }) => message).join(" ");
      fieldError(this.input, refusal || (error?.isApiError ? error.message : text.error.network));
    } finally {
      if (this.sending === own) this.sending = null;
      if (!this.sending) this.progress.hidden = true;
    }
  }

  /** @param {Upload} upload */
  choose(upload) {
    this.sending = null;
    this.said.textContent = text.picture.ready(upload.width, upload.height);
    this.list.hidden = true;
    find("[data-earlier]", this.box).setAttribute("aria-expanded", "false");
    fieldError(this.input, null);
    this.put(upload.url);
  }

  remove() {
    this.sending?.abort();
    this.sending = null;
    this.said.textContent = "";
    this.progress.hidden = true;
    this.put("");
    this.file.focus();
  }

  /** @param {string} url */
  put(url) {
    this.input.value = url;
    this.input.dispatchEvent(new Event("input", { bubbles: true }));
  }

  async toggleEarlier() {
    const button = find("[data-earlier]", this.box);
    this.list.hidden = !this.list.hidden;
    button.setAttribute("aria-expanded", String(!this.list.hidden));
    if (this.list.hidden) return;
    try {
      const uploads = await latest();
      const items = uploads.map((upload) => {
        const words = text.picture.earlier(upload.width, upload.height);
        const image = el("img", { src: upload.url, alt: words, width: 88, height: 66, loading: "lazy" });
        return el("li", {}, el("button", { type: "button", onclick: () => this.choose(upload) }, image));
      });
      this.list.replaceChildren(...(items.length ? items : [el("li", { class: "hint" }, text.picture.none)]));
    } catch (/** @type {any} */ error) {
      this.list.replaceChildren(el("li", {}, error?.isApiError ? error.message : text.error.network));
    }
  }
}

/** Brings the pictures of the form to life. @param {HTMLElement} form */
export function workPictures(form) {
  const boxes = /** @type {HTMLElement[]} */ ([...form.querySelectorAll("[data-picture]")]);
  const pictures = boxes.map((box) => new Picture(box));
  addEventListener("paste", (event) => {
    const file = [...(event.clipboardData?.files ?? [])].find(({ type }) => type.startsWith("image/"));
    const meant = pictures.find(({ box }) => box.closest(".field")?.contains(document.activeElement));
    const picture = meant ?? pictures[0];
    if (!file || !picture) return;
    event.preventDefault();
    picture.take(file);
  });
  return {
    /** Shows what was filled into the fields by script. */
    follow: () => pictures.forEach((picture) => picture.follow()),
  };
}
