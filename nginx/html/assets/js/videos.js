// The gallery: filters in the address, pages by cursor, unfinished videos kept in step.
import { api } from "./parts/api.js";
import { el, find, icon, num } from "./parts/element.js";
import { follow } from "./parts/follow.js";
import {
  againLink,
  hasFailed,
  isOpen,
  pageOf,
  pathOf,
  progressOf,
  promptOf,
  stateLine,
  stateOf,
} from "./parts/job.js";
import { money } from "./parts/money.js";
import { emptyBox, errorBox } from "./parts/notice.js";
import { requireUser } from "./parts/session.js";
import { time } from "./parts/time.js";
import { isolated } from "./parts/words.js";
import { text } from "../text/en.js";

/** @typedef {import("./parts/job.js").Job} Job */

const grid = find("[data-grid]");
/** @type {HTMLFormElement} */
const filters = find("[data-filters]");
const count = find("[data-count]");
const problem = find("[data-error]");
const moreRow = find("[data-more-row]");
const moreButton = find("[data-more]");
const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;

/** @type {Map<string, string>} */
const tierNames = new Map();
/** @type {string | null} */
let cursor = null;
let round = 0;
const watch = follow(onChange);

/** The filters as the address says them. */
function wanted() {
  const all = new URLSearchParams(location.search);
  const some = new URLSearchParams();
  for (const name of ["q", "status", "tier"]) {
    const value = all.get(name)?.trim();
    if (value) some.set(name, value);
  }
  return some;
}

/** Plays without sound while pointed at or focused. @param {HTMLElement} frame @param {Job} job */
function addPreview(frame, job) {
  /** @type {HTMLVideoElement | null} */
  let video = null;
  const start = () => {
    if (video || calm) return;
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

/** @param {Job} job @returns {HTMLElement} */
function shot(job) {
  const done = job.status === "completed";
  const old = document.querySelector(`[data-job="${CSS.escape(job.jobId)}"] progress`);
  const frame = el(
    "a",
    {
      class: "frame",
      href: pageOf(job.jobId),
      "aria-label": `${isolated(promptOf(job))}. ${stateOf(job).words}`,
    },
    done
      ? job.posterUrl
        ? el("img", { src: pathOf(job.posterUrl), alt: "", width: 640, height: 360, loading: "lazy" })
        : icon("film")
      : el(
        "span",
        { class: "inside" },
        stateLine(job),
        progressOf(job, stateOf(job).words, /** @type {HTMLProgressElement | null} */ (old)?.value ?? 0),
      ),
    num(text.seconds(job.duration), "length"),
  );
  if (done) addPreview(frame, job);
  return el(
    "article",
    { class: "shot", "data-job": job.jobId, "data-status": job.status },
    frame,
    el("p", { class: "prompt", dir: "auto" }, promptOf(job)),
    el(
      "div",
      { class: "meta" },
      done && stateLine(job),
      el("span", {}, tierNames.get(job.tier) ?? job.tier),
      num(money(done || isOpen(job) ? (job.userCharged ?? job.estimatedCost) : 0)),
      time(job.createdAt),
      hasFailed(job) && againLink(job, "again"),
    ),
  );
}

function showCount() {
  const shown = grid.querySelectorAll("[data-job]").length;
  count.textContent = shown ? text.videos.count(shown, Boolean(cursor)) : "";
  moreRow.hidden = !cursor;
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

/** Loads the first page of the present filters, or the next one. @param {boolean} further */
async function load(further) {
  const mine = ++round;
  const ask = wanted();
  ask.set("limit", "12");
  if (further && cursor) ask.set("cursor", cursor);
  moreButton.textContent = further ? text.videos.loading : text.videos.more;
  grid.setAttribute("aria-busy", "true");
  try {
    const { items, nextCursor } = await api(`/api/videos?${ask}`);
    if (mine !== round) return;
    problem.replaceChildren();
    cursor = nextCursor;
    const shots = items.map(shot);
    if (further) grid.append(...shots);
    else grid.replaceChildren(...shots);
    if (further) /** @type {HTMLElement | null} */ (shots[0]?.querySelector("a"))?.focus();
    if (!grid.childElementCount) showEmpty();
    showCount();
    for (const job of items.filter(isOpen)) watch.add(job.jobId);
  } catch (error) {
    if (mine !== round) return;
    if (!further) {
      grid.replaceChildren();
      cursor = null;
      showCount();
    }
    problem.replaceChildren(errorBox(error, () => load(further)));
    if (/** @type {any} */ (error).code === "INVALID_INPUT") {
      problem.append(
        el("p", {}, el("a", { class: "button second", href: "/videos" }, text.videos.noneAction)),
      );
    }
  } finally {
    if (mine === round) {
      grid.removeAttribute("aria-busy");
      moreButton.textContent = text.videos.more;
    }
  }
}

/** @param {Job[]} open @param {Job[]} ended */
function onChange(open, ended) {
  for (const job of [...open, ...ended]) {
    const old = grid.querySelector(`[data-job="${CSS.escape(job.jobId)}"]`);
    if (!old) continue;
    const hadFocus = old.contains(document.activeElement);
    const now = shot(job);
    old.replaceWith(now);
    if (hadFocus) /** @type {HTMLElement | null} */ (now.querySelector("a"))?.focus();
  }
}

/** Puts the form's filters in the address and loads. @param {boolean} replace */
function apply(replace) {
  const now = new URLSearchParams();
  for (const [name, value] of new FormData(filters)) {
    if (String(value).trim()) now.set(name, String(value).trim());
  }
  const url = now.size ? `/videos?${now}` : "/videos";
  if (url === location.pathname + location.search) return;
  if (replace) history.replaceState(null, "", url);
  else history.pushState(null, "", url);
  load(false);
}

function fillFilters() {
  const now = wanted();
  for (const name of ["q", "status", "tier"]) find(`#${name}`, filters).value = now.get(name) ?? "";
}

/** @type {ReturnType<typeof setTimeout> | undefined} */
let typing;
find("#q").addEventListener("input", () => {
  clearTimeout(typing);
  typing = setTimeout(() => apply(true), 300);
});
for (const name of ["status", "tier"]) find(`#${name}`).addEventListener("change", () => apply(false));
filters.addEventListener("submit", (event) => {
  event.preventDefault();
  clearTimeout(typing);
  apply(false);
});
addEventListener("popstate", () => {
  fillFilters();
  load(false);
});
moreButton.addEventListener("click", () => cursor && load(true));

// Arrow keys go from video to video; Enter opens, as with any link.
grid.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
  const frames = /** @type {HTMLElement[]} */ ([...grid.querySelectorAll("a.frame")]);
  const at = frames.indexOf(/** @type {HTMLElement} */ (document.activeElement));
  if (at < 0) return;
  const columns = frames.filter((frame) =>
    Math.abs(frame.getBoundingClientRect().top - frames[0].getBoundingClientRect().top) < 2
  ).length || 1;
  const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns }[event.key];
  if (event.key === " ") {
    frames[at].click();
  } else if (!step || !frames[at + step]) {
    return;
  } else frames[at + step].focus();
  event.preventDefault();
});

async function start() {
  try {
    const [, tiers] = await Promise.all([requireUser(), api("/api/tiers")]);
    const select = find("#tier");
    for (const { id, name } of tiers.items) {
      tierNames.set(id, name);
      if (!select.querySelector(`option[value="${CSS.escape(id)}"]`)) {
        select.append(el("option", { value: id }, name));
      }
    }
    fillFilters();
    await load(false);
  } catch (error) {
    grid.replaceChildren();
    grid.removeAttribute("aria-busy");
    problem.replaceChildren(errorBox(error, start));
  }
}
start();
