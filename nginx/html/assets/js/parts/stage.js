// Where a video stands, on its page: the player, or how far it has come.
import { el } from "./element.js";
import {
  hasFailed,
  isOpen,
  nameOf,
  pathOf,
  progressOf,
  reasonOf,
  reasonWords,
  stateLine,
  stateOf,
} from "./job.js";
import { text } from "../../text/en.js";

/** @typedef {import("./job.js").Job} Job */

/** @param {Job} job @param {number} least what the bar showed before @returns {HTMLElement} */
export const stage = (job, least) => (job.status === "completed" ? player(job) : waiting(job, least));

/** @param {Job} job */
function player(job) {
  const frame = el("div", { class: "player" });
  const video = el("video", {
    controls: true,
    playsinline: true,
    preload: "metadata",
    poster: pathOf(job.posterUrl) || null,
    src: pathOf(job.videoUrl),
    "aria-label": nameOf(job),
  });
  // The frame takes the video's own shape as soon as it is known.
  video.addEventListener(
    "loadedmetadata",
    () => frame.style.setProperty("aspect-ratio", `${video.videoWidth} / ${video.videoHeight}`),
  );
  frame.append(video);
  return frame;
}

/** @param {Job} job @param {number} least */
function waiting(job, least) {
  const why = hasFailed(job) ? reasonWords(job) : "";
  return el(
    "div",
    { class: "player waiting" },
    el(
      "div",
      { class: "waiting-in" },
      stateLine(job),
      progressOf(job, stateOf(job).words, least),
      why && el("p", { class: "muted", dir: "auto" }, why),
      job.status === "failed" && reasonOf(job) === "refused" &&
        el("p", { class: "muted" }, text.video.wasRefunded),
      job.statusDetail === "checking" && el("p", { class: "muted" }, text.state.noRetryYet),
      isOpen(job) && el("p", { class: "hint" }, text.state.canClose),
    ),
  );
}
