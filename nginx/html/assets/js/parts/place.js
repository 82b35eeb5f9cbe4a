// Where somebody was in a long list, for when they come back to it.
import { tab } from "./kept.js";

const placeKey = "rushes.place";

/** @typedef {{url: string, count: number, top: number, focus: string | null}} Place */

const here = () => location.pathname + location.search;

/** Notes the place when the page is left. @param {() => {count: number, focus: string | null}} look */
export function keepPlace(look) {
  addEventListener("pagehide", () => {
    tab.set(placeKey, JSON.stringify({ url: here(), top: scrollY, ...look() }));
  });
}

/** Where they were, when they have come back to this address; else null. @returns {Place | null} */
export function placeBefore() {
  const [entry] = performance.getEntriesByType("navigation");
  const { type } = /** @type {PerformanceNavigationTiming} */ (entry ?? {});
  if (type !== "back_forward" && type !== "reload") return null;
  try {
    const place = JSON.parse(tab.get(placeKey) ?? "null");
    return place?.url === here() ? place : null;
  } catch {
    return null;
  }
}
