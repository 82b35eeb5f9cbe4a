// What can be done with a video, on its page.
import { el, icon } from "./element.js";
import { againLink, againOf, downloadOf, hasFailed, isOpen } from "./job.js";
import { copy } from "./toast.js";
import { text } from "../../text/en.js";

/** @typedef {import("./job.js").Job} Job */

/** @param {string} words @param {string} picture @param {(event: any) => void} onclick */
const act = (words, picture, onclick) =>
  el("button", { class: "button second", type: "button", onclick }, icon(picture), words);

/**
 * @param {Job} job
 * @param {{share: HTMLElement, onCancel: (button: HTMLElement) => void, onDelete: () => void}} others
 */
export function actions(job, { share, onCancel, onDelete }) {
  const done = job.status === "completed";
  return el(
    "div",
    { class: "row" },
    done &&
      el("a", { class: "button", href: downloadOf(job), download: true }, icon("download"), text.download),
    job.status === "pending" && act(text.cancel, "x", ({ currentTarget }) => onCancel(currentTarget)),
    hasFailed(job) && againLink(job, "button"),
    done && share,
    job.prompt && act(text.copyPrompt, "copy", () => copy(job.prompt ?? "")),
    (done || isOpen(job)) &&
      el("a", { class: "button second", href: againOf(job) }, icon("sliders-horizontal"), text.useSettings),
    !isOpen(job) && act(text.deletion.delete, "trash-2", onDelete),
  );
}
