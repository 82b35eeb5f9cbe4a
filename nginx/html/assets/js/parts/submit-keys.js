// How a form is sent: by its button or by Ctrl+Enter, never by surprise and never twice by one press.
import { find } from "./element.js";

/** @param {HTMLFormElement} form @param {() => void} submit */
export function onSubmit(form, submit) {
  find("[data-submit]", form).addEventListener("click", (/** @type {MouseEvent} */ event) => {
    if (event.detail > 1) event.preventDefault();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submit();
  });
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.repeat) return;
    event.preventDefault();
    submit();
  });
  // Where Enter in a one-line field would submit by surprise, it does not.
  form.addEventListener("keypress", (event) => {
    const isLine = /** @type {HTMLElement} */ (event.target).matches("input.input");
    if (event.key === "Enter" && isLine) event.preventDefault();
  });
}
