// The create page as the present wish wants it: lengths, fields, counters and the price on the button.
import { showDurations, showTierPrices } from "./choices.js";
import { showOffer, showQuote } from "./price.js";
import { showCounters, showSettings } from "./settings.js";
import { showShortfall } from "./shortfall.js";

/** @typedef {import("./present.js").PresentWish} PresentWish */

/** @param {PresentWish} wish */
export function showLengths(wish) {
  const { tier, draft, form } = wish;
  if (!tier.durations.includes(draft.duration)) draft.duration = tier.durations[0];
  showDurations(form, tier, draft.duration);
}

/** @param {PresentWish} wish */
export function showFields(wish) {
  showSettings(wish.form, wish.tier, wish.values, wish.draft);
  showTierPrices(wish.form, wish.tiers, wish.draft.duration);
  showWish(wish);
}

/**
 * What follows from every change: how long the words are, and what they would cost.
 * @param {PresentWish} wish
 */
export function showWish(wish) {
  showCounters(wish.form, wish.tier, wish.values);
  showPrice(wish);
  if (wish.isAuto) wish.quote.ask();
  else wish.quote.stop();
}

/** @param {PresentWish} wish */
export function showPrice(wish) {
  const { form, isAuto, isGuest, quote, price, balance, orders, isOpen } = wish;
  const current = isAuto ? quote.current() : null;
  showQuote(form, isAuto, current);
  if (wish.isSending) return;
  const chosen = isAuto && quote.tier ? wish.nameOf(quote.tier) : undefined;
  const problem = current?.problem;
  const { count } = wish.draft;
  showOffer(form, { price, balance, orders, isOpen, isGuest, count, chosen, problem });
  showShortfall(wish);
}
