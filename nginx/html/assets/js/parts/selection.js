// The videos that are chosen in the gallery, and the bar with what can be done with them.
import { el, icon } from "./element.js";
import { text } from "../../text/en.js";

/** As many as one call takes. */
const most = 100;

export class Selection {
  /**
   * @param {HTMLElement} grid
   * @param {HTMLElement} bar
   * @param {{save: (ids: string[]) => Promise<void>, remove: (ids: string[]) => void}} acts
   */
  constructor(grid, bar, acts) {
    this.grid = grid;
    this.bar = bar;
    /** @type {Set<string>} */
    this.ids = new Set();
    this.status = el("p", { role: "status" });
    this.saver = this.button(text.download, "download", () => this.save(acts.save));
    bar.replaceChildren(
      this.status,
      el(
        "div",
        { class: "row" },
        this.saver,
        this.button(text.deletion.delete, "trash-2", () => acts.remove(this.take())),
        this.button(text.selection.clear, "x", () => this.take()),
      ),
    );
    grid.addEventListener("change", ({ target }) => {
      const box = /** @type {HTMLInputElement} */ (target);
      const id = /** @type {HTMLElement | null} */ (box.closest("[data-job]"))?.dataset.job;
      if (!id || !box.matches("[data-select]")) return;
      if (box.checked && this.ids.size < most) this.ids.add(id);
      else this.ids.delete(id);
      box.checked = this.ids.has(id);
      this.show();
    });
  }

  /** @param {string} words @param {string} picture @param {() => void} onclick */
  button(words, picture, onclick) {
    return el("button", { class: "button second", type: "button", onclick }, icon(picture), words);
  }

  /** Puts its box as it is on a card that was made anew. @param {string} id @param {HTMLElement} card */
  mark(id, card) {
    const box = /** @type {HTMLInputElement | null} */ (card.querySelector("[data-select]"));
    if (box) box.checked = this.ids.has(id);
  }

  /** Those are not there any more. @param {string[]} ids */
  drop(ids) {
    if (ids.map((id) => this.ids.delete(id)).some(Boolean)) this.show();
  }

  /** Gives them, and chooses none. */
  take() {
    const ids = [...this.ids];
    this.ids.clear();
    for (const box of this.grid.querySelectorAll("[data-select]")) {
      /** @type {HTMLInputElement} */ (box).checked = false;
    }
    if (this.bar.contains(document.activeElement)) {
      this.grid.querySelector("a")?.focus({ preventScroll: true });
    }
    this.show();
    return ids;
  }

  show() {
    this.bar.hidden = !this.ids.size;
    this.status.textContent = text.selection.count(this.ids.size);
  }

  /** @param {(ids: string[]) => Promise<void>} act */
  async save(act) {
    if (this.saver.getAttribute("aria-disabled")) return;
    this.saver.setAttribute("aria-disabled", "true");
    this.status.textContent = text.selection.packing;
    await act([...this.ids]);
    this.saver.removeAttribute("aria-disabled");
    this.show();
  }
}
