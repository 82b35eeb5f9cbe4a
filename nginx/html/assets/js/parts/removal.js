// The removal of the account on the account page: asked for, or on its way and to be taken back.
import { api } from "./api.js";
import { confirmed } from "./confirm.js";
import { el, find } from "./element.js";
import { money } from "./money.js";
import { errorBox, notice } from "./notice.js";
import { time } from "./time.js";
import { toast } from "./toast.js";
import { text } from "../../text/en.js";

const removalWords = text.removal;

/** @param {unknown} [error] */
const refuse = (error) => find("[data-removal-problem]").replaceChildren(...(error ? [errorBox(error)] : []));

/**
 * Does what a button is for, once at a time, and shows how it stands then.
 * @param {HTMLElement} button @param {() => Promise<boolean>} act gives whether anything was done
 * @param {() => Promise<unknown>} after
 */
function whenPressed(button, act, after) {
  button.addEventListener("click", async () => {
    if (button.getAttribute("aria-disabled")) return;
    button.setAttribute("aria-disabled", "true");
    refuse();
    try {
      if (await act()) await after();
    } catch (error) {
      refuse(error);
    }
    button.removeAttribute("aria-disabled");
  });
  return button;
}

/** @param {string} date @param {() => Promise<unknown>} after */
function onItsWay(date, after) {
  const keep = el("button", { class: "button", type: "button" }, removalWords.keep);
  whenPressed(keep, async () => {
    await api("/api/me/restoration", { method: "POST" });
    toast(removalWords.kept);
    return true;
  }, after);
  return [
    notice(
      { tone: "", picture: "triangle-alert" },
      el("p", {}, removalWords.removedOn, " ", time(date, "full"), "."),
    ),
    el("p", { class: "muted" }, removalWords.until),
    el("p", {}, keep),
  ];
}

/** @param {number} credit what is left @param {() => Promise<unknown>} after */
function notYet(credit, after) {
  const box = el("input", { type: "checkbox", id: "give-up" });
  const remove = el("button", { class: "button second", type: "button" }, removalWords.remove);
  whenPressed(remove, async () => {
    if (credit > 0 && !box.checked) {
      find("[data-removal-problem]").replaceChildren(notice({}, removalWords.tick(money(credit))));
      box.focus();
      return false;
    }
    const answer = await confirmed(() =>
      api("/api/me", { method: "DELETE", body: { giveUpCredit: box.checked } })
    );
    return Boolean(answer);
  }, after);
  return [
    el("p", { class: "muted" }, removalWords.words),
    credit > 0 && el("label", { class: "switch", for: "give-up" }, box, removalWords.giveUp(money(credit))),
    el("p", {}, remove),
  ].filter(Boolean);
}

/**
 * @param {{leavesAt?: string | null, balance: number}} user
 * @param {() => Promise<unknown>} after once it stands differently
 */
export function showRemoval(user, after) {
  find("[data-removal]").replaceChildren(
    ...(user.leavesAt ? onItsWay(user.leavesAt, after) : notYet(user.balance, after)),
  );
}
