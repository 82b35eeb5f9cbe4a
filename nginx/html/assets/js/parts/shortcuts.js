// Single keys, off while typing and switched off in their list: / c g v ?
import { browser } from "./kept.js";

const keysOff = "rushes.keysOff";

export const keysAreOn = () => browser.get(keysOff) !== "yes";

/** @param {boolean} on */
export function switchKeys(on) {
  if (on) browser.remove(keysOff);
  else browser.set(keysOff, "yes");
}

const showKeys = () => import("../keys.js").then((keys) => keys.showKeys());
for (const button of document.querySelectorAll("[data-show-keys]")) {
  button.addEventListener("click", () => {
    document.getElementById("account-menu")?.hidePopover();
    showKeys();
  });
}

const typed = "textarea, select, input:not([type=radio], [type=checkbox])";

/**
 * Whether a press belongs to what has the focus, to the browser or to a dialog.
 * @param {KeyboardEvent} event
 */
function isTaken(event) {
  const target = /** @type {HTMLElement} */ (event.target);
  const isTyping = target.isContentEditable || target.closest?.(typed);
  const isCombined = event.ctrlKey || event.metaKey || event.altKey || event.isComposing;
  return isTyping || event.defaultPrevented || isCombined || document.querySelector("dialog[open]");
}

let lastKey = "";
addEventListener("keydown", (event) => {
  const before = lastKey;
  lastKey = event.key;
  if (isTaken(event) || !keysAreOn()) return;
  const search = /** @type {HTMLInputElement | null} */ (document.querySelector("input[type=search]"));
  if (event.key === "?") showKeys();
  else if (document.documentElement.dataset.session !== "in") return;
  else if (event.key === "/" && search) search.focus();
  else if (event.key === "/") location.assign("/videos#q");
  else if (event.key === "c") location.assign("/create");
  else if (event.key === "v" && before === "g") location.assign("/videos");
  else return;
  event.preventDefault();
});
