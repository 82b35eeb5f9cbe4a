// One video: the player or where it stands, its settings, its price and what can be done with it.
import { api } from "./parts/api.js";
import { el, find, icon, num } from "./parts/element.js";
import { announce } from "./parts/follow.js";
import {
  againLink,
  againOf,
  cancel,
  downloadOf,
  hasFailed,
  isOpen,
  pathOf,
  progressOf,
  promptOf,
  reasonOf,
  reasonWords,
  stateLine,
  stateOf,
} from "./parts/job.js";
import { money } from "./parts/money.js";
import { emptyBox, errorBox } from "./parts/notice.js";
import { poll } from "./parts/poll.js";
import { me, requireUser } from "./parts/session.js";
import { sharing } from "./parts/share.js";
import { clock, time } from "./parts/time.js";
import { copy } from "./parts/toast.js";
import { cut, isolated } from "./parts/words.js";
import { text } from "../text/en.js";

/** What the shop is called, which ends each title. */
const shop = document.title.split(" · ").at(-1);

/** @typedef {import("./parts/job.js").Job} Job */

const place = find("[data-video]");
const id = location.pathname.split("/")[2] ?? "";
const url = `/api/videos/${id}`;
/** @type {Map<string, string>} */
const tierNames = new Map();
/**
 * The parts that change while it is being made.
 * @type {{stage: HTMLElement, actions: HTMLElement, facts: HTMLElement} | null}
 */
let parts = null;
let shown = "";

/** @param {Job} job */
function stage(job) {
  if (job.status === "completed") {
    const player = el("div", { class: "player" });
    const video = el("video", {
      controls: true,
      playsinline: true,
      preload: "metadata",
      poster: pathOf(job.posterUrl) || null,
      src: pathOf(job.videoUrl),
      "aria-label": promptOf(job),
    });
    // The frame takes the video's own shape as soon as it is known.
    video.addEventListener(
      "loadedmetadata",
      () => player.style.setProperty("aspect-ratio", `${video.videoWidth} / ${video.videoHeight}`),
    );
    player.append(video);
    return player;
  }
  const least = /** @type {HTMLProgressElement | null} */ (place.querySelector(".player progress"))?.value ??
    0;
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

const share = sharing(id);

/** @param {Job} job */
function actions(job) {
  const done = job.status === "completed";
  return el(
    "div",
    { class: "row" },
    done &&
      el("a", { class: "button", href: downloadOf(job), download: true }, icon("download"), text.download),
    job.status === "pending" &&
      el(
        "button",
        {
          class: "button second",
          type: "button",
          "data-cancel": true,
          onclick: (/** @type {Event} */ event) =>
            onCancel(job, /** @type {HTMLElement} */ (event.currentTarget)),
        },
        icon("x"),
        text.cancel,
      ),
    hasFailed(job) && againLink(job, "button"),
    done && share.opener,
    job.prompt &&
      el(
        "button",
        { class: "button second", type: "button", onclick: () => copy(job.prompt ?? "") },
        icon("copy"),
        text.copyPrompt,
      ),
    (done || isOpen(job)) &&
      el("a", { class: "button second", href: againOf(job) }, icon("sliders-horizontal"), text.useSettings),
  );
}

/** @param {Job} job @param {HTMLElement} button */
async function onCancel(job, button) {
  button.setAttribute("aria-disabled", "true");
  show((await cancel(job)) ?? (await api(url).catch(() => job)));
}

/** @param {Job} job */
function facts(job) {
  const own = text.field;
  /** @type {[string, Node | string | null][]} */
  const lines = [
    [text.video.tier, tierNames.get(job.tier) ?? job.tier],
    [text.video.length, num(text.seconds(job.duration))],
    [text.video.price, price(job)],
    [first(own.aspectRatio), job.aspectRatio ? num(job.aspectRatio) : null],
    [first(own.resolution), job.resolution ? num(job.resolution) : null],
    [
      first(own.mode),
      job.mode ? (text.mode[/** @type {keyof typeof text.mode} */ (job.mode)] ?? job.mode) : null,
    ],
    [first(own.strength), typeof job.strength === "number" ? num(String(job.strength)) : null],
    [first(own.seed), typeof job.seed === "number" ? num(String(job.seed)) : null],
    [first(own.image), job.image ? el("bdi", {}, job.image) : null],
    [first(own.imageTail), job.imageTail ? el("bdi", {}, job.imageTail) : null],
    [text.video.asked, time(job.createdAt, "full")],
    [text.video.finished, job.completedAt ? time(job.completedAt, "full") : null],
    [
      text.video.took,
      job.completedAt && job.status === "completed"
        ? num(clock((Date.parse(job.completedAt) - Date.parse(job.createdAt)) / 1000))
        : null,
    ],
    [
      text.video.id,
      el(
        "button",
        {
          class: "copy-id num",
          type: "button",
          title: job.jobId,
          "aria-label": `${text.copyID} ${job.jobId}`,
          onclick: () => copy(job.jobId),
        },
        `…${job.jobId.slice(-12)}`,
        icon("copy"),
      ),
    ],
  ];
  return el(
    "dl",
    { class: "facts card" },
    ...lines.filter(([, value]) => value).map(([name, value]) =>
      el("div", {}, el("dt", {}, name), el("dd", {}, value))
    ),
  );
}

/** @param {string} words */
const first = (words) => words[0].toUpperCase() + words.slice(1);

/** @param {Job} job */
function price(job) {
  if (isOpen(job)) return el("span", {}, num(money(job.estimatedCost)), ` ${text.video.kept}`);
  if (job.status === "completed") return num(money(job.userCharged ?? job.estimatedCost));
  return el("span", {}, num(money(0)), " (", num(money(job.estimatedCost)), ` ${text.video.returned})`);
}

/** @param {Job} job */
function show(job) {
  const now = JSON.stringify([job.status, job.statusDetail, job.position, job.completedAt, job.videoUrl]);
  if (!parts) {
    const heading = el("h1", { class: "visually-hidden", dir: "auto" }, cut(promptOf(job), 120));
    parts = { stage: stage(job), actions: actions(job), facts: facts(job) };
    place.replaceChildren(
      heading,
      el(
        "div",
        { class: "viewer" },
        el("div", { class: "stack" }, parts.stage, parts.actions, share.panel),
        el(
          "div",
          { class: "stack" },
          el("h2", {}, "Prompt"),
          el("p", { class: "words", dir: "auto" }, promptOf(job)),
          job.negativePrompt &&
            el(
              "div",
              {},
              el("h3", {}, first(text.field.negativePrompt)),
              el("p", { class: "words muted", dir: "auto" }, job.negativePrompt),
            ),
          parts.facts,
        ),
      ),
    );
    place.removeAttribute("aria-busy");
    document.title = `${isolated(cut(promptOf(job), 50))} · ${shop}`;
  } else if (now !== shown || isOpen(job)) {
    const bar = isOpen(job) && now === shown;
    const fresh = stage(job);
    parts.stage.replaceWith(fresh);
    parts.stage = fresh;
    if (!bar) {
      const had = parts.actions.contains(document.activeElement);
      const [newActions, newFacts] = [actions(job), facts(job)];
      parts.actions.replaceWith(newActions);
      parts.facts.replaceWith(newFacts);
      Object.assign(parts, { actions: newActions, facts: newFacts });
      if (had) /** @type {HTMLElement | null} */ (newActions.querySelector("a, button"))?.focus();
    }
  }
  shown = now;
}

async function start() {
  place.setAttribute("aria-busy", "true");
  try {
    const [, tiers, job] = await Promise.all([
      requireUser(),
      api("/api/tiers"),
      api(url).catch((error) => error),
    ]);
    if (job instanceof Error) throw job;
    for (const { id: tier, name } of tiers.items) tierNames.set(tier, name);
    show(job);
    if (!isOpen(job)) return;
    poll(async (signal) => {
      const latest = await api(url, { signal });
      if (!isOpen(latest)) {
        await me();
        if (signal.aborted) return true;
        announce([latest]);
      }
      show(latest);
      return isOpen(latest);
    });
  } catch (/** @type {any} */ error) {
    place.removeAttribute("aria-busy");
    const heading = el("h1", { class: "visually-hidden" }, text.video.title);
    if (error.status === 404) {
      place.replaceChildren(
        heading,
        emptyBox(
          "film",
          text.video.missingTitle,
          text.video.missingWords,
          el("a", { class: "button", href: "/videos" }, text.video.all),
        ),
      );
    } else place.replaceChildren(heading, errorBox(error, start));
  }
}
start();
