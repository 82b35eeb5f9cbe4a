// Signing up and logging in: one form, checked here first, then by the server.
import { ApiError, api, hasDraft, me, nextPage, remember } from "./app.js";
import { el, errorBox, fieldError, find, icon, onLeave, showProblems } from "./dom.js";
import { text } from "../text/en.js";

/** @type {HTMLFormElement} */
const form = find("[data-gate]");
const isNew = form.dataset.gate === "register";
/** @type {HTMLInputElement} */
const email = find("#email", form);
/** @type {HTMLInputElement} */
const password = find("#password", form);
const summary = find("[data-summary]", form);
/** @type {HTMLButtonElement} */
const button = find("button[type=submit]", form);
const next = new URLSearchParams(location.search).get("next");

if (next) find("[data-other]").search = new URLSearchParams({ next }).toString();
find("[data-kept]").hidden = !hasDraft();

/** What is wrong with a field, or null. @param {HTMLInputElement} input */
function problemWith(input) {
  if (input === email) return /^[^\s@]+@[^\s@]+$/.test(email.value.trim()) ? null : text.need.email;
  if (!password.value) return isNew ? text.need.password : text.need.passwordLogin;
  if (isNew && [...password.value].length < 8) return text.need.password;
  if (new TextEncoder().encode(password.value).length > 1024) return text.need.passwordLong;
  return null;
}

for (const input of [email, password]) {
  input.addEventListener("input", () => {
    if (input.hasAttribute("aria-invalid")) fieldError(input, problemWith(input));
  });
}

onLeave(form, (input) => {
  if ((input === email || input === password) && input.value) fieldError(input, problemWith(input));
});

const eye = find("[data-show-password]", form);
eye.addEventListener("click", () => {
  const show = password.type === "password";
  password.type = show ? "text" : "password";
  eye.setAttribute("aria-pressed", String(show));
  eye.setAttribute("aria-label", show ? text.password.hide : text.password.show);
  eye.replaceChildren(icon(show ? "eye-off" : "eye"));
});

/** @param {string} words @param {Node | null} [action] */
const say = (words, action = null) => summary.replaceChildren(el("div", { class: "notice bad", role: "alert" }, icon("circle-alert"), el("div", {}, el("p", {}, words), action)));

let sending = false;
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (sending) return;
  const problems = /** @type {[HTMLElement, string][]} */ ([email, password].map((input) => [input, problemWith(input)]).filter(([, words]) => words));
  showProblems(form, problems, summary);
  if (problems.length) return;
  sending = true;
  button.setAttribute("aria-disabled", "true");
  try {
    const { user } = await api(`/api/auth/${form.dataset.gate}`, { method: "POST", body: { email: email.value.trim(), password: password.value } });
    remember(user);
    location.replace(nextPage());
    return;
  } catch (error) {
    if (!(error instanceof ApiError)) summary.replaceChildren(errorBox(error));
    else if (error.code === "INVALID_INPUT" && Array.isArray(error.details)) {
      const named = /** @type {[HTMLElement, string][]} */ (error.details.filter(({ field }) => field === "email" || field === "password").map(({ field, message }) => [field === "email" ? email : password, message]));
      showProblems(form, named, summary);
      if (!named.length) say(error.message);
    } else if (error.status === 409) say(text.taken, el("a", { href: `/login${location.search}` }, text.logInInstead));
    else if (error.status === 401 || error.status === 429) {
      say(error.message);
      if (error.status === 401) password.select();
    } else summary.replaceChildren(errorBox(error));
  }
  sending = false;
  button.removeAttribute("aria-disabled");
});

// Someone who is signed in already has no business here.
if (document.documentElement.dataset.session === "in") {
  me().then((user) => user && location.replace(nextPage())).catch(() => {});
}
