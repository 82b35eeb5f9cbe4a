// The order that somebody could not pay yet, kept while they buy credit: after the payment it goes
// through by one press.
import { intent } from "./intent.js";
import { tab } from "./kept.js";

const store = "rushes.wanted";

/** @typedef {{body: string, price: number, count: number, undoSeconds: number}} Wanted */

/**
 * What is sent for a wish: at the price that was shown, or not at all.
 * @param {string} body @param {number} price @param {number} undoSeconds @returns {Record<string, any>}
 */
export const askedOf = (body, price, undoSeconds) => ({
  ...JSON.parse(body),
  price: Math.round(price * 100) / 100,
  undoSeconds,
});

/**
 * Keeps what the form asks for, if it could be ordered as it is.
 * @param {import("./present.js").PresentWish} wish
 */
export function keepWanted(wish) {
  const { body, price, problems, undoSeconds } = wish;
  wish.keep();
  if (price === undefined || problems.length) return forgetWanted();
  tab.set(store, JSON.stringify({ body, price, count: wish.draft.count, undoSeconds }));
}

export const forgetWanted = () => tab.remove(store);

/** @returns {Wanted | null} */
export function readWanted() {
  try {
    return JSON.parse(tab.get(store) ?? "null");
  } catch {
    return null;
  }
}

/** Orders it, once however often it is pressed. @param {Wanted} wanted */
export async function orderWanted({ body, price, undoSeconds }) {
  const asked = askedOf(body, price, undoSeconds);
  await intent("order").send("/api/videos/generate", body, JSON.stringify(asked));
  forgetWanted();
}
