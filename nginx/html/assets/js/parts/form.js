// A form with one task: checked here first, then by the server, each problem beside its field.
import { ApiError } from "./api.js";
import { el, find, icon } from "./element.js";
import { fieldError, onLeave, showProblems } from "./fields.js";
import { errorBox, notice } from "./notice.js";
import { passwordLength } from "./words.js";
import { text } from "../../text/en.js";

/** @typedef {[HTMLElement, string][]} Problems */
/**
 * Says a refusal in other words.
 * @typedef {(error: ApiError) => {words: string, action?: Node | null} | null} Explain
 */

/** What is wrong with an address or a password, or null. @param {HTMLInputElement} input */
function inputProblem(input) {
  if (input.type === "email") return /^[^\s@]+@[^\s@]+$/.test(input.value.trim()) ? null : text.need.email;
  if (input.autocomplete === "one-time-code") return input.value.trim() ? null : text.need.code;
  // What else there is may be left out, and the server judges it.
  if (!input.autocomplete.endsWith("-password")) return null;
  const isNew = input.autocomplete === "new-password";
  if (!input.value) return isNew ? text.need.password : text.need.passwordLogin;
  if (isNew && passwordLength(input.value) < 8) return text.need.password;
  return new TextEncoder().encode(input.value).length > 1024 ? text.need.passwordLong : null;
}

/** Shows and hides a password. @param {HTMLElement} eye the button beside it */
function watchEye(eye) {
  eye.addEventListener("click", () => {
    const password = find("input", /** @type {HTMLElement} */ (eye.parentElement));
    const show = password.type === "password";
    password.type = show ? "text" : "password";
    eye.setAttribute("aria-pressed", String(show));
    eye.setAttribute("aria-label", show ? text.password.hide : text.password.show);
    eye.replaceChildren(icon(show ? "eye-off" : "eye"));
  });
}

/**
 * Shows what the server did not take.
 * @param {HTMLFormElement} form @param {HTMLInputElement[]} inputs @param {unknown} error
 * @param {Explain} explain
 */
function showRefused(form, inputs, error, explain) {
  const summary = find("[data-summary]", form);
  if (!(error instanceof ApiError)) return summary.replaceChildren(errorBox(error));
  const own = explain(error);
  if (own) return summary.replaceChildren(notice({}, own.words, own.action && el("p", {}, own.action)));
  const isList = error.code === "INVALID_INPUT" && Array.isArray(error.details);
  /** @type {[HTMLInputElement | undefined, string][]} */
  const problems = (isList ? error.details : []).map((
    /** @type {any} */ { field, message },
  ) => [inputs.find(({ name, type }) => name === field && type !== "hidden"), message]);
  const named = problems.filter(([input]) => input);
  const rest = problems.filter(([input]) => !input).map(([, words]) => words);
  showProblems(form, /** @type {Problems} */ (named), summary);
  if (rest.length) summary.replaceChildren(notice({}, rest.join(" ")));
  else if (named.length) return;
  else summary.replaceChildren(error.status < 500 ? notice({}, error.message) : errorBox(error));
}

/**
 * @param {HTMLFormElement} form with a `[data-summary]` for what belongs to no field
 * @param {(values: Record<string, string>) => Promise<unknown>} send with checked values, once a press
 * @param {Explain} [explain]
 */
export function work(form, send, explain = () => null) {
  /** @type {HTMLButtonElement} */
  const button = find("button[type=submit]", form);
  const inputs = /** @type {HTMLInputElement[]} */ ([...form.querySelectorAll("input[name]")]);
  for (const input of inputs) {
    input.addEventListener(
      "input",
      () => input.hasAttribute("aria-invalid") && fieldError(input, inputProblem(input)),
    );
  }
  onLeave(
    form,
    (target) => inputs.includes(target) && target.value && fieldError(target, inputProblem(target)),
  );
  for (const eye of form.querySelectorAll("[data-show-password]")) watchEye(/** @type {HTMLElement} */ (eye));

  const valueOf = (
    /** @type {HTMLInputElement} */ input,
  ) => (input.type === "email" ? input.value.trim() : input.value);
  let sending = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (sending) return;
    const problems = inputs.map((input) => [input, inputProblem(input)]).filter(([, words]) => words);
    showProblems(form, /** @type {Problems} */ (problems), find("[data-summary]", form));
    if (problems.length) return;
    sending = true;
    button.setAttribute("aria-disabled", "true");
    try {
      await send(Object.fromEntries(inputs.map((input) => [input.name, valueOf(input)])));
    } catch (error) {
      showRefused(form, inputs, error, explain);
    }
    sending = false;
    button.removeAttribute("aria-disabled");
  });
}

/**
 * Puts a message in place of what a page asked for, and the focus on it.
 * @param {string} picture @param {string} title @param {Node[]} lines
 */
export function conclude(picture, title, ...lines) {
  const gate = find(".gate");
  const heading = find("h1", gate);
  heading.textContent = title;
  heading.tabIndex = -1;
  const tone = { "circle-check": "ok", "circle-x": "bad" }[picture] ?? "";
  for (const part of [...gate.children]) if (!part.contains(heading)) part.remove();
  for (const other of [...(heading.parentElement?.children ?? [])]) if (other !== heading) other.remove();
  const state = el("p", { class: `state ${tone}` }, icon(picture));
  gate.append(el("div", { class: "card", "data-outcome": true }, state, ...lines));
  heading.focus();
}
