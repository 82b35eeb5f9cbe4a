// What somebody asks for on the create page: which fields a tier takes, what is wrong with them, what
// it costs, and the body that orders it. Nothing here knows a page: Tests/Pages tries it by itself.
import { cents } from "./money.js";
import { codeUnits, visibleCharacters } from "./words.js";
import { text } from "../../text/en.js";

/**
 * @typedef {object} Field
 * @property {string} type
 * @property {boolean} required
 * @property {number} [minLength]
 * @property {number} [maxLength]
 * @property {number} [minimum]
 * @property {number} [maximum]
 * @property {string[]} [enum]
 * @property {any} [default]
 */
/** @typedef {Record<string, Field>} Fields */
/**
 * @typedef {object} Tier
 * @property {string} id
 * @property {string} name
 * @property {string} model
 * @property {number} pricePerSecond
 * @property {Record<string, number>} prices of one video, by its seconds
 * @property {number[]} durations
 * @property {boolean} requiresImage
 * @property {boolean} popular
 * @property {{text: Fields | null, image: Fields}} fields
 */
/**
 * What was chosen; `values` of the other fields are as their inputs have them.
 * @typedef {{tier: string, duration: number, count: number}} Choice
 */
/** @typedef {Record<string, string>} Values */

export const optionalNames = [
  "negativePrompt",
  "image",
  "imageTail",
  "aspectRatio",
  "resolution",
  "mode",
  "strength",
  "seed",
];
/** What decides the tier when the shop chooses it; the other fields belong to one model each. */
const deciding = ["prompt", "negativePrompt", "image", "imageTail", "aspectRatio", "resolution"];

/** @param {string} name @param {Values} values */
const valueOf = (name, values) => String(values[name] ?? "").trim();

/** What any of the tiers takes in a mode. @param {Tier[]} tiers @param {"text" | "image"} mode */
function anyFields(tiers, mode) {
  /** @type {Fields} */
  const fields = {};
  for (const [name, field] of tiers.flatMap((tier) => Object.entries(tier.fields[mode] ?? {}))) {
    if (!deciding.includes(name)) continue;
    fields[name] ??= { ...field, enum: undefined };
    // Without a default: one that nobody chose must not rule a cheaper tier out.
    delete fields[name].default;
    if (field.enum) fields[name].enum = [...new Set([...(fields[name].enum ?? []), ...field.enum])];
  }
  return fields;
}

/**
 * All tiers as one: it takes what any of them takes, and the server says which one does it.
 * @param {Tier[]} tiers @param {string} [chosen] the server's choice, whose prices it has @returns {Tier}
 */
export function autoTier(tiers, chosen) {
  return {
    id: "auto",
    name: text.create.auto,
    model: "",
    pricePerSecond: 0,
    prices: tiers.find(({ id }) => id === chosen)?.prices ?? {},
    durations: [...new Set(tiers.flatMap((tier) => tier.durations))].sort((a, b) => a - b),
    requiresImage: false,
    popular: false,
    fields: { text: anyFields(tiers, "text"), image: anyFields(tiers, "image") },
  };
}

/**
 * A tier that always needs a picture, or a picture given, means image mode.
 * @param {Tier} tier @param {Values} values
 */
export const isImageMode = (tier, values) =>
  tier.fields.text === null || Boolean(tier.fields.image && valueOf("image", values));

/** The fields that the tier takes now. @param {Tier} tier @param {Values} values @returns {Fields} */
export const fieldsOf = (tier, values) =>
  (isImageMode(tier, values) ? tier.fields.image : tier.fields.text) ?? {};

/** Of a field that holds words. @param {Field} field @param {string} value */
function problemWithWords(field, value) {
  const length = codeUnits(value);
  if (field.required && !length) return text.need.prompt;
  if (length && field.minLength && visibleCharacters(value) < field.minLength) {
    return text.need.promptShort(field.minLength);
  }
  return field.maxLength && length > field.maxLength ? text.need.tooLong(field.maxLength) : null;
}

/** Of a field that holds the address of a picture. @param {string} value */
function problemWithAddress(value) {
  const isWhole = URL.canParse(value) && new URL(value).protocol === "https:";
  return !value || isWhole ? null : text.need.imageURL;
}

/** @param {Field} field @param {string} value */
function problemWithSeed(field, value) {
  const [from, to] = [field.minimum ?? 0, field.maximum ?? 2147483647];
  const isWithin = /^-?\d+$/.test(value) && Number(value) >= from && Number(value) <= to;
  return !value || isWithin ? null : text.need.range(from, to);
}

/**
 * What is wrong with a field that the tier takes, or null.
 * @param {string} name @param {Tier} tier @param {Values} values
 */
export function problemWith(name, tier, values) {
  const field = fieldsOf(tier, values)[name];
  const value = valueOf(name, values);
  if (name === "image" && !value) return tier.requiresImage ? text.need.image(tier.name) : null;
  if (!field) return null;
  if (name === "image" || name === "imageTail") return problemWithAddress(value);
  if (name === "prompt" || name === "negativePrompt") return problemWithWords(field, value);
  return name === "seed" ? problemWithSeed(field, value) : null;
}

/** Each wrong field with what is wrong. @param {Tier} tier @param {Values} values */
export function problemsOf(tier, values) {
  const all = ["prompt", ...optionalNames].map((name) => [name, problemWith(name, tier, values)]);
  return /** @type {[string, string][]} */ (all.filter(([, words]) => words));
}

/** The request as the tier takes it. @param {Choice} choice @param {Tier} tier @param {Values} values */
export function bodyOf({ duration, count }, tier, values) {
  const fields = fieldsOf(tier, values);
  /** @type {Record<string, any>} */
  const body = { tier: tier.id, duration };
  if (count > 1) body.count = count;
  for (const name of ["prompt", ...optionalNames]) {
    const value = valueOf(name, values);
    if (!fields[name] || !value) continue;
    body[name] = ["integer", "number"].includes(fields[name].type) ? Number(value) : value;
  }
  return body;
}

/**
 * What the price of the shop's choice depends on: everything but the words of the prompt.
 * @param {Choice} choice @param {Tier} tier @param {Values} values
 */
export function quoteBody(choice, tier, values) {
  const { prompt: _, count: __, ...body } = bodyOf(choice, tier, values);
  for (const name of ["negativePrompt", "image", "imageTail"]) {
    if (problemWith(name, tier, values)) delete body[name];
  }
  return JSON.stringify(body);
}

/**
 * Dollars for all that the button would order, or undefined while that is not known.
 * @param {Choice} choice @param {Tier} tier @param {number} [quoted] what one costs by the shop's choice
 */
export function priceOf({ duration, count }, tier, quoted) {
  const each = tier.id === "auto" ? quoted : tier.prices[String(duration)];
  return each === undefined ? undefined : (cents(each) * count) / 100;
}

/**
 * What the tier's card shows: for this length, else for its own first.
 * @param {Tier} tier @param {number} duration
 */
export const cardPrice = (tier, duration) =>
  tier.prices[String(duration)] ?? tier.prices[String(tier.durations[0])];

/**
 * Cents that the balance lacks, 0 when it is enough.
 * @param {number | undefined} price @param {number} balance
 */
export const shortBy = (price, balance) => Math.max(0, cents(price ?? 0) - cents(balance));

/**
 * The other tiers that can make a video from what this one was made from, and how many cents each costs
 * more by the catalog of now.
 * @param {{tier: string, duration: number, image?: string | null, estimatedCost: number}} job
 * @param {Tier[]} tiers
 */
export function otherTiers(job, tiers) {
  const values = { image: job.image ?? "" };
  const own = tiers.find(({ id }) => id === job.tier)?.prices[String(job.duration)] ?? job.estimatedCost;
  return tiers.filter((tier) => tier.id !== job.tier && tier.prices[String(job.duration)] !== undefined)
    .filter((tier) => job.image ? tier.fields.image : !isImageMode(tier, values))
    .map((tier) => ({ tier, more: cents(tier.prices[String(job.duration)]) - cents(own) }));
}

/** @param {string} name */
const labelOf = (name) => text.field[/** @type {keyof typeof text.field} */ (name)] ?? name;

/** Names what the tier does not take, at all or now. @param {Tier} tier @param {Values} values */
export function notTaken(tier, values) {
  const say = text.create;
  const fields = fieldsOf(tier, values);
  const isImage = isImageMode(tier, values);
  const other = isImage ? tier.fields.text : tier.fields.image;
  const both = { ...tier.fields.text, ...tier.fields.image };
  const never = optionalNames.filter((name) => !(name in both)).map(labelOf);
  const elsewhere = optionalNames.filter((name) =>
    name !== "image" && other && name in other && !(name in fields)
  );
  return [
    never.length ? say.doesNotTake(tier.name, never) : "",
    elsewhere.length ? (isImage ? say.withoutImage : say.withImage)(elsewhere.map(labelOf)) : "",
  ].join(" ").trim();
}
