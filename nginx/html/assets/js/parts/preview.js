// A video that plays in its frame while that is pointed at or focused: without sound, and not at all for
// whoever wants things to stand still.
import { el } from "./element.js";
import { pathOf } from "./job.js";

const calm = matchMedia("(prefers-reduced-motion: reduce)");

/** @param {HTMLElement} frame @param {import("./job.js").Job} job */
export function addPreview(frame, job) {
  /** @type {HTMLVideoElement | null} */
  let video = null;
  const start = () => {
    if (video || calm.matches) return;
    const made = el("video", {
      src: pathOf(job.videoUrl),
      playsinline: true,
      loop: true,
      preload: "metadata",
      tabindex: "-1",
      "aria-hidden": "true",
    });
    made.muted = true;
    video = made;
    frame.querySelector(".length")?.before(made);
    made.play().catch(() => {});
  };
  const stop = () => {
    video?.remove();
    video = null;
  };
  frame.addEventListener("pointerenter", start);
  frame.addEventListener("focus", start);
  frame.addEventListener("pointerleave", stop);
  frame.addEventListener("blur", stop);
}
