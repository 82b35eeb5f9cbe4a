// The second factor on the account page: off, being set up, or on, with its recovery codes.
import { api } from "./api.js";
import { askForCodes, codeField, confirmed } from "./confirm.js";
import { el, find, icon, num } from "./element.js";
import { work } from "./form.js";
import { errorBox, notice } from "./notice.js";
import { drawing } from "./qr.js";
import { time } from "./time.js";
import { copy, toast } from "./toast.js";
import { text } from "../../text/en.js";

const factorWords = text.factor;
const factorPath = "/api/me/second-factor";

/** @param {...(Node | string | null | false)} parts */
const showParts = (...parts) => find("[data-factor]").replaceChildren(...parts.filter(Boolean));

/**
 * A button whose press is refused in words beside it.
 * @param {string} words @param {() => Promise<unknown>} act
 */
function button(words, act, look = "button second") {
  const made = el("button", { class: look, type: "button" }, words);
  made.addEventListener("click", async () => {
    if (made.getAttribute("aria-disabled")) return;
    made.setAttribute("aria-disabled", "true");
    const problem = find("[data-factor-problem]");
    problem.replaceChildren();
    try {
      await act();
    } catch (error) {
      problem.replaceChildren(errorBox(error));
    }
    made.removeAttribute("aria-disabled");
  });
  return made;
}

/** @param {{secret: string, url: string, qrCode: string[]}} prepared */
function setUp({ secret, url, qrCode }) {
  const groups = /** @type {string[]} */ (secret.match(/.{1,4}/g)).join(" ");
  const form = el(
    "form",
    { method: "post", action: "/account", novalidate: true },
    el("div", { "data-summary": true }),
    codeField("factor-code", factorWords.codeHint),
    el(
      "div",
      { class: "acts" },
      el("button", { class: "button", type: "submit" }, factorWords.turnOn),
      button(factorWords.cancel, showSecondFactor, "button quiet"),
    ),
  );
  const heading = el("h3", { tabindex: -1 }, factorWords.setUpTitle);
  showParts(
    heading,
    el("p", {}, factorWords.scan),
    drawing(qrCode, factorWords.picture),
    el("p", {}, el("a", { href: url }, factorWords.open)),
    el("p", {}, factorWords.orType),
    el(
      "p",
      { class: "row" },
      el("code", { class: "secret" }, groups),
      el(
        "button",
        { class: "button quiet", type: "button", onclick: () => copy(secret) },
        icon("copy"),
        factorWords.copy,
      ),
    ),
    form,
  );
  work(form, async (values) => {
    const answer = await confirmed(() => api(`${factorPath}/activation`, { method: "POST", body: values }));
    if (!answer) return;
    askForCodes(true);
    showCodes(answer.recoveryCodes, factorWords.on);
  });
  heading.focus();
}

/** Shows recovery codes, which come once. @param {string[]} codes @param {string} done */
function showCodes(codes, done) {
  const heading = el("h3", { tabindex: -1 }, factorWords.codesTitle);
  showParts(
    heading,
    el("p", {}, factorWords.codesWords),
    el("ul", { class: "codes" }, ...codes.map((code) => el("li", {}, num(code)))),
    el(
      "div",
      { class: "acts" },
      el(
        "button",
        { class: "button second", type: "button", onclick: () => copy(codes.join("\n")) },
        icon("copy"),
        factorWords.copyAll,
      ),
      button(factorWords.kept, showSecondFactor, "button"),
    ),
  );
  toast(done);
  heading.focus();
}

async function prepare() {
  const prepared = await confirmed(() => api(factorPath, { method: "POST" }));
  if (prepared) setUp(prepared);
}

async function renew() {
  const answer = await confirmed(() => api(`${factorPath}/recovery-codes`, { method: "POST" }));
  if (answer) showCodes(answer.recoveryCodes, factorWords.renewed);
}

async function turnOff() {
  const isDone = await confirmed(async () => {
    await api(factorPath, { method: "DELETE" });
    return true;
  });
  if (!isDone) return;
  toast(factorWords.off);
  await showSecondFactor();
}

/** @param {{isOn: boolean, since: string | null, recoveryCodesLeft: number}} factor */
function showState({ isOn, since, recoveryCodesLeft }) {
  if (!isOn) {
    return showParts(
      el("p", { class: "muted" }, factorWords.offWords),
      el("p", {}, button(factorWords.setUp, prepare)),
    );
  }
  const isShort = recoveryCodesLeft < 3;
  showParts(
    el(
      "p",
      { class: "state ok" },
      icon("shield-check"),
      el("span", {}, factorWords.isOn, " ", time(since ?? "", "day")),
    ),
    isShort
      ? notice(
        { tone: "", picture: "triangle-alert" },
        factorWords.codesLeft(recoveryCodesLeft),
        factorWords.codesFew,
      )
      : el("p", { class: "muted" }, factorWords.codesLeft(recoveryCodesLeft)),
    el(
      "div",
      { class: "acts" },
      button(factorWords.renew, renew),
      button(factorWords.turnOff, turnOff, "button quiet"),
    ),
  );
}

/** Shows how it stands now. */
export async function showSecondFactor() {
  const problem = find("[data-factor-problem]");
  problem.replaceChildren();
  try {
    const factor = await api(factorPath);
    askForCodes(factor.isOn);
    showState(factor);
  } catch (error) {
    showParts();
    problem.replaceChildren(errorBox(error, showSecondFactor));
  }
  find("[data-factor]").removeAttribute("aria-busy");
}
