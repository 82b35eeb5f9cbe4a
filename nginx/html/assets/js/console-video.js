// One video: where it is, what it costs and brings, and what an operator may do.
import { api } from "./parts/api.js";
import { actButton, facts, forOperator, idOfPage, link, part, rows, sum, when } from "./parts/console.js";
import { el, find, num } from "./parts/element.js";
import { stateOf, tryColumns } from "./parts/records.js";
import { say } from "../text/console.js";

const { act, fact, head } = say;

/** @param {any} video */
function actsOf(video) {
  const path = `/api/admin/videos/${video.id}`;
  const isOver = ["delivered", "refunded"].includes(video.state);
  const shown = [
    video.state === "submit_unknown" &&
    actButton({
      words: act.resolve,
      may: "endVideos",
      path: `${path}/resolution`,
      fields: ["taskId"],
    }, start),
    !isOver && actButton({ words: act.endVideo, may: "endVideos", path: `${path}/closure` }, start),
  ].filter(Boolean);
  return shown.length ? el("div", { class: "acts" }, ...shown) : el("p", { class: "muted" }, say.none);
}

/** @param {any} video */
const factsOf = (video) =>
  facts([
    [head.buyer, link(`/admin/users/${video.userId}`, video.email)],
    [head.state, stateOf(video.state, video.failureReason)],
    [head.tier, video.tier],
    [fact.catalog, num(String(video.catalogVersion))],
    [fact.duration, say.seconds(video.duration)],
    [head.price, sum(video.price)],
    [fact.estimated, sum(video.estimatedCost)],
    [fact.actual, video.actualCost === null ? null : sum(video.actualCost)],
    [
      fact.lost,
      video.lost === null
        ? null
        : el("span", {}, sum(video.lost), video.isLossPresumed && ` (${fact.presumed})`),
    ],
    [head.margin, video.margin === null ? null : sum(video.margin)],
    [fact.task, video.taskId],
    [fact.vendorStatus, video.vendorStatus],
    [fact.parked, video.parkedProblem],
    [head.when, when(video.createdAt, "full")],
    [fact.submitted, video.submittedAt && when(video.submittedAt, "full")],
    [fact.deadline, video.deadlineAt && when(video.deadlineAt, "full")],
    [fact.completed, video.completedAt && when(video.completedAt, "full")],
  ]);

async function start() {
  const video = await api(`/api/admin/videos/${encodeURIComponent(idOfPage)}`);
  find("[data-detail]").replaceChildren(
    part(say.part.acts, actsOf(video)),
    part(say.part.facts, factsOf(video)),
    part(say.part.tries, rows(tryColumns, video.tries)),
  );
  find("[data-detail]").removeAttribute("aria-busy");
}
forOperator(start);
