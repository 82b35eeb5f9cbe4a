// Building pages without HTML strings; writing money, times and spans; counting and cutting words.
import { text } from "../text/en.js";

const sprite = new URL("../icons.svg", import.meta.url).pathname;

/**
 * Makes an element. Properties starting with "on" are listeners, `class` and others are attributes;
 * `false`, `null` and `undefined` are left out, `true` is an empty attribute.
 * @param {string} tag
 * @param {Record<string, any>} [properties]
 * @param {...(Node | string | null | undefined | false)} children
 * @returns {any}
 */
export function el(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === false || value === null || value === undefined) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(.../** @type {(Node | string)[]} */ (children.filter((child) => child || child === "")));
  return element;
}

/** Somebody's words within a sentence of ours, whose order of letters they must not turn around. @param {string} words */
export const isolated = (words) => `\u2068${words}\u2069`;

// How long text is, and how it is cut: the same on the page, in the API and at the vendor.

const segmenter = new Intl.Segmenter();
const shown = /[^\p{White_Space}\p{Default_Ignorable_Code_Point}\p{Cc}\p{Co}\u2800]/u;

/** What a maximum counts: UTF-16 code units. @param {string} words */
export const codeUnits = (words) => words.length;

/** What a minimum counts: characters that can be seen. @param {string} words */
export function visibleCharacters(words) {
  let count = 0;
  for (const { segment } of segmenter.segment(words)) if (shown.test(segment)) count += 1;
  return count;
}

/** The beginning of `words` with at most `most` characters; what is cut ends with "…". @param {string} words @param {number} most */
export function cut(words, most) {
  let count = 0;
  let edge = 0;
  for (const { segment, index } of segmenter.segment(words)) {
    if (count === most) return `${words.slice(0, edge)}…`;
    if (count < most - 1) edge = index + segment.length;
    count += 1;
  }
  return words;
}

/** What a password's least length counts: code points of its prepared form (RFC 8265). @param {string} password */
export const passwordLength = (password) => [...password.replace(/\p{Zs}/gu, " ").normalize("NFC")].length;

/** A drawing from the sprite. @param {string} name */
export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `${sprite}#${name}`);
  svg.append(use);
  return svg;
}

/** The one element that fits, which the page promises to have. @param {string} selector @param {ParentNode} [root] @returns {any} */
export function find(selector, root = document) {
  const element = root.querySelector(selector);
  if (!element) throw new Error(`The page has no ${selector}`);
  return element;
}

const dollars = new Intl.NumberFormat("en-US", { style: "currency", currency: "USD" });
/** @param {number} amount dollars */
export const money = (amount) => dollars.format(amount);
/** @param {number} amount dollars */
export const signedMoney = (amount) => (amount < 0 ? `−${money(-amount)}` : `+${money(amount)}`);
/** Dollars as whole cents, so that sums are exact. @param {number} amount */
export const cents = (amount) => Math.round(amount * 100);
/** @param {string} [words] @param {string} [classes] */
export const num = (words = "", classes = "") => el("span", { class: `num ${classes}`.trim() }, words);

/** What the server's clock was ahead of ours, which counts evenly but from any beginning. */
let ahead = Date.now() - performance.now();

/** Sets our clock by an answer's `Date`: the device's own may be wrong by years. @param {string | null} date */
export function setClock(date) {
  const time = Date.parse(date ?? "");
  // The header has whole seconds, cut off.
  if (Number.isFinite(time)) ahead = time + 500 - performance.now();
}

/** The time now by the server's clock, in milliseconds; by the device's until the server was heard. */
export const now = () => performance.now() + ahead;

/** 100 seconds as "1:40". @param {number} seconds */
export function clock(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
const dayTime = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "short" });
const day = new Intl.DateTimeFormat("en", { dateStyle: "medium" });

/** @param {Date} date */
function ago(date) {
  const seconds = (date.getTime() - now()) / 1000;
  if (Math.abs(seconds) < 45) return "just now";
  for (const [unit, size, limit] of /** @type {[Intl.RelativeTimeFormatUnit, number, number][]} */ ([["minute", 60, 3600], ["hour", 3600, 86400], ["day", 86400, 604800]])) {
    if (Math.abs(seconds) < limit) return relative.format(Math.round(seconds / size), unit);
  }
  return day.format(date);
}

/** A time as people say it, the full time in its title. @param {string} iso @param {"ago" | "full" | "day"} [style] */
export function time(iso, style = "ago") {
  const date = new Date(iso);
  const words = style === "ago" ? ago(date) : style === "day" ? day.format(date) : dayTime.format(date);
  return el("time", { datetime: iso, title: dayTime.format(date) }, words);
}

/** Shows the result of the person's own action for 6 s; stays while pointed at or focused. @param {string} words @param {Node | null} [link] */
export function toast(words, link = null) {
  const note = el("div", { class: "toast" }, words, link && " ", link);
  find("[data-toasts]").append(note);
  let timer = setTimeout(() => note.remove(), 6000);
  const stay = () => clearTimeout(timer);
  const leave = () => (timer = setTimeout(() => note.remove(), 3000));
  note.addEventListener("pointerenter", stay);
  note.addEventListener("pointerleave", leave);
  note.addEventListener("focusin", stay);
  note.addEventListener("focusout", leave);
}

/** Puts words on the clipboard and says so. @param {string} words */
export async function copy(words) {
  try {
    await navigator.clipboard.writeText(words);
    toast(text.copied);
  } catch {
    toast(text.copyFailed);
  }
}

/**
 * What happened, what to do, the request id and Retry.
 * @param {any} error an ApiError or what fetch threw
 * @param {(() => void) | null} [again]
 */
export function errorBox(error, again = null) {
  const id = error?.requestID;
  // What is wrong with a field is said in its words, and the same again would be refused again.
  const isRefused = error?.code === "INVALID_INPUT" && Array.isArray(error.details);
  const words = isRefused ? error.details.map((/** @type {any} */ { message }) => message).join(" ") : error?.isApiError ? error.message : text.error.network;
  return el(
    "div",
    { class: "notice bad", role: "alert" },
    icon("circle-alert"),
    el(
      "div",
      {},
      el("p", {}, el("strong", {}, text.error.title)),
      el("p", {}, words),
      id && el("p", { class: "request-id" }, `${text.requestID}: `, num(id), " ", el("button", { type: "button", class: "link-button", onclick: () => copy(id) }, text.copyRequestID)),
      again && !isRefused && el("p", {}, el("button", { type: "button", class: "button second", onclick: again }, icon("refresh-cw"), text.retry)),
    ),
  );
}

/** Nothing here yet: one sentence and one action. @param {string} picture @param {string} title @param {string} words @param {Node | null} action */
export function emptyBox(picture, title, words, action) {
  return el("div", { class: "empty" }, icon(picture), el("div", {}, el("h2", {}, title), el("p", {}, words)), action);
}

/**
 * Says beside a field what is wrong with it, or with `null` that nothing is.
 * @param {HTMLElement} input @param {string | null} words
 */
export function fieldError(input, words) {
  const id = `${input.id}-error`;
  const described = (input.getAttribute("aria-describedby") ?? "").split(" ").filter((part) => part && part !== id);
  document.getElementById(id)?.remove();
  if (words) {
    input.closest(".field")?.append(el("p", { class: "field-error", id }, icon("circle-alert"), el("span", {}, words)));
    described.push(id);
    input.setAttribute("aria-invalid", "true");
  } else {
    input.removeAttribute("aria-invalid");
  }
  if (described.length) input.setAttribute("aria-describedby", described.join(" "));
  else input.removeAttribute("aria-describedby");
}

/**
 * Calls `check` with a field that was left. While a button of the mouse is down it waits for the
 * click to end: a line of error shown before would move the button away from under the pointer.
 * @param {HTMLFormElement} form @param {(input: any) => void} check
 */
export function onLeave(form, check) {
  let pressed = false;
  addEventListener("pointerdown", () => (pressed = true), true);
  for (const end of ["pointerup", "pointercancel"]) addEventListener(end, () => (pressed = false), true);
  form.addEventListener("focusout", ({ target }) => {
    if (!pressed) check(target);
    else addEventListener("pointerup", () => setTimeout(() => check(target)), { once: true });
  });
}

/**
 * Shows every wrong field, a summary when there are more than two, and goes to the first.
 * @param {HTMLFormElement} form
 * @param {[HTMLElement, string][]} problems
 * @param {HTMLElement} summary
 */
export function showProblems(form, problems, summary) {
  for (const input of form.querySelectorAll("[aria-invalid]")) fieldError(/** @type {HTMLElement} */ (input), null);
  summary.replaceChildren();
  for (const [input, words] of problems) fieldError(input, words);
  if (problems.length > 2) {
    const lines = problems.map(([input, words]) => el("li", {}, el("a", { href: `#${input.id}` }, words)));
    summary.append(el("div", { class: "notice bad", role: "alert" }, icon("circle-alert"), el("div", {}, el("p", {}, text.error.form), el("ul", {}, ...lines))));
  }
  problems[0]?.[0].focus();
}
