// What the limit on orders still allows, said before it is met.
import { find } from "./element.js";
import { clockTime, now } from "./time.js";
import { text } from "../../text/en.js";

/** @typedef {{limit: number, windowSeconds: number, left: number, opensAt: string | null}} Allowance */

/** So few that it is said. */
const few = 3;

/**
 * When the next order is accepted, while none is; "" while one is.
 * @param {Allowance | undefined} orders
 */
export function opensAt(orders) {
  const isShut = orders && !orders.left && orders.opensAt && Date.parse(orders.opensAt) > now();
  return isShut ? clockTime(orders.opensAt ?? "") : "";
}

/**
 * Says beside the button how many are left, when they are few.
 * @param {HTMLElement} form @param {Allowance} [orders]
 */
export function showAllowance(form, orders) {
  const line = find("[data-allowance]", form);
  const isFew = orders && orders.left <= Math.min(few, orders.limit - 1);
  const at = opensAt(orders);
  if (!orders || !isFew) line.textContent = "";
  else if (at) line.textContent = text.create.noneLeft(orders.limit, orders.windowSeconds, at);
  else line.textContent = text.create.fewLeft(orders.left, orders.limit, orders.windowSeconds);
}

/**
 * Calls `then` once the next order is accepted, if none is now.
 * @param {() => void} then
 */
export function watchAllowance(then) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  return (/** @type {Allowance | undefined} */ orders) => {
    clearTimeout(timer);
    if (!orders || orders.left || !orders.opensAt) return;
    // What a timer counts in is 32 bits of milliseconds.
    const wait = Math.min(Date.parse(orders.opensAt) - now() + 500, 86_400_000);
    timer = setTimeout(then, Math.max(1000, wait));
  };
}
