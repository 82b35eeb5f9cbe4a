// Asks a person to show again that it is them, before something dangerous.
import { api } from "./api.js";
import { el, icon } from "./element.js";
import { work } from "./form.js";
import { text } from "../../text/en.js";

const confirmWords = text.confirm;

/** @param {string} id @param {string} label @param {HTMLElement} input @param {string} [hint] */
const field = (id, label, input, hint) =>
  el(
    "div",
    { class: "field" },
    el("label", { for: id }, label),
    hint && el("p", { class: "hint", id: `${id}-hint` }, hint),
    input,
  );

/** The field of a code. @param {string} id @param {string} [hint] */
export const codeField = (id, hint = confirmWords.codeHint) =>
  field(
    id,
    confirmWords.code,
    el("input", {
      class: "input num",
      id,
      name: "code",
      autocomplete: "one-time-code",
      autocapitalize: "none",
      spellcheck: "false",
      maxlength: 40,
      required: true,
      "aria-describedby": `${id}-hint`,
    }),
    hint,
  );

function passwordField() {
  const input = el("input", {
    class: "input",
    id: "confirm-password",
    name: "currentPassword",
    type: "password",
    autocomplete: "current-password",
    required: true,
  });
  const eye = el("button", {
    class: "button quiet square",
    type: "button",
    "data-show-password": true,
    "aria-label": text.password.show,
    "aria-pressed": "false",
  }, icon("eye"));
  return field("confirm-password", confirmWords.password, el("div", { class: "with-button" }, input, eye));
}

/** Opens the dialog; whether the person has shown that it is them. @param {boolean} needsCode */
function ask(needsCode) {
  return new Promise((resolve) => {
    const form = el(
      "form",
      { method: "dialog", novalidate: true, class: "confirm" },
      el("div", { "data-summary": true }),
      passwordField(),
      needsCode && codeField("confirm-code"),
      el(
        "div",
        { class: "acts" },
        el("button", { class: "button", type: "submit" }, confirmWords.go),
        el(
          "button",
          { class: "button quiet", type: "button", onclick: () => dialog.close() },
          confirmWords.cancel,
        ),
      ),
    );
    const dialog = el(
      "dialog",
      { class: "dialog", "aria-labelledby": "confirm-title" },
      el("h2", { id: "confirm-title" }, confirmWords.title),
      el("p", { class: "muted" }, confirmWords.words),
      form,
    );
    let isShown = false;
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(isShown);
    });
    document.body.append(dialog);
    work(form, async (values) => {
      await api("/api/auth/confirmation", { method: "POST", body: values });
      isShown = true;
      dialog.close();
    });
    dialog.showModal();
  });
}

/** Whether the account's sign-ins take a code, so that the dialog asks for one. */
let needsCode = false;
/** @param {boolean} now */
export function askForCodes(now) {
  needsCode = now;
}

/**
 * Does what is dangerous. Where the server wants to know first that it is the person, they are asked,
 * and it is done then. Gives nothing when they think better of it.
 * @template Answer @param {() => Promise<Answer>} act @returns {Promise<Answer | undefined>}
 */
export async function confirmed(act) {
  try {
    return await act();
  } catch (/** @type {any} */ error) {
    if (error.code !== "CONFIRMATION_NEEDED") throw error;
  }
  return (await ask(needsCode)) ? await act() : undefined;
}
