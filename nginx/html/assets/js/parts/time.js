// The server's clock, and times as people say them.
import { el } from "./element.js";

/** What the server's clock was ahead of ours, which counts evenly but from any beginning. */
let ahead = Date.now() - performance.now();

/**
 * Sets our clock by an answer's `Date`: the device's own may be wrong by years.
 * @param {string | null} date
 */
export function setClock(date) {
  const time = Date.parse(date ?? "");
  // The header has whole seconds, cut off.
  if (Number.isFinite(time)) ahead = time + 500 - performance.now();
}

/** The time now by the server's clock, in milliseconds; by the device's until the server was heard. */
export const now = () => performance.now() + ahead;

/** 100 seconds as "1:40". @param {number} seconds */
export function clock(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
const dayTime = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "short" });
const hour = new Intl.DateTimeFormat("en", { timeStyle: "short" });
/** The time of the day. @param {string} iso */
export const clockTime = (iso) => hour.format(new Date(iso));
const day = new Intl.DateTimeFormat("en", { dateStyle: "medium" });
/**
 * A unit, its seconds, and up to how many seconds it is used.
 * @type {[Intl.RelativeTimeFormatUnit, number, number][]}
 */
const units = [["minute", 60, 3600], ["hour", 3600, 86400], ["day", 86400, 604800]];

/** @param {Date} date */
function ago(date) {
  const seconds = (date.getTime() - now()) / 1000;
  if (Math.abs(seconds) < 45) return "just now";
  for (const [unit, size, limit] of units) {
    if (Math.abs(seconds) < limit) return relative.format(Math.round(seconds / size), unit);
  }
  return day.format(date);
}

/**
 * A time as people say it, the full time in its title.
 * @param {string} iso @param {"ago" | "full" | "day"} [style]
 */
export function time(iso, style = "ago") {
  const date = new Date(iso);
  const words = style === "ago" ? ago(date) : style === "day" ? day.format(date) : dayTime.format(date);
  return el("time", { datetime: iso, title: dayTime.format(date) }, words);
}
