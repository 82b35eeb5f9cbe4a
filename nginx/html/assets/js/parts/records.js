// The columns of the lists of purchases and of videos.
import { link, sum, when } from "./console.js";
import { num } from "./element.js";
import { say } from "../../text/console.js";

/** @typedef {import("./console.js").Column} Column */

const { head: titles } = say;

/** @param {Record<string, string>} names @param {string} word */
export const named = (names, word) => names[word] ?? word;

/** A video's state, and why it was given back. @param {string} state @param {string | null} reason */
export const stateOf = (state, reason) => reason ? named(say.failure, reason) : named(say.videoState, state);

/** @type {Column[]} */
export const purchaseColumns = [
  { name: titles.when, cell: ({ id, createdAt }) => link(`/admin/purchases/${id}`, when(createdAt, "full")) },
  { name: titles.buyer, cell: ({ userId, email }) => link(`/admin/users/${userId}`, email) },
  { name: titles.pack, cell: ({ packageId }) => packageId },
  { name: titles.state, cell: ({ status }) => named(say.purchaseState, status) },
  { name: titles.price, cell: ({ price }) => sum(price), end: true },
  { name: titles.refunded, cell: ({ refunded }) => sum(refunded), end: true },
];

/** @type {Column[]} */
export const videoColumns = [
  { name: titles.when, cell: ({ id, createdAt }) => link(`/admin/videos/${id}`, when(createdAt, "full")) },
  { name: titles.buyer, cell: ({ userId, email }) => link(`/admin/users/${userId}`, email) },
  { name: titles.tier, cell: ({ tier }) => tier },
  { name: titles.state, cell: ({ state, failureReason }) => stateOf(state, failureReason) },
  { name: titles.price, cell: ({ price }) => sum(price), end: true },
  { name: titles.cost, cell: ({ actualCost, estimatedCost }) => sum(actualCost ?? estimatedCost), end: true },
  { name: titles.margin, cell: ({ margin }) => sum(margin), end: true },
];

/** @type {Column[]} */
export const lineColumns = [
  { name: titles.when, cell: ({ createdAt }) => when(createdAt, "full") },
  { name: titles.line, cell: ({ description }) => description },
  { name: titles.amount, cell: ({ amount }) => sum(amount), end: true },
  { name: titles.after, cell: ({ balanceAfter }) => sum(balanceAfter), end: true },
];

/** @type {Column[]} */
export const tryColumns = [
  { name: titles.attempt, cell: ({ attempt }) => num(String(attempt)) },
  { name: titles.when, cell: ({ startedAt }) => when(startedAt, "full") },
  { name: titles.ended, cell: ({ endedAt }) => when(endedAt, "full") },
  { name: titles.outcome, cell: ({ outcome }) => outcome },
  { name: titles.detail, cell: ({ detail }) => detail },
];
