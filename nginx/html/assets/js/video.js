// One video: the player or where it stands, its settings, its price and what can be done with it.
import { actions } from "./parts/actions.js";
import { api } from "./parts/api.js";
import { deleteAndLeave } from "./parts/deletion.js";
import { el, find } from "./parts/element.js";
import { facts, first, stagesOf } from "./parts/facts.js";
import { announce } from "./parts/follow.js";
import { cancel, isOpen, nameOf, promptOf } from "./parts/job.js";
import { emptyBox, errorBox } from "./parts/notice.js";
import { otherTierLinks } from "./parts/other-tiers.js";
import { poll } from "./parts/poll.js";
import { me, requireUser } from "./parts/session.js";
import { sharing } from "./parts/share.js";
import { stage } from "./parts/stage.js";
import { titleOf } from "./parts/title.js";
import { cut, isolated } from "./parts/words.js";
import { text } from "../text/en.js";

/** @typedef {import("./parts/job.js").Job} Job */

/** What the shop is called, which ends each title. */
const shop = document.title.split(" · ").at(-1);
const place = find("[data-video]");
const id = location.pathname.split("/")[2] ?? "";
const url = `/api/videos/${id}`;
const share = sharing(id);
/** @type {import("./parts/wish.js").Tier[]} */
let tiers = [];
/**
 * The parts that change while it is being made.
 * @type {{stage: HTMLElement, actions: HTMLElement, facts: HTMLElement} | null}
 */
let parts = null;
let shown = "";
/** @type {import("./parts/facts.js").Stage[]} */
let stages = [];

/** @param {Job} job */
const actionsOf = (job) =>
  actions(job, {
    share: share.opener,
    onCancel: (button) => onCancel(job, button),
    onDelete: () => deleteAndLeave(id),
  });

/** @param {Job} job */
const factsOf = (job) => facts(job, tiers.find(({ id }) => id === job.tier)?.name ?? job.tier, stages);

/** @param {Job} job @param {HTMLElement} button */
async function onCancel(job, button) {
  button.setAttribute("aria-disabled", "true");
  show((await cancel(job)) ?? (await api(url).catch(() => job)));
}

/** @param {Job} job */
function nameTab(job) {
  document.title = `${isolated(cut(nameOf(job), 50))} · ${shop}`;
}

/** Builds the page. @param {Job} job */
function build(job) {
  parts = { stage: stage(job, 0), actions: actionsOf(job), facts: factsOf(job) };
  place.replaceChildren(
    titleOf(job, nameTab),
    el(
      "div",
      { class: "viewer" },
      el("div", { class: "stack" }, parts.stage, parts.actions, share.panel),
      el(
        "div",
        { class: "stack" },
        el("h2", {}, text.video.prompt),
        el("p", { class: "words", dir: "auto" }, promptOf(job)),
        job.negativePrompt &&
          el(
            "div",
            {},
            el("h3", {}, first(text.field.negativePrompt)),
            el("p", { class: "words muted", dir: "auto" }, job.negativePrompt),
          ),
        parts.facts,
        otherTierLinks(job, tiers),
      ),
    ),
  );
  place.removeAttribute("aria-busy");
  nameTab(job);
}

/** @param {"stage" | "actions" | "facts"} name @param {HTMLElement} fresh */
function put(name, fresh) {
  if (!parts) return;
  parts[name].replaceWith(fresh);
  parts[name] = fresh;
}

/** @param {Job} job */
function show(job) {
  const now = JSON.stringify([job.status, job.statusDetail, job.position, job.completedAt, job.videoUrl]);
  const isSame = now === shown;
  shown = now;
  if (!parts) return build(job);
  if (isSame && !isOpen(job)) return;
  put("stage", stage(job, place.querySelector(".player progress")?.value ?? 0));
  if (isSame) return;
  const had = parts.actions.contains(document.activeElement);
  put("actions", actionsOf(job));
  put("facts", factsOf(job));
  if (had) /** @type {HTMLElement | null} */ (parts.actions.querySelector("a, button"))?.focus();
}

/** How long each part of the way took, once it is over. @param {Job} job */
async function tellStages(job) {
  stages = await stagesOf(id);
  put("facts", factsOf(job));
}

async function lookAgain(/** @type {AbortSignal} */ signal) {
  const latest = await api(url, { signal });
  if (isOpen(latest)) {
    show(latest);
    return true;
  }
  await me();
  if (signal.aborted) return true;
  announce([latest]);
  show(latest);
  tellStages(latest);
  return false;
}

/** @param {any} error */
function fail(error) {
  place.removeAttribute("aria-busy");
  const heading = el("h1", { class: "visually-hidden" }, text.video.title);
  if (error.status !== 404) return place.replaceChildren(heading, errorBox(error, start));
  const all = el("a", { class: "button", href: "/videos" }, text.video.all);
  place.replaceChildren(
    heading,
    emptyBox("film", text.video.missingTitle, text.video.missingWords, all),
  );
}

async function start() {
  place.setAttribute("aria-busy", "true");
  try {
    const [, catalog, job] = await Promise.all([
      requireUser(),
      api("/api/tiers"),
      api(url).catch((error) => error),
    ]);
    if (job instanceof Error) throw job;
    tiers = catalog.items;
    show(job);
    if (isOpen(job)) poll(lookAgain);
    else tellStages(job);
  } catch (error) {
    fail(error);
  }
}
start();
