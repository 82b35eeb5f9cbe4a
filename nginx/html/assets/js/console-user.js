// One person: who they are, what they have and did, and what an operator may do.
import { api } from "./parts/api.js";
import { actButton, facts, forOperator, idOfPage, link, part, rows, sum, when } from "./parts/console.js";
import { el, find } from "./parts/element.js";
import { lineColumns, named, purchaseColumns, videoColumns } from "./parts/records.js";
import { say } from "../text/console.js";

const { act, fact, head } = say;

/** @param {any} person */
function actsOf(person) {
  const user = `/api/admin/users/${person.id}`;
  const account = person.accountId && `/api/admin/accounts/${person.accountId}`;
  /** @type {(import("./parts/console.js").Act | false | null)[]} */
  const acts = [
    { words: act.note, may: "managePeople", path: `${user}/notes` },
    !person.emailVerified && { words: act.verify, may: "managePeople", path: `${user}/verification` },
    person.secondFactor && {
      words: act.resetFactor,
      may: "resetCodes",
      path: `${user}/second-factor-reset`,
    },
    { words: act.signOut, may: "managePeople", path: `${user}/sign-out` },
    person.blockedAt
      ? { words: act.unblock, may: "managePeople", path: `${user}/unblock` }
      : { words: act.block, may: "managePeople", path: `${user}/block` },
    {
      words: act.role,
      may: "setRoles",
      path: `${user}/role`,
      fields: ["role"],
      values: { role: person.role },
    },
    account && {
      words: act.grant,
      may: "moveMoney",
      path: `${account}/grant`,
      fields: ["amount"],
      isNeeded: true,
    },
    account &&
    {
      words: act.take,
      may: "repairBooks",
      path: `${account}/take`,
      fields: ["amount"],
      isNeeded: true,
      isRehearsed: true,
    },
    person.shortfall > 0 &&
    {
      words: act.waive,
      may: "repairBooks",
      path: `${account}/waiver`,
      fields: ["amount"],
      isRehearsed: true,
    },
    account && { words: act.rebuild, may: "repairBooks", path: `${account}/rebuild`, isRehearsed: true },
  ];
  return el(
    "div",
    { class: "acts" },
    ...acts.filter(Boolean).map((one) =>
      actButton(/** @type {import("./parts/console.js").Act} */ (one), start)
    ),
  );
}

/** @param {any} person */
const whoOf = (person) =>
  facts([
    [fact.id, person.id],
    [fact.name, person.name && el("bdi", {}, person.name)],
    [fact.account, person.accountId],
    [fact.role, named(say.role, person.role)],
    [fact.verified, person.emailVerified ? say.yes : say.no],
    [fact.factor, person.secondFactor ? say.yes : say.no],
    [fact.blocked, person.blockedAt && when(person.blockedAt, "full")],
    [head.joined, when(person.createdAt, "full")],
    [head.seen, when(person.lastUsedAt)],
  ]);

/** @param {any} person */
const moneyOf = (person) =>
  facts([
    [head.available, sum(person.available)],
    [fact.reserved, sum(person.reserved)],
    [fact.shortfall, person.shortfall > 0 ? sum(person.shortfall) : null],
    [head.paid, sum(person.paid)],
    [head.spent, sum(person.spent)],
    ...person.lots.map((/** @type {any} */ lot) => [
      named(say.source, lot.source),
      el("span", {}, sum(lot.remaining), " · ", lot.expiresAt ? when(lot.expiresAt, "day") : fact.never),
    ]),
  ]);

const sessionColumns = [
  { name: head.seen, cell: (/** @type {any} */ { lastUsedAt }) => when(lastUsedAt) },
  { name: head.detail, cell: (/** @type {any} */ { userAgent }) => userAgent },
  { name: head.address, cell: (/** @type {any} */ { address }) => address },
];

async function start() {
  const person = await api(`/api/admin/users/${encodeURIComponent(idOfPage)}`);
  const account = person.accountId;
  const none = { items: [] };
  const [lines, purchases, videos, sessions] = await Promise.all([
    account ? api(`/api/admin/accounts/${account}/transactions?limit=10`) : none,
    account ? api(`/api/admin/purchases?account=${account}&limit=10`) : none,
    account ? api(`/api/admin/videos?account=${account}&limit=10`) : none,
    api(`/api/admin/users/${person.id}/sessions?limit=10`),
  ]);
  find("[data-title]").textContent = person.email;
  const all = (/** @type {string} */ of) =>
    el("p", {}, link(`/admin/${of}?account=${account}`, say.part.all));
  find("[data-detail]").replaceChildren(
    part(say.part.acts, actsOf(person)),
    el(
      "div",
      { class: "console-pair" },
      part(say.part.person, whoOf(person)),
      part(say.part.money, moneyOf(person)),
    ),
    part(
      say.part.notes,
      rows([
        { name: head.when, cell: ({ createdAt }) => when(createdAt, "full") },
        { name: head.detail, cell: (note) => el("span", { dir: "auto" }, note.text) },
      ], person.notes),
    ),
    part(say.part.lines, rows(lineColumns, lines.items)),
    part(say.part.purchases, rows(purchaseColumns, purchases.items), all("purchases")),
    part(say.part.videos, rows(videoColumns, videos.items), all("videos")),
    part(say.part.sessions, rows(sessionColumns, sessions.items)),
  );
  find("[data-detail]").removeAttribute("aria-busy");
}
forOperator(start);
