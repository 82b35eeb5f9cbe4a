// Messages that stay on the page: what went wrong, and what is not there yet.
import { el, icon, num } from "./element.js";
import { copy } from "./toast.js";
import { text } from "../../text/en.js";

/** @typedef {Node | string | null | undefined | false | "" | 0} Line */

/**
 * A box with an icon and lines: an alert when it is bad, a status otherwise. A string is a paragraph.
 * @param {{tone?: string, picture?: string}} look
 * @param {...Line} lines what is empty is left out
 */
export function notice({ tone = "bad", picture = "circle-alert" }, ...lines) {
  const shown = lines.filter(Boolean).map((line) => (typeof line === "string" ? el("p", {}, line) : line));
  const role = tone === "bad" ? "alert" : "status";
  return el("div", { class: `notice ${tone}`.trim(), role }, icon(picture), el("div", {}, ...shown));
}

/** The id by which we find a request again. @param {any} error @param {...(Node | string)} more */
export function requestLine(error, ...more) {
  const id = error?.requestID;
  return id && el("p", { class: "request-id" }, `${text.requestID}: `, num(id), ...more);
}

/**
 * What happened, what to do, the request id and Retry.
 * @param {any} error an ApiError or what fetch threw
 * @param {(() => void) | null} [again]
 */
export function errorBox(error, again = null) {
  // What is wrong with a field is said in its words, and the same again would be refused again.
  const isRefused = error?.code === "INVALID_INPUT" && Array.isArray(error.details);
  const refusal = () => error.details.map((/** @type {any} */ { message }) => message).join(" ");
  const words = isRefused ? refusal() : error?.isApiError ? error.message : text.error.network;
  const copyIt = () => copy(error.requestID);
  const retry = () =>
    el("button", { type: "button", class: "button second", onclick: again }, icon("refresh-cw"), text.retry);
  return notice(
    {},
    el("p", {}, el("strong", {}, text.error.title)),
    words,
    requestLine(
      error,
      " ",
      el("button", { type: "button", class: "link-button", onclick: copyIt }, text.copyRequestID),
    ),
    again && !isRefused && el("p", {}, retry()),
  );
}

/**
 * Nothing here yet: one sentence and one action.
 * @param {string} picture @param {string} title @param {string} words @param {Node | null} action
 */
export function emptyBox(picture, title, words, action) {
  return el(
    "div",
    { class: "empty" },
    icon(picture),
    el("div", {}, el("h2", {}, title), el("p", {}, words)),
    action,
  );
}
