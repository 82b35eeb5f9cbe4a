// The mark that an owner puts on a video: shown at once, and taken back when it was not kept.
import { api } from "./api.js";
import { el, icon } from "./element.js";
import { nameOf } from "./job.js";
import { toast } from "./toast.js";
import { isolated } from "./words.js";
import { text } from "../../text/en.js";

/** @typedef {import("./job.js").Job} Job */

/** @param {string} id @param {object} change what its owner says of a video */
export const changeVideo = (id, change) =>
  api(`/api/videos/${encodeURIComponent(id)}`, { method: "PATCH", body: change });

/**
 * A button that marks a video.
 * @param {Job} job @param {string} classes @param {(job: Job) => void} [onChange]
 */
export function star(job, classes, onChange = () => {}) {
  const button = el(
    "button",
    {
      class: `${classes} star`,
      type: "button",
      "aria-pressed": String(job.favorite),
      "aria-label": text.favorite.mark(isolated(nameOf(job))),
      title: text.favorite.title,
    },
    icon("star"),
  );
  button.addEventListener("click", async () => {
    const isOn = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", String(isOn));
    try {
      onChange(await changeVideo(job.jobId, { favorite: isOn }));
    } catch (/** @type {any} */ error) {
      button.setAttribute("aria-pressed", String(!isOn));
      toast(error.isApiError ? error.message : text.error.network);
    }
  });
  return button;
}
