// Signing up and logging in.
import { nextPage } from "./parts/address.js";
import { api } from "./parts/api.js";
import { hasDraft } from "./parts/draft.js";
import { el, find } from "./parts/element.js";
import { conclude, work } from "./parts/form.js";
import { me, remember } from "./parts/session.js";
import { isolated } from "./parts/words.js";
import { text } from "../text/en.js";

/** @type {HTMLFormElement} */
const form = find("[data-gate]");
const next = new URLSearchParams(location.search).get("next");

if (next) find("[data-other]").search = new URLSearchParams({ next }).toString();
find("[data-kept]").hidden = !hasDraft();

work(
  form,
  async ({ email, password }) => {
    const answer = await api(`/api/auth/${form.dataset.gate}`, { method: "POST", body: { email, password } });
    if (!answer.user) {
      const say = text.checkMail;
      conclude(
        "mail",
        say.title,
        el("p", {}, say.signUp(isolated(email))),
        el("p", { class: "muted" }, say.spam),
      );
      return;
    }
    remember(answer.user);
    location.replace(nextPage());
    await new Promise(() => {});
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
