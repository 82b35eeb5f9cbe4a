// What is on paper of a purchase, and what became of its money, in words.
import { api } from "./api.js";
import { el, icon, num } from "./element.js";
import { money } from "./money.js";
import { errorBox } from "./notice.js";
import { time } from "./time.js";
import { text } from "../../text/en.js";

const words = text.documents;

/**
 * @typedef {object} PaymentDocument
 * @property {string} number
 * @property {"receipt" | "credit_note" | "debit_note"} kind
 * @property {number} amount
 * @property {string} issuedAt
 * @property {{name: string, address: string, taxId: string, taxLine: string}} seller
 * @property {string} buyer
 * @property {string | null} buyerName
 */

/** @param {string} name @param {...(Node | string)} values */
const fact = (name, ...values) => el("div", {}, el("dt", {}, name), el("dd", {}, ...values));

/** @param {string} id of the purchase @param {PaymentDocument} document */
function row(id, { kind, number, amount, issuedAt }) {
  const path = `/api/credits/purchases/${encodeURIComponent(id)}/documents/${encodeURIComponent(number)}`;
  return el(
    "li",
    { "data-document": number },
    el("span", {}, `${words.kind[kind]} `, num(number)),
    el("span", { class: "hint" }, num(money(amount)), ", ", time(issuedAt, "day")),
    " ",
    el(
      "a",
      { class: "button quiet screen-only", href: path, "aria-label": `${words.pdf}: ${number}` },
      icon("download"),
      words.pdf,
    ),
  );
}

/** What was sent back, or is in dispute. @param {PaymentDocument[]} documents @param {any[]} disputes */
function story(documents, disputes) {
  const notes = documents.filter(({ kind }) => kind !== "receipt").map(({ kind, number, amount }) =>
    kind === "credit_note" ? words.wentBack(money(amount), number) : words.cameAgain(money(amount), number)
  );
  const cases = disputes.map(({ amount, standing }) =>
    words.dispute[/** @type {keyof typeof words.dispute} */ (standing)]?.(money(amount)) ?? ""
  );
  return [...notes, ...cases].filter(Boolean).map((line) => el("p", {}, line));
}

/** @param {string} words */
const line = (words) => el("span", { class: "line", dir: "auto" }, words);

/** The receipt as a page of paper shows it. @param {any} purchase @param {PaymentDocument} receipt */
function receiptFacts(purchase, receipt) {
  const { seller } = receipt;
  const lines = [seller.name, ...seller.address.split("\n"), seller.taxId && words.taxID(seller.taxId)];
  return el(
    "dl",
    { class: "facts" },
    fact(words.kind.receipt, num(receipt.number)),
    fact(words.date, time(receipt.issuedAt, "day")),
    fact(words.seller, ...lines.filter(Boolean).map(line)),
    fact(words.buyer, ...[receipt.buyerName ?? "", receipt.buyer].filter(Boolean).map(line)),
    fact(words.credit, num(money(purchase.credits))),
    ...(purchase.bonus ? [fact(words.bonus, num(money(purchase.bonus)))] : []),
    fact(words.total, num(money(receipt.amount))),
    ...(seller.taxLine ? [fact(words.tax, seller.taxLine)] : []),
  );
}

/**
 * Shows below a purchase its receipt and all that followed; nothing before it was paid.
 * @param {HTMLElement} place @param {any} purchase
 */
export async function showDocuments(place, purchase) {
  try {
    const path = `/api/credits/purchases/${encodeURIComponent(purchase.id)}/statement`;
    const { documents, disputes } = await api(path);
    const receipt = documents.find((/** @type {PaymentDocument} */ { kind }) => kind === "receipt");
    if (!receipt) return place.replaceChildren();
    place.replaceChildren(
      el("h2", {}, words.title),
      ...story(documents, disputes),
      receiptFacts(purchase, receipt),
      el("ul", { class: "documents" }, ...documents.map((/** @type {any} */ one) => row(purchase.id, one))),
      el(
        "p",
        { class: "screen-only" },
        el("button", { class: "button second", type: "button", onclick: () => print() }, words.print),
      ),
    );
  } catch (error) {
    place.replaceChildren(errorBox(error, () => showDocuments(place, purchase)));
  }
}
