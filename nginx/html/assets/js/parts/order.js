// What became of an order: the videos that it made, or the words why it made none.
import { ApiError } from "./api.js";
import { find } from "./element.js";
import { showProblems } from "./fields.js";
import { cents } from "./money.js";
import { notice, requestLine } from "./notice.js";
import { showBalance } from "./session.js";
import { now } from "./time.js";
import { text } from "../../text/en.js";

/** @typedef {import("./job.js").Job} Job */

/**
 * The videos of an accepted order, as they stand at first.
 * @param {any} answer @param {Record<string, any>} body @returns {Job[]}
 */
export function jobsOf(answer, body) {
  /** @type {string[]} */
  const ids = answer.jobIds ?? [answer.jobId];
  const unknown = { completedAt: null, userCharged: null, videoUrl: null, posterUrl: null };
  const common = {
    ...body,
    ...answer,
    ...unknown,
    statusDetail: "queued",
    createdAt: new Date(now()).toISOString(),
    undoUntil: body.undoSeconds && new Date(now() + body.undoSeconds * 1000).toISOString(),
  };
  const estimatedCost = cents(answer.estimatedCost) / ids.length / 100;
  return ids.map((jobId, index) => ({ ...common, jobId, estimatedCost, position: answer.position + index }));
}

/** @param {HTMLElement} place @param {string} words @param {{picture?: string, error?: any}} [more] */
function tell(place, words, { picture, error } = {}) {
  place.replaceChildren(notice({ picture }, words, requestLine(error)));
  place.scrollIntoView({ block: "center" });
}

/**
 * Says beside each field what is wrong with it; opens the settings when one of them is among these.
 * @param {HTMLFormElement} form @param {[string, string][]} problems names and words
 */
export function showWrongFields(form, problems) {
  const more = find("[data-more]", form);
  const named =
    /** @type {[HTMLElement, string][]} */ (problems.map(([name, words]) => [find(`#${name}`, form), words]));
  if (named.some(([field]) => more.contains(field))) more.open = true;
  showProblems(form, named, find("[data-problem]", form));
}

/** @param {HTMLFormElement} form @param {any} error with details */
function showInvalid(form, error) {
  const isHere = (/** @type {{field: string}} */ { field }) => form.querySelector(`#${CSS.escape(field)}`);
  const named = error.details.filter(isHere).map((/** @type {any} */ { field, message }) => [field, message]);
  showWrongFields(form, named);
  const rest = error.details.filter((/** @type {any} */ detail) => !isHere(detail));
  const words = rest.map((/** @type {any} */ { message }) => message).join(" ");
  if (rest.length || !named.length) tell(find("[data-problem]", form), words || error.message);
}

/**
 * Says why an order was refused, or that nobody knows.
 * @param {HTMLFormElement} form @param {any} error
 * @param {boolean} isKept whether the order can be repeated from another page too
 */
export function showRefusal(form, error, isKept) {
  const place = find("[data-problem]", form);
  const stay = isKept ? "" : ` ${text.create.stay}`;
  if (!(error instanceof ApiError)) tell(place, text.create.unknown + stay);
  else if (error.status === 401) location.assign(`/login?next=${encodeURIComponent("/create")}`);
  else if (error.code === "INSUFFICIENT_CREDITS") {
    if (error.details?.current !== undefined) showBalance(error.details.current);
    tell(place, error.message, { picture: "wallet" });
  } else if (error.code === "INVALID_INPUT" && Array.isArray(error.details)) showInvalid(form, error);
  else {
    const isPassing = error.status >= 500 && error.code !== "PAUSED";
    tell(place, isPassing ? `${error.message} ${text.create.tryAgain}${stay}` : error.message, { error });
  }
}
