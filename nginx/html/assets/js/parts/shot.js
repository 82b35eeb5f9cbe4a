// The card of one video in the gallery.
import { el, icon, num } from "./element.js";
import { star } from "./favorite.js";
import {
  againLink,
  hasFailed,
  isOpen,
  nameOf,
  pageOf,
  pathOf,
  progressOf,
  stateLine,
  stateOf,
} from "./job.js";
import { money } from "./money.js";
import { addPreview } from "./preview.js";
import { time } from "./time.js";
import { isolated } from "./words.js";
import { text } from "../../text/en.js";

/** @typedef {import("./job.js").Job} Job */

/**
 * @param {Job} job @param {string} tierName @param {number} least what its bar showed before
 * @returns {HTMLElement}
 */
export function shot(job, tierName, least) {
  const done = job.status === "completed";
  return el(
    "article",
    { class: "shot", "data-job": job.jobId, "data-status": job.status },
    frameOf(job, least),
    el(
      "label",
      { class: "chooser" },
      el("input", {
        type: "checkbox",
        "data-select": true,
        "aria-label": text.selection.choose(isolated(nameOf(job))),
      }),
    ),
    el(
      "div",
      { class: "name" },
      el("p", { class: "prompt", dir: "auto" }, nameOf(job)),
      star(job, "button quiet square"),
    ),
    el(
      "div",
      { class: "meta" },
      done && stateLine(job),
      el("span", {}, tierName),
      num(money(done || isOpen(job) ? (job.userCharged ?? job.estimatedCost) : 0)),
      time(job.createdAt),
      hasFailed(job) && againLink(job, "again"),
    ),
  );
}

/** @param {Job} job @param {number} least */
function frameOf(job, least) {
  const words = stateOf(job).words;
  const frame = el(
    "a",
    { class: "frame", href: pageOf(job.jobId), "aria-label": `${isolated(nameOf(job))}. ${words}` },
    job.status === "completed"
      ? pictureOf(job)
      : el("span", { class: "inside" }, stateLine(job), progressOf(job, words, least)),
    num(text.seconds(job.duration), "length"),
  );
  if (job.status === "completed") addPreview(frame, job);
  return frame;
}

/** @param {Job} job */
const pictureOf = (job) =>
  job.posterUrl
    ? el("img", { src: pathOf(job.posterUrl), alt: "", width: 640, height: 360, loading: "lazy" })
    : icon("film");
