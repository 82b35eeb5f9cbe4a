// Payments that were begun and have not ended: each with its page and the way to go on paying.
import { webAddress } from "./address.js";
import { api } from "./api.js";
import { packName } from "./buy.js";
import { el, find, num } from "./element.js";
import { money } from "./money.js";
import { errorBox } from "./notice.js";
import { poll } from "./poll.js";
import { time } from "./time.js";
import { text } from "../../text/en.js";

/** @param {any} purchase */
function payment(purchase) {
  const page = `/purchases/${encodeURIComponent(purchase.id)}`;
  const name = packName({ ...purchase, id: purchase.packageId });
  const pay = webAddress(purchase.url ?? "");
  return el(
    "li",
    { class: "card payment", "data-payment": purchase.id },
    el(
      "div",
      {},
      el("p", {}, el("strong", {}, name), " ", num(money(purchase.price))),
      el("p", { class: "hint" }, text.credits.begun, time(purchase.createdAt)),
    ),
    el(
      "div",
      { class: "row" },
      pay &&
        el(
          "a",
          { class: "button second", href: pay, "aria-label": `${text.credits.goOn}: ${name}` },
          text.credits.goOn,
        ),
      el(
        "a",
        { class: "button quiet", href: page, "aria-label": `${text.credits.stands}: ${name}` },
        text.credits.stands,
      ),
    ),
  );
}

/**
 * Shows them, and keeps them in step until the last has ended.
 * @param {() => void} onEnd is called when one of them has ended
 */
export async function followPayments(onEnd) {
  const section = find("[data-payments]");
  const list = find("[data-payment-list]", section);
  const show = async (/** @type {AbortSignal | undefined} */ signal) => {
    const { items } = await api("/api/credits/purchases?status=pending&limit=20", { signal });
    const before = list.childElementCount;
    section.hidden = !items.length;
    const focused = document.activeElement?.getAttribute("aria-label");
    list.replaceChildren(...items.map(payment));
    for (const link of list.querySelectorAll("a")) {
      if (focused && link.getAttribute("aria-label") === focused) link.focus();
    }
    if (items.length < before) onEnd();
    return items.length > 0;
  };
  try {
    if (await show(undefined)) poll(show, () => 15_000);
  } catch (error) {
    section.hidden = false;
    list.replaceChildren(el("li", {}, errorBox(error, () => followPayments(onEnd))));
  }
}
