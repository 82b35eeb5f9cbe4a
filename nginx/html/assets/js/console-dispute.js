// A disputed payment: what a bank can be told, until when, and the press that tells it.
import { api } from "./parts/api.js";
import { actButton, facts, forOperator, idOfPage, link, part, sum, when } from "./parts/console.js";
import { el, find } from "./parts/element.js";
import { notice } from "./parts/notice.js";
import { now } from "./parts/time.js";
import { say } from "../text/console.js";

const { act, dispute: words, fact, head } = say;
/** @type {Record<string, string>} */
const standing = words.standing;
const path = `/api/admin/disputes/${encodeURIComponent(idOfPage)}`;

/** How long is left, counted down while the page is open. @param {string} until */
function countdown(until) {
  const line = el("span", {});
  const tell = () => {
    line.textContent = words.left(Math.floor((Date.parse(until) - now()) / 1000));
  };
  tell();
  const clock = setInterval(() => (line.isConnected ? tell() : clearInterval(clock)), 1000);
  return el("span", {}, when(until, "full"), " · ", line);
}

/** How far the evidence is. @param {any} dispute */
function stepOf(dispute) {
  if (dispute.step === "submitted") {
    const by = dispute.submittedBy && el("bdi", {}, dispute.submittedBy);
    const then = el("p", {}, when(dispute.submittedAt, "full"), by && " · ", by);
    return notice({ tone: "ok", picture: "check" }, words.submitted, then);
  }
  if (dispute.step === "under_way") return notice({ tone: "", picture: "info" }, words.underWay);
  if (dispute.step === "refused") return notice({}, words.refused, el("p", { dir: "auto" }, dispute.problem));
  if (dispute.submissions > 0) return notice({ tone: "", picture: "info" }, words.elsewhere);
  return null;
}

/** @param {any} dispute */
function actsOf(dispute) {
  const isOpen = ["inquiry", "open"].includes(dispute.standing);
  const isDue = isOpen && dispute.step !== "submitted" && dispute.submissions === 0;
  return el(
    "div",
    { class: "acts" },
    isDue && actButton({
      words: act.submitEvidence,
      may: "refund",
      path: `${path}/evidence`,
      outcome: ({ step }) => (step === "submitted" ? words.submitted : words.underWay),
    }, start),
    el("a", { class: "button second", href: `${path}/evidence.pdf` }, words.paper),
  );
}

/** @param {any} dispute */
const factsOf = (dispute) =>
  facts([
    [words.until, dispute.dueAt && countdown(dispute.dueAt)],
    [head.state, standing[dispute.standing] ?? dispute.standing],
    [head.reason, dispute.reason],
    [head.amount, sum(dispute.amount)],
    [head.buyer, el("bdi", {}, dispute.email)],
    [words.purchase, link(`/admin/purchases/${dispute.purchaseId}`, dispute.purchaseId)],
    [head.id, dispute.id],
    [head.since, when(dispute.createdAt, "full")],
    [fact.submitted, dispute.submittedAt && when(dispute.submittedAt, "full")],
  ]);

/** What the bank is told, as it is sent. @param {any} dispute */
const evidenceOf = (dispute) =>
  el(
    "dl",
    { class: "evidence" },
    ...dispute.evidence.map((/** @type {any} */ { name, value }) =>
      el(
        "div",
        {},
        el("dt", {}, words.fields[/** @type {keyof typeof words.fields} */ (name)] ?? name),
        el("dd", { dir: "auto" }, value),
      )
    ),
  );

/** @param {string[]} gaps */
const gapsOf = (gaps) =>
  el(
    "ul",
    {},
    ...gaps.map((gap) => el("li", {}, words.gaps[/** @type {keyof typeof words.gaps} */ (gap)] ?? gap)),
  );

async function start() {
  const dispute = await api(path);
  find("[data-detail]").replaceChildren(
    part(say.part.acts, stepOf(dispute), actsOf(dispute)),
    part(say.part.facts, factsOf(dispute)),
    part(words.evidence, el("p", { class: "muted" }, words.hint), evidenceOf(dispute)),
    part(words.notRecorded, el("p", { class: "muted" }, words.notRecordedHint), gapsOf(dispute.notRecorded)),
  );
  find("[data-detail]").removeAttribute("aria-busy");
}
forOperator(start);
