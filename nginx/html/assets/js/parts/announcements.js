// The words above every page: a notice can be closed, and stays so in this browser until it is another.
import { browser } from "./kept.js";

const name = "rushes.closed";

/** @param {HTMLElement} note */
function close(note) {
  const bar = note.parentElement;
  note.remove();
  if (!bar?.childElementCount) bar?.remove();
}

for (const one of document.querySelectorAll("[data-close]")) {
  const button = /** @type {HTMLButtonElement} */ (one);
  const which = button.dataset.close ?? "";
  const note = /** @type {HTMLElement} */ (button.parentElement);
  if (browser.get(name) === which) close(note);
  button.hidden = false;
  button.addEventListener("click", () => {
    browser.set(name, which);
    close(note);
    document.getElementById("main")?.focus();
  });
}
