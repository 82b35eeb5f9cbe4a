// The create page: a form that follows the chosen tier, an exact price, one job for each intent.
import { api } from "./parts/api.js";
import { opensAt, watchAllowance } from "./parts/allowance.js";
import { showTiers } from "./parts/choices.js";
import { hasDraft } from "./parts/draft.js";
import { el, find } from "./parts/element.js";
import { fieldError, onLeave } from "./parts/fields.js";
import { errorBox } from "./parts/notice.js";
import { againOf } from "./parts/job.js";
import { jobsOf, showRefusal, showWrongFields } from "./parts/order.js";
import { prefilled } from "./parts/prefill.js";
import { workPictures } from "./parts/pictures.js";
import { PresentWish, typed } from "./parts/present.js";
import { RunningVideos } from "./parts/running.js";
import { isSignedOut, me, requireUser, showBalance } from "./parts/session.js";
import { showFields, showLengths, showPrice, showWish } from "./parts/show.js";
import { onSubmit } from "./parts/submit-keys.js";
import { toast } from "./parts/toast.js";
import { askedOf, forgetWanted, keepWanted } from "./parts/wanted.js";
import { shortBy } from "./parts/wish.js";
import { text } from "../text/en.js";

/** @type {HTMLFormElement} */
const form = find("[data-create]");
const button = find("[data-submit]", form);
const wish = new PresentWish(form, () => {
  showLengths(wish);
  showPrice(wish);
});
/** Who has not signed up sees prices, and is asked to only when the button is pressed. */
const isGuest = isSignedOut();
wish.isGuest = isGuest;
const pictures = isGuest ? null : workPictures(form);
/** From the start, so that no order is without it, whatever else did not load. */
const running = new RunningVideos((id) => wish.nameOf(id), takeBalance, takeBack);

/** @param {import("./parts/session.js").User | null} user */
function takeBalance(user) {
  if (!user) return;
  Object.assign(wish, { balance: user.balance, orders: user.orders });
  awaitOpening(user.orders);
  showPrice(wish);
}
const askBalance = () => me().then(takeBalance).catch(() => {});
const awaitOpening = watchAllowance(askBalance);

/** An order was undone: what it asked for is in the form again, but not over what was typed since. */
function takeBack(/** @type {import("./parts/job.js").Job} */ job) {
  const prompt = wish.input("prompt");
  if (prompt.value.trim() && prompt.value !== job.prompt) {
    return toast(text.create.otherPrompt, el("a", { href: againOf(job) }, text.useSettings));
  }
  prompt.value = job.prompt ?? "";
  prompt.dispatchEvent(new Event("input", { bubbles: true }));
  prompt.focus();
}

async function submit() {
  if (wish.isSending || !wish.tiers.length) return;
  wish.keep();
  const { price, body } = wish;
  if (price === undefined) return wish.quote.ask(0);
  if (isGuest) return location.assign(`/signup?next=${encodeURIComponent("/create")}`);
  // What was perhaps paid for already is repeated, whatever the balance is.
  const short = wish.isOpen ? 0 : shortBy(price, wish.balance);
  if (short) {
    keepWanted(wish);
    return location.assign(`/credits?need=${(short / 100).toFixed(2)}`);
  }
  if (!wish.isOpen && opensAt(wish.orders)) return;
  const { problems } = wish;
  showWrongFields(form, problems);
  if (problems.length) return;
  wish.isSending = true;
  button.setAttribute("aria-disabled", "true");
  button.textContent = text.create.sending;
  await send(body, price);
  wish.isSending = false;
  showPrice(wish);
}

/** @param {string} body @param {number} price what the button says */
async function send(body, price) {
  try {
    const asked = askedOf(body, price, wish.undoSeconds);
    const sent = JSON.stringify(asked);
    const answer = await wish.order.send("/api/videos/generate", body, sent);
    wish.balance = answer.balance;
    showBalance(answer.balance);
    const jobs = jobsOf(answer, asked);
    for (const job of jobs) running.add(job);
    button.textContent = text.create.accepted;
    toast(text.create.queued(jobs.length), el("a", { href: "#running" }, text.create.see));
    // A second press of the same double click, however late, must not be a second video.
    await Promise.all([askBalance(), new Promise((resolve) => setTimeout(resolve, 1500))]);
  } catch (/** @type {any} */ error) {
    if (error.code === "INSUFFICIENT_CREDITS") wish.balance = error.details?.current ?? wish.balance;
    // It costs something else by now, or the limit is met: the button says so.
    if (["CONFLICT", "RATE_LIMITED"].includes(error.code)) await refresh();
    showRefusal(form, error, wish.order.isKept);
  }
}

form.addEventListener("input", ({ target }) => {
  const { name, value } = /** @type {HTMLInputElement} */ (target);
  wish.choose(name, value);
  wish.keep();
  if (!wish.tiers.length) return;
  if (name === "tier") showLengths(wish);
  if (name === "tier" || name === "image") find("[data-problem]", form).replaceChildren();
  if (["tier", "duration", "image", "strength"].includes(name)) showFields(wish);
  else showWish(wish);
  const field = /** @type {HTMLElement} */ (target);
  if (field.hasAttribute("aria-invalid")) fieldError(field, wish.problemWith(name));
  if (name === "tier" && form.querySelector("#image[aria-invalid]")) fieldError(wish.input("image"), null);
});
onLeave(form, (field) => {
  const isWritten = wish.tiers.length && field.value && typed.includes(field.name);
  if (isWritten) fieldError(field, wish.problemWith(field.name));
});
wish.more.addEventListener("toggle", () => wish.keep());
onSubmit(form, submit);
// Someone who comes back after a while sees the present prices and balance.
async function refresh() {
  try {
    const [user, { items }] = await Promise.all([me(), api("/api/tiers"), running.load()]);
    wish.tiers = items;
    wish.quote.forget();
    takeBalance(user);
    showFields(wish);
  } catch {
    // The next press asks the server anyway.
  }
}
document.addEventListener("visibilitychange", () => {
  if (document.hidden || !wish.tiers.length || wish.isSending) return;
  if (!isGuest) refresh();
  else if (!isSignedOut()) location.reload();
});

async function start() {
  const place = find("[data-load-error]");
  try {
    const [user, { items }] = await Promise.all([isGuest ? null : requireUser(), api("/api/tiers")]);
    const { draft, focus } = await prefilled(wish.draft, items, !isGuest);
    Object.assign(
      wish,
      { tiers: items, draft },
      user && { balance: user.balance, undoSeconds: user.undoSeconds, orders: user.orders },
    );
    awaitOpening(user?.orders);
    forgetWanted();
    showTiers(form, items, draft.tier, !isGuest);
    wish.fillIn();
    pictures?.follow();
    showLengths(wish);
    showFields(wish);
    if (hasDraft() || draft.prompt) wish.keep();
    place.replaceChildren();
    form.removeAttribute("aria-busy");
    if (focus) (focus === "submit" ? button : wish.input(focus)).focus();
    find("#running").hidden = isGuest;
    if (isGuest) running.giveUp();
    else await running.load();
  } catch (error) {
    place.replaceChildren(errorBox(error, start));
    running.giveUp();
    form.removeAttribute("aria-busy");
  }
}

wish.takeUp();
start();
