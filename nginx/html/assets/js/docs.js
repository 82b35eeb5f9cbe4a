// The manual reads without this. It adds a link to each heading, and buttons that copy.
import { addAnchors } from "./parts/anchors.js";
import { find } from "./parts/element.js";
import { copy } from "./parts/toast.js";

addAnchors(find("main"));
for (const button of document.querySelectorAll("[data-copy]")) {
  /** @type {HTMLInputElement} */
  const words = find("input[name=prompt]", button.closest("form") ?? document);
  button.addEventListener("click", () => copy(words.value));
  /** @type {HTMLElement} */ (button).hidden = false;
}
