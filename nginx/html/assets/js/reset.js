// A forgotten password: asks for the mail with the link, or, with the link's token, for a new one.
import { api } from "./parts/api.js";
import { el, find } from "./parts/element.js";
import { conclude, work } from "./parts/form.js";
import { remember } from "./parts/session.js";
import { isolated } from "./parts/words.js";
import { text } from "../text/en.js";

const say = text.reset;
const token = location.hash.slice(1);
// A token stays neither in the address nor in the history.
if (token) history.replaceState(null, "", location.pathname);
addEventListener("hashchange", () => location.reload());

const ask = find("[data-ask]");
const renew = find("[data-renew]");
ask.hidden = Boolean(token);
renew.hidden = !token;
if (token) find("h1").textContent = say.newTitle;
for (const words of document.querySelectorAll("[data-ask-words]")) {
  /** @type {HTMLElement} */ (words).hidden = Boolean(token);
}

work(ask, async ({ email }) => {
  await api("/api/auth/password/forgot", { method: "POST", body: { email } });
  conclude(
    "mail",
    text.checkMail.title,
    el("p", {}, text.checkMail.reset(isolated(email))),
    el("p", { class: "muted" }, text.checkMail.spam),
  );
});

work(
  renew,
  async ({ password }) => {
    await api("/api/auth/password/reset", { method: "POST", body: { token, password } });
    remember(null);
    conclude(
      "circle-check",
      say.done,
      el("p", {}, say.doneWords),
      el("p", {}, el("a", { class: "button", href: "/login" }, text.logIn)),
    );
  },
  (error) => {
    const isOver = Array.isArray(error.details) && error.details.some(({ field }) => field === "token");
    return isOver ? { words: say.over, action: el("a", { href: "/reset" }, say.another) } : null;
  },
);
