// What the operator's pages have in common: who may see them, lists, facts, and acts with a reason.
import { api } from "./api.js";
import { askForCodes, confirmed } from "./confirm.js";
import { el, find, num } from "./element.js";
import { intent } from "./intent.js";
import { money } from "./money.js";
import { emptyBox, errorBox, notice } from "./notice.js";
import { requireUser } from "./session.js";
import { time } from "./time.js";
import { toast } from "./toast.js";
import { say } from "../../text/console.js";

/** @typedef {{name: string, cell: (row: any) => Node | string | null | undefined, end?: boolean}} Column */

/** The id in the address of a page about one thing. */
export const idOfPage = location.pathname.split("/").pop() ?? "";

/** What who looks may do: names of the API's permissions. @type {string[]} */
let permissions = [];

/** @param {string} permission */
export const may = (permission) => permissions.includes(permission);

/**
 * Runs `start` for an operator; to everybody else there is nothing here.
 * @param {() => Promise<unknown>} start
 */
export async function forOperator(start) {
  const problem = find("[data-error]");
  try {
    const user = await requireUser();
    permissions = user.permissions;
    askForCodes(user.secondFactor);
    for (const link of document.querySelectorAll("[data-may]")) {
      const to = /** @type {HTMLElement} */ (link);
      to.hidden = !may(to.dataset.may ?? "");
    }
    if (may("look")) return await start();
    for (const part of document.querySelectorAll("[data-list], [data-detail], [data-filters]")) part.remove();
    problem.replaceChildren(emptyBox("ban", say.nothing, say.nothingWords, null));
  } catch (error) {
    for (const part of document.querySelectorAll("[aria-busy]")) part.replaceChildren();
    problem.replaceChildren(errorBox(error, () => forOperator(start)));
  }
}

/** An amount, or a dash. @param {number | null | undefined} amount */
export const sum = (amount) => (amount === null || amount === undefined ? "–" : num(money(amount)));

/** A time, or a dash. @param {string | null | undefined} iso @param {"ago" | "full" | "day"} [style] */
export const when = (iso, style) => (iso ? time(iso, style) : "–");

/** @param {string} path @param {Node | string} words */
export const link = (path, words) => el("a", { href: path, dir: "auto" }, words);

/** @param {Column[]} columns @param {any[]} rows */
export function table(columns, rows) {
  const head = columns.map(({ name, end }) => el("th", { scope: "col", class: end && "end" }, name));
  const line = (/** @type {any} */ row) =>
    el(
      "tr",
      {},
      ...columns.map(({ name, cell, end }) =>
        el("td", { class: end && "end", "data-head": name }, el("div", {}, cell(row) || "–"))
      ),
    );
  return el(
    "table",
    { class: "table" },
    el("thead", {}, el("tr", {}, ...head)),
    el("tbody", {}, ...rows.map(line)),
  );
}

/** What is asked for, as the address says it: the fields of the form. @param {string[]} names */
function asked(names) {
  const all = new URLSearchParams(location.search);
  const some = new URLSearchParams();
  for (const name of names) {
    const value = all.get(name)?.trim();
    if (value) some.set(name, value);
  }
  return some;
}

/**
 * A list by pages, with its filters in the address. Gives what loads it anew.
 * @param {{path: string, columns: Column[], empty?: string}} what
 */
export async function list({ path, columns, empty = say.none }) {
  const place = find("[data-list]");
  const problem = find("[data-error]");
  const moreRow = find("[data-more-row]");
  const more = find("[data-more]");
  /** @type {HTMLFormElement | null} */
  const form = document.querySelector("[data-filters]");
  const inputs = /** @type {HTMLInputElement[]} */ ([...(form?.querySelectorAll("[name]") ?? [])]);
  /** @type {string | null} */
  let cursor = null;
  let round = 0;

  /** @param {boolean} further */
  async function load(further) {
    const mine = ++round;
    const ask = asked([...inputs.map(({ name }) => name), "account"]);
    if (further && cursor) ask.set("cursor", cursor);
    place.setAttribute("aria-busy", "true");
    try {
      const { items, nextCursor = null } = await api(`${path}?${ask}`);
      if (mine !== round) return;
      problem.replaceChildren();
      const rows = table(columns, items);
      if (further) find("tbody", place).append(...rows.tBodies[0].rows);
      else place.replaceChildren(items.length ? rows : el("p", { class: "muted" }, empty));
      cursor = nextCursor;
    } catch (error) {
      if (mine !== round) return;
      if (!further) place.replaceChildren();
      problem.replaceChildren(errorBox(error, () => load(further)));
    }
    place.removeAttribute("aria-busy");
    moreRow.hidden = !cursor;
  }

  function fillIn() {
    const now = asked(inputs.map(({ name }) => name));
    for (const input of inputs) input.value = now.get(input.name) ?? "";
  }

  /** @param {boolean} replace */
  function apply(replace) {
    const now = asked(["account"]);
    for (const { name, value } of inputs) if (value.trim()) now.set(name, value.trim());
    const url = now.size ? `${location.pathname}?${now}` : location.pathname;
    if (url === location.pathname + location.search) return;
    history[replace ? "replaceState" : "pushState"](null, "", url);
    load(false);
  }

  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let typing;
  form?.addEventListener("input", ({ target }) => {
    clearTimeout(typing);
    const isText = /** @type {HTMLInputElement} */ (target).type === "search";
    typing = setTimeout(() => apply(isText), isText ? 300 : 0);
  });
  form?.addEventListener("submit", (event) => {
    event.preventDefault();
    clearTimeout(typing);
    apply(false);
  });
  addEventListener("popstate", () => {
    fillIn();
    load(false);
  });
  more.addEventListener("click", () => cursor && load(true));
  fillIn();
  await load(false);
  return () => load(false);
}

/** @param {[string, Node | string | null | undefined][]} lines those without a value are left out */
export const facts = (lines) =>
  el(
    "dl",
    { class: "facts" },
    ...lines.filter(([, value]) => value !== null && value !== undefined && value !== "")
      .map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value))),
  );

/** A part of a page about one thing. @param {string} title @param {...(Node | string | null)} children */
export const part = (title, ...children) =>
  el("section", { class: "card console-part" }, el("h2", {}, title), ...children);

/** A list within a page. @param {Column[]} columns @param {any[]} rows */
export const rows = (columns, rows) =>
  rows.length
    ? el("div", { class: "console-list" }, table(columns, rows))
    : el("p", { class: "muted" }, say.none);

/**
 * @typedef {object} Act
 * @property {string[]} words the name of the act, and what it does
 * @property {string} path
 * @property {string} may the permission that it takes; without it there is no button
 * @property {string[]} [fields] what is typed, by the names of the API
 * @property {Record<string, any>} [values] what stands in them at first
 * @property {Record<string, any>} [also] what is sent beside them
 * @property {boolean} [isRehearsed] whether it can tell what it would change
 * @property {boolean} [isNeeded] whether the amount has to be there
 * @property {(values: any) => Node | null} [preview] what is typed, as people will see it
 * @property {(answer: any) => string} [outcome] what is said of the answer, where it is no command's
 */

/** What a command answered, in words. @param {any} answer */
function outcomeOf(answer) {
  if (!answer?.outcome) return answer?.status ? say.done : answer === null ? say.done : say.finishing;
  return say[/** @type {"done" | "repeated" | "waits"} */ (answer.outcome)] ?? say.done;
}

/** @param {string} id @param {string} label @param {Node} input @param {string} [hint] */
const labelled = (id, label, input, hint) =>
  el(
    "div",
    { class: "field" },
    el("label", { for: id }, label),
    hint && el("p", { class: "hint", id: `${id}-hint` }, hint),
    input,
  );

/** What is words, with the most characters of each. @type {Record<string, number>} */
const wordy = {
  taskId: 255,
  id: 32,
  name: 100,
  model: 100,
  vendorPath: 200,
  prompt: 1000,
  image: 2000,
  specification: 60000,
  words: 300,
};

/** What is typed a line for each. */
const lists = ["features", "costSteps"];

/** What is one of some words, with what is read for each. @type {Record<string, Record<string, string>>} */
const choices = { role: say.role, kind: say.bannerKind };

/** @param {string} name @param {string} now */
const choiceOf = (name, now) =>
  el(
    "select",
    { class: "input", id: `act-${name}` },
    ...Object.entries(choices[name]).map(([value, words]) =>
      el("option", { value, selected: value === now }, words)
    ),
  );

/** What is typed as a time of one's own place. */
const times = ["validFrom", "from", "until"];

/** How a field of an act is typed. @param {string} name @param {any} value */
function inputOf(name, value) {
  if (name in choices) return choiceOf(name, value);
  const isLong = name === "specification" || lists.includes(name);
  const kind = times.includes(name)
    ? { type: "datetime-local" }
    : name in wordy
    ? { maxlength: wordy[name], ...(isLong ? { rows: 8, spellcheck: "false" } : {}) }
    : isLong
    ? { rows: 4, maxlength: 1000 }
    : { inputmode: "decimal" };
  const input = el(isLong ? "textarea" : "input", {
    class: "input",
    id: `act-${name}`,
    autocomplete: "off",
    ...kind,
  });
  if (value !== undefined) input.value = String(value);
  return input;
}

/** What is typed into a field, as the API takes it. @param {string} name @param {string} words */
function valueOf(name, words) {
  if (name in wordy || name in choices) return words;
  if (lists.includes(name)) return listOf(name, words.split("\n").map((line) => line.trim()).filter(Boolean));
  if (times.includes(name)) return Number.isNaN(Date.parse(words)) ? words : new Date(words).toISOString();
  return numberOf(words);
}

/**
 * A line is one feature, or a step of the cost: seconds, then dollars.
 * @param {string} name @param {string[]} lines
 */
function listOf(name, lines) {
  if (name === "features") return lines;
  if (lines.length === 1 && lines[0].toLowerCase() === say.noSteps) return [];
  return lines.map((line) => {
    const [fromSeconds, costPerSecond, ...more] = line.split(/\s+/).map(numberOf);
    return more.length ? line : { fromSeconds, costPerSecond };
  });
}

/** The fields of an act's dialog. @param {Act} act */
function fieldsOf(act) {
  const reason = el("textarea", {
    class: "input",
    id: "act-reason",
    rows: 2,
    maxlength: 500,
    required: true,
    "aria-describedby": "act-reason-hint",
  });
  const names = act.fields ?? [];
  const inputs = names.map((name) => inputOf(name, act.values?.[name]));
  const hintOf = (/** @type {string} */ name) =>
    name === "amount" && act.isNeeded
      ? undefined
      : say.fieldHint[/** @type {keyof typeof say.fieldHint} */ (name)];
  const shown = [
    ...names.map((name, at) =>
      labelled(
        `act-${name}`,
        say.field[/** @type {keyof typeof say.field} */ (name)],
        inputs[at],
        hintOf(name),
      )
    ),
    labelled("act-reason", say.reason, reason, say.reasonHint),
  ];
  const read = () => ({
    ...act.also,
    reason: reason.value,
    ...Object.fromEntries(
      names.map((name, at) => [name, inputs[at].value.trim()]).filter(([, words]) => words).map((
        [name, words],
      ) => [name, valueOf(name, words)]),
    ),
  });
  return { shown, read };
}

/** What is no number is sent as it is, and refused with words. @param {string} words */
const numberOf = (words) => (/^-?\d+(\.\d+)?$/.test(words) ? Number(words) : words);

/** What was refused, or failed. @param {any} error */
function refusal(error) {
  if (!error?.isApiError || error.status >= 500) return errorBox(error);
  const details = Array.isArray(error.details) ? error.details : [{ message: error.message }];
  return notice({}, ...details.map((/** @type {any} */ { message }) => message));
}

/**
 * Asks for the reason of an act, does it once, and says what came of it.
 * @param {Act} act @param {() => unknown} after
 */
export function perform(act, after) {
  const wish = intent(`console.${act.path}`);
  const { shown, read } = fieldsOf(act);
  const said = el("div", {});
  const button = (/** @type {string} */ words, /** @type {any} */ properties) =>
    el("button", { class: "button", type: "button", ...properties }, words);
  const send = async () => {
    const answer = await confirmed(() => wish.send(act.path, JSON.stringify(read())));
    if (answer === undefined) return;
    toast((act.outcome ?? outcomeOf)(answer));
    dialog.close();
    // What was done is done: the page shows it, or is asked for anew.
    await Promise.resolve(after()).catch(() => location.reload());
  };
  const rehearse = async () => {
    const key = crypto.randomUUID();
    const body = { ...read(), dryRun: true };
    const answer = await confirmed(() => api(act.path, { method: "POST", body, key }));
    if (answer === undefined) return;
    const changes = answer.changes.map((/** @type {string} */ change) => el("li", {}, change));
    said.replaceChildren(
      notice(
        { tone: "", picture: "info" },
        changes.length ? say.wouldChange : say.changesNothing,
        el("ul", {}, ...changes),
        answer.effect && say.effect(answer.effect),
      ),
    );
  };
  let isBusy = false;
  const tried = (/** @type {() => Promise<void>} */ body) => async () => {
    if (isBusy) return;
    isBusy = true;
    said.replaceChildren();
    try {
      await body();
    } catch (error) {
      said.replaceChildren(refusal(error));
    }
    isBusy = false;
  };
  const seen = el("div", {});
  const preview = () => {
    const look = act.preview?.(read());
    seen.replaceChildren(...(look ? [look] : []));
  };
  const dialog = el(
    "dialog",
    { class: "dialog", "aria-labelledby": "act-title" },
    el("h2", { id: "act-title" }, act.words[0]),
    act.words[1] && el("p", { class: "muted" }, act.words[1]),
    ...shown,
    seen,
    said,
    el(
      "div",
      { class: "acts" },
      button(act.words[0], { onclick: tried(send), "data-do": true }),
      act.isRehearsed && button(say.try, { class: "button second", onclick: tried(rehearse) }),
      button(say.cancel, { class: "button quiet", onclick: () => dialog.close() }),
    ),
  );
  dialog.addEventListener("close", () => dialog.remove());
  dialog.addEventListener("input", preview);
  preview();
  document.body.append(dialog);
  dialog.showModal();
}

/** The button of an act, for who may do it. @param {Act} act @param {() => unknown} after */
export const actButton = (act, after) =>
  may(act.may) &&
  el("button", { class: "button second", type: "button", onclick: () => perform(act, after) }, act.words[0]);
