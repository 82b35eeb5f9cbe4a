// What a number of videos costs, and which pack of credit covers it. The address keeps the inputs.
import { api } from "./api.js";
import { el, find } from "./element.js";
import { cents, money } from "./money.js";
import { text } from "../../text/en.js";

/** @typedef {{id: string, name: string, prices: Record<string, number>, durations: number[]}} Tier */
/** @typedef {{id: string, price: number, total: number}} Pack */

const most = 9999;

/**
 * The cheapest single pack that covers `sum`, or as many of the largest as it takes.
 * @param {number} sum cents @param {Pack[]} packs
 */
export function packFor(sum, packs) {
  const fitting = packs.filter((pack) => cents(pack.total) >= sum).sort((a, b) => a.price - b.price);
  if (fitting.length) return { pack: fitting[0], count: 1 };
  const largest = [...packs].sort((a, b) => b.total - a.total)[0];
  return { pack: largest, count: Math.ceil(sum / cents(largest.total)) };
}

/** A number of videos from what somebody typed. @param {unknown} typed */
export const countOf = (typed) => Math.min(most, Math.max(1, Math.floor(Number(typed)) || 1));

/** @param {HTMLElement} place @param {Tier[]} tiers @param {Pack[]} packs @param {FormData} data */
function showSum(place, tiers, packs, data) {
  const tier = tiers.find(({ id }) => id === data.get("tier"));
  const seconds = Number(data.get("seconds"));
  const count = countOf(data.get("count"));
  const price = tier?.prices[String(seconds)];
  if (price === undefined || !packs.length) return;
  const sum = cents(price) * count;
  const { pack, count: times } = packFor(sum, packs);
  const name = text.packName[/** @type {keyof typeof text.packName} */ (pack.id)] ?? pack.id;
  const [paid, got] = [pack.price, pack.total].map((amount) => money((cents(amount) * times) / 100));
  const say = text.calculator;
  find("[data-sum]", place).textContent = money(sum / 100);
  find("[data-sum-words]", place).textContent = say.each(money(price), seconds, count);
  find("[data-sum-pack]", place).textContent = times === 1
    ? say.pack(name, paid, got)
    : say.packs(times, name, paid, got);
}

/**
 * The choices that there are now.
 * @param {HTMLElement} place @param {string} name @param {[string, string][]} all
 */
function showChoices(place, name, all) {
  const inputs = [...place.querySelectorAll(`input[name="${name}"]`)];
  const shown = inputs.map((input) => /** @type {HTMLInputElement} */ (input).value);
  if (shown.join() === all.map(([value]) => value).join()) return;
  const chosen = /** @type {HTMLInputElement | null} */ (place.querySelector(`[name="${name}"]:checked`))
    ?.value;
  const radio = (/** @type {[string, string]} */ [value, words], /** @type {number} */ at) => {
    const checked = value === chosen || (at === 0 && !all.some(([other]) => other === chosen));
    const input = el("input", { type: "radio", name, value, checked });
    return el("label", {}, input, el("span", { class: "face" }, words));
  };
  inputs[0]?.closest(".choice")?.replaceChildren(...all.map(radio));
}

/** What the address asks for, where it can be had. @param {HTMLFormElement} form */
function readAddress(form) {
  const wanted = new URLSearchParams(location.search);
  for (const name of ["tier", "seconds"]) {
    const value = CSS.escape(wanted.get(name) ?? "");
    const choice = form.querySelector(`input[name="${name}"][value="${value}"]`);
    if (choice) /** @type {HTMLInputElement} */ (choice).checked = true;
  }
  if (wanted.has("count")) find("#count", form).value = String(countOf(wanted.get("count")));
}

/** @param {HTMLFormElement} form @param {() => void} change */
function workSteps(form, change) {
  for (const button of form.querySelectorAll("[data-step]")) {
    button.addEventListener("click", () => {
      const input = find("#count", form);
      const step = Number(/** @type {HTMLElement} */ (button).dataset.step);
      input.value = String(countOf(countOf(input.value) + step));
      change();
    });
  }
}

/** Works the calculator of a page; the answer of the catalog is given back. */
export async function workCalculator() {
  const place = find("[data-calculator]");
  /** @type {HTMLFormElement} */
  const form = find("form", place);
  const [tiers, packs] = await Promise.all([api("/api/tiers"), api("/api/credits/packages")])
    .then((lists) => lists.map(({ items }) => items))
    .catch(() => {
      find(".sum", place).append(el("p", { class: "hint" }, text.error.network));
      return [[], []];
    });
  const calculate = () => showSum(place, tiers, packs, new FormData(form));
  const change = () => {
    calculate();
    const inputs = new URLSearchParams(/** @type {any} */ (new FormData(form)));
    history.replaceState(null, "", `?${inputs}#calculator`);
  };
  if (tiers.length) {
    showChoices(place, "tier", tiers.map((/** @type {Tier} */ { id, name }) => [id, name]));
    const lengths = [...new Set(tiers.flatMap((/** @type {Tier} */ tier) => tier.durations))];
    showChoices(place, "seconds", lengths.map((one) => [String(one), text.seconds(one)]));
  }
  form.addEventListener("input", change);
  form.addEventListener("submit", (event) => event.preventDefault());
  workSteps(form, change);
  readAddress(form);
  calculate();
  return { tiers, packs };
}
