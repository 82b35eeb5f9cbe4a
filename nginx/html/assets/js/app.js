// On every page: calls to the API, who is signed in, and the header and footer that show it.
import { el, find, money, setClock } from "./dom.js";
import { text } from "../text/en.js";

/** @typedef {{get: (name: string) => string | null, set: (name: string, value: string) => boolean, remove: (name: string) => void, clear: () => void}} Store */

/** What store.js keeps for this tab, and for this browser. @type {{tab: Store, browser: Store}} */
export const { tab, browser } = /** @type {any} */ (globalThis).kept;

/** A refusal or failure that the API described. */
export class ApiError extends Error {
  isApiError = true;
  /** @param {number} status @param {any} body @param {Headers} headers */
  constructor(status, body, headers) {
    const error = body?.error ?? {};
    const wait = Number(error.details?.retryAfterSeconds ?? headers.get("Retry-After")) || 0;
    super(error.message || (status === 429 ? `${text.error.tooMany} ${wait ? text.error.wait(wait) : ""}`.trim() : text.error.server));
    this.status = status;
    /** Seconds until it makes sense to ask again; 0 when the server did not say. */
    this.wait = wait;
    /** @type {string} */ this.code = error.code ?? "";
    /** @type {any} */ this.details = error.details;
    /** @type {string} */ this.requestID = body?.requestId ?? headers.get("X-Request-Id") ?? "";
  }
}

/**
 * Calls the API and gives the answer's body. Throws ApiError for an answer that is a refusal, and
 * what `fetch` throws when there was no answer, or not all of it, or not in time: then nobody knows
 * what the server did.
 * @param {string} path
 * @param {{method?: string, body?: any, key?: string, signal?: AbortSignal}} [options] `key` is the Idempotency-Key
 * @returns {Promise<any>}
 */
export async function api(path, { method = "GET", body, key, signal } = {}) {
  /** @type {Record<string, string>} */
  const headers = { Accept: "application/json" };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (key) headers["Idempotency-Key"] = key;
  const response = await fetch(path, {
    method,
    headers,
    signal: AbortSignal.any([AbortSignal.timeout(method === "GET" ? 30_000 : 90_000), ...(signal ? [signal] : [])]),
    body: body === undefined ? undefined : typeof body === "string" ? body : JSON.stringify(body),
    credentials: "same-origin",
    cache: "no-cache",
  });
  setClock(response.headers.get("Date"));
  if (response.ok) return response.status === 204 ? null : await response.json();
  const answer = await response.json().catch(() => null);
  if (response.status === 401 && document.documentElement.dataset.session === "in" && !path.startsWith("/api/auth/")) remember(null);
  throw new ApiError(response.status, answer, response.headers);
}

/** Refusals of what is asked. Others say nothing of an earlier try whose answer was lost. */
const settling = [400, 402, 404, 409, 410, 422];

/**
 * What somebody wants done once: its key is kept until an answer tells what became of it.
 * @param {string} name of the kind of wish: there is one at a time
 */
export function intent(name) {
  const store = `rushes.intent.${name}`;
  let isKept = true;

  /** @returns {{key: string, body: string} | null} */
  function kept() {
    try {
      return JSON.parse(tab.get(store) ?? "null");
    } catch {
      return null;
    }
  }

  return {
    /** Whether it is not known what became of this wish, so that it may only be repeated. @param {string} body */
    isOpen: (body) => kept()?.body === body,
    /** Whether the key outlives this page. */
    get isKept() {
      return isKept;
    },
    /** @param {string} path @param {string} body */
    async send(path, body) {
      const before = kept();
      const key = before?.body === body ? before.key : crypto.randomUUID();
      isKept = tab.set(store, JSON.stringify({ key, body }));
      try {
        const answer = await api(path, { method: "POST", body, key });
        tab.remove(store);
        return answer;
      } catch (error) {
        if (error instanceof ApiError && settling.includes(error.status)) tab.remove(store);
        throw error;
      }
    },
  };
}

/** @typedef {{id: string, email: string, emailVerified: boolean, pendingEmail?: string | null, notifications: Record<string, boolean>, balance: number, reserved: number}} User */

/** @type {User | null} */
let user = null;
let asked = false;

/** Keeps the header in step with who is signed in. @param {User | null} now */
export function remember(now) {
  user = now;
  if (now) {
    own(now.id);
    browser.set(userKey, now.id);
  }
  const root = document.documentElement;
  // Where this cannot be kept, the header starts signed out and is put right here on each page.
  browser.set("rushes.signedIn", now ? "yes" : "no");
  if (now) root.dataset.session = "in";
  else delete root.dataset.session;
  for (const line of document.querySelectorAll("[data-email]")) line.textContent = now?.email ?? "";
  if (now) showBalance(now.balance);
}

/** Whose the things are that this tab keeps; who was seen last to be signed in to this browser. */
const ownerKey = "rushes.owner";
const userKey = "rushes.user";

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

/** Sends a signed-out visitor to the login page, to come back here afterwards. */
export function goToLogin() {
  remember(null);
  location.replace(`/login?next=${encodeURIComponent(location.pathname + location.search + location.hash)}`);
  return new Promise(() => {});
}

/** Whether this page shows what belongs to a person. */
let isPrivate = false;
/** Whether this page is signing out, and so knows better than what it hears of it. */
let leaving = false;

/** The signed-in user; a signed-out visitor leaves for the login page. @returns {Promise<User>} */
export async function requireUser() {
  isPrivate = true;
  return (await me()) ?? goToLogin();
}

/**
 * Asks again who is signed in. What a private page shows is hidden until that is known, and gone
 * when it is somebody else, or nobody.
 */
async function askAgain() {
  const seemsIn = document.documentElement.dataset.session === "in" || browser.get("rushes.signedIn") === "yes";
  if (leaving) return;
  if (!isPrivate || !user) return seemsIn && void me().catch(() => {});
  const { id } = user;
  document.documentElement.dataset.asking = "";
  try {
    const now = await me();
    if (!now) return void goToLogin();
    if (now.id === id) return void delete document.documentElement.dataset.asking;
  } catch {
    // Nobody knows: the page is asked for anew, and says itself what is wrong.
  }
  location.reload();
}

const draftKey = "rushes.draft";

/** What was typed on the create page in this tab, kept through login and payment. @returns {Record<string, any>} */
export function readDraft() {
  const owner = tab.get(ownerKey);
  if (owner && owner !== (browser.get(userKey) ?? owner)) return {};
  try {
    return JSON.parse(tab.get(draftKey) ?? "{}") ?? {};
  } catch {
    return {};
  }
}

/** @param {Record<string, any>} draft */
export function keepDraft(draft) {
  tab.set(draftKey, JSON.stringify(draft));
}

/** Whether there is something worth coming back to. */
export const hasDraft = () => Boolean(readDraft().prompt || readDraft().image);

/**
 * The whole address that `text` stands for on this site, or null when it leads anywhere else. What
 * is judged is what is given back: a path alone means another site when it begins with two slashes.
 * @param {string} text
 */
export function ownAddress(text) {
  const url = URL.canParse(text, location.origin) && new URL(text, location.origin);
  return url && url.href.startsWith(`${location.origin}/`) && !url.pathname.startsWith("//") ? url.href : null;
}

/** The address of a page somewhere on the web, such as a payment page; null for any other kind. @param {string} text */
export function webAddress(text) {
  const url = URL.canParse(text) && new URL(text);
  return url && /^https?:$/.test(url.protocol) ? url.href : null;
}

/** Where to go after login: a page of this site, and nothing that no person reads, as the API. */
export function nextPage() {
  const next = ownAddress(new URLSearchParams(location.search).get("next") || "/create");
  return next && !/^\/(?:api|assets|_)/.test(new URL(next).pathname) ? next : "/create";
}

/** The line that says why nothing moves; it goes away by itself. @type {HTMLElement | null} */
let outage = null;

/** @param {string | null} words `null` when the server can be reached again */
function sayOutage(words) {
  if (!words) {
    outage?.remove();
    outage = null;
  } else if (outage) outage.textContent = words;
  else document.querySelector("[data-toasts]")?.append((outage = el("div", { class: "toast", "data-outage": true }, words)));
}

addEventListener("offline", () => sayOutage(text.error.offline));
addEventListener("online", () => sayOutage(null));

/**
 * Asks again and again while something is unfinished: 3 s apart when the page is seen, 15 s when
 * not, up to 30 s apart after errors, each ±20 % so that many pages do not ask in step. It asks at
 * once when the page is seen again, comes back from the browser's memory, or the network is back.
 * Only an answer ends it: one that was lost is said on the page and asked for again.
 * @param {(signal: AbortSignal) => Promise<boolean>} step gives whether anything is still unfinished
 * @param {() => number} [pause] milliseconds between two questions of a page that is seen
 */
export function poll(step, pause = () => 3000) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  let failures = 0;
  let wait = 0;
  let open = true;
  /** @type {AbortController | null} */
  let running = null;
  const later = () => {
    clearTimeout(timer);
    const next = failures ? Math.min(30_000, pause() * 2 ** failures) : document.hidden ? 15_000 : pause();
    timer = setTimeout(run, Math.max(wait * 1000, next * (0.8 + Math.random() * 0.4)));
  };
  async function run() {
    if (running) return;
    clearTimeout(timer);
    const mine = (running = new AbortController());
    try {
      const more = await step(mine.signal);
      if (running !== mine) return;
      open = more;
      failures = wait = 0;
      sayOutage(null);
    } catch (/** @type {any} */ error) {
      if (running !== mine) return;
      if (error.status === 401) await goToLogin();
      failures += 1;
      wait = error.wait ?? 0;
      if (!navigator.onLine) sayOutage(text.error.offline);
      else if (failures > 1) sayOutage(error.isApiError ? text.error.stillBusy : text.error.noAnswer);
    }
    running = null;
    if (open) later();
  }
  /** A question that is under way may never be answered: it is dropped and asked anew. */
  const now = () => {
    if (!open) return;
    running?.abort();
    running = null;
    run();
  };
  document.addEventListener("visibilitychange", () => document.hidden || now());
  addEventListener("online", now);
  addEventListener("pageshow", (event) => event.persisted && now());
  later();
  return {
    /** Something new is unfinished: ask soon. */
    wake() {
      open = true;
      if (!running) later();
    },
    now,
  };
}

/** @type {HTMLDialogElement | null} */
let stillIn = null;

/**
 * Signs out. A refusal or a lost answer is told, with the way to try again: as long as the server
 * has not said so, nobody is signed out.
 */
async function signOut() {
  stillIn?.close();
  leaving = true;
  try {
    await api("/api/auth/logout", { method: "POST", body: {} });
  } catch (error) {
    leaving = false;
    return sayStillIn(error instanceof ApiError ? error.message : text.signOut.noAnswer);
  }
  // The server's answer has emptied what this browser keeps. How the pages look stays.
  const { theme } = document.documentElement.dataset;
  const keys = keysAreOn();
  tab.clear();
  remember(null);
  if (theme) browser.set("rushes.theme", theme);
  if (!keys) switchKeys(false);
  location.replace("/");
}

/** @param {string} why */
function sayStillIn(why) {
  document.getElementById("account-menu")?.hidePopover();
  stillIn?.remove();
  stillIn = el(
    "dialog",
    { class: "dialog", "aria-labelledby": "still-in-title", "data-still-in": true },
    el("h2", { id: "still-in-title" }, text.signOut.title),
    el("p", {}, why),
    el("p", {}, text.signOut.words),
    el("div", { class: "row" }, el("button", { class: "button", type: "button", onclick: signOut }, text.signOut.again), el("button", { class: "button second", type: "button", onclick: () => stillIn?.close() }, text.signOut.stay)),
  );
  const dialog = /** @type {HTMLDialogElement} */ (stillIn);
  document.body.append(dialog);
  dialog.showModal();
}

for (const button of document.querySelectorAll("[data-sign-out]")) button.addEventListener("click", signOut);

/** @type {HTMLElement | null} */
const themes = document.querySelector("[data-theme-choice]");
if (themes) {
  themes.hidden = false;
  const root = document.documentElement;
  find(`input[value="${root.dataset.theme ?? "system"}"]`, themes).checked = true;
  themes.addEventListener("change", (event) => {
    const { value } = /** @type {HTMLInputElement} */ (event.target);
    if (value === "system") delete root.dataset.theme;
    else root.dataset.theme = value;
    browser.set("rushes.theme", value);
  });
}

// Single keys, off while typing and switched off in their list: / c g v ?
const keysOff = "rushes.keysOff";

export const keysAreOn = () => browser.get(keysOff) !== "yes";

/** @param {boolean} on */
export function switchKeys(on) {
  if (on) browser.remove(keysOff);
  else browser.set(keysOff, "yes");
}

const showKeys = () => import("./keys.js").then((keys) => keys.showKeys());
for (const button of document.querySelectorAll("[data-show-keys]")) {
  button.addEventListener("click", () => {
    document.getElementById("account-menu")?.hidePopover();
    showKeys();
  });
}

let lastKey = "";
addEventListener("keydown", (event) => {
  const before = lastKey;
  lastKey = event.key;
  const target = /** @type {HTMLElement} */ (event.target);
  const typing = target.isContentEditable || target.closest?.("textarea, select, input:not([type=radio], [type=checkbox])");
  if (typing || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing || document.querySelector("dialog[open]") || !keysAreOn()) return;
  const search = /** @type {HTMLInputElement | null} */ (document.querySelector("input[type=search]"));
  if (event.key === "?") showKeys();
  else if (document.documentElement.dataset.session !== "in") return;
  else if (event.key === "/" && search) search.focus();
  else if (event.key === "/") location.assign("/videos#q");
  else if (event.key === "c") location.assign("/create");
  else if (event.key === "v" && before === "g") location.assign("/videos");
  else return;
  event.preventDefault();
});

// Browsers bring only the caret of a text field into sight: here all of it, beside the bars. Not while
// a button of the mouse is down, or the field would move away from under it.
let pressed = false;
addEventListener("pointerdown", () => (pressed = true), true);
for (const end of ["pointerup", "pointercancel"]) addEventListener(end, () => (pressed = false), true);
addEventListener("focusin", ({ target }) => {
  if (!(target instanceof HTMLTextAreaElement)) return;
  const show = () => target.scrollIntoView({ block: "nearest" });
  if (pressed) addEventListener("pointerup", () => setTimeout(show), { once: true });
  else show();
});

// Two tabs: signing in or out in one shows in the other. Without a key, all was cleared.
addEventListener("storage", (event) => {
  if (event.key === "rushes.signedIn" || event.key === null) askAgain();
});
// Back: the browser shows the page as it was left, perhaps by somebody who has signed out since.
addEventListener("pageshow", (event) => event.persisted && askAgain());

// A page that did not ask for itself who is signed in still shows the balance.
setTimeout(() => {
  if (!asked && document.documentElement.dataset.session === "in") me().catch(() => {});
});
