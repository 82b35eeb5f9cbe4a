// The link of a mail that proves an address: says what came of it.
import { api, ApiError } from "./parts/api.js";
import { el, find } from "./parts/element.js";
import { conclude } from "./parts/form.js";
import { errorBox } from "./parts/notice.js";
import { me } from "./parts/session.js";
import { text } from "../text/en.js";

const say = text.verify;
const token = location.hash.slice(1);
// A token stays neither in the address nor in the history.
if (token) history.replaceState(null, "", location.pathname);
addEventListener("hashchange", () => location.reload());

const link = (/** @type {string} */ href, /** @type {string} */ words) =>
  el("p", {}, el("a", { class: "button", href }, words));

/** Who is signed in here, if that can be found out. */
const whoIsHere = () => me().catch(() => null);

/** @param {boolean} isIn */
const goOn = (isIn) => (isIn ? link("/create", text.purchase.toCreate) : link("/login", text.logIn));

async function prove() {
  try {
    await api("/api/auth/verify-email", { method: "POST", body: { token } });
    conclude("circle-check", say.done, el("p", {}, say.doneWords), goOn(Boolean(await seemsIn())));
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 400) {
      find("[data-verify]").replaceChildren(errorBox(error, prove));
      return;
    }
    // An answer that was lost, or a second press of the link: what counts is what is true now.
    const user = await seemsIn();
    if (user?.emailVerified && !user.pendingEmail) conclude("circle-check", say.already, goOn(true));
    else {conclude(
        "circle-x",
        say.over,
        el("p", {}, say.overWords),
        user ? link("/account", say.toAccount) : link("/login", text.logIn),
      );}
  }
}

/** The signed-in user; nobody is asked for where nobody seems to be. */
async function seemsIn() {
  return document.documentElement.dataset.session === "in" ? await whoIsHere() : null;
}

if (token) prove();
else conclude("mail", say.none, el("p", {}, say.noneWords), link("/account", say.toAccount));
