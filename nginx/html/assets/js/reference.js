// The API reference: every call of its description, with its fields, its answers and examples. Those of
// operators are a page of their own.
import { addAnchors } from "./parts/anchors.js";
import { api } from "./parts/api.js";
import { el, find } from "./parts/element.js";
import { exampleOf, languages } from "./parts/examples.js";
import { browser } from "./parts/kept.js";
import { errorBox } from "./parts/notice.js";
import { answersOf, fieldsOf, operationsOf } from "./parts/openapi.js";
import { copy } from "./parts/toast.js";
import { text } from "../text/en.js";

/** @typedef {import("./parts/openapi.js").Operation} Operation */
/** @typedef {import("./parts/openapi.js").Line} Line */

const languageKey = "rushes.language";
const place = find("[data-reference]");
const say = text.reference;
/** @type {string} */
let language = browser.get(languageKey) ?? "curl";
if (!languages.includes(language)) language = "curl";

/**
 * @param {string} of the call
 * @param {string} title @param {string[]} heads
 * @param {(Node | string)[][]} rows
 */
function table(of, title, heads, rows) {
  if (!rows.length) return null;
  const cell = (/** @type {Node | string} */ words) => el("td", {}, words);
  const lines = rows.map(([first, ...others]) =>
    el("tr", {}, el("th", { scope: "row" }, first), ...others.map(cell))
  );
  const head = el("tr", {}, ...heads.map((words) => el("th", { scope: "col" }, words)));
  return el(
    "div",
    { class: "table-wide", tabindex: "0", role: "region", "aria-label": `${of}: ${title}` },
    el(
      "table",
      { class: "table" },
      el("caption", {}, title),
      el("thead", {}, head),
      el("tbody", {}, ...lines),
    ),
  );
}

/** @param {Line} line */
const fieldRow = ({ name, type, isNeeded, says }) => [
  el("code", {}, name),
  isNeeded ? `${type}, ${say.needed}` : type,
  says,
];

/** @param {Operation} operation @param {any} document_ */
function example(operation, document_) {
  const code = el("code", {});
  const show = () => (code.textContent = exampleOf(operation, document_, language, location.origin));
  addEventListener("languagechosen", show);
  show();
  const button = el(
    "button",
    { type: "button", class: "button quiet", onclick: () => copy(code.textContent) },
    say.copy,
    el("span", { class: "visually-hidden" }, ` ${operation.summary}`),
  );
  const box = {
    class: "code",
    tabindex: "0",
    role: "region",
    "aria-label": say.exampleOf(operation.summary),
  };
  return el("div", { class: "code-box" }, el("pre", box, code), button);
}

/** @param {Operation} operation @param {any} document_ */
function section(operation, document_) {
  const { method, path, id, summary, scope } = operation;
  const heads = [say.field, say.type, say.meaning];
  const answers = answersOf(operation, document_);
  const told = answers.filter(({ fields }) => fields.length);
  return el(
    "section",
    { class: "operation", "aria-labelledby": id },
    el("h3", { id }, summary),
    el("p", { class: "hint" }, scope),
    // Closed: there are many, and each is long.
    el(
      "details",
      {},
      el("summary", { class: "call" }, el("b", { class: "num" }, method), " ", el("code", {}, path)),
      table(summary, say.fields, heads, fieldsOf(operation, document_).map(fieldRow)),
      table(
        summary,
        say.answers,
        [say.status, say.meaning],
        answers.map(({ status, says }) => [status, says]),
      ),
      ...told.map(({ status, fields }) => table(summary, say.answer(status), heads, fields.map(fieldRow))),
      example(operation, document_),
    ),
  );
}

/** @param {string} part */
const partID = (part) => `part-${part.toLowerCase().replace(/[^a-z]+/g, "-")}`;

function showLanguages() {
  const box = find("[data-languages]");
  const choice = (/** @type {string} */ name) => {
    const input = el("input", { type: "radio", name: "language", value: name, checked: name === language });
    return el("label", {}, input, el("span", { class: "face" }, say.language[/** @type {"curl"} */ (name)]));
  };
  find(".choice", box).replaceChildren(...languages.map(choice));
  box.addEventListener("change", (/** @type {any} */ { target }) => {
    language = target.value;
    browser.set(languageKey, language);
    dispatchEvent(new Event("languagechosen"));
  });
  box.hidden = false;
}

async function start() {
  try {
    const isForOperators = new URLSearchParams(location.search).get("for") === "operators";
    const document_ = await api(`/api/openapi.json?for=${isForOperators ? "operators" : "customers"}`);
    const parts = operationsOf(document_);
    place.replaceChildren(...parts.flatMap(({ name, operations }) => [
      el("h2", { id: partID(name) }, name),
      ...operations.map((operation) => section(operation, document_)),
    ]));
    const link = (/** @type {string} */ name) => el("li", {}, el("a", { href: `#${partID(name)}` }, name));
    find("[data-contents]").replaceChildren(el("ul", {}, ...parts.map(({ name }) => link(name))));
    addAnchors(place);
    showLanguages();
    if (location.hash) document.getElementById(location.hash.slice(1))?.scrollIntoView();
  } catch (error) {
    place.replaceChildren(errorBox(error, start));
  }
  place.removeAttribute("aria-busy");
}

start();
