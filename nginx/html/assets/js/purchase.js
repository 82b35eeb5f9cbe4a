// The way back from the payment page. It believes our own API, never the address.
import { webAddress } from "./parts/address.js";
import { api, ApiError } from "./parts/api.js";
import { showDocuments } from "./parts/documents.js";
import { hasDraft } from "./parts/draft.js";
import { el, find, icon, num } from "./parts/element.js";
import { money } from "./parts/money.js";
import { emptyBox, errorBox } from "./parts/notice.js";
import { poll } from "./parts/poll.js";
import { me, requireUser, showBalance } from "./parts/session.js";
import { orderWanted, readWanted } from "./parts/wanted.js";
import { text } from "../text/en.js";

const say = text.purchase;
const place = find("[data-purchase]");
const id = location.pathname.split("/")[2] ?? "";
const age = () => performance.now();

/**
 * @param {string} picture @param {string} title @param {string} words
 * @param {(Node | null | false)[]} more
 */
function show(picture, title, words, ...more) {
  const heading = el("h1", { tabindex: "-1" }, title);
  const was = place.querySelector("h1")?.textContent;
  if (was === title) return;
  place.removeAttribute("aria-busy");
  place.replaceChildren(
    el(
      "div",
      { class: "stack", role: "status" },
      el(
        "p",
        { class: `state ${{ "circle-check": "ok", "circle-x": "bad" }[picture] ?? ""}` },
        icon(picture),
        el("span", { class: "visually-hidden" }, title),
      ),
      heading,
      el("p", { class: "muted" }, words),
    ),
    ...more.filter(Boolean),
  );
  heading.focus();
}

const again = (/** @type {any} */ purchase) =>
  el(
    "p",
    {},
    el(
      "a",
      { class: "button", href: `/credits?package=${encodeURIComponent(purchase.packageId)}#packs` },
      say.again,
    ),
  );

/**
 * The order that waited for this payment, by one press.
 * @param {import("./parts/wanted.js").Wanted} wanted
 */
function wantedButton(wanted) {
  const label = text.create.button(money(wanted.price), wanted.count);
  const problem = el("div", {});
  const button = el("button", { class: "button big", type: "button", "data-order": true }, label);
  button.addEventListener("click", async () => {
    if (button.hasAttribute("aria-disabled")) return;
    button.setAttribute("aria-disabled", "true");
    button.textContent = text.create.sending;
    problem.replaceChildren();
    try {
      await orderWanted(wanted);
      location.assign("/create#running");
    } catch (error) {
      button.removeAttribute("aria-disabled");
      button.textContent = label;
      problem.replaceChildren(errorBox(error));
    }
  });
  return el("div", { class: "stack" }, el("p", { class: "muted" }, say.wanted), el("p", {}, button), problem);
}

/** Shows where the purchase stands and gives whether it can still change. @param {any} purchase */
async function tell(purchase) {
  if (purchase.status === "paid") {
    const user = await me();
    if (user) showBalance(user.balance);
    const wanted = readWanted();
    const isNext = wanted && user && user.balance >= wanted.price;
    show(
      "circle-check",
      say.paid(money(purchase.total)),
      purchase.bonus
        ? say.paidBonus(money(purchase.credits), money(purchase.bonus))
        : say.paidPlain(money(purchase.credits)),
      user &&
        el("p", { class: "sum-box" }, el("span", { class: "hint" }, say.balance), num(money(user.balance))),
      isNext && wantedButton(wanted),
      el(
        "p",
        { class: "row" },
        el(
          "a",
          { class: isNext ? "button second" : "button", href: "/create" },
          hasDraft() ? say.toDraft : say.toCreate,
        ),
        el("a", { class: "button second", href: "/credits#ledger" }, say.ledger),
      ),
    );
    return false;
  }
  if (purchase.status === "failed") show("circle-x", say.notCompleted, say.failedWords, again(purchase));
  else if (purchase.status === "expired") {
    show("circle-x", say.notCompleted, say.expiredWords, again(purchase));
  } else if (purchase.status === "refunded") {
    show(
      "undo-2",
      say.refunded,
      say.refundedWords,
      el("p", {}, el("a", { class: "button second", href: "/credits#ledger" }, say.ledger)),
    );
  } else if (purchase.status === "disputed") {
    show(
      "triangle-alert",
      say.disputed,
      say.disputedWords,
      el("p", {}, el("a", { class: "button second", href: "/credits#ledger" }, say.ledger)),
    );
  } else {
    if (age() > 12_000) {
      const payment = webAddress(purchase.url ?? "");
      show(
        "hourglass",
        say.processing,
        say.processingWords,
        el(
          "p",
          { class: "row" },
          payment && el("a", { class: "button second", href: payment }, say.toPayment),
          el("a", { class: "button quiet", href: "/credits" }, say.ledger),
        ),
      );
    }
    return true;
  }
  return false;
}

let isKnown = false;

/** Asks where the purchase stands and gives whether that can still change. @param {AbortSignal} signal */
async function ask(signal) {
  if (!isKnown) await requireUser();
  isKnown = true;
  try {
    const purchase = await api(`/api/credits/purchases/${id}`, { signal });
    const isOpen = await tell(purchase);
    if (purchase.paidAt) await showDocuments(find("[data-documents]"), purchase);
    return isOpen;
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 404) throw error;
    place.removeAttribute("aria-busy");
    place.replaceChildren(
      el("h1", { class: "visually-hidden" }, say.checking),
      emptyBox(
        "receipt-text",
        say.missing,
        say.missingWords,
        el("a", { class: "button", href: "/credits" }, say.ledger),
      ),
    );
    return false;
  }
}

poll(ask, () => (age() > 30_000 ? 6000 : 1500)).now();
