// A link beside each heading that has a name, so that its place can be sent to somebody.
import { el } from "./element.js";
import { text } from "../../text/en.js";

/** @param {ParentNode} root */
export function addAnchors(root) {
  for (const heading of root.querySelectorAll("h2[id], h3[id]")) {
    if (heading.querySelector("a")) continue;
    const label = text.anchor(heading.textContent ?? "");
    heading.append(" ", el("a", { class: "anchor", href: `#${heading.id}`, "aria-label": label }, "#"));
  }
}
