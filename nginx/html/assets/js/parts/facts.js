// What is known of a video, as a list: its settings, its price, and when it was where.
import { api } from "./api.js";
import { el, icon, num } from "./element.js";
import { isOpen } from "./job.js";
import { money } from "./money.js";
import { clock, time } from "./time.js";
import { copy } from "./toast.js";
import { text } from "../../text/en.js";

/** @typedef {import("./job.js").Job} Job */
/** @typedef {{stage: "queued" | "rendering" | "saving", startedAt: string, endedAt: string | null}} Stage */

/** @param {string} words */
export const first = (words) => words[0].toUpperCase() + words.slice(1);

/**
 * The stages that a video has come to, none where they cannot be read: they are not what the page is for.
 * @param {string} id @returns {Promise<Stage[]>}
 */
export const stagesOf = (id) =>
  api(`/api/videos/${encodeURIComponent(id)}/stages`).then(({ items }) => items, () => []);

/** @param {Job} job @param {string} tierName @param {Stage[]} stages */
export function facts(job, tierName, stages) {
  const lines = [
    [text.video.tier, tierName],
    [text.video.length, num(text.seconds(job.duration))],
    [text.video.price, price(job)],
    ...settings(job),
    [text.video.asked, time(job.createdAt, "full")],
    ...stages.filter(({ endedAt }) => endedAt).map(({ stage, startedAt, endedAt }) => [
      text.video.stage[stage],
      num(clock((Date.parse(endedAt ?? "") - Date.parse(startedAt)) / 1000)),
    ]),
    [text.video.finished, job.completedAt && time(job.completedAt, "full")],
    [text.video.id, copyID(job.jobId)],
  ];
  return el(
    "dl",
    { class: "facts card" },
    ...lines.filter(([, value]) => value).map(([name, value]) =>
      el("div", {}, el("dt", {}, name), el("dd", {}, value))
    ),
  );
}

/** Those that were given. @param {Job} job @returns {[string, Node | string | null][]} */
function settings(job) {
  const own = text.field;
  const mode = /** @type {keyof typeof text.mode} */ (job.mode ?? "");
  return [
    [first(own.aspectRatio), job.aspectRatio ? num(job.aspectRatio) : null],
    [first(own.resolution), job.resolution ? num(job.resolution) : null],
    [first(own.mode), job.mode ? (text.mode[mode] ?? job.mode) : null],
    [first(own.strength), typeof job.strength === "number" ? num(String(job.strength)) : null],
    [first(own.seed), typeof job.seed === "number" ? num(String(job.seed)) : null],
    [first(own.image), job.image ? el("bdi", {}, job.image) : null],
    [first(own.imageTail), job.imageTail ? el("bdi", {}, job.imageTail) : null],
  ];
}

/** @param {string} id */
function copyID(id) {
  return el(
    "button",
    {
      class: "copy-id num",
      type: "button",
      title: id,
      "aria-label": `${text.copyID} ${id}`,
      onclick: () => copy(id),
    },
    `…${id.slice(-12)}`,
    icon("copy"),
  );
}

/** @param {Job} job */
function price(job) {
  if (isOpen(job)) return el("span", {}, num(money(job.estimatedCost)), ` ${text.video.kept}`);
  if (job.status === "completed") return num(money(job.userCharged ?? job.estimatedCost));
  return el("span", {}, num(money(0)), " (", num(money(job.estimatedCost)), ` ${text.video.returned})`);
}
