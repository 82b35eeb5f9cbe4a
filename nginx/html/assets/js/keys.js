// The list of keyboard shortcuts, and the switch that turns them off. Loaded when first asked for.
import { el, icon } from "./parts/element.js";
import { keysAreOn, switchKeys } from "./parts/shortcuts.js";
import { text } from "../text/en.js";

/** @type {HTMLDialogElement | null} */
let dialog = null;

function make() {
  const close = el("button", {
    class: "button quiet square",
    type: "button",
    "aria-label": text.keys.close,
    onclick: () => dialog?.close(),
  }, icon("x"));
  const on = el("input", { type: "checkbox", id: "keys-on", onchange: () => switchKeys(on.checked) });
  const lines = text.keys.list.map(([keys, words]) =>
    el("div", {}, el("dt", {}, words), el("dd", {}, ...keys.split(" ").map((key) => el("kbd", {}, key))))
  );
  const made = el(
    "dialog",
    { class: "keys", "aria-labelledby": "keys-title" },
    el("div", { class: "spread" }, el("h2", { id: "keys-title" }, text.keys.title), close),
    el("dl", {}, ...lines),
    el("label", { class: "switch", for: "keys-on" }, on, text.keys.on),
  );
  // A click beside the dialog closes it: the backdrop belongs to the dialog itself.
  made.addEventListener("click", (/** @type {MouseEvent} */ event) => event.target === made && made.close());
  document.body.append(made);
  return made;
}

/** Opens the list. */
export function showKeys() {
  dialog ??= /** @type {HTMLDialogElement} */ (make());
  /** @type {HTMLInputElement} */ (dialog.querySelector("input")).checked = keysAreOn();
  if (!dialog.open) dialog.showModal();
}
