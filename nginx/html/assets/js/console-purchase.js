// One purchase: its life at Stripe, what went back of it, and what an operator may do.
import { api } from "./parts/api.js";
import { actButton, facts, forOperator, idOfPage, link, part, rows, sum, when } from "./parts/console.js";
import { el, find } from "./parts/element.js";
import { named } from "./parts/records.js";
import { say } from "../text/console.js";

const { act, fact, head } = say;

/** @param {any} purchase */
function actsOf(purchase) {
  const path = `/api/admin/purchases/${purchase.id}`;
  /** @type {(import("./parts/console.js").Act | false)[]} */
  const acts = [
    purchase.paidAt && { words: act.refund, may: "refund", path: `${path}/refund`, fields: ["amount"] },
    purchase.paidAt && { words: act.refresh, may: "repairBooks", path: `${path}/refresh`, isRehearsed: true },
    purchase.problem && !purchase.closedAt &&
    { words: act.credit, may: "repairBooks", path: `${path}/credit`, isRehearsed: true },
    purchase.problem && !purchase.closedAt &&
    { words: act.closePurchase, may: "repairBooks", path: `${path}/closure`, isRehearsed: true },
  ];
  const shown = acts.filter(Boolean).map((one) =>
    actButton(/** @type {import("./parts/console.js").Act} */ (one), start)
  ).filter(Boolean);
  return shown.length ? el("div", { class: "acts" }, ...shown) : el("p", { class: "muted" }, say.none);
}

/** @param {any} purchase */
const factsOf = (purchase) =>
  facts([
    [head.buyer, link(`/admin/users/${purchase.userId}`, purchase.email)],
    [head.state, named(say.purchaseState, purchase.status)],
    [head.pack, purchase.packageId],
    [head.price, sum(purchase.price)],
    [head.refunded, sum(purchase.refunded)],
    [fact.clawedBack, sum(purchase.clawedBack)],
    [fact.owed, sum(purchase.owed)],
    [fact.frozen, purchase.isFrozen ? say.yes : null],
    [fact.problem, purchase.problem && el("span", { dir: "auto" }, purchase.problem)],
    [fact.closed, purchase.closedAt && when(purchase.closedAt, "full")],
    [fact.live, purchase.isLive ? say.yes : say.no],
    [fact.session, purchase.sessionId],
    [fact.intent, purchase.paymentIntent],
    [head.when, when(purchase.createdAt, "full")],
    [head.paid, purchase.paidAt && when(purchase.paidAt, "full")],
  ]);

async function start() {
  const purchase = await api(`/api/admin/purchases/${encodeURIComponent(idOfPage)}`);
  find("[data-detail]").replaceChildren(
    part(say.part.acts, actsOf(purchase)),
    part(say.part.facts, factsOf(purchase)),
    part(
      say.part.refunds,
      rows([
        { name: head.when, cell: ({ createdAt }) => when(createdAt, "full") },
        { name: head.amount, cell: ({ amount }) => sum(amount), end: true },
        { name: head.reason, cell: ({ reason }) => el("span", { dir: "auto" }, reason) },
        { name: head.id, cell: ({ stripeRefundId }) => stripeRefundId },
        { name: fact.problem, cell: ({ problem }) => problem },
      ], purchase.refunds),
    ),
    part(
      say.part.disputes,
      rows([
        { name: head.when, cell: ({ createdAt }) => when(createdAt, "full") },
        { name: head.id, cell: ({ id }) => link(`/admin/disputes/${id}`, id) },
        { name: head.state, cell: ({ standing }) => standing },
        { name: say.dispute.until, cell: ({ dueAt }) => when(dueAt, "full") },
        { name: head.amount, cell: ({ amount }) => sum(amount), end: true },
      ], purchase.disputes),
    ),
    part(
      say.part.transactions,
      rows([
        { name: head.when, cell: ({ createdAt }) => when(createdAt, "full") },
        { name: head.kind, cell: ({ type }) => type },
        { name: head.amount, cell: ({ amount }) => sum(amount), end: true },
        { name: head.fee, cell: ({ fee }) => sum(fee), end: true },
        { name: head.id, cell: ({ id }) => id },
      ], purchase.transactions),
    ),
  );
  find("[data-detail]").removeAttribute("aria-busy");
}
forOperator(start);
