// The button that buys a pack: it opens the payment page, once for each wish.
import { webAddress } from "./address.js";
import { el } from "./element.js";
import { intent } from "./intent.js";
import { cents, money } from "./money.js";
import { errorBox } from "./notice.js";
import { text } from "../../text/en.js";

/**
 * @typedef {object} Pack
 * @property {string} id
 * @property {number} price
 * @property {number} credits
 * @property {number} bonus
 * @property {number} total
 * @property {boolean} popular
 */

/** @param {Pack} pack @returns {string} */
export const packName = ({ id }) => text.packName[/** @type {keyof typeof text.packName} */ (id)] ?? id;

/**
 * The cheapest pack that covers so many dollars, if one does.
 * @param {Pack[]} packs @param {number} need
 */
export const covering = (packs, need) =>
  [...packs].sort((a, b) => a.price - b.price).find((pack) => cents(pack.total) >= cents(need));

let leaving = false;

/**
 * @param {Pack} pack
 * @param {{classes: string, label?: string, terms?: string, onLeave?: () => void}} look `terms` is the
 *   version that the page says the press agrees to; `onLeave` is called before the payment page is asked for
 * @returns {[HTMLElement, HTMLElement]} the button, and the place that says what went wrong
 */
export function buyButton(pack, { classes, label = text.credits.buy(money(pack.price)), terms, onLeave }) {
  const problem = el("div", { "data-pack-problem": true });
  // A double click, or a press after a lost answer, opens one payment.
  const wish = intent(`purchase.${pack.id}`);
  const button = el("button", {
    class: classes,
    type: "button",
    "data-buy": pack.id,
    "aria-label": `${packName(pack)}: ${label}`,
  }, label);
  const free = () => {
    leaving = false;
    button.removeAttribute("aria-disabled");
    button.textContent = label;
  };
  button.addEventListener("click", async () => {
    if (leaving) return;
    leaving = true;
    button.setAttribute("aria-disabled", "true");
    button.textContent = text.credits.opening;
    problem.replaceChildren();
    try {
      onLeave?.();
      const { url } = await wish.send("/api/credits/purchase", JSON.stringify({ packageId: pack.id, terms }));
      const payment = webAddress(url);
      if (!payment) throw new TypeError("The payment page has no web address");
      location.assign(payment);
    } catch (error) {
      free();
      problem.replaceChildren(errorBox(error));
    }
  });
  // Coming back with the browser's own button finds this page as it was left.
  addEventListener("pageshow", (event) => event.persisted && free());
  return [button, problem];
}
