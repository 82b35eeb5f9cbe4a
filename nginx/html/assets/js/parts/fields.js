// What is wrong with the fields of a form, said beside each.
import { el, icon } from "./element.js";
import { notice } from "./notice.js";
import { text } from "../../text/en.js";

/**
 * Says beside a field what is wrong with it, or with `null` that nothing is.
 * @param {HTMLElement} input @param {string | null} words
 */
export function fieldError(input, words) {
  const id = `${input.id}-error`;
  const before = (input.getAttribute("aria-describedby") ?? "").split(" ");
  const described = before.filter((part) => part && part !== id);
  document.getElementById(id)?.remove();
  if (words) {
    const line = el("p", { class: "field-error", id }, icon("circle-alert"), el("span", {}, words));
    input.closest(".field")?.append(line);
    described.push(id);
    input.setAttribute("aria-invalid", "true");
  } else {
    input.removeAttribute("aria-invalid");
  }
  if (described.length) input.setAttribute("aria-describedby", described.join(" "));
  else input.removeAttribute("aria-describedby");
}

/**
 * Calls `check` with a field that was left. While a button of the mouse is down it waits for the
 * click to end: a line of error shown before would move the button away from under the pointer.
 * @param {HTMLFormElement} form @param {(input: any) => void} check
 */
export function onLeave(form, check) {
  let pressed = false;
  addEventListener("pointerdown", () => (pressed = true), true);
  for (const end of ["pointerup", "pointercancel"]) addEventListener(end, () => (pressed = false), true);
  form.addEventListener("focusout", ({ target }) => {
    if (!pressed) check(target);
    else addEventListener("pointerup", () => setTimeout(() => check(target)), { once: true });
  });
}

/**
 * Shows every wrong field, a summary when there are more than two, and goes to the first.
 * @param {HTMLFormElement} form
 * @param {[HTMLElement, string][]} problems
 * @param {HTMLElement} summary
 */
export function showProblems(form, problems, summary) {
  for (const input of form.querySelectorAll("[aria-invalid]")) {
    fieldError(/** @type {HTMLElement} */ (input), null);
  }
  summary.replaceChildren();
  for (const [input, words] of problems) fieldError(input, words);
  if (problems.length > 2) {
    const link = (/** @type {HTMLElement} */ { id }, /** @type {string} */ words) =>
      el("li", {}, el("a", { href: `#${id}` }, words));
    summary.append(
      notice({}, text.error.form, el("ul", {}, ...problems.map(([input, words]) => link(input, words)))),
    );
  }
  problems[0]?.[0].focus();
}
