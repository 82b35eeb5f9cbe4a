// The ledger: filters in the address, pages by cursor, and the same lines as a table to keep.
import { api } from "./api.js";
import { el, find, num } from "./element.js";
import { money, signedMoney } from "./money.js";
import { emptyBox, errorBox } from "./notice.js";
import { time } from "./time.js";
import { text } from "../../text/en.js";

const words = text.credits;
const names = ["type", "from", "to"];
/** @type {HTMLFormElement} */
const filters = find("[data-ledger-filters]");
const place = find("[data-ledger]");
const problem = find("[data-ledger-error]");
const moreRow = find("[data-more-row]");
/** @type {string | null} */
let cursor = null;
let round = 0;

/**
 * The beginning of a day where the reader is, so many days later.
 * @param {string} day @param {number} [later]
 */
function instant(day, later = 0) {
  const date = new Date(`${day}T00:00`);
  date.setDate(date.getDate() + later);
  return Number.isNaN(date.getTime()) ? "" : date.toISOString();
}

/** What the API is asked for, as the fields have it; the last day is within. */
function narrowed() {
  const ask = new URLSearchParams();
  const { type, from, to } = Object.fromEntries(new FormData(filters));
  if (type) ask.set("type", String(type));
  if (from) ask.set("from", instant(String(from)));
  if (to) ask.set("to", instant(String(to), 1));
  return ask;
}

/** @param {any} line */
function row(line) {
  const kind = words.kind[/** @type {keyof typeof words.kind} */ (line.type)] ?? line.type;
  const link = line.jobId
    ? el("a", { href: `/videos/${encodeURIComponent(line.jobId)}` }, words.video)
    : line.purchaseId &&
      el("a", { href: `/purchases/${encodeURIComponent(line.purchaseId)}` }, words.purchase);
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

/** @param {Node[]} rows */
function table(rows) {
  const heads = ["When", "What"].map((name) => el("th", { scope: "col" }, name)).concat(
    ["Change", "Balance after"].map((name) => el("th", { scope: "col", class: "end" }, name)),
  );
  return el(
    "table",
    { class: "table ledger" },
    el("caption", { class: "visually-hidden" }, "Movements, newest first"),
    el("thead", {}, el("tr", {}, ...heads)),
    el("tbody", {}, ...rows),
  );
}

const nothing = () =>
  narrowed().size
    ? emptyBox("search", words.noneTitle, words.noneWords, null)
    : emptyBox("receipt-text", words.emptyTitle, words.emptyWords, null);

/** Loads the first lines that fit, or those behind the last. @param {boolean} further */
async function load(further) {
  const mine = ++round;
  const ask = narrowed();
  ask.set("limit", "20");
  if (further && cursor) ask.set("cursor", cursor);
  try {
    const { items, nextCursor } = await api(`/api/credits/transactions?${ask}`);
    if (mine !== round) return;
    problem.replaceChildren();
    const rows = items.map(row);
    const body = further && place.querySelector("tbody");
    if (body) body.append(...rows);
    else place.replaceChildren(rows.length ? table(rows) : nothing());
    cursor = nextCursor;
    moreRow.hidden = !cursor;
  } catch (error) {
    if (mine !== round) return;
    if (!further) place.replaceChildren();
    problem.replaceChildren(errorBox(error, () => load(further)));
  }
  place.removeAttribute("aria-busy");
}

/** The address and the table to keep say what the fields words. */
function showWanted() {
  const address = new URL(location.href);
  for (const [name, value] of new FormData(filters)) {
    if (value) address.searchParams.set(name, String(value));
    else address.searchParams.delete(name);
  }
  history.replaceState(history.state, "", address);
  find("[data-csv]").setAttribute("href", `/api/credits/transactions.csv?${narrowed()}`);
}

/** Shows the ledger as the address asks for it, and follows the filters. */
export function showLedger() {
  const wanted = new URLSearchParams(location.search);
  for (const name of names) {
    const field = /** @type {HTMLInputElement} */ (filters.elements.namedItem(name));
    field.value = wanted.get(name) ?? "";
  }
  showWanted();
  filters.addEventListener("submit", (event) => event.preventDefault());
  filters.addEventListener("change", () => {
    showWanted();
    load(false);
  });
  find("[data-more]").addEventListener("click", () => load(true));
  return load(false);
}
