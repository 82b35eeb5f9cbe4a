// One video's state in words and pictures, the same on every page that shows it.
import { api, me, ownAddress, poll } from "./app.js";
import { clock, cut, el, icon, isolated, money, now, num, time, toast } from "./dom.js";
import { text } from "../text/en.js";

/**
 * @typedef {object} Job
 * @property {string} jobId
 * @property {string} tier
 * @property {"pending" | "processing" | "completed" | "failed" | "canceled"} status
 * @property {string | null} statusDetail
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
 * @property {{p50Seconds: number, p90Seconds: number}} [estimate]
 * @property {{code: string, message: string, reason?: string}} [error]
 * @property {string} createdAt
 * @property {string | null} completedAt
 */

/** @param {Job} job */
export const isOpen = (job) => job.status === "pending" || job.status === "processing";

/** Why it ended without a video. @param {Job} job */
export const reasonOf = (job) => job.error?.reason ?? job.statusDetail ?? "";

/** The state as a word for people, an icon and a tone. @param {Job} job @returns {{words: string, picture: string, tone: string}} */
export function stateOf(job) {
  const price = money(job.estimatedCost);
  const say = text.state;
  if (job.status === "completed") return { words: say.ready, picture: "circle-check", tone: "ok" };
  if (job.status === "canceled") return { words: say.canceled(price), picture: "ban", tone: "" };
  if (job.status === "failed") {
    const refused = reasonOf(job) === "refused";
    return { words: refused ? say.refused : say.failed(price), picture: "circle-x", tone: "bad" };
  }
  if (job.statusDetail === "checking") return { words: say.checking(price), picture: "triangle-alert", tone: "" };
  if (job.statusDetail === "submitting") return { words: say.submitting, picture: "loader", tone: "live" };
  if (job.statusDetail === "rendering") return { words: say.rendering, picture: "film", tone: "live" };
  if (job.statusDetail === "saving") return { words: say.saving, picture: "save", tone: "live" };
  return { words: say.queued(job.position), picture: "hourglass", tone: "" };
}

/** @param {Job} job */
export function stateLine(job) {
  const { words, picture, tone } = stateOf(job);
  return el("p", { class: `state ${tone}`, "data-state": job.statusDetail ?? job.status }, icon(picture), el("span", {}, words));
}

/** @param {Job} job */
export const promptOf = (job) => job.prompt || text.noPrompt;

/** A server's absolute URL on this site, whose name may be another here: the policy allows nothing else. @param {string | null} url */
export function pathOf(url) {
  if (!url) return "";
  const { pathname, search } = new URL(url, location.origin);
  return ownAddress(pathname + search) ?? "";
}

/** The way from a video that was not made to the form with its settings. @param {Job} job @param {string} classes */
export function againLink(job, classes) {
  const [words, picture] = job.status === "canceled" ? [text.useSettings, "sliders-horizontal"] : reasonOf(job) === "refused" ? [text.editPrompt, "pencil"] : [text.tryAgain, "refresh-cw"];
  return el("a", { class: classes, href: `/create?from=${encodeURIComponent(job.jobId)}` }, icon(picture), words);
}

/** @param {string} id */
export const pageOf = (id) => `/videos/${encodeURIComponent(id)}`;
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
  const note = !usual || !job.estimate ? "" : seconds > usual ? text.state.longer : text.state.usually(clock(job.estimate.p50Seconds), clock(usual));
  return el("div", { class: "progress" }, el("progress", { max: 100, value, "aria-label": label }), note && el("p", { class: "progress-note hint" }, note));
}

/** Moves the bar of a card whose state is as it was. @param {HTMLElement} card @param {Job} job */
export function moveProgress(card, job) {
  const old = card.querySelector(".progress");
  const now = old && progressOf(job, stateOf(job).words, old.querySelector("progress")?.value ?? 0);
  if (now) old.replaceWith(now);
}

/** Cancels while that is free, and says how it went. @param {Job} job @returns {Promise<Job | null>} */
export async function cancel(job) {
  try {
    const ended = await api(`/api/videos/${encodeURIComponent(job.jobId)}/cancellation`, { method: "POST", body: {} });
    await me();
    toast(text.cancelled);
    return ended;
  } catch (/** @type {any} */ error) {
    toast(error.code === "CONFLICT" ? text.tooLateToCancel : error.isApiError ? error.message : text.error.network);
    return null;
  }
}

/**
 * The small card of one video beside the form.
 * @param {Job} job
 * @param {{tierName: string, onCancel: (button: HTMLElement) => void, least?: number}} options
 * @returns {HTMLElement}
 */
export function jobCard(job, { tierName, onCancel, least }) {
  const done = job.status === "completed";
  return el(
    "article",
    { class: "card job", "data-job": job.jobId, "data-status": job.status },
    stateLine(job),
    progressOf(job, stateOf(job).words, least),
    done && job.posterUrl && el("a", { href: pageOf(job.jobId), tabindex: "-1", "aria-hidden": "true" }, el("img", { src: pathOf(job.posterUrl), alt: "", width: 640, height: 360, loading: "lazy" })),
    el("p", { class: "prompt", dir: "auto" }, el("a", { href: pageOf(job.jobId) }, promptOf(job))),
    el("p", { class: "meta" }, el("span", {}, tierName), num(text.seconds(job.duration)), num(money(job.estimatedCost)), time(job.createdAt)),
    job.statusDetail === "checking" && el("p", { class: "hint" }, text.state.noRetryYet),
    job.status === "failed" && el("p", { class: "hint", dir: "auto" }, text.reason[/** @type {keyof typeof text.reason} */ (reasonOf(job))] ?? job.error?.message ?? ""),
    el(
      "div",
      { class: "row" },
      job.status === "pending" && el("button", { type: "button", class: "button second", onclick: (/** @type {Event} */ event) => onCancel(/** @type {HTMLElement} */ (event.currentTarget)) }, text.cancel),
      done && el("a", { class: "button second", href: pageOf(job.jobId) }, icon("play"), text.open),
      done && el("a", { class: "button quiet", href: downloadOf(job), download: true }, icon("download"), text.download),
      (job.status === "failed" || job.status === "canceled") && againLink(job, "button second"),
      isOpen(job) && el("span", { class: "hint" }, text.state.canClose),
    ),
  );
}

/**
 * Follows all of the user's unfinished videos with one request. `onChange` gets those still open
 * and those that ended since the last time, after the header's balance has been put right.
 * @param {Job[]} known the unfinished ones now
 * @param {(open: Job[], ended: Job[]) => void} onChange
 */
export function follow(known, onChange) {
  let ids = new Set(known.map((job) => job.jobId));
  const watch = poll(async (signal) => {
    if (!ids.size) return false;
    const before = ids;
    const { items } = await api("/api/videos?status=active&limit=100", { signal });
    const open = new Map(items.map((/** @type {Job} */ job) => [job.jobId, job]));
    /** @type {Job[]} */
    const ended = [];
    await Promise.all([...before].filter((id) => !open.has(id)).map(async (id) => {
      const job = await api(`/api/videos/${encodeURIComponent(id)}`, { signal }).catch((error) => {
        // What is not there any more is not waited for; any other answer is asked for again.
        if (error.status !== 404) throw error;
      });
      if (job && isOpen(job)) open.set(id, job);
      else if (job) ended.push(job);
    }));
    if (ended.length) await me();
    if (signal.aborted) return true;
    ids = new Set([...open.keys(), ...[...ids].filter((id) => !before.has(id))]);
    onChange([...open.values()], ended);
    announce(ended);
    return ids.size > 0;
  });
  return {
    /** @param {string} id */
    add(id) {
      ids = new Set([...ids, id]);
      watch.wake();
    },
    /** @param {string} id */
    forget(id) {
      ids = new Set([...ids].filter((other) => other !== id));
    },
  };
}

const plainTitle = document.title;
let unseen = 0;
document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  unseen = 0;
  document.title = plainTitle;
});

/** Says once in the page's status line, and in the title of a hidden tab, what ended. @param {Job[]} ended */
export function announce(ended) {
  if (!ended.length) return;
  const line = document.querySelector("[data-live]");
  const short = (/** @type {Job} */ job) => isolated(cut(promptOf(job), 60));
  if (line) line.textContent = ended.map((job) => (job.status === "completed" ? text.isReady(short(job)) : text.hasEnded(short(job), stateOf(job).words))).join(" ");
  const ready = ended.filter((job) => job.status === "completed").length;
  if (document.hidden && ready) document.title = `${text.readyInTitle((unseen += ready))} · ${plainTitle}`;
}
