// Signing out, and the dialog that says when that failed.
import { api, ApiError } from "./api.js";
import { el } from "./element.js";
import { browser, tab } from "./kept.js";
import { remember, setLeaving } from "./session.js";
import { keysAreOn, switchKeys } from "./shortcuts.js";
import { text } from "../../text/en.js";

/** @type {HTMLDialogElement | null} */
let stillIn = null;

/**
 * Signs out. A refusal or a lost answer is told, with the way to try again: as long as the server
 * has not said so, nobody is signed out.
 */
async function signOut() {
  stillIn?.close();
  setLeaving(true);
  try {
    await api("/api/auth/logout", { method: "POST", body: {} });
  } catch (error) {
    setLeaving(false);
    return sayStillIn(error instanceof ApiError ? error.message : text.signOut.noAnswer);
  }
  // The server's answer has emptied what this browser keeps. How the pages look stays.
  const { theme } = document.documentElement.dataset;
  const keys = keysAreOn();
  tab.clear();
  remember(null);
  if (theme) browser.set("rushes.theme", theme);
  if (!keys) switchKeys(false);
  location.replace("/");
}

/** @param {string} why */
function sayStillIn(why) {
  const say = text.signOut;
  const stay = () => stillIn?.close();
  document.getElementById("account-menu")?.hidePopover();
  stillIn?.remove();
  const dialog = /** @type {HTMLDialogElement} */ (el(
    "dialog",
    { class: "dialog", "aria-labelledby": "still-in-title", "data-still-in": true },
    el("h2", { id: "still-in-title" }, say.title),
    el("p", {}, why),
    el("p", {}, say.words),
    el(
      "div",
      { class: "row" },
      el("button", { class: "button", type: "button", onclick: signOut }, say.again),
      el("button", { class: "button second", type: "button", onclick: stay }, say.stay),
    ),
  ));
  stillIn = dialog;
  document.body.append(dialog);
  dialog.showModal();
}

for (const button of document.querySelectorAll("[data-sign-out]")) button.addEventListener("click", signOut);
