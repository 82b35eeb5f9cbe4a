// On every page: calls to the API, who is signed in, and the header and footer that show it.
import { find, money } from "./dom.js";
import { text } from "../text/en.js";

/** A refusal or failure that the API described. */
export class ApiError extends Error {
  isApiError = true;
  /** @param {number} status @param {any} body @param {Headers} headers */
  constructor(status, body, headers) {
    const error = body?.error ?? {};
    const wait = Number(error.details?.retryAfterSeconds ?? headers.get("Retry-After") ?? 0);
    let message = error.message || text.error.server;
    if (status === 429) message = `${error.message || text.error.tooMany} ${wait ? text.error.wait(wait) : ""}`.trim();
    super(message);
    this.status = status;
    /** @type {string} */ this.code = error.code ?? "";
    /** @type {any} */ this.details = error.details;
    /** @type {string} */ this.requestID = body?.requestId ?? headers.get("X-Request-Id") ?? "";
  }
}

/**
 * Calls the API and gives the answer's body. Throws ApiError for an answer that is a refusal, and
 * what `fetch` throws when there was no answer.
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
    signal,
    body: body === undefined ? undefined : typeof body === "string" ? body : JSON.stringify(body),
    credentials: "same-origin",
    cache: "no-cache",
  });
  const answer = response.status === 204 ? null : await response.json().catch(() => null);
  if (response.ok) return answer;
  if (response.status === 401 && document.documentElement.dataset.session === "in" && !path.startsWith("/api/auth/")) remember(null);
  throw new ApiError(response.status, answer, response.headers);
}

/** @typedef {{id: string, email: string, balance: number, reserved: number}} User */

/** @type {User | null} */
let user = null;
let asked = false;

/** Keeps the header in step with who is signed in. @param {User | null} now */
export function remember(now) {
  user = now;
  const root = document.documentElement;
  try {
    localStorage.setItem("rushes.signedIn", now ? "yes" : "no");
  } catch {
    // Without storage the header starts signed out and is put right here on each page.
  }
  if (now) root.dataset.session = "in";
  else delete root.dataset.session;
  for (const line of document.querySelectorAll("[data-email]")) line.textContent = now?.email ?? "";
  if (now) showBalance(now.balance);
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

/** The signed-in user; a signed-out visitor leaves for the login page. @returns {Promise<User>} */
export async function requireUser() {
  return (await me()) ?? goToLogin();
}

const draftKey = "rushes.draft";

/** What was typed on the create page in this tab, kept through login and payment. @returns {Record<string, any>} */
export function readDraft() {
  try {
    return JSON.parse(sessionStorage.getItem(draftKey) ?? "{}") ?? {};
  } catch {
    return {};
  }
}

/** @param {Record<string, any>} draft */
export function keepDraft(draft) {
  try {
    sessionStorage.setItem(draftKey, JSON.stringify(draft));
  } catch {
    // Without storage the draft lasts as long as the page.
  }
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

/** Where to go after login: a page of this site. */
export const nextPage = () => ownAddress(new URLSearchParams(location.search).get("next") || "/create") ?? "/create";

/**
 * Asks again and again while something is unfinished: 3 s apart when the page is seen, 15 s when
 * not, up to 30 s apart after errors, each ±20 % so that many pages do not ask in step.
 * @param {() => Promise<boolean>} step gives whether anything is still unfinished
 */
export function poll(step) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  let failures = 0;
  let open = true;
  let running = false;
  const later = () => {
    clearTimeout(timer);
    const pause = failures ? Math.min(30_000, 3000 * 2 ** failures) : document.hidden ? 15_000 : 3000;
    timer = setTimeout(run, pause * (0.8 + Math.random() * 0.4));
  };
  async function run() {
    if (running) return;
    running = true;
    try {
      open = await step();
      failures = 0;
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) await goToLogin();
      failures += 1;
    }
    running = false;
    if (open) later();
  }
  document.addEventListener("visibilitychange", () => {
    if (open && !document.hidden) run();
  });
  later();
  return {
    /** Something new is unfinished: ask soon. */
    wake() {
      open = true;
      later();
    },
  };
}

for (const button of document.querySelectorAll("[data-sign-out]")) {
  button.addEventListener("click", async () => {
    try {
      await api("/api/auth/logout", { method: "POST", body: {} });
    } catch (error) {
      if (!(error instanceof ApiError)) return;
    }
    sessionStorage.clear();
    remember(null);
    location.assign("/");
  });
}

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
    try {
      localStorage.setItem("rushes.theme", value);
    } catch {
      // The choice then lasts for this page.
    }
  });
}

// Single keys, off while typing and switched off in their list: / c g v ?
const keysOff = "rushes.keysOff";

export const keysAreOn = () => {
  try {
    return localStorage.getItem(keysOff) !== "yes";
  } catch {
    return true;
  }
};

/** @param {boolean} on */
export function switchKeys(on) {
  try {
    if (on) localStorage.removeItem(keysOff);
    else localStorage.setItem(keysOff, "yes");
  } catch {
    // Without storage they stay on.
  }
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

// Two tabs: signing in or out in one shows in the other.
addEventListener("storage", (event) => {
  if (event.key === "rushes.signedIn") me().catch(() => {});
});

// A page that did not ask for itself who is signed in still shows the balance.
setTimeout(() => {
  if (!asked && document.documentElement.dataset.session === "in") me().catch(() => {});
});
