// A form with one task: checked here first, then by the server, each problem beside its field.
import { ApiError } from "./app.js";
import { el, errorBox, fieldError, find, icon, onLeave, passwordLength, showProblems } from "./dom.js";
import { text } from "../text/en.js";

/** What is wrong with an address or a password, or null. @param {HTMLInputElement} input */
export function problemWith(input) {
  if (input.type === "email") return /^[^\s@]+@[^\s@]+$/.test(input.value.trim()) ? null : text.need.email;
  const isNew = input.autocomplete === "new-password";
  if (!input.value) return isNew ? text.need.password : text.need.passwordLogin;
  if (isNew && passwordLength(input.value) < 8) return text.need.password;
  return new TextEncoder().encode(input.value).length > 1024 ? text.need.passwordLong : null;
}

/**
 * @param {HTMLFormElement} form with a `[data-summary]` for what belongs to no field
 * @param {(values: Record<string, string>) => Promise<unknown>} send what to do with checked values, once for each press
 * @param {(error: ApiError) => {words: string, action?: Node | null} | null} [explain] says a refusal in other words
 */
export function work(form, send, explain = () => null) {
  const summary = find("[data-summary]", form);
  /** @type {HTMLButtonElement} */
  const button = find("button[type=submit]", form);
  /** @type {HTMLInputElement[]} */
  const inputs = [...form.querySelectorAll("input[name]")].map((input) => /** @type {HTMLInputElement} */ (input));
  for (const input of inputs) {
    input.addEventListener("input", () => input.hasAttribute("aria-invalid") && fieldError(input, problemWith(input)));
  }
  onLeave(form, (target) => inputs.includes(target) && target.value && fieldError(target, problemWith(target)));
  for (const eye of form.querySelectorAll("[data-show-password]")) {
    eye.addEventListener("click", () => {
      const password = find("input", /** @type {HTMLElement} */ (eye.parentElement));
      const show = password.type === "password";
      password.type = show ? "text" : "password";
      eye.setAttribute("aria-pressed", String(show));
      eye.setAttribute("aria-label", show ? text.password.hide : text.password.show);
      eye.replaceChildren(icon(show ? "eye-off" : "eye"));
    });
  }

  /** @param {string} words @param {Node | null} [action] */
  const say = (words, action = null) => summary.replaceChildren(el("div", { class: "notice bad", role: "alert" }, icon("circle-alert"), el("div", {}, el("p", {}, words), action && el("p", {}, action))));

  /** @param {unknown} error */
  function refused(error) {
    if (!(error instanceof ApiError)) return summary.replaceChildren(errorBox(error));
    const own = explain(error);
    if (own) return say(own.words, own.action);
    const details = error.code === "INVALID_INPUT" && Array.isArray(error.details) ? error.details : [];
    const named = /** @type {[HTMLElement, string][]} */ (details.map(({ field, message }) => [inputs.find(({ name }) => name === field), message]).filter(([input]) => input));
    showProblems(form, named, summary);
    const rest = details.filter(({ field }) => !inputs.some(({ name }) => name === field)).map(({ message }) => message);
    if (rest.length) say(rest.join(" "));
    else if (named.length) return;
    else if (error.status < 500) say(error.message);
    else summary.replaceChildren(errorBox(error));
  }

  let sending = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (sending) return;
    const problems = /** @type {[HTMLElement, string][]} */ (inputs.map((input) => [input, problemWith(input)]).filter(([, words]) => words));
    showProblems(form, problems, summary);
    if (problems.length) return;
    sending = true;
    button.setAttribute("aria-disabled", "true");
    try {
      await send(Object.fromEntries(inputs.map((input) => [input.name, input.type === "email" ? input.value.trim() : input.value])));
    } catch (error) {
      refused(error);
    }
    sending = false;
    button.removeAttribute("aria-disabled");
  });
  return { say };
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
  gate.append(el("div", { class: "card", "data-outcome": true }, el("p", { class: `state ${tone}` }, icon(picture)), ...lines));
  heading.focus();
}
