// What the create page asks for at present, as its fields have it.
import { keepDraft, readDraft } from "./draft.js";
import { find } from "./element.js";
import { intent } from "./intent.js";
import { quotes } from "./quote.js";
import { selects } from "./settings.js";
import { autoTier, bodyOf, optionalNames, priceOf, problemsOf, problemWith, quoteBody } from "./wish.js";

/** @typedef {import("./wish.js").Tier} Tier */

/** Fields whose text is kept as it was typed. */
export const typed = ["prompt", "negativePrompt", "image", "imageTail", "seed"];

export class PresentWish {
  /** @type {Tier[]} */
  tiers = [];
  /** What the person chose or typed, also for fields that the present tier does not take. @type {any} */
  draft = {};
  /** Dollars of the person's. */
  balance = 0;
  /** For so long an order waits to be taken back. */
  undoSeconds = 0;
  /** What the limit on orders still allows. @type {import("./allowance.js").Allowance | undefined} */
  orders;
  isSending = false;
  /** Whether nobody is signed in who could pay. */
  isGuest = false;
  order = intent("order");

  /** @param {HTMLFormElement} form @param {() => void} onQuote is called when the shop has chosen a tier */
  constructor(form, onQuote) {
    this.form = form;
    this.more = find("[data-more]", form);
    this.quote = quotes(() => quoteBody(this.draft, this.tier, this.values), onQuote);
  }

  get isAuto() {
    return this.draft.tier === "auto";
  }

  /** @returns {Tier} */
  get tier() {
    if (this.isAuto) return autoTier(this.tiers, this.quote.tier);
    return this.tiers.find(({ id }) => id === this.draft.tier) ?? this.tiers[0];
  }

  /** @returns {import("./wish.js").Values} */
  get values() {
    return Object.fromEntries(["prompt", ...optionalNames].map((name) => [name, this.input(name).value]));
  }

  get body() {
    return JSON.stringify(bodyOf(this.draft, this.tier, this.values));
  }

  get price() {
    return priceOf(this.draft, this.tier, this.isAuto ? this.quote.current()?.price : undefined);
  }

  /** Whether just this was sent and nobody knows what became of it, so that it may only be repeated. */
  get isOpen() {
    return this.order.isOpen(this.body);
  }

  get problems() {
    return problemsOf(this.tier, this.values);
  }

  /** @param {string} name */
  problemWith(name) {
    return problemWith(name, this.tier, this.values);
  }

  /** @param {string} name @returns {any} */
  input(name) {
    return find(`#${name}`, this.form);
  }

  /** The name of a tier. @param {string} id */
  nameOf(id) {
    return this.tiers.find((tier) => tier.id === id)?.name ?? id;
  }

  /** A choice of the person's; text is taken by `keep`. @param {string} name @param {string} value */
  choose(name, value) {
    if (name === "tier" || selects.includes(name)) this.draft[name] = value;
    else if (["duration", "count", "strength"].includes(name)) this.draft[name] = Number(value);
  }

  keep() {
    for (const name of typed) this.draft[name] = this.input(name).value;
    keepDraft({ ...this.draft, more: this.more.open });
  }

  /** Before anything has loaded: the draft comes back, but not over what was typed in the meantime. */
  takeUp() {
    this.draft = readDraft();
    if (this.draft.more) this.more.open = true;
    for (const name of typed) {
      if (this.input(name).value) this.draft[name] = this.input(name).value;
      else this.input(name).value = this.draft[name] ?? "";
    }
  }

  /** Puts the draft into its fields. */
  fillIn() {
    for (const name of typed) this.input(name).value = this.draft[name] ?? "";
    find(`input[name="count"][value="${this.draft.count}"]`, this.form).checked = true;
  }
}
