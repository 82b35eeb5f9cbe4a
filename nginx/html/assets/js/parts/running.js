// The videos on the way, as cards beside the form.
import { api } from "./api.js";
import { el, find, icon, num } from "./element.js";
import { follow } from "./follow.js";
import {
  againLink,
  cancel,
  downloadOf,
  hasFailed,
  isOpen,
  moveProgress,
  pageOf,
  pathOf,
  progressOf,
  promptOf,
  reasonWords,
  stateLine,
  stateOf,
  undoSeconds,
} from "./job.js";
import { money } from "./money.js";
import { errorBox } from "./notice.js";
import { me } from "./session.js";
import { time } from "./time.js";
import { text } from "../../text/en.js";

/** @typedef {import("./job.js").Job} Job */

/**
 * The small card of one video.
 * @param {Job} job
 * @param {{tierName: string, onCancel: (button: HTMLElement) => void, least?: number}} options
 * @returns {HTMLElement}
 */
function jobCard(job, { tierName, onCancel, least }) {
  return el(
    "article",
    { class: "card job", "data-job": job.jobId, "data-status": job.status },
    stateLine(job),
    progressOf(job, stateOf(job).words, least),
    job.status === "completed" && job.posterUrl && poster(job),
    el("p", { class: "prompt", dir: "auto" }, el("a", { href: pageOf(job.jobId) }, promptOf(job))),
    el(
      "p",
      { class: "meta" },
      el("span", {}, tierName),
      num(text.seconds(job.duration)),
      num(money(job.estimatedCost)),
      time(job.createdAt),
    ),
    job.statusDetail === "checking" && el("p", { class: "hint" }, text.state.noRetryYet),
    job.status === "failed" && el("p", { class: "hint", dir: "auto" }, reasonWords(job)),
    cardActions(job, onCancel),
  );
}

/** @param {Job} job */
function poster(job) {
  const image = el("img", { src: pathOf(job.posterUrl), alt: "", width: 640, height: 360, loading: "lazy" });
  return el("a", { href: pageOf(job.jobId), tabindex: "-1", "aria-hidden": "true" }, image);
}

/** @param {Job} job @param {(button: HTMLElement) => void} onCancel */
function cardActions(job, onCancel) {
  const done = job.status === "completed";
  const press = (/** @type {any} */ event) => onCancel(event.currentTarget);
  return el(
    "div",
    { class: "row" },
    job.status === "pending" &&
      el(
        "button",
        { type: "button", class: "button second", onclick: press },
        undoSeconds(job) > 0 && icon("undo-2"),
        undoSeconds(job) ? text.undo : text.cancel,
      ),
    done && el("a", { class: "button second", href: pageOf(job.jobId) }, icon("play"), text.open),
    done &&
      el(
        "a",
        { class: "button quiet", href: downloadOf(job), download: true },
        icon("download"),
        text.download,
      ),
    hasFailed(job) && againLink(job, "button second"),
    isOpen(job) && el("span", { class: "hint" }, text.state.canClose),
  );
}

/** What of a video a card shows, apart from its bar. @param {Job} job */
function versionOf(job) {
  const place = undoSeconds(job) ? "undo" : job.position;
  return JSON.stringify([job.status, job.statusDetail, place, job.posterUrl]);
}

/** Shows and follows the videos on the way. */
export class RunningVideos {
  /**
   * @param {(id: string) => string} nameOf a tier
   * @param {(user: import("./session.js").User | null) => void} onBalance when a video's end changed it
   * @param {(job: Job) => void} onUndone when one was taken back before anything was sent
   */
  constructor(nameOf, onBalance, onUndone) {
    this.place = find("[data-running]");
    this.nameOf = nameOf;
    this.onBalance = onBalance;
    this.onUndone = onUndone;
    /** Those that can still be taken back, by their ids. @type {Map<string, Job>} */
    this.undoable = new Map();
    /** @type {any} */
    this.ticking = null;
    this.watch = follow(async (open, ended) => {
      for (const job of [...open, ...ended]) this.put(job);
      if (ended.length) onBalance(await me());
    });
  }

  /** A video that was just accepted. @param {Job} job */
  add(job) {
    this.put(job);
    this.watch.add(job.jobId);
  }

  /** Counts down on the cards of those that can be taken back, as long as there are any. */
  tick() {
    for (const [id, job] of this.undoable) {
      if (!undoSeconds(job)) this.put(job);
      else {
        const line = this.place.querySelector(`[data-job="${CSS.escape(id)}"] .state span`);
        if (line) line.textContent = stateOf(job).words;
      }
    }
    if (this.undoable.size) return;
    clearInterval(this.ticking);
    this.ticking = null;
  }

  /** @param {Job} job @param {boolean} [last] put a new card at the end */
  put(job, last = false) {
    if (undoSeconds(job)) {
      this.undoable.set(job.jobId, job);
      this.ticking ||= setInterval(() => this.tick(), 250);
    } else this.undoable.delete(job.jobId);
    const old = this.place.querySelector(`[data-job="${CSS.escape(job.jobId)}"]`);
    if (old?.dataset.version === versionOf(job)) return moveProgress(old, job);
    const card = jobCard(job, {
      tierName: this.nameOf(job.tier),
      least: old?.querySelector("progress")?.value ?? 0,
      onCancel: (pressed) => this.cancel(job, pressed),
    });
    card.dataset.version = versionOf(job);
    this.place.querySelector(".empty")?.remove();
    if (!old) return last ? this.place.append(card) : this.place.prepend(card);
    const hadFocus = old.contains(document.activeElement);
    old.replaceWith(card);
    if (hadFocus) /** @type {HTMLElement | null} */ (card.querySelector("a, button"))?.focus();
  }

  /** @param {Job} job @param {HTMLElement} pressed */
  async cancel(job, pressed) {
    pressed.setAttribute("aria-disabled", "true");
    const isUndo = undoSeconds(job) > 0;
    const ended = await cancel(job, isUndo ? text.undone : undefined);
    pressed.removeAttribute("aria-disabled");
    if (!ended) return;
    this.watch.forget(job.jobId);
    this.put(ended);
    this.onBalance(await me());
    if (isUndo) this.onUndone(job);
  }

  async load() {
    try {
      const { items } = await api("/api/videos?status=active&limit=20");
      this.clear();
      for (const job of items) this.put(job, true);
      if (!this.place.childElementCount) this.place.append(nothing());
      for (const job of items) this.watch.add(job.jobId);
    } catch (error) {
      this.clear();
      this.place.append(errorBox(error, () => this.load()));
    }
    this.place.removeAttribute("aria-busy");
  }

  /** Removes all but the videos. */
  clear() {
    for (const other of this.place.querySelectorAll(":scope > :not([data-job])")) other.remove();
  }

  /** Nothing can be shown. */
  giveUp() {
    this.place.replaceChildren();
    this.place.removeAttribute("aria-busy");
  }
}

const nothing = () => el("div", { class: "empty" }, icon("clapperboard"), el("p", {}, text.create.nothing));
