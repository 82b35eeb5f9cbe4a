// The cards of the gallery, newest first.
import { shot } from "./shot.js";

/** @typedef {import("./job.js").Job} Job */

export class Shots {
  /** @param {HTMLElement} grid @param {(id: string, card: HTMLElement) => void} onMade */
  constructor(grid, onMade) {
    this.grid = grid;
    this.onMade = onMade;
    /** Those that were deleted here, whatever an answer from before still says. @type {Set<string>} */
    this.leaving = new Set();
    /** What the server said last of each that is shown. @type {Map<string, string>} */
    this.said = new Map();
    /** @type {Map<string, string>} */
    this.tiers = new Map();
  }

  get size() {
    return this.said.size;
  }

  /** @param {{id: string, name: string}[]} tiers */
  nameTiers(tiers) {
    for (const { id, name } of tiers) this.tiers.set(id, name);
  }

  /** The card of a video. @param {string} id @returns {HTMLElement | null} */
  of(id) {
    return this.grid.querySelector(`[data-job="${CSS.escape(id)}"]`);
  }

  /** What is known of a video that is shown. @param {string} id @returns {Job | null} */
  job(id) {
    const said = this.said.get(id);
    return said ? JSON.parse(said) : null;
  }

  clear() {
    this.grid.replaceChildren();
    this.said.clear();
  }

  /** @param {Job} job */
  make(job) {
    this.said.set(job.jobId, JSON.stringify(job));
    const least = this.of(job.jobId)?.querySelector("progress")?.value ?? 0;
    const card = shot(job, this.tiers.get(job.tier) ?? job.tier, least);
    this.onMade(job.jobId, card);
    return card;
  }

  /** Puts them behind the others. Those that are there already stay. @param {Job[]} jobs */
  append(jobs) {
    const isNew = (/** @type {Job} */ { jobId }) => !this.said.has(jobId) && !this.leaving.has(jobId);
    const added = jobs.filter(isNew).map((job) => this.make(job));
    this.grid.append(...added);
    return added;
  }

  /** Shows how a video stands now, if it is shown and that has changed. @param {Job} job */
  renew(job) {
    const old = this.of(job.jobId);
    if (!old || this.said.get(job.jobId) === JSON.stringify(job)) return;
    const focused = old.contains(document.activeElement) ? focusOf(old) : null;
    const now = this.make(job);
    old.replaceWith(now);
    if (focused) focusIn(now, focused);
  }

  /**
   * Takes what the newest are now, and gives those that were not shown before.
   * @param {Job[]} jobs @param {boolean} isAll whether there are no others
   */
  merge(jobs, isAll) {
    jobs = jobs.filter(({ jobId }) => !this.leaving.has(jobId));
    const ids = new Set(jobs.map(({ jobId }) => jobId));
    // Ids sort by the time of their order.
    const oldest = isAll ? "" : jobs[jobs.length - 1]?.jobId ?? "";
    for (const id of [...this.said.keys()]) if (id > oldest && !ids.has(id)) this.remove(id);
    const fresh = jobs.filter(({ jobId }) => !this.said.has(jobId));
    for (const [place, job] of jobs.entries()) {
      if (this.said.has(job.jobId)) this.renew(job);
      else this.grid.insertBefore(this.make(job), this.grid.children[place] ?? null);
    }
    return fresh;
  }

  /** Takes those away that are being deleted, and gives them. @param {string[]} ids @returns {Job[]} */
  takeAway(ids) {
    const jobs = /** @type {Job[]} */ (ids.map((id) => this.job(id)).filter(Boolean));
    for (const id of ids) {
      this.leaving.add(id);
      this.remove(id);
    }
    return jobs;
  }

  /** Puts them back where they were. @param {Job[]} jobs */
  bringBack(jobs) {
    for (const job of jobs) {
      this.leaving.delete(job.jobId);
      if (this.said.has(job.jobId)) continue;
      const cards = /** @type {HTMLElement[]} */ ([...this.grid.children]);
      const next = cards.find(({ dataset }) => (dataset.job ?? "") < job.jobId);
      this.grid.insertBefore(this.make(job), next ?? null);
    }
  }

  /** @param {string} id */
  remove(id) {
    const card = this.of(id);
    this.said.delete(id);
    if (!card) return;
    const next = card.nextElementSibling ?? card.previousElementSibling;
    const had = card.contains(document.activeElement);
    card.remove();
    if (had) /** @type {HTMLElement | null | undefined} */ (next?.querySelector("a"))?.focus();
  }

  /** Gives the focus to a card, where the page stands. @param {string | null} id */
  focus(id) {
    if (id) this.of(id)?.querySelector("a")?.focus({ preventScroll: true });
  }
}

/** What of a card has the focus. @param {HTMLElement} card */
function focusOf(card) {
  const { activeElement } = document;
  return ["a", "button", "input"].find((tag) =>
    [...card.querySelectorAll(tag)].includes(
      /** @type {any} */ (activeElement),
    )
  ) ?? "a";
}

/** @param {HTMLElement} card @param {string} tag */
function focusIn(card, tag) {
  const place = card.querySelector(tag) ?? card.querySelector("a");
  /** @type {HTMLElement | null} */ (place)?.focus({ preventScroll: true });
}
