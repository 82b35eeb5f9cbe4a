// The create page: a form that follows the chosen tier, an exact price, one job for each intent.
import { ApiError, api, hasDraft, intent, keepDraft, me, readDraft, requireUser, showBalance } from "./app.js";
import { cents, codeUnits, el, errorBox, fieldError, find, icon, money, now, num, onLeave, showProblems, toast, visibleCharacters } from "./dom.js";
import { cancel, follow, jobCard, moveProgress, reasonOf } from "./job.js";
import { text } from "../text/en.js";

/** @typedef {import("./job.js").Job} Job */
/** @typedef {{type: string, required: boolean, minLength?: number, maxLength?: number, minimum?: number, maximum?: number, enum?: string[], default?: any}} Field */
/**
 * @typedef {object} Tier
 * @property {string} id
 * @property {string} name
 * @property {string} model
 * @property {number} pricePerSecond
 * @property {Record<string, number>} prices
 * @property {number[]} durations
 * @property {boolean} requiresImage
 * @property {boolean} popular
 * @property {{text: Record<string, Field> | null, image: Record<string, Field>}} fields
 */

/** @type {HTMLFormElement} */
const form = find("[data-create]");
const button = find("[data-submit]", form);
const after = find("[data-after]", form);
const problem = find("[data-problem]", form);
const more = find("[data-more]", form);
const running = find("[data-running]");
const say = text.create;

const optionalNames = /** @type {const} */ (["negativePrompt", "image", "imageTail", "aspectRatio", "resolution", "mode", "strength", "seed"]);
const selects = ["aspectRatio", "resolution", "mode"];
/** What decides the tier when the shop chooses it; the other fields belong to one model each. */
const deciding = ["prompt", "negativePrompt", "image", "imageTail", "aspectRatio", "resolution"];
const order = intent("order");

/** @type {Tier[]} */
let tiers = [];
let balance = 0;
/** What the person chose or typed, also for fields that the present tier does not take. @type {Record<string, any>} */
let draft = {};
let sending = false;
/** The server's latest choice of a tier, and for which wish. @type {{key: string, tier?: string, price?: number, reason?: string, problem?: string} | null} */
let quote = null;
/** From the start, so that no order is without it, whatever else did not load. */
const watch = follow([], async (open, ended) => {
  for (const job of [...open, ...ended]) placeCard(job);
  if (ended.length) takeBalance(await me());
});

/** @param {string} name @returns {any} */
const input = (name) => find(`#${name}`, form);
const isAuto = () => draft.tier === "auto";
/** @param {string | null | undefined} id */
const isTier = (id) => id === "auto" || tiers.some((tier) => tier.id === id);
/** @returns {Tier} */
const tierNow = () => (isAuto() ? autoTier() : (tiers.find(({ id }) => id === draft.tier) ?? tiers[0]));
/** @param {string} id */
const nameOf = (id) => tiers.find((tier) => tier.id === id)?.name ?? id;
/** Dollars for all that the button would order, or undefined while that is not known. */
const priceNow = () => {
  const each = isAuto() ? (quote?.key === quoteBody() ? quote.price : undefined) : tierNow().prices[String(draft.duration)];
  return each === undefined ? undefined : (cents(each) * draft.count) / 100;
};
/** A tier that always needs a picture, or a picture given, means image mode. */
const isImageMode = () => tierNow().fields.text === null || Boolean(tierNow().fields.image && String(draft.image ?? "").trim());
/** @returns {Record<string, Field>} */
const fieldsNow = () => (isImageMode() ? tierNow().fields.image : tierNow().fields.text) ?? {};

/** @param {string} name @param {string} [of] */
const labelOf = (name, of = "") => text.field[/** @type {keyof typeof text.field} */ (name)] ?? of;

/** All tiers as one: it takes what any of them takes, and the server says which one does it. @returns {Tier} */
function autoTier() {
  const merged = (/** @type {"text" | "image"} */ mode) => {
    /** @type {Record<string, Field>} */
    const fields = {};
    for (const tier of tiers) {
      for (const [name, field] of Object.entries(tier.fields[mode] ?? {})) {
        if (!deciding.includes(name)) continue;
        fields[name] ??= { ...field, enum: undefined };
        // Without a default: one that nobody chose must not rule a cheaper tier out.
        delete fields[name].default;
        if (field.enum) fields[name].enum = [...new Set([...(fields[name].enum ?? []), ...field.enum])];
      }
    }
    return fields;
  };
  const durations = [...new Set(tiers.flatMap((tier) => tier.durations))].sort((a, b) => a - b);
  return { id: "auto", name: say.auto, model: "", pricePerSecond: 0, prices: tiers.find(({ id }) => id === quote?.tier)?.prices ?? {}, durations, requiresImage: false, popular: false, fields: { text: merged("text"), image: merged("image") } };
}

/** What the price of the shop's choice depends on: everything but the words of the prompt. */
function quoteBody() {
  const { prompt: _, count: __, ...body } = wishNow();
  for (const name of ["negativePrompt", "image", "imageTail"]) if (problemWith(name)) delete body[name];
  return JSON.stringify(body);
}

/** @type {ReturnType<typeof setTimeout> | undefined} */
let quoting;

/** Asks which tier is the cheapest that fits, a moment after the last change. @param {number} [pause] milliseconds */
function askQuote(pause = 250) {
  clearTimeout(quoting);
  const key = quoteBody();
  if (!isAuto() || (quote?.key === key && !quote.problem)) return;
  quoting = setTimeout(async () => {
    /** @type {NonNullable<typeof quote>} */
    let answer;
    try {
      answer = { key, ...await api("/api/videos/quote", { method: "POST", body: key }) };
    } catch (/** @type {any} */ error) {
      answer = { key, problem: !error.isApiError ? text.error.network : error.details?.[0]?.message ?? error.message };
    }
    if (key !== quoteBody()) return;
    quote = answer;
    showDurations();
    showPrice();
  }, pause);
}

/** The shop's choice with its reason, on the card and beside the button. */
function showQuote() {
  const current = isAuto() && quote?.key === quoteBody() ? quote : null;
  find("[data-auto-price]", form).textContent = current?.price === undefined ? "" : money(current.price);
  find("[data-auto-words]", form).textContent = current?.problem ?? current?.reason ?? (isAuto() ? say.quoting : say.autoWords);
}

/** The resolution that a tier makes unless another is chosen; some have only one, and do not name it. @param {Tier} tier */
const sizeOf = (tier) => (tier.fields.text ?? tier.fields.image).resolution?.default ?? "";

function showTiers() {
  find("[data-tiers]", form).replaceChildren(
    ...tiers.map((tier) =>
      el(
        "label",
        {},
        el("input", { type: "radio", name: "tier", value: tier.id, checked: tier.id === draft.tier }),
        el(
          "span",
          { class: "face" },
          el("span", { class: "top" }, el("b", {}, tier.name), num("", "tier-price")),
          el("small", {}, [tier.model, sizeOf(tier)].filter(Boolean).join(" · ")),
          el("small", {}, tier.requiresImage ? say.needsImage : tier.popular ? el("span", { class: "for-popular" }, say.popular) : say.perSecond(money(tier.pricePerSecond))),
        ),
      )
    ),
    el(
      "label",
      { class: "auto" },
      el("input", { type: "radio", name: "tier", value: "auto", checked: isAuto() }),
      el("span", { class: "face" }, el("span", { class: "top" }, el("b", {}, say.auto), el("span", { class: "num", "data-auto-price": true })), el("small", { "data-auto-words": true }, say.autoWords)),
    ),
  );
}

function showDurations() {
  const { durations, prices } = tierNow();
  if (!durations.includes(draft.duration)) draft.duration = durations[0];
  const place = find("[data-durations]", form);
  // Made again only when it must be: the choice that has the focus stays.
  if (place.dataset.made !== durations.join()) {
    place.dataset.made = durations.join();
    place.replaceChildren(
      ...durations.map((seconds) => el("label", {}, el("input", { type: "radio", name: "duration", value: seconds }), el("span", { class: "face" }, num(text.seconds(seconds)), num("", "price-each")))),
    );
  }
  for (const choice of place.querySelectorAll("input")) {
    const price = prices[choice.value];
    choice.checked = Number(choice.value) === draft.duration;
    find(".price-each", choice.nextElementSibling).textContent = price === undefined ? "" : money(price);
  }
}

/** Shows the fields that the tier takes now and names those that it does not. */
function showFields() {
  const tier = tierNow();
  const fields = fieldsNow();
  for (const name of optionalNames) {
    const field = name === "image" ? tier.fields.image?.image : fields[name];
    find(`[data-field="${name}"]`, form).hidden = !field;
    if (!field) continue;
    if (selects.includes(name)) fillSelect(name, field);
    if (name === "strength") {
      const range = input(name);
      range.min = field.minimum ?? 0;
      range.max = field.maximum ?? 100;
      range.value = draft.strength ?? field.default ?? 50;
      find("[data-strength]", form).textContent = range.value;
    }
  }
  find("[data-field=image] [data-optional]", form).hidden = tier.requiresImage;
  input("image").required = tier.requiresImage;
  find("[data-field=prompt] [data-optional]", form).hidden = Boolean(fields.prompt?.required);
  for (const face of form.querySelectorAll("input[name=tier]")) {
    const own = tiers.find(({ id }) => id === /** @type {HTMLInputElement} */ (face).value);
    if (!own) continue;
    const price = own.prices[String(draft.duration)] ?? own.prices[String(own.durations[0])];
    if (price !== undefined) find(".tier-price", /** @type {HTMLElement} */ (face.nextElementSibling)).textContent = money(price);
  }
  const takes = (/** @type {Record<string, Field> | null} */ mode, /** @type {string} */ name) => Boolean(mode && name in mode);
  const never = optionalNames.filter((name) => !takes(tier.fields.text, name) && !takes(tier.fields.image, name));
  const other = isImageMode() ? tier.fields.text : tier.fields.image;
  const elsewhere = other ? optionalNames.filter((name) => name !== "image" && takes(other, name) && !takes(fields, name)) : [];
  const words = (/** @type {string[]} */ names) => names.map((name) => labelOf(name, name));
  find("[data-not-taken]", form).textContent = [
    never.length ? say.doesNotTake(tier.name, words(never)) : "",
    elsewhere.length ? (isImageMode() ? say.withoutImage : say.withImage)(words(elsewhere)) : "",
  ].join(" ").trim();
  showCounters();
  showPrice();
  askQuote();
}

/** @param {string} name @param {Field} field */
function fillSelect(name, field) {
  const values = field.enum ?? [];
  const names = /** @type {Record<string, string>} */ (name === "mode" ? text.mode : name === "aspectRatio" ? text.shape : {});
  const options = values.map((value) => el("option", { value }, names[value] ?? value));
  if (field.default === undefined && !field.required) options.unshift(el("option", { value: "" }, say.automatic));
  const select = input(name);
  select.replaceChildren(...options);
  select.value = values.includes(draft[name]) ? draft[name] : (field.default ?? (field.required ? values[0] : ""));
}

function showCounters() {
  for (const counter of form.querySelectorAll("[data-counter]")) {
    const name = /** @type {HTMLElement} */ (counter).dataset.counter ?? "";
    const most = fieldsNow()[name]?.maxLength;
    const length = codeUnits(input(name).value.trim());
    counter.textContent = most ? `${length} / ${most}` : "";
    counter.classList.toggle("over", Boolean(most && length > most));
  }
}

/** Cents that the balance lacks for the present choice, 0 when it is enough. */
const shortBy = () => Math.max(0, cents(priceNow() ?? 0) - cents(balance));

function showPrice() {
  showQuote();
  if (sending) return;
  const price = priceNow();
  if (price === undefined) {
    const problem = quote?.key === quoteBody() ? quote.problem : "";
    button.setAttribute("aria-disabled", "true");
    button.textContent = problem ? say.noPrice : say.quoting;
    after.textContent = problem ?? "";
    return;
  }
  const short = order.isOpen(JSON.stringify(wishNow())) ? 0 : shortBy();
  button.removeAttribute("aria-disabled");
  button.textContent = short ? say.addCredit(money(short / 100)) : say.button(money(price), draft.count);
  const chosen = isAuto() && quote?.tier ? `${say.chosen(nameOf(quote.tier))} ` : "";
  const left = (cents(balance) - cents(price)) / 100;
  after.textContent = chosen + (short || left < 0 ? say.have(money(balance)) : say.after(money(left)));
}

/** What is wrong with a shown field, or null. @param {string} name */
function problemWith(name) {
  const field = fieldsNow()[name];
  const value = String(input(name).value).trim();
  const length = codeUnits(value);
  if (name === "image" && !value) return tierNow().requiresImage ? text.need.image(tierNow().name) : null;
  if (!field) return null;
  if (name === "image" || name === "imageTail") {
    if (!value) return null;
    return URL.canParse(value) && new URL(value).protocol === "https:" ? null : text.need.imageURL;
  }
  if (name === "prompt" || name === "negativePrompt") {
    if (field.required && !length) return text.need.prompt;
    if (length && field.minLength && visibleCharacters(value) < field.minLength) return text.need.promptShort(field.minLength);
    return field.maxLength && length > field.maxLength ? text.need.tooLong(field.maxLength) : null;
  }
  if (name === "seed" && value) {
    const [from, to] = [field.minimum ?? 0, field.maximum ?? 2147483647];
    const seed = Number(value);
    return /^-?\d+$/.test(value) && seed >= from && seed <= to ? null : text.need.range(from, to);
  }
  return null;
}

/** The request as the present tier takes it. @returns {Record<string, any>} */
function wishNow() {
  const fields = fieldsNow();
  /** @type {Record<string, any>} */
  const body = { tier: draft.tier, duration: draft.duration };
  if (draft.count > 1) body.count = draft.count;
  for (const name of ["prompt", ...optionalNames]) {
    if (!fields[name]) continue;
    const value = String(input(name).value).trim();
    if (value) body[name] = fields[name].type === "integer" || fields[name].type === "number" ? Number(value) : value;
  }
  return body;
}

/** @param {string} words @param {string} [picture] @param {any} [error] */
function tell(words, picture = "circle-alert", error = null) {
  problem.replaceChildren(el("div", { class: "notice bad", role: "alert" }, icon(picture), el("div", {}, el("p", {}, words), error?.requestID && el("p", { class: "request-id" }, `${text.requestID}: `, num(error.requestID)))));
  problem.scrollIntoView({ block: "center" });
}

async function submit() {
  if (sending || !tiers.length) return;
  keep();
  if (priceNow() === undefined) return askQuote(0);
  // What was perhaps paid for already is repeated, whatever the balance is.
  if (shortBy() && !order.isOpen(JSON.stringify(wishNow()))) {
    location.assign(`/credits?need=${(shortBy() / 100).toFixed(2)}`);
    return;
  }
  const problems = /** @type {[HTMLElement, string][]} */ (["prompt", ...optionalNames].map((name) => [input(name), problemWith(name)]).filter(([, words]) => words));
  if (problems.some(([field]) => more.contains(field))) more.open = true;
  showProblems(form, problems, problem);
  if (problems.length) return;
  sending = true;
  button.setAttribute("aria-disabled", "true");
  button.textContent = say.sending;
  const body = JSON.stringify(wishNow());
  try {
    const job = await order.send("/api/videos/generate", body);
    balance = job.balance;
    showBalance(balance);
    const made = accepted(job, JSON.parse(body));
    button.textContent = say.accepted;
    toast(say.queued(made), el("a", { href: "#running" }, say.see));
    // A second press of the same double click, however late, must not be a second video.
    await new Promise((resolve) => setTimeout(resolve, 1500));
  } catch (error) {
    refused(error);
  }
  sending = false;
  showPrice();
}

/** Puts a card for each new video beside the form and gives how many. @param {any} answer @param {Record<string, any>} body */
function accepted(answer, body) {
  /** @type {string[]} */
  const ids = answer.jobIds ?? [answer.jobId];
  const estimatedCost = cents(answer.estimatedCost) / ids.length / 100;
  ids.forEach((jobId, index) => {
    const job = /** @type {Job} */ ({ ...body, ...answer, jobId, estimatedCost, position: answer.position + index, statusDetail: "queued", createdAt: new Date(now()).toISOString(), completedAt: null, userCharged: null, videoUrl: null, posterUrl: null });
    placeCard(job);
    watch.add(jobId);
  });
  return ids.length;
}

/** @param {any} error */
function refused(error) {
  if (!(error instanceof ApiError)) {
    tell(order.isKept ? say.unknown : `${say.unknown} ${say.stay}`);
    return;
  }
  if (error.status === 401) {
    location.assign(`/login?next=${encodeURIComponent("/create")}`);
  } else if (error.code === "INSUFFICIENT_CREDITS") {
    balance = error.details?.current ?? balance;
    showBalance(balance);
    tell(error.message, "wallet");
  } else if (error.code === "INVALID_INPUT" && Array.isArray(error.details)) {
    const named = /** @type {[HTMLElement, string][]} */ (error.details.filter(({ field }) => form.querySelector(`#${CSS.escape(field)}`)).map(({ field, message }) => [input(field), message]));
    if (named.some(([field]) => more.contains(field))) more.open = true;
    showProblems(form, named, problem);
    const rest = error.details.filter(({ field }) => !form.querySelector(`#${CSS.escape(field)}`)).map(({ message }) => message);
    if (rest.length || !named.length) tell(rest.join(" ") || error.message);
  } else tell(error.status >= 500 ? `${error.message} ${say.tryAgain}${order.isKept ? "" : ` ${say.stay}`}` : error.message, "circle-alert", error);
}

// The videos on the way, beside the form.

/** @param {Job} job */
const versionOf = (job) => JSON.stringify([job.status, job.statusDetail, job.position, job.posterUrl]);

/** @param {Job} job @param {boolean} [last] put a new card at the end */
function placeCard(job, last = false) {
  const old = /** @type {HTMLElement | null} */ (running.querySelector(`[data-job="${CSS.escape(job.jobId)}"]`));
  if (old?.dataset.version === versionOf(job)) return moveProgress(old, job);
  const card = jobCard(job, { tierName: nameOf(job.tier), least: old?.querySelector("progress")?.value ?? 0, onCancel: (pressed) => onCancel(job, pressed) });
  card.dataset.version = versionOf(job);
  running.querySelector(".empty")?.remove();
  if (!old) return last ? running.append(card) : running.prepend(card);
  const hadFocus = old.contains(document.activeElement);
  old.replaceWith(card);
  if (hadFocus) /** @type {HTMLElement | null} */ (card.querySelector("a, button"))?.focus();
}

/** @param {Job} job @param {HTMLElement} pressed */
async function onCancel(job, pressed) {
  pressed.setAttribute("aria-disabled", "true");
  const ended = await cancel(job);
  pressed.removeAttribute("aria-disabled");
  if (!ended) return;
  watch.forget(job.jobId);
  placeCard(ended);
  takeBalance(await me());
}

/** @param {import("./app.js").User | null} user */
function takeBalance(user) {
  if (!user) return;
  balance = user.balance;
  showPrice();
}

async function loadRunning() {
  try {
    const { items } = await api("/api/videos?status=active&limit=20");
    for (const other of running.querySelectorAll(":scope > :not([data-job])")) other.remove();
    for (const job of items) placeCard(job, true);
    if (!running.childElementCount) running.append(el("div", { class: "empty" }, icon("clapperboard"), el("p", {}, say.nothing)));
    for (const job of items) watch.add(job.jobId);
  } catch (error) {
    for (const other of running.querySelectorAll(":scope > :not([data-job])")) other.remove();
    running.append(errorBox(error, loadRunning));
  }
  running.removeAttribute("aria-busy");
}

// The draft.

const typed = ["prompt", "negativePrompt", "image", "imageTail", "seed"];

function keep() {
  for (const name of typed) draft[name] = input(name).value;
  keepDraft({ ...draft, more: more.open });
}

/** Before anything has loaded: the draft comes back, but not over what was typed in the meantime. */
function takeUpDraft() {
  draft = readDraft();
  if (draft.more) more.open = true;
  for (const name of typed) {
    if (input(name).value) draft[name] = input(name).value;
    else input(name).value = draft[name] ?? "";
  }
}

function fillIn() {
  for (const name of typed) input(name).value = draft[name] ?? "";
  find(`input[name="count"][value="${draft.count}"]`, form).checked = true;
}

/** Where the keyboard starts on a filled-in form. @type {HTMLElement | null} */
let focusOn = null;

/** @param {Record<string, any>} before */
function goBackTo(before) {
  keepDraft(before);
  location.assign("/create");
}

/** What the address asks for goes before the draft: a tier and length, or the settings of an earlier video. */
async function readWish() {
  const wish = new URLSearchParams(location.search);
  if (wish.has("from")) {
    const job = await api(`/api/videos/${encodeURIComponent(wish.get("from") ?? "")}`).catch(() => null);
    if (job) {
      const before = draft;
      draft = {};
      for (const name of ["tier", "duration", "prompt", ...optionalNames]) if (job[name] !== null && job[name] !== undefined) draft[name] = job[name];
      const lost = before.prompt && before.prompt !== draft.prompt;
      toast(say.filled, lost ? el("button", { type: "button", class: "link-button", onclick: () => goBackTo(before) }, say.bringBack) : null);
      // What failed without its own fault is one press away; what was refused needs other words.
      focusOn = job.status === "failed" && reasonOf(job) !== "refused" ? button : input("prompt");
    }
  }
  if (isTier(wish.get("tier"))) draft.tier = wish.get("tier");
  if (wish.has("duration")) draft.duration = Number(wish.get("duration"));
  if (wish.get("prompt")) draft.prompt = wish.get("prompt");
  if (!isTier(draft.tier)) draft.tier = (tiers.find(({ popular }) => popular) ?? tiers[0]).id;
  draft.duration ??= tierNow().durations[0];
  draft.count = [1, 2, 3, 4].includes(draft.count) ? draft.count : 1;
  if (location.search) history.replaceState(null, "", "/create");
}

form.addEventListener("input", (event) => {
  const { name, value } = /** @type {HTMLInputElement} */ (event.target);
  if (name === "tier") draft.tier = value;
  else if (name === "duration") draft.duration = Number(value);
  else if (name === "count") draft.count = Number(value);
  else if (selects.includes(name)) draft[name] = value;
  else if (name === "strength") draft.strength = Number(value);
  keep();
  if (!tiers.length) return;
  if (name === "tier") showDurations();
  if (name === "tier" || name === "image") problem.replaceChildren();
  if (["tier", "duration", "image", "strength"].includes(name)) showFields();
  else {
    showCounters();
    showPrice();
    askQuote();
  }
  const target = /** @type {HTMLElement} */ (event.target);
  if (target.hasAttribute("aria-invalid")) fieldError(target, problemWith(name));
  if (name === "tier" && form.querySelector("#image[aria-invalid]")) fieldError(input("image"), null);
});
onLeave(form, (target) => {
  if (tiers.length && target.value && typed.includes(target.name)) fieldError(target, problemWith(target.name));
});
more.addEventListener("toggle", keep);
button.addEventListener("click", (/** @type {MouseEvent} */ event) => {
  if (event.detail > 1) event.preventDefault();
});
form.addEventListener("submit", (event) => {
  event.preventDefault();
  submit();
});
form.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.repeat) {
    event.preventDefault();
    submit();
  }
});
// Someone who comes back after a while sees the present prices and balance.
document.addEventListener("visibilitychange", async () => {
  if (document.hidden || !tiers.length || sending) return;
  try {
    const [user, { items }] = await Promise.all([me(), api("/api/tiers"), loadRunning()]);
    tiers = items;
    quote = null;
    takeBalance(user);
    showFields();
  } catch {
    // The next press asks the server anyway.
  }
});
// Where Enter in a one-line field would submit by surprise, it does not: only the button and Ctrl+Enter do.
form.addEventListener("keypress", (event) => {
  if (event.key === "Enter" && /** @type {HTMLElement} */ (event.target).matches("input.input")) event.preventDefault();
});

takeUpDraft();

async function start() {
  const place = find("[data-load-error]");
  try {
    const [user, tierList] = await Promise.all([requireUser(), api("/api/tiers")]);
    tiers = tierList.items;
    balance = user.balance;
    await readWish();
    showTiers();
    fillIn();
    showDurations();
    showFields();
    if (hasDraft() || draft.prompt) keep();
    place.replaceChildren();
    form.removeAttribute("aria-busy");
    focusOn?.focus();
    await loadRunning();
  } catch (error) {
    place.replaceChildren(errorBox(error, start));
    running.replaceChildren();
    running.removeAttribute("aria-busy");
    form.removeAttribute("aria-busy");
  }
}
start();
