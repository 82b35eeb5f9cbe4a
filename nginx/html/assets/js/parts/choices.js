// The cards of the create page that one chooses from: tiers and lengths.
import { el, find, num } from "./element.js";
import { money } from "./money.js";
import { cardPrice } from "./wish.js";
import { text } from "../../text/en.js";

/** @typedef {import("./wish.js").Tier} Tier */

/**
 * The resolution that a tier makes unless another is chosen; some have only one, and do not name it.
 * @param {Tier} tier
 */
const sizeOf = (tier) => (tier.fields.text ?? tier.fields.image).resolution?.default ?? "";

/** @param {Tier} tier @param {boolean} checked */
function tierCard(tier, checked) {
  const popular = () => el("span", { class: "for-popular" }, text.create.popular);
  const usual = () => (tier.popular ? popular() : text.create.perSecond(money(tier.pricePerSecond)));
  return el(
    "label",
    {},
    el("input", { type: "radio", name: "tier", value: tier.id, checked }),
    el(
      "span",
      { class: "face" },
      el("span", { class: "top" }, el("b", {}, tier.name), num("", "tier-price")),
      el("small", {}, [tier.model, sizeOf(tier)].filter(Boolean).join(" · ")),
      el("small", {}, tier.requiresImage ? text.create.needsImage : usual()),
    ),
  );
}

/** @param {boolean} checked */
function autoCard(checked) {
  const price = el("span", { class: "num", "data-auto-price": true });
  return el(
    "label",
    { class: "auto" },
    el("input", { type: "radio", name: "tier", value: "auto", checked }),
    el(
      "span",
      { class: "face" },
      el("span", { class: "top" }, el("b", {}, text.create.auto), price),
      el("small", { "data-auto-words": true }, text.create.autoWords),
    ),
  );
}

/** @param {HTMLElement} form @param {Tier[]} tiers @param {string} chosen @param {boolean} hasAuto */
export function showTiers(form, tiers, chosen, hasAuto) {
  const cards = tiers.map((tier) => tierCard(tier, tier.id === chosen));
  if (hasAuto) cards.push(autoCard(chosen === "auto"));
  find("[data-tiers]", form).replaceChildren(...cards);
}

/**
 * What each tier costs for the present length.
 * @param {HTMLElement} form @param {Tier[]} tiers @param {number} duration
 */
export function showTierPrices(form, tiers, duration) {
  for (const tier of tiers) {
    const card = form.querySelector(`input[name=tier][value="${CSS.escape(tier.id)}"]`)?.nextElementSibling;
    const price = cardPrice(tier, duration);
    if (card && price !== undefined) find(".tier-price", card).textContent = money(price);
  }
}

/**
 * The lengths of a tier with their prices.
 * @param {HTMLElement} form @param {Tier} tier @param {number} chosen
 */
export function showDurations(form, { durations, prices }, chosen) {
  const place = find("[data-durations]", form);
  const choice = (/** @type {number} */ seconds) =>
    el(
      "label",
      {},
      el("input", { type: "radio", name: "duration", value: seconds }),
      el("span", { class: "face" }, num(text.seconds(seconds)), num("", "price-each")),
    );
  // Made again only when it must be: the choice that has the focus stays.
  if (place.dataset.made !== durations.join()) {
    place.dataset.made = durations.join();
    place.replaceChildren(...durations.map(choice));
  }
  for (const input of place.querySelectorAll("input")) {
    const price = prices[input.value];
    input.checked = Number(input.value) === chosen;
    find(".price-each", input.nextElementSibling).textContent = price === undefined ? "" : money(price);
  }
}
