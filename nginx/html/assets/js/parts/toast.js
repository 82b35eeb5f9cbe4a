// What a person's own action came to, shown for a moment.
import { el, find } from "./element.js";
import { text } from "../../text/en.js";

/**
 * Shows the result of the person's own action for 6 s; stays while pointed at or focused.
 * @param {string} words @param {Node | null} [link]
 */
export function toast(words, link = null) {
  const note = el("div", { class: "toast" }, words, link && " ", link);
  find("[data-toasts]").append(note);
  let timer = setTimeout(() => note.remove(), 6000);
  const stay = () => clearTimeout(timer);
  const leave = () => (timer = setTimeout(() => note.remove(), 3000));
  note.addEventListener("pointerenter", stay);
  note.addEventListener("pointerleave", leave);
  note.addEventListener("focusin", stay);
  note.addEventListener("focusout", leave);
}

/** Puts words on the clipboard and says so. @param {string} words */
export async function copy(words) {
  try {
    await navigator.clipboard.writeText(words);
    toast(text.copied);
  } catch {
    toast(text.copyFailed);
  }
}
