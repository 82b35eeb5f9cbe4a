// What a video is called, and the way to call it something else.
import { el, icon } from "./element.js";
import { changeVideo, star } from "./favorite.js";
import { nameOf } from "./job.js";
import { errorBox } from "./notice.js";
import { cut } from "./words.js";
import { text } from "../../text/en.js";

/** @typedef {import("./job.js").Job} Job */

/**
 * The heading of a video's page.
 * @param {Job} job @param {(job: Job) => void} onChange
 */
export function titleOf(job, onChange) {
  const heading = el("h1", { dir: "auto", tabindex: "-1" }, cut(nameOf(job), 120));
  const rename = el(
    "button",
    {
      class: "button quiet square",
      type: "button",
      "aria-label": text.naming.rename,
      title: text.naming.rename,
    },
    icon("pencil"),
  );
  const line = el(
    "div",
    { class: "video-head" },
    heading,
    star(job, "button quiet square", onChange),
    rename,
  );
  let present = job;
  const show = (/** @type {Job} */ now) => {
    present = now;
    heading.textContent = cut(nameOf(now), 120);
    onChange(now);
  };
  rename.addEventListener("click", () => line.after(form(present, show, () => rename.focus())));
  rename.addEventListener("click", () => rename.setAttribute("hidden", ""));
  return el("div", { class: "stack" }, line);

  /** @param {Job} job @param {(job: Job) => void} show @param {() => void} back */
  function form(job, show, back) {
    const input = el("input", {
      class: "input",
      id: "title",
      name: "title",
      maxlength: 200,
      dir: "auto",
      autocomplete: "off",
      value: job.title ?? "",
    });
    const problem = el("div", {});
    const leave = () => {
      box.remove();
      rename.removeAttribute("hidden");
      back();
    };
    const box = el(
      "form",
      { class: "rename" },
      el("div", { class: "field" }, el("label", { for: "title" }, text.naming.label), input),
      el(
        "div",
        { class: "row" },
        el("button", { class: "button", type: "submit" }, text.naming.save),
        el("button", { class: "button second", type: "button", onclick: leave }, text.naming.leave),
      ),
      problem,
    );
    box.addEventListener("submit", async (/** @type {Event} */ event) => {
      event.preventDefault();
      const before = job;
      // At once; what is not kept is taken back.
      show({ ...job, title: input.value.trim() || null });
      try {
        show(await changeVideo(job.jobId, { title: input.value }));
        leave();
      } catch (error) {
        show(before);
        problem.replaceChildren(errorBox(error));
      }
    });
    box.addEventListener(
      "keydown",
      (/** @type {KeyboardEvent} */ event) => event.key === "Escape" && leave(),
    );
    queueMicrotask(() => input.select());
    return box;
  }
}
