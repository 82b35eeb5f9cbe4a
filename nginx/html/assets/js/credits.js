// Balance, packs, lots and the ledger.
import { webAddress } from "./parts/address.js";
import { api } from "./parts/api.js";
import { hasDraft } from "./parts/draft.js";
import { el, find, num } from "./parts/element.js";
import { intent } from "./parts/intent.js";
import { cents, money, signedMoney } from "./parts/money.js";
import { emptyBox, errorBox, notice } from "./parts/notice.js";
import { requireUser, showBalance } from "./parts/session.js";
import { time } from "./parts/time.js";
import { text } from "../text/en.js";

const say = text.credits;
const asked = new URLSearchParams(location.search);
/** Dollars that an order lacks; nothing where the address says what no order of ours can cost. */
const need = /^\d{1,3}(\.\d{1,2})?$/.test(asked.get("need") ?? "") ? Number(asked.get("need")) : 0;
/** @type {string | null} */
let cursor = null;

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
    lots.replaceChildren(lotsTable(balance.lots.filter((/** @type {any} */ lot) => lot.remaining > 0)));
  } catch (error) {
    problem.replaceChildren(errorBox(error, loadBalance));
    lots.replaceChildren();
  }
  for (const part of [sums, lots]) part.removeAttribute("aria-busy");
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

let leaving = false;

/**
 * @param {{id: string, price: number, credits: number, bonus: number, total: number, popular: boolean}} pack
 * @param {string} mark
 */
function packCard(pack, mark) {
  const name = text.packName[/** @type {keyof typeof text.packName} */ (pack.id)] ?? pack.id;
  const problem = el("div", { "data-pack-problem": true });
  const label = say.buy(money(pack.price));
  // A double click, or a press after a lost answer, opens one payment.
  const wish = intent(`purchase.${pack.id}`);
  const button = el("button", {
    class: `button${mark || pack.popular ? "" : " second"}`,
    type: "button",
    "data-buy": pack.id,
    "aria-label": `${name}: ${label}`,
  }, label);
  button.addEventListener("click", async () => {
    if (leaving) return;
    leaving = true;
    button.setAttribute("aria-disabled", "true");
    button.textContent = say.opening;
    problem.replaceChildren();
    try {
      const { url } = await wish.send("/api/credits/purchase", JSON.stringify({ packageId: pack.id }));
      const payment = webAddress(url);
      if (!payment) throw new TypeError("The payment page has no web address");
      location.assign(payment);
    } catch (error) {
      free();
      problem.replaceChildren(errorBox(error));
    }
  });
  const free = () => {
    leaving = false;
    button.removeAttribute("aria-disabled");
    button.textContent = label;
  };
  // Coming back with the browser's own button finds this page as it was left.
  addEventListener("pageshow", (event) => event.persisted && free());
  return el(
    "article",
    { class: `card pack${mark ? " chosen" : ""}`, "data-pack": pack.id },
    el(
      "div",
      { class: "spread name" },
      el("h3", {}, name),
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
    const covering = need
      ? [...items].sort((a, b) => a.price - b.price).find((pack) => cents(pack.total) >= cents(need))
      : null;
    problem.replaceChildren();
    place.replaceChildren(
      ...items.map((/** @type {any} */ pack) =>
        packCard(pack, pack.id === asked.get("package") ? say.chosen : pack === covering ? say.covers : "")
      ),
    );
  } catch (error) {
    place.replaceChildren();
    problem.replaceChildren(errorBox(error, loadPacks));
  }
  place.removeAttribute("aria-busy");
}

/** @param {any} line */
function ledgerRow(line) {
  const kind = say.kind[/** @type {keyof typeof say.kind} */ (line.type)] ?? line.type;
  const link = line.jobId
    ? el("a", { href: `/videos/${encodeURIComponent(line.jobId)}` }, say.video)
    : line.purchaseId && el("a", { href: `/purchases/${encodeURIComponent(line.purchaseId)}` }, say.purchase);
  return el(
    "tr",
    {},
    el("td", {}, time(line.createdAt, "full")),
    el(
      "td",
      {},
      el("span", { class: "what", dir: "auto" }, line.description || kind),
      el("span", { class: "hint" }, link || (line.description && kind)),
    ),
    el("td", { class: "end" }, num(signedMoney(line.amount), line.amount > 0 ? "plus" : "")),
    el(
      "td",
      { class: "end" },
      el("span", { class: "visually-hidden" }, "Balance after: "),
      num(money(line.balanceAfter)),
    ),
  );
}

async function loadLedger() {
  const place = find("[data-ledger]");
  const problem = find("[data-ledger-error]");
  const moreRow = find("[data-more-row]");
  const ask = new URLSearchParams({ limit: "20" });
  if (cursor) ask.set("cursor", cursor);
  try {
    const { items, nextCursor } = await api(`/api/credits/transactions?${ask}`);
    problem.replaceChildren();
    const body = place.querySelector("tbody");
    const rows = items.map(ledgerRow);
    if (cursor && body) body.append(...rows);
    else if (!rows.length) {
      place.replaceChildren(emptyBox("receipt-text", say.emptyTitle, say.emptyWords, null));
    } else {
      const heads = ["When", "What"].map((name) => el("th", { scope: "col" }, name)).concat(
        ["Change", "Balance after"].map((name) => el("th", { scope: "col", class: "end" }, name)),
      );
      place.replaceChildren(
        el(
          "table",
          { class: "table ledger" },
          el("caption", { class: "visually-hidden" }, "Movements, newest first"),
          el("thead", {}, el("tr", {}, ...heads)),
          el("tbody", {}, ...rows),
        ),
      );
    }
    cursor = nextCursor;
    moreRow.hidden = !cursor;
  } catch (error) {
    if (!cursor) place.replaceChildren();
    problem.replaceChildren(errorBox(error, loadLedger));
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

find("[data-more]").addEventListener("click", loadLedger);
showNotice();
requireUser()
  .then(() => Promise.all([loadBalance(), loadPacks(), loadLedger()]))
  .catch((error) => {
    find("[data-balance-error]").replaceChildren(errorBox(error, () => location.reload()));
    for (const part of document.querySelectorAll("[data-packs], [data-lots], [data-ledger]")) {
      part.replaceChildren();
    }
    for (const part of document.querySelectorAll("[aria-busy]")) part.removeAttribute("aria-busy");
  });
