// Signing up and logging in.
import { nextPage } from "./parts/address.js";
import { api } from "./parts/api.js";
import { hasDraft } from "./parts/draft.js";
import { el, find } from "./parts/element.js";
import { conclude, work } from "./parts/form.js";
import { notice } from "./parts/notice.js";
import { me, remember } from "./parts/session.js";
import { isolated } from "./parts/words.js";
import { text } from "../text/en.js";

/** @type {HTMLFormElement} */
const form = find("[data-gate]");
const next = new URLSearchParams(location.search).get("next");

if (next) find("[data-other]").search = new URLSearchParams({ next }).toString();
find("[data-kept]").hidden = !hasDraft();

/** Goes on as the person who is signed in now. @param {import("./parts/session.js").User} user */
async function enter(user) {
  remember(user);
  location.replace(nextPage());
  await new Promise(() => {});
}

/** The second step of logging in, of pages that have one. @type {HTMLFormElement | null} */
const codeForm = document.querySelector("[data-code]");
const heading = find("h1");
const title = heading.textContent;
/** What the password was answered with, until the code is taken. */
let ticket = "";

/** @param {string} given */
function askForCode(given) {
  ticket = given;
  showStep(true);
  find("#code").focus();
}

/** @param {boolean} isSecond */
function showStep(isSecond) {
  form.hidden = isSecond;
  if (codeForm) codeForm.hidden = !isSecond;
  heading.textContent = isSecond ? text.code.title : title;
}

/** Back to the password, and why. @param {string} [words] */
function startAgain(words) {
  ticket = "";
  codeForm?.reset();
  showStep(false);
  find("[data-summary]", form).replaceChildren(...(words ? [notice({}, words)] : []));
  find("#password", form).select();
}

if (codeForm) {
  work(codeForm, async ({ code }) => {
    try {
      const answer = await api("/api/auth/login/code", { method: "POST", body: { ticket, code } });
      await enter(answer.user);
    } catch (/** @type {any} */ error) {
      const over = error.details?.find?.((/** @type {any} */ { field }) => field === "ticket");
      if (!over) throw error;
      startAgain(over.message);
    }
  });
  find("[data-back]", codeForm).addEventListener("click", () => startAgain());
}

work(
  form,
  async (values) => {
    const answer = await api(`/api/auth/${form.dataset.gate}`, { method: "POST", body: values });
    if (answer.ticket) return askForCode(answer.ticket);
    if (!answer.user) {
      const say = text.checkMail;
      conclude(
        "mail",
        say.title,
        el("p", {}, say.signUp(isolated(values.email))),
        el("p", { class: "muted" }, say.spam),
      );
      return;
    }
    await enter(answer.user);
  },
  (error) => {
    if (error.status === 401) find("#password", form).select();
    return error.status === 409
      ? { words: text.taken, action: el("a", { href: `/login${location.search}` }, text.logInInstead) }
      : null;
  },
);

// Someone who is signed in already has no business here.
if (document.documentElement.dataset.session === "in") {
  me().then((user) => user && location.replace(nextPage())).catch(() => {});
}
