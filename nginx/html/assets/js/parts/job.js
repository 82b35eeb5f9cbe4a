// One video's state in words and pictures, the same on every page that shows it.
import { ownAddress } from "./address.js";
import { api } from "./api.js";
import { el, icon } from "./element.js";
import { money } from "./money.js";
import { me } from "./session.js";
import { clock, now } from "./time.js";
import { toast } from "./toast.js";
import { text } from "../../text/en.js";

/**
 * @typedef {object} Job
 * @property {string} jobId
 * @property {string} tier
 * @property {"pending" | "processing" | "completed" | "failed" | "canceled"} status
 * @property {string | null} statusDetail
 * @property {string | null} title what its owner calls it
 * @property {boolean} favorite
 * @property {string | null} prompt
 * @property {string | null} [negativePrompt]
 * @property {string | null} [image]
 * @property {string | null} [imageTail]
 * @property {number} duration
 * @property {string | null} [aspectRatio]
 * @property {string | null} [resolution]
 * @property {string | null} [mode]
 * @property {number | null} [strength]
 * @property {number | null} [seed]
 * @property {number} estimatedCost
 * @property {number | null} userCharged
 * @property {string | null} videoUrl
 * @property {string | null} posterUrl
 * @property {number} [position]
 * @property {string} [undoUntil] until when nothing is sent, and it can be taken back
 * @property {{p50Seconds: number, p90Seconds: number}} [estimate]
 * @property {{code: string, message: string, reason?: string}} [error]
 * @property {string} createdAt
 * @property {string | null} completedAt
 */

/** @param {Job} job */
export const isOpen = (job) => job.status === "pending" || job.status === "processing";

/** The seconds for which it can be taken back for certain; 0 when that is over. @param {Job} job */
export function undoSeconds({ status, undoUntil }) {
  if (status !== "pending" || !undoUntil) return 0;
  return Math.max(0, Math.ceil((Date.parse(undoUntil) - now()) / 1000));
}

/** Whether it ended without a video. @param {Job} job */
export const hasFailed = (job) => job.status === "failed" || job.status === "canceled";

/** Why it ended without a video. @param {Job} job */
export const reasonOf = (job) => job.error?.reason ?? job.statusDetail ?? "";

/** That reason in a sentence of ours, else the server's. @param {Job} job */
export const reasonWords = (job) =>
  text.reason[/** @type {keyof typeof text.reason} */ (reasonOf(job))] ?? job.error?.message ?? "";

/**
 * The state as a word for people, an icon and a tone.
 * @param {Job} job @returns {{words: string, picture: string, tone: string}}
 */
export function stateOf(job) {
  const price = money(job.estimatedCost);
  const say = text.state;
  if (job.status === "completed") return { words: say.ready, picture: "circle-check", tone: "ok" };
  if (job.status === "canceled") return { words: say.canceled(price), picture: "ban", tone: "" };
  if (job.status === "failed") {
    const refused = reasonOf(job) === "refused";
    return { words: refused ? say.refused : say.failed(price), picture: "circle-x", tone: "bad" };
  }
  if (job.statusDetail === "checking") {
    return { words: say.checking(price), picture: "triangle-alert", tone: "" };
  }
  if (job.statusDetail === "submitting") return { words: say.submitting, picture: "loader", tone: "live" };
  if (job.statusDetail === "rendering") return { words: say.rendering, picture: "film", tone: "live" };
  if (job.statusDetail === "saving") return { words: say.saving, picture: "save", tone: "live" };
  const seconds = undoSeconds(job);
  if (seconds) return { words: say.startsIn(seconds), picture: "hourglass", tone: "" };
  return { words: say.queued(job.position), picture: "hourglass", tone: "" };
}

/** @param {Job} job */
export function stateLine(job) {
  const { words, picture, tone } = stateOf(job);
  const state = job.statusDetail ?? job.status;
  return el("p", { class: `state ${tone}`, "data-state": state }, icon(picture), el("span", {}, words));
}

/** @param {Job} job */
export const promptOf = (job) => job.prompt || text.noPrompt;

/** What a video is called: by its owner's title, else by its prompt. @param {Job} job */
export const nameOf = (job) => job.title || promptOf(job);

/**
 * A server's absolute URL on this site, whose name may be another here: the policy allows nothing else.
 * @param {string | null} url
 */
export function pathOf(url) {
  if (!url) return "";
  const { pathname, search } = new URL(url, location.origin);
  return ownAddress(pathname + search) ?? "";
}

/**
 * The way from a video that was not made to the form with its settings.
 * @param {Job} job @param {string} classes
 */
export function againLink(job, classes) {
  const isRefused = job.status !== "canceled" && reasonOf(job) === "refused";
  const [words, picture] = job.status === "canceled"
    ? [text.useSettings, "sliders-horizontal"]
    : isRefused
    ? [text.editPrompt, "pencil"]
    : [text.tryAgain, "refresh-cw"];
  return el("a", { class: classes, href: againOf(job) }, icon(picture), words);
}

/** @param {string} id */
export const pageOf = (id) => `/videos/${encodeURIComponent(id)}`;
/** @param {Job} job */
export const againOf = (job) => `/create?from=${encodeURIComponent(job.jobId)}`;
/** @param {Job} job */
export const downloadOf = (job) => `${pathOf(job.videoUrl).split("?")[0]}?download=1`;

/**
 * A bar from the time since the start against the usual time of that tier and length. It stops at
 * 95 %, never goes back and names no figure. Nothing when no usual time is known.
 * @param {Job} job @param {string} label @param {number} [least] what the bar showed before
 */
export function progressOf(job, label, least = 0) {
  if (job.status !== "processing" || job.statusDetail === "checking") return null;
  const seconds = (now() - Date.parse(job.createdAt)) / 1000;
  const usual = job.estimate?.p90Seconds;
  const value = usual ? Math.max(least, Math.min(95, (seconds / usual) * 100)) : undefined;
  const bar = el("progress", { max: 100, value, "aria-label": label });
  if (!usual || !job.estimate) return el("div", { class: "progress" }, bar);
  const span = text.state.usually(clock(job.estimate.p50Seconds), clock(usual));
  const note = seconds > usual ? text.state.longer : span;
  return el("div", { class: "progress" }, bar, el("p", { class: "progress-note hint" }, note));
}

/** Moves the bar of a card whose state is as it was. @param {HTMLElement} card @param {Job} job */
export function moveProgress(card, job) {
  const old = card.querySelector(".progress");
  const moved = old && progressOf(job, stateOf(job).words, old.querySelector("progress")?.value ?? 0);
  if (moved) old.replaceWith(moved);
}

/**
 * Cancels while that is free, and says how it went.
 * @param {Job} job @param {string} [done] what is said when it is done @returns {Promise<Job | null>}
 */
export async function cancel(job, done = text.cancelled) {
  try {
    const path = `/api/videos/${encodeURIComponent(job.jobId)}/cancellation`;
    const ended = await api(path, { method: "POST", body: {} });
    await me();
    toast(done);
    return ended;
  } catch (/** @type {any} */ error) {
    const refusal = error.isApiError ? error.message : text.error.network;
    toast(error.code === "CONFLICT" ? text.tooLateToCancel : refusal);
    return null;
  }
}
