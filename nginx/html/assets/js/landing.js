// The start page reads without this. It puts the operator's present prices in, and works the calculator.
import { workCalculator } from "./parts/calculator.js";
import { el, find } from "./parts/element.js";
import { money } from "./parts/money.js";
import { text } from "../text/en.js";

/** @typedef {{id: string, name: string, pricePerSecond: number, prices: Record<string, number>}} Tier */
/** @typedef {{id: string, price: number, credits: number, bonus: number, total: number}} Pack */

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

/** A film in the place of its still, by hand: nothing is loaded before. @param {HTMLAnchorElement} link */
function playHere(link) {
  const still = find("img", link);
  const settings = {
    src: link.href,
    poster: still.src,
    controls: true,
    muted: true,
    loop: true,
    playsinline: true,
  };
  const label = find(".visually-hidden:last-child", link).textContent;
  const film = el("video", { ...settings, width: 480, height: 270, "aria-label": label });
  film.muted = true;
  link.replaceWith(film);
  film.focus();
  film.play().catch(() => {});
}
for (const link of document.querySelectorAll("[data-film]")) {
  link.addEventListener("click", (event) => {
    event.preventDefault();
    playHere(/** @type {HTMLAnchorElement} */ (link));
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

const { tiers, packs } = await workCalculator();
tiers.forEach(showTier);
packs.forEach(showPack);
const lowest = Math.min(...tiers.flatMap((/** @type {Tier} */ tier) => Object.values(tier.prices)));
if (Number.isFinite(lowest)) find("[data-lowest]").textContent = money(lowest);
