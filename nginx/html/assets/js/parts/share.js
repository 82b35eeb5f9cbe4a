// The link of a video: made, changed, replaced and ended by its owner.
import { api } from "./api.js";
import { el, icon } from "./element.js";
import { errorBox } from "./notice.js";
import { time } from "./time.js";
import { copy, toast } from "./toast.js";
import { text } from "../../text/en.js";

const say = text.share;

/**
 * @typedef {object} Share
 * @property {string | null} token
 * @property {string | null} url
 * @property {string} expiresAt
 * @property {boolean} showPrompt
 * @property {boolean} allowDownload
 */

/** A button that opens the panel, and the panel. @param {string} id of the video */
export function sharing(id) {
  const panel = el("section", {
    class: "card share",
    id: "share",
    hidden: true,
    "aria-labelledby": "share-title",
  });
  const opener = el(
    "button",
    { class: "button second", type: "button", "aria-expanded": "false", "aria-controls": "share" },
    icon("share-2"),
    say.open,
  );
  const share = new SharePanel(id, panel);
  opener.addEventListener("click", () => {
    panel.hidden = !panel.hidden;
    opener.setAttribute("aria-expanded", String(!panel.hidden));
    if (!panel.hidden) share.load();
  });
  return { opener, panel };
}

class SharePanel {
  /** @param {string} id @param {HTMLElement} panel */
  constructor(id, panel) {
    this.path = `/api/videos/${encodeURIComponent(id)}/share`;
    this.panel = panel;
    this.problem = el("div", {});
    this.isBusy = false;
  }

  async load() {
    this.panel.setAttribute("aria-busy", "true");
    try {
      this.show((await api(this.path)).share);
    } catch (error) {
      this.panel.replaceChildren(this.heading(), errorBox(error, () => this.load()));
    }
    this.panel.removeAttribute("aria-busy");
    this.panel.querySelector("h2")?.focus();
  }

  heading() {
    return el("h2", { id: "share-title", tabindex: "-1" }, say.title);
  }

  /** @param {Share | null} share */
  show(share) {
    this.problem.replaceChildren();
    this.panel.replaceChildren(
      this.heading(),
      el("p", { class: "muted" }, say.words),
      ...(share ? [this.address(share)] : []),
      this.terms(share),
      this.problem,
    );
  }

  /** @param {Share} share */
  address({ url, expiresAt }) {
    const end = el("p", { class: "hint" }, say.ends, " ", time(expiresAt, "full"));
    if (!url) return el("div", { class: "stack" }, el("p", {}, say.hidden), end);
    const input = el("input", { class: "input", id: "share-url", readonly: true, value: url });
    input.addEventListener("focus", () => input.select());
    return el(
      "div",
      { class: "field" },
      el("label", { for: "share-url" }, say.address),
      input,
      end,
      el(
        "div",
        { class: "row" },
        el("button", { class: "button", type: "button", onclick: () => copy(url) }, icon("copy"), say.copy),
      ),
    );
  }

  /** The form with what people may see, and for how long. @param {Share | null} share */
  terms(share) {
    const days = el(
      "select",
      { class: "input", id: "share-days", name: "days" },
      ...Object.entries(say.days).map(([count, words]) =>
        el("option", { value: count, selected: count === "30" }, words)
      ),
    );
    const [prompt, download] = [box(share?.showPrompt), box(share?.allowDownload ?? true)];
    const wish = (/** @type {string | null} */ replaces) => ({
      expiresInDays: Number(days.value),
      showPrompt: prompt.checked,
      allowDownload: download.checked,
      ...(replaces && { replaces }),
    });
    const [look, words] = share ? ["button second", say.save] : ["button", say.make];
    const form = el(
      "form",
      { class: "stack" },
      el(
        "div",
        { class: "field" },
        el("label", { for: "share-days" }, share ? say.newEnd : say.ends),
        days,
      ),
      el("label", { class: "switch" }, prompt, say.showPrompt),
      el("label", { class: "switch" }, download, say.allowDownload),
      el(
        "div",
        { class: "row" },
        el("button", { class: look, type: "submit" }, words),
        share?.token && this.act(say.renew, () => this.put(wish(share.token), say.renewed)),
        share && this.act(say.end, () => this.end()),
      ),
    );
    form.addEventListener("submit", (/** @type {Event} */ event) => {
      event.preventDefault();
      this.put(wish(null), share ? say.saved : say.made);
    });
    return form;
  }

  /** @param {string} words @param {() => void} onclick */
  act(words, onclick) {
    return el("button", { class: "button second", type: "button", onclick }, words);
  }

  /** @param {object} body @param {string} done */
  put(body, done) {
    return this.once(async () => {
      const share = await api(this.path, { method: "POST", body });
      this.show(share);
      const address = this.panel.querySelector("#share-url") ?? this.panel.querySelector("h2");
      /** @type {HTMLElement | null} */ (address)?.focus();
      toast(done);
    });
  }

  end() {
    return this.once(async () => {
      await api(this.path, { method: "DELETE" });
      this.show(null);
      /** @type {HTMLElement | null} */ (this.panel.querySelector("h2"))?.focus();
      toast(say.ended);
    });
  }

  /** One thing at a time. @param {() => Promise<void>} act */
  async once(act) {
    if (this.isBusy) return;
    this.isBusy = true;
    this.problem.replaceChildren();
    try {
      await act();
    } catch (error) {
      this.problem.replaceChildren(errorBox(error));
    }
    this.isBusy = false;
  }
}

/** @param {boolean | undefined} isOn */
const box = (isOn) => el("input", { type: "checkbox", checked: Boolean(isOn) });
