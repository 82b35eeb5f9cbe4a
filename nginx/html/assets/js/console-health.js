// How each part of the shop works, since when, and what can be tried.
import { api } from "./parts/api.js";
import { facts, forOperator, link, part, rows, when } from "./parts/console.js";
import { el, find, icon, num } from "./parts/element.js";
import { errorBox, notice } from "./parts/notice.js";
import { pausesPart } from "./parts/pauses.js";
import { named } from "./parts/records.js";
import { say } from "../text/console.js";

const { head, health: words, videoState } = say;

const foreign = (/** @type {string | null} */ some) => some && el("span", { dir: "auto" }, some);
const wait = (/** @type {number} */ seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

/** A state in words, with its sign. @param {"ok" | "failing" | "silent" | "unknown"} state */
const sign = (state) =>
  el(
    "b",
    { class: `state ${{ ok: "ok", failing: "bad", silent: "bad", unknown: "" }[state]}`.trim() },
    icon({ ok: "circle-check", failing: "circle-alert", silent: "circle-alert", unknown: "info" }[state]),
    words.state[state],
  );

/** @param {number | null} bytes */
const gigabytes = (bytes) => (bytes === null ? "–" : num(`${(bytes / 1e9).toFixed(1)} GB`));

/** @param {any} answer */
const checks = ({ checks }) =>
  part(
    words.checks,
    rows([
      { name: words.check, cell: ({ name }) => named(words.names, name) },
      { name: head.state, cell: ({ state }) => sign(state) },
      { name: head.detail, cell: ({ detail }) => foreign(detail) },
      { name: words.ends, cell: ({ endsAt }) => when(endsAt, "day") },
      { name: words.looked, cell: ({ checkedAt }) => when(checkedAt) },
      { name: head.since, cell: ({ changedAt }) => when(changedAt, "full") },
    ], checks),
  );

/** @param {any} answer */
const workers = ({ workers }) =>
  part(
    words.workers,
    rows([
      { name: words.host, cell: ({ host, process }) => foreign(`${host}, ${process}`) },
      { name: head.state, cell: ({ isSilent }) => sign(isSilent ? "silent" : "ok") },
      { name: head.version, cell: ({ version }) => version },
      { name: words.started, cell: ({ startedAt }) => when(startedAt, "full") },
      { name: words.seen, cell: ({ seenAt }) => when(seenAt) },
      { name: words.free, cell: ({ freeBytes }) => gigabytes(freeBytes), end: true },
      { name: words.size, cell: ({ sizeBytes }) => gigabytes(sizeBytes), end: true },
    ], workers),
  );

/** @param {any} answer */
const queue = ({ queue, gates }) =>
  part(
    words.queue,
    queue.length
      ? facts(queue.map((/** @type {any} */ { state, count, oldestAt }) => [
        named(videoState, state),
        el(
          "span",
          {},
          link(`/admin/videos?state=${state}`, num(String(count))),
          " ",
          words.oldest,
          " ",
          when(oldestAt),
        ),
      ]))
      : el("p", { class: "muted" }, words.noQueue),
    gates.length
      ? rows([
        { name: words.step, cell: ({ name }) => name },
        { name: words.until, cell: ({ pausedUntil }) => when(pausedUntil, "full") },
        { name: head.reason, cell: ({ reason }) => foreign(reason) },
      ], gates)
      : el("p", { class: "muted" }, words.noGates),
  );

/** @param {any} answer */
const changesOf = ({ changes }) =>
  part(
    words.history,
    rows([
      { name: head.when, cell: ({ changedAt }) => when(changedAt, "full") },
      { name: words.check, cell: ({ name }) => named(words.names, name) },
      { name: head.state, cell: ({ isHealthy }) => sign(isHealthy ? "ok" : "failing") },
      { name: head.detail, cell: ({ detail }) => foreign(detail) },
    ], changes),
  );

/** @param {any} answer */
const schedules = ({ schedules }) =>
  part(
    words.schedules,
    rows([
      { name: head.what, cell: ({ name }) => named(words.names, name) },
      { name: words.done, cell: ({ doneAt }) => when(doneAt) },
      { name: words.due, cell: ({ dueAt }) => when(dueAt, "full") },
      { name: words.problem, cell: ({ problem }) => foreign(problem) },
    ], schedules),
  );

/** @param {any} answer */
const versions = ({ versions }) =>
  part(
    words.versions,
    facts([
      [words.program, versions.program],
      [words.database, versions.database],
      [words.schema, versions.schema],
    ]),
  );

/** @param {any} mail */
const mailState = ({ sentAt, failedAt }) =>
  sentAt ? sign("ok") : failedAt ? sign("failing") : el("b", {}, words.underWay);

/** @param {any} answer */
const mails = ({ testMails }) =>
  testMails.length
    ? rows([
      { name: head.when, cell: ({ createdAt }) => when(createdAt, "full") },
      { name: head.state, cell: mailState },
      { name: words.taken, cell: ({ sentAt }) => when(sentAt, "full") },
      { name: words.problem, cell: ({ problem }) => foreign(problem) },
    ], testMails)
    : null;

const path = "/api/admin/health";
const said = el("div", { "aria-live": "polite" });

/** Looks until `isOver`, half a minute at most; whether it was. @param {(answer: any) => boolean} isOver */
async function follow(isOver) {
  for (let round = 0; round < 20; round++) {
    await wait(1.5);
    const answer = await api(path);
    show(answer);
    if (isOver(answer)) return answer;
  }
  return null;
}

async function askVendors() {
  const { since } = await api(`${path}/checks`, { method: "POST" });
  const vendors = (/** @type {any} */ { checks }) =>
    checks.filter((/** @type {any} */ { name }) => name === "pollo_api" || name === "stripe");
  const isNew = (/** @type {any} */ { checkedAt }) => checkedAt && Date.parse(checkedAt) >= Date.parse(since);
  const answer = await follow((now) => vendors(now).every(isNew));
  if (!answer) return said.replaceChildren(notice({}, words.noWorker));
  const lines = vendors(answer).map((/** @type {any} */ { name, state, detail }) =>
    el(
      "p",
      { dir: "auto" },
      `${named(words.names, name)}: ${state === "ok" ? words.state.ok : words.state.failing}. ${detail}`,
    )
  );
  const isWell = vendors(answer).every((/** @type {any} */ { state }) => state === "ok");
  said.replaceChildren(notice(isWell ? { tone: "", picture: "circle-check" } : {}, ...lines));
}

async function sendMail() {
  const { id } = await api(`${path}/mail`, { method: "POST" });
  const mine = (/** @type {any} */ { testMails }) =>
    testMails.find((/** @type {any} */ mail) => mail.id === id);
  const answer = await follow((now) =>
    Boolean(mine(now)?.sentAt ?? mine(now)?.failedAt ?? mine(now)?.problem)
  );
  const mail = answer && mine(answer);
  if (mail?.sentAt) said.replaceChildren(notice({ tone: "", picture: "circle-check" }, words.mailSent));
  else said.replaceChildren(notice({}, mail?.problem ?? words.noWorker));
}

async function sendWebhook() {
  const { askedAt } = await api(`${path}/webhook`, { method: "POST" });
  const answer = await follow(({ webhookTest }) => webhookTest?.askedAt === askedAt && webhookTest.doneAt);
  const test = answer?.webhookTest;
  if (!test) return said.replaceChildren(notice({}, words.noWebhookWorker));
  const lines = words.webhookResult(test.status, test.milliseconds);
  said.replaceChildren(
    test.problem
      ? notice({}, el("p", { dir: "auto" }, test.problem), lines)
      : notice({ tone: "", picture: "circle-check" }, words.webhookTaken, lines),
  );
}

let isBusy = false;
/** @param {string} name @param {string} doing @param {() => Promise<unknown>} act */
const button = (name, doing, act) =>
  el("button", {
    class: "button second",
    type: "button",
    onclick: async () => {
      if (isBusy) return;
      isBusy = true;
      said.replaceChildren(notice({ tone: "", picture: "info" }, doing));
      await act().catch((error) => said.replaceChildren(errorBox(error)));
      isBusy = false;
    },
  }, name);

const mailPlace = el("div", {});
const tests = part(
  words.tests,
  el("p", { class: "muted" }, words.testsHint),
  el(
    "div",
    { class: "acts" },
    button(words.ask, words.asking, askVendors),
    button(words.mail, words.mailing, sendMail),
    button(words.webhook, words.mailing, sendWebhook),
  ),
  said,
  mailPlace,
);
const facility = el("div", { class: "overview" });
const place = find("[data-detail]");

/** @param {any} answer */
function show(answer) {
  mailPlace.replaceChildren(...[mails(answer)].filter(Boolean));
  facility.replaceChildren(
    checks(answer),
    el("div", { class: "console-pair" }, queue(answer), versions(answer)),
    workers(answer),
    changesOf(answer),
    schedules(answer),
  );
}

forOperator(async () => {
  show(await api(path));
  place.replaceChildren(await pausesPart(), tests, facility);
  place.removeAttribute("aria-busy");
});
