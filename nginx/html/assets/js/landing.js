// The start page reads without this. It puts the operator's present prices in, and works the calculator.
import { api } from "./parts/api.js";
import { el, find } from "./parts/element.js";
import { cents, money } from "./parts/money.js";
import { text } from "../text/en.js";

/** @typedef {{id: string, name: string, pricePerSecond: number, prices: Record<string, number>}} Tier */
/** @typedef {{id: string, price: number, credits: number, bonus: number, total: number}} Pack */

const calculator = find("[data-calculator]");
/** @type {HTMLFormElement} */
const form = find("form", calculator);
/** @type {Tier[]} */
let tiers = [];
/** @type {Pack[]} */
let packs = [];

/** @param {Tier} tier */
function showTier(tier) {
  const card = document.querySelector(`.tier[data-tier="${CSS.escape(tier.id)}"]`);
  if (!card) return;
  for (const price of card.querySelectorAll("[data-price]")) {
    const amount = tier.prices[/** @type {HTMLElement} */ (price).dataset.price ?? ""];
    if (amount !== undefined) price.textContent = money(amount);
  }
  find("[data-per-second]", card).textContent = money(tier.pricePerSecond);
}

/** @param {Pack} pack */
function showPack(pack) {
  const card = document.querySelector(`[data-pack="${CSS.escape(pack.id)}"]`);
  if (!card) return;
  find("[data-total]", card).textContent = money(pack.total);
  find("[data-pack-price]", card).textContent = money(pack.price);
  find("[data-per]", card).textContent = money(pack.price / pack.total);
  find("[data-made-of]", card).textContent = pack.bonus
    ? text.credits.bonus(money(pack.bonus))
    : text.credits.noBonus;
}

/**
 * The cheapest single pack that covers `sum`, or as many of the largest as it takes.
 * @param {number} sum cents
 */
function packFor(sum) {
  const fitting = packs.filter((pack) => cents(pack.total) >= sum).sort((a, b) => a.price - b.price);
  if (fitting.length) return { pack: fitting[0], count: 1 };
  const largest = [...packs].sort((a, b) => b.total - a.total)[0];
  return { pack: largest, count: Math.ceil(sum / cents(largest.total)) };
}

function calculate() {
  const data = new FormData(form);
  const tier = tiers.find(({ id }) => id === data.get("tier"));
  const seconds = Number(data.get("seconds"));
  const count = Math.min(9999, Math.max(1, Math.floor(Number(data.get("count"))) || 1));
  const price = tier?.prices[String(seconds)];
  if (!tier || price === undefined || !packs.length) return;
  const sum = cents(price) * count;
  const { pack, count: times } = packFor(sum);
  const name = text.packName[/** @type {keyof typeof text.packName} */ (pack.id)] ?? pack.id;
  const bought = [money((cents(pack.price) * times) / 100), money((cents(pack.total) * times) / 100)];
  find("[data-sum]", calculator).textContent = money(sum / 100);
  find("[data-sum-words]", calculator).textContent = text.calculator.each(money(price), seconds, count);
  find("[data-sum-pack]", calculator).textContent = times === 1
    ? text.calculator.pack(name, bought[0], bought[1])
    : text.calculator.packs(times, name, bought[0], bought[1]);
}

/** The inputs in the address, so that a link keeps them. */
function keepInURL() {
  const inputs = new URLSearchParams(/** @type {any} */ (new FormData(form)));
  history.replaceState(null, "", `?${inputs}#calculator`);
}

function readURL() {
  const wanted = new URLSearchParams(location.search);
  for (const name of ["tier", "seconds"]) {
    const choice = form.querySelector(`input[name="${name}"][value="${CSS.escape(wanted.get(name) ?? "")}"]`);
    if (choice) /** @type {HTMLInputElement} */ (choice).checked = true;
  }
  const count = Number(wanted.get("count"));
  if (Number.isInteger(count) && count >= 1 && count <= 9999) find("#count", form).value = String(count);
}

form.addEventListener("input", () => {
  calculate();
  keepInURL();
});
form.addEventListener("submit", (event) => event.preventDefault());
for (const button of form.querySelectorAll("[data-step]")) {
  button.addEventListener("click", () => {
    const input = find("#count", form);
    const step = Number(/** @type {HTMLElement} */ (button).dataset.step);
    input.value = String(Math.min(9999, Math.max(1, (Math.floor(Number(input.value)) || 1) + step)));
    calculate();
    keepInURL();
  });
}

/** @type {HTMLVideoElement} */
const sample = find("[data-sample]");
if (!matchMedia("(prefers-reduced-motion: reduce)").matches) {
  new IntersectionObserver(([entry]) => {
    if (entry.isIntersecting) sample.play().catch(() => {});
    else sample.pause();
  }, { threshold: 0.5 }).observe(sample);
}

readURL();
try {
  const [tierList, packList] = await Promise.all([api("/api/tiers"), api("/api/credits/packages")]);
  tiers = tierList.items;
  packs = packList.items;
  tiers.forEach(showTier);
  packs.forEach(showPack);
  const lowest = Math.min(...tiers.flatMap((tier) => Object.values(tier.prices)));
  if (Number.isFinite(lowest)) find("[data-lowest]").textContent = money(lowest);
  calculate();
} catch {
  // The prices written in the page stand; only the calculator needs the answer.
  find(".sum", calculator).append(el("p", { class: "hint" }, text.error.network));
}
