// The other fields of the create page: those that the tier takes are shown, as it takes them.
import { el, find } from "./element.js";
import { fieldsOf, notTaken, optionalNames } from "./wish.js";
import { codeUnits } from "./words.js";
import { text } from "../../text/en.js";

/** @typedef {import("./wish.js").Field} Field */
/** @typedef {import("./wish.js").Tier} Tier */
/** @typedef {import("./wish.js").Values} Values */

export const selects = ["aspectRatio", "resolution", "mode"];

/** @type {Record<string, Record<string, string>>} */
const optionNames = { mode: text.mode, aspectRatio: text.shape };

/** @param {HTMLSelectElement} select @param {Field} field @param {string | undefined} chosen */
function fillSelect(select, field, chosen) {
  const values = field.enum ?? [];
  const options = values.map((value) => el("option", { value }, optionNames[select.id]?.[value] ?? value));
  if (field.default === undefined && !field.required) {
    options.unshift(el("option", { value: "" }, text.create.automatic));
  }
  select.replaceChildren(...options);
  const usual = field.default ?? (field.required ? values[0] : "");
  select.value = chosen !== undefined && values.includes(chosen) ? chosen : usual;
}

/** @param {HTMLElement} form @param {Field} field @param {number | undefined} chosen */
function fillStrength(form, field, chosen) {
  const range = find("#strength", form);
  range.min = field.minimum ?? 0;
  range.max = field.maximum ?? 100;
  range.value = chosen ?? field.default ?? 50;
  find("[data-strength]", form).textContent = range.value;
}

/**
 * Shows the fields that the tier takes now and names those that it does not.
 * @param {HTMLElement} form @param {Tier} tier @param {Values} values
 * @param {Record<string, any>} draft what was chosen, also for fields that this tier does not take
 */
export function showSettings(form, tier, values, draft) {
  const fields = fieldsOf(tier, values);
  for (const name of optionalNames) {
    const field = name === "image" ? tier.fields.image?.image : fields[name];
    find(`[data-field="${name}"]`, form).hidden = !field;
    if (!field) continue;
    if (selects.includes(name)) fillSelect(find(`#${name}`, form), field, draft[name]);
    if (name === "strength") fillStrength(form, field, draft[name]);
  }
  find("[data-field=image] [data-optional]", form).hidden = tier.requiresImage;
  find("#image", form).required = tier.requiresImage;
  find("[data-field=prompt] [data-optional]", form).hidden = Boolean(fields.prompt?.required);
  find("[data-not-taken]", form).textContent = notTaken(tier, values);
}

/**
 * How long the words are, against the most.
 * @param {HTMLElement} form @param {Tier} tier @param {Values} values
 */
export function showCounters(form, tier, values) {
  for (const counter of form.querySelectorAll("[data-counter]")) {
    const name = /** @type {HTMLElement} */ (counter).dataset.counter ?? "";
    const most = fieldsOf(tier, values)[name]?.maxLength;
    const length = codeUnits(values[name].trim());
    counter.textContent = most ? `${length} / ${most}` : "";
    counter.classList.toggle("over", Boolean(most && length > most));
  }
}
