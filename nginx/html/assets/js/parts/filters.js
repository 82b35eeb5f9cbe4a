// What of the videos is wanted: the form, the address, and what the API is asked.
import { el, find } from "./element.js";

/** In the address, by the names of the form's fields. */
const names = ["q", "status", "tier", "favorite", "from", "to"];

/** The filters as the address says them. */
export function wanted() {
  const all = new URLSearchParams(location.search);
  const some = new URLSearchParams();
  for (const name of names) {
    const value = all.get(name)?.trim();
    if (value) some.set(name, value);
  }
  return some;
}

/**
 * A day of the person's own as the instant at which it begins, or the one after it; what is no day as
 * it stands, so that the server says so.
 * @param {string} day @param {number} later days
 */
function instantOf(day, later) {
  const [year, month, date] = day.split("-").map(Number);
  const instant = new Date(year, month - 1, date + later);
  return /^\d{4}-\d\d-\d\d$/.test(day) && !isNaN(instant.getTime()) ? instant.toISOString() : day;
}

/** The same as the API takes them: the last day is wanted as a whole. @param {URLSearchParams} filters */
export function questionOf(filters) {
  const question = new URLSearchParams(filters);
  const [from, to] = [question.get("from"), question.get("to")];
  if (from) question.set("from", instantOf(from, 0));
  if (to) question.set("to", instantOf(to, 1));
  return question;
}

/**
 * Keeps form and address in step. `onChange` is called when the address has changed.
 * @param {HTMLFormElement} form @param {() => void} onChange
 */
export function workFilters(form, onChange) {
  /** @param {boolean} replace */
  const apply = (replace) => {
    const now = new URLSearchParams();
    for (const [name, value] of new FormData(form)) {
      if (String(value).trim()) now.set(name, String(value).trim());
    }
    const url = now.size ? `/videos?${now}` : "/videos";
    if (url === location.pathname + location.search) return;
    if (replace) history.replaceState(null, "", url);
    else history.pushState(null, "", url);
    onChange();
  };
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let typing;
  find("#q", form).addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(() => apply(true), 300);
  });
  form.addEventListener("change", ({ target }) => {
    if (/** @type {HTMLElement} */ (target).id !== "q") apply(false);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    clearTimeout(typing);
    apply(false);
  });
  addEventListener("popstate", () => {
    fill(form);
    onChange();
  });
}

/** Puts what the address says into the form. @param {HTMLFormElement} form */
export function fill(form) {
  const now = wanted();
  for (const name of names) {
    const field = find(`[name="${name}"]`, form);
    if (field.type === "checkbox") field.checked = now.get(name) === field.value;
    else field.value = now.get(name) ?? "";
  }
}

/** The tiers that can be chosen. @param {HTMLFormElement} form @param {{id: string, name: string}[]} tiers */
export function offerTiers(form, tiers) {
  const select = find("#tier", form);
  for (const { id, name } of tiers) {
    if (!select.querySelector(`option[value="${CSS.escape(id)}"]`)) {
      select.append(el("option", { value: id }, name));
    }
  }
}
