// Balance, packs, lots and the ledger.
import { api } from "./parts/api.js";
import { buyButton, covering, packName } from "./parts/buy.js";
import { hasDraft } from "./parts/draft.js";
import { el, find, num } from "./parts/element.js";
import { showLedger } from "./parts/ledger.js";
import { cents, money } from "./parts/money.js";
import { errorBox, notice } from "./parts/notice.js";
import { followPayments } from "./parts/payments.js";
import { requireUser, showBalance } from "./parts/session.js";
import { time } from "./parts/time.js";
import { text } from "../text/en.js";

const say = text.credits;
const asked = new URLSearchParams(location.search);
/** Dollars that an order lacks; nothing where the address says what no order of ours can cost. */
const need = /^\d{1,3}(\.\d{1,2})?$/.test(asked.get("need") ?? "") ? Number(asked.get("need")) : 0;

const termsLine = find("[data-terms]");
const terms = termsLine.dataset.terms || undefined;

/** Says so where the terms are other than what this person agreed to. @param {any} user */
function showTerms({ terms: inForce }) {
  if (inForce && !inForce.acceptedAt) termsLine.prepend(el("b", {}, say.newTerms), " ");
}

async function loadBalance() {
  const sums = find("[data-sums]");
  const problem = find("[data-balance-error]");
  const lots = find("[data-lots]");
  try {
    const balance = await api("/api/credits/balance");
    problem.replaceChildren();
    showBalance(balance.available);
    find("[data-available]", sums).textContent = money(balance.available);
    find("[data-reserved]", sums).textContent = money(balance.reserved);
    const left = balance.lots.filter((/** @type {any} */ lot) => lot.remaining > 0);
    find("[data-first-end]", sums).replaceChildren(...firstEnd(left));
    lots.replaceChildren(lotsTable(left));
  } catch (error) {
    problem.replaceChildren(errorBox(error, loadBalance));
    lots.replaceChildren();
  }
  for (const part of [sums, lots]) part.removeAttribute("aria-busy");
}

/**
 * "$5.00 until 3 March": what is left of the credit that ends first, and when.
 * @param {{remaining: number, expiresAt: string | null}[]} lots in the order of spending
 * @returns {(Node | string)[]}
 */
function firstEnd(lots) {
  const day = lots[0]?.expiresAt;
  if (!day) return [];
  const isSame = (/** @type {string | null} */ other) =>
    other && new Date(other).toDateString() === new Date(day).toDateString();
  const same = lots.filter(({ expiresAt }) => isSame(expiresAt));
  const sum = same.reduce((all, { remaining }) => all + cents(remaining), 0) / 100;
  return [num(money(sum)), ` ${say.until} `, time(day, "day")];
}

/** @param {{source: string, remaining: number, expiresAt: string | null}[]} lots */
function lotsTable(lots) {
  if (!lots.length) return el("p", { class: "muted" }, say.noLots);
  return el(
    "table",
    { class: "table" },
    el(
      "thead",
      {},
      el(
        "tr",
        {},
        el("th", { scope: "col" }, "From"),
        el("th", { scope: "col" }, "Ends"),
        el("th", { scope: "col", class: "end" }, "Left"),
      ),
    ),
    el(
      "tbody",
      {},
      ...lots.map((lot) =>
        el(
          "tr",
          {},
          el("td", {}, say.source[/** @type {keyof typeof say.source} */ (lot.source)] ?? lot.source),
          el("td", {}, lot.expiresAt ? time(lot.expiresAt, "day") : say.never),
          el("td", { class: "end" }, num(money(lot.remaining))),
        )
      ),
    ),
  );
}

/** @param {import("./parts/buy.js").Pack} pack @param {string} mark */
function packCard(pack, mark) {
  const classes = `button${mark || pack.popular ? "" : " second"}`;
  const [button, problem] = buyButton(pack, { classes, terms });
  return el(
    "article",
    { class: `card pack${mark ? " chosen" : ""}`, "data-pack": pack.id },
    el(
      "div",
      { class: "spread name" },
      el("h3", {}, packName(pack)),
      mark
        ? el("span", { class: "tag lamp" }, mark)
        : pack.popular && el("span", { class: "tag lamp" }, say.popular),
    ),
    el("p", {}, num(money(pack.total), "gets"), " ", el("span", { class: "hint" }, "of credit")),
    el("p", { class: "hint" }, pack.bonus ? say.bonus(money(pack.bonus)) : say.noBonus),
    el("p", { class: "hint" }, say.per(money(pack.price / pack.total))),
    button,
    problem,
  );
}

async function loadPacks() {
  const place = find("[data-packs]");
  const problem = find("[data-packs-error]");
  try {
    const { items } = await api("/api/credits/packages");
    const covers = need ? covering(items, need) : null;
    problem.replaceChildren();
    place.replaceChildren(
      ...items.map((/** @type {any} */ pack) =>
        packCard(pack, pack.id === asked.get("package") ? say.chosen : pack === covers ? say.covers : "")
      ),
    );
  } catch (error) {
    place.replaceChildren();
    problem.replaceChildren(errorBox(error, loadPacks));
  }
  place.removeAttribute("aria-busy");
}

function showNotice() {
  const canceled = asked.has("canceled");
  if (!canceled && !need) return;
  const words = canceled ? say.canceled : say.need(money(need));
  const toDraft = hasDraft() && el("p", {}, el("a", { href: "/create" }, text.purchase.toDraft));
  find("[data-notice]").replaceChildren(
    notice({ tone: canceled ? "" : "live", picture: "info" }, words, toDraft),
  );
}

showNotice();
requireUser()
  .then((user) => {
    showTerms(user);
    return Promise.all([loadBalance(), loadPacks(), showLedger(), followPayments(loadBalance)]);
  })
  .catch((error) => {
    find("[data-balance-error]").replaceChildren(errorBox(error, () => location.reload()));
    for (const part of document.querySelectorAll("[data-packs], [data-lots], [data-ledger]")) {
      part.replaceChildren();
    }
    for (const part of document.querySelectorAll("[aria-busy]")) part.removeAttribute("aria-busy");
  });
