// Who is signed in, and the header that shows it.
import { api, ApiError, onSignedOut } from "./api.js";
import { browser, ownerKey, tab, userKey } from "./kept.js";
import { money } from "./money.js";

/**
 * @typedef {object} User
 * @property {string} id
 * @property {string} email
 * @property {string | null} name what they call themselves
 * @property {string} language in which mails are written
 * @property {boolean} emailVerified
 * @property {string} role
 * @property {boolean} secondFactor whether signing in takes a code
 * @property {string[]} permissions what they may do who run a part of the shop
 * @property {string | null} [pendingEmail]
 * @property {string | null} [leavesAt] when the account is removed
 * @property {Record<string, boolean>} notifications
 * @property {number} balance
 * @property {number} reserved
 * @property {number} undoSeconds for how long the site lets an order wait to be taken back
 * @property {import("./allowance.js").Allowance} [orders] what the limit on orders still allows
 */

const signedInKey = "rushes.signedIn";
const root = document.documentElement;

/** @type {User | null} */
let user = null;
let asked = false;
/** Whether this page shows what belongs to a person. */
let isPrivate = false;
/** Whether this page is signing out, and so knows better than what it hears of it. */
let isLeaving = false;

/** Keeps the header in step with who is signed in. @param {User | null} now */
export function remember(now) {
  user = now;
  if (now) {
    own(now.id);
    browser.set(userKey, now.id);
  }
  // Where this cannot be kept, the header starts signed out and is put right here on each page.
  browser.set(signedInKey, now ? "yes" : "no");
  if (now) root.dataset.session = "in";
  else delete root.dataset.session;
  const who = now?.name ?? now?.email ?? "";
  for (const line of document.querySelectorAll("[data-email]")) line.textContent = who;
  for (const link of document.querySelectorAll("[data-for-operator]")) {
    /** @type {HTMLElement} */ (link).hidden = !now || now.role === "user";
  }
  for (const line of document.querySelectorAll("[data-leaving]")) {
    /** @type {HTMLElement} */ (line).hidden = !now?.leavesAt;
  }
  if (now) showBalance(now.balance);
}

/**
 * Forgets what this tab keeps of another person. What was typed before anybody signed in stays.
 * @param {string} id
 */
function own(id) {
  const before = tab.get(ownerKey);
  if (before && before !== id) {
    tab.clear();
    if (isPrivate) location.reload();
  }
  tab.set(ownerKey, id);
}

/** @param {number} amount */
export function showBalance(amount) {
  if (user) user.balance = amount;
  for (const line of document.querySelectorAll("[data-balance]")) line.textContent = money(amount);
}

/** The signed-in user as the server sees it now, or null. @returns {Promise<User | null>} */
export async function me() {
  asked = true;
  try {
    remember(await api("/api/me"));
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 401) throw error;
    remember(null);
  }
  return user;
}

/**
 * Whether nobody is signed in, as far as the browser knows; one that keeps nothing does not know.
 * For pages that are open to both, so that they need not ask the server to be refused.
 */
export const isSignedOut = () =>
  root.dataset.session !== "in" && browser.get(signedInKey) !== "yes" && browser.set(signedInKey, "no");

/** Sends a signed-out visitor to the login page, to come back here afterwards. */
export function goToLogin() {
  remember(null);
  const here = location.pathname + location.search + location.hash;
  location.replace(`/login?next=${encodeURIComponent(here)}`);
  return new Promise(() => {});
}

/** The signed-in user; a signed-out visitor leaves for the login page. @returns {Promise<User>} */
export async function requireUser() {
  isPrivate = true;
  return (await me()) ?? goToLogin();
}

/** Says that this page is signing out, or that it could not. @param {boolean} now */
export function setLeaving(now) {
  isLeaving = now;
}

/**
 * Asks again who is signed in. What a private page shows is hidden until that is known, and gone
 * when it is somebody else, or nobody.
 */
async function askAgain() {
  const seemsIn = root.dataset.session === "in" || browser.get(signedInKey) === "yes";
  if (isLeaving) return;
  if (!isPrivate || !user) return seemsIn && void me().catch(() => {});
  const { id } = user;
  root.dataset.asking = "";
  try {
    const now = await me();
    if (!now) return void goToLogin();
    if (now.id === id) return void delete root.dataset.asking;
  } catch {
    // Nobody knows: the page is asked for anew, and says itself what is wrong.
  }
  location.reload();
}

onSignedOut(() => root.dataset.session === "in" && remember(null));
// Two tabs: signing in or out in one shows in the other. Without a key, all was cleared.
addEventListener("storage", (event) => {
  if (event.key === signedInKey || event.key === null) askAgain();
});
// Back: the browser shows the page as it was left, perhaps by somebody who has signed out since.
addEventListener("pageshow", (event) => event.persisted && askAgain());
// A page that did not ask for itself who is signed in still shows the balance.
setTimeout(() => {
  if (!asked && root.dataset.session === "in") me().catch(() => {});
});
