// What the button would order, for how much, and what is left after it.
import { opensAt, showAllowance } from "./allowance.js";
import { find } from "./element.js";
import { cents, money } from "./money.js";
import { shortBy } from "./wish.js";
import { text } from "../../text/en.js";

/**
 * The shop's choice with its reason, on its card.
 * @param {HTMLElement} form @param {boolean} isAuto @param {import("./quote.js").Quote | null} quote
 */
export function showQuote(form, isAuto, quote) {
  const reason = quote?.problem ?? quote?.reason ?? (isAuto ? text.create.quoting : text.create.autoWords);
  // Whom nobody knows the shop quotes nothing, so there is no such card.
  if (!form.querySelector("[data-auto-price]")) return;
  find("[data-auto-price]", form).textContent = quote?.price === undefined ? "" : money(quote.price);
  find("[data-auto-words]", form).textContent = reason;
}

/**
 * @typedef {object} Offer
 * @property {number | undefined} price
 * @property {number} balance
 * @property {number} count of videos
 * @property {string | undefined} chosen the name of the tier that the shop chose
 * @property {string | undefined} problem why there is no price
 * @property {boolean} isGuest whether it is for whoever signs up first
 * @property {import("./allowance.js").Allowance | undefined} orders what the limit still allows
 * @property {boolean} isOpen whether it is only repeated, so that the balance does not matter
 */

/** @param {HTMLElement} form @param {Offer} offer */
export function showOffer(form, offer) {
  const { price, balance, count, chosen, problem, orders, isOpen, isGuest } = offer;
  const button = find("[data-submit]", form);
  showAllowance(form, orders);
  const after = find("[data-after]", form);
  if (price === undefined) {
    button.setAttribute("aria-disabled", "true");
    button.textContent = problem ? text.create.noPrice : text.create.quoting;
    after.textContent = problem ?? "";
    return;
  }
  const at = isGuest || isOpen || shortBy(price, balance) ? "" : opensAt(orders);
  if (at) button.setAttribute("aria-disabled", "true");
  else button.removeAttribute("aria-disabled");
  if (isGuest) {
    button.textContent = text.create.signUp(money(price), count);
    after.textContent = text.create.signUpFirst;
    return;
  }
  const short = isOpen ? 0 : shortBy(price, balance);
  const left = (cents(balance) - cents(price)) / 100;
  button.textContent = short
    ? text.create.addCredit(money(short / 100))
    : at
    ? text.create.nextAt(at)
    : text.create.button(money(price), count);
  const sum = short || left < 0 ? text.create.have(money(balance)) : text.create.after(money(left));
  after.textContent = chosen ? `${text.create.chosen(chosen)} ${sum}` : sum;
}
