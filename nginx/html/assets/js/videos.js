// The gallery: filters in the address, pages by cursor, kept in step with what happens elsewhere.
import { api } from "./parts/api.js";
import { saveTogether } from "./parts/archive.js";
import { deleteVideos, offerUndo, offerUndoOfBefore } from "./parts/deletion.js";
import { el, find } from "./parts/element.js";
import { fill, offerTiers, questionOf, wanted, workFilters } from "./parts/filters.js";
import { follow } from "./parts/follow.js";
import { walkByArrows } from "./parts/grid.js";
import { downloadOf, isOpen } from "./parts/job.js";
import { emptyBox, errorBox } from "./parts/notice.js";
import { keepPlace, placeBefore } from "./parts/place.js";
import { me, requireUser } from "./parts/session.js";
import { Selection } from "./parts/selection.js";
import { Shots } from "./parts/shots.js";
import { toast } from "./parts/toast.js";
import { text } from "../text/en.js";

/** @typedef {import("./parts/job.js").Job} Job */

/** How many a page has, and how many one question may ask for. */
const pageSize = 12;
const largestPage = 100;

const grid = find("[data-grid]");
/** @type {HTMLFormElement} */
const filters = find("[data-filters]");
const count = find("[data-count]");
const problem = find("[data-error]");
const moreRow = find("[data-more-row]");
const moreButton = find("[data-more]");

const shots = new Shots(grid, (id, card) => selection.mark(id, card));
const selection = new Selection(grid, find("[data-selection]"), { save, remove });
/** @type {string | null} */
let cursor = null;
let round = 0;
/** Whether there is a gallery to be kept in step. */
let isShown = false;
const watch = follow((open, ended) => [...open, ...ended].forEach((job) => shots.renew(job)), catchUp);

/**
 * A page of the wanted videos.
 * @param {{cursor?: string | null, limit?: number, signal?: AbortSignal}} part
 */
function ask({ cursor = null, limit = pageSize, signal }) {
  const question = questionOf(wanted());
  question.set("limit", String(limit));
  if (cursor) question.set("cursor", cursor);
  return api(`/api/videos?${question}`, { signal });
}

function showCount() {
  count.textContent = shots.size ? text.videos.count(shots.size, Boolean(cursor)) : "";
  moreRow.hidden = !cursor;
  if (shots.size) problem.replaceChildren();
  else showEmpty();
}

function showEmpty() {
  const filtered = wanted().size > 0;
  const action = filtered
    ? el("a", { class: "button second", href: "/videos" }, text.videos.noneAction)
    : el("a", { class: "button", href: "/create" }, text.videos.emptyAction);
  problem.replaceChildren(
    filtered
      ? emptyBox("search", text.videos.noneTitle, text.videos.noneWords, action)
      : emptyBox("film", text.videos.emptyTitle, text.videos.emptyWords, action),
  );
}

/** @param {any} error @param {() => void} again */
function showProblem(error, again) {
  problem.replaceChildren(errorBox(error, again));
  if (error.code !== "INVALID_INPUT") return;
  problem.append(el("p", {}, el("a", { class: "button second", href: "/videos" }, text.videos.noneAction)));
}

/**
 * Loads the first of the wanted videos, or more of them.
 * @param {boolean} further @param {number} [least] how many at least, if there are
 */
async function load(further, least = pageSize) {
  const mine = ++round;
  if (!further) selection.take();
  moreButton.textContent = further ? text.videos.loading : text.videos.more;
  grid.setAttribute("aria-busy", "true");
  try {
    const { items, nextCursor } = await ask({
      cursor: further ? cursor : null,
      limit: Math.min(least, largestPage),
    });
    if (mine !== round) return;
    if (!further) shots.clear();
    cursor = nextCursor;
    const added = shots.append(items);
    if (further && least === pageSize) {
      /** @type {HTMLElement | null} */ (added[0]?.querySelector("a"))?.focus();
    }
    showCount();
    for (const job of items.filter(isOpen)) watch.add(job.jobId);
    if (cursor && items.length && least > items.length) await load(true, least - items.length);
  } catch (error) {
    if (mine !== round) return;
    if (!further) {
      shots.clear();
      cursor = null;
      showCount();
    }
    showProblem(error, () => load(further, least));
  } finally {
    if (mine === round) {
      grid.removeAttribute("aria-busy");
      moreButton.textContent = text.videos.more;
    }
  }
}

/** What another tab or device has done: asked for every few seconds, of the newest alone. */
async function catchUp(/** @type {AbortSignal} */ signal) {
  if (!isShown) return;
  const mine = round;
  const { items, nextCursor } = await ask({ signal });
  if (signal.aborted || mine !== round || grid.hasAttribute("aria-busy")) return;
  const fresh = shots.merge(items, !nextCursor);
  selection.drop([...selection.ids].filter((id) => !shots.job(id)));
  if (!nextCursor) cursor = null;
  showCount();
  for (const job of fresh.filter(isOpen)) watch.add(job.jobId);
  if (fresh.length) await me();
}

/** @param {any} error */
const tell = (error) => toast(error.isApiError || error.isOwn ? error.message : text.error.network);

/** Deletes what was chosen: at once here, and again there when that did not work. @param {string[]} ids */
async function remove(ids) {
  const jobs = shots.takeAway(ids);
  showCount();
  try {
    const { deleted, open } = await deleteVideos(ids);
    if (open.length) {
      bringBack(jobs, open);
      toast(text.deletion.open(open.length));
    }
    if (deleted.length) offerUndo(deleted, (restored) => bringBack(jobs, restored));
  } catch (error) {
    bringBack(jobs, ids);
    tell(error);
  }
}

/** @param {Job[]} jobs @param {string[]} ids of those to be brought back */
function bringBack(jobs, ids) {
  shots.bringBack(jobs.filter(({ jobId }) => ids.includes(jobId)));
  showCount();
}

/** One as it is, several as one file. @param {string[]} ids */
async function save(ids) {
  const ready = ids.map((id) => shots.job(id)).filter((job) => job?.videoUrl);
  try {
    if (!ready.length) toast(text.selection.noneReady);
    else if (ready.length === 1) location.assign(downloadOf(/** @type {Job} */ (ready[0])));
    else await saveTogether(ids);
  } catch (error) {
    tell(error);
  }
}

workFilters(filters, () => load(false));
walkByArrows(grid);
moreButton.addEventListener("click", () => cursor && load(true));
keepPlace(() => ({
  count: shots.size,
  focus: /** @type {HTMLElement | null} */ (document.activeElement?.closest("[data-job]"))?.dataset.job ??
    null,
}));

async function start() {
  try {
    const [, tiers] = await Promise.all([requireUser(), api("/api/tiers")]);
    shots.nameTiers(tiers.items);
    offerTiers(filters, tiers.items);
    fill(filters);
    const place = placeBefore();
    await load(false, Math.max(pageSize, place?.count ?? 0));
    if (place) {
      shots.focus(place.focus);
      scrollTo({ top: place.top, behavior: "instant" });
    }
    isShown = true;
    offerUndoOfBefore(() => load(false));
  } catch (error) {
    shots.clear();
    grid.removeAttribute("aria-busy");
    problem.replaceChildren(errorBox(error, start));
  }
}
start();
