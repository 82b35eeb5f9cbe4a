// The shop's own choice of a tier: the cheapest that fits, as the server works it out.
import { api } from "./api.js";
import { text } from "../../text/en.js";

/**
 * For which wish, and either a tier with its price or a problem.
 * @typedef {{key: string, tier?: string, price?: number, reason?: string, problem?: string}} Quote
 */

/** @param {string} key @returns {Promise<Quote>} */
async function fetchQuote(key) {
  try {
    return { key, ...await api("/api/videos/quote", { method: "POST", body: key }) };
  } catch (/** @type {any} */ error) {
    const refusal = error.details?.[0]?.message ?? error.message;
    return { key, problem: error.isApiError ? refusal : text.error.network };
  }
}

/**
 * @param {() => string} keyNow the wish as it is now
 * @param {() => void} onAnswer
 */
export function quotes(keyNow, onAnswer) {
  /** @type {Quote | null} */
  let latest = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  return {
    /** The server's latest choice, for whichever wish. */
    get tier() {
      return latest?.tier;
    },
    /** The answer for the present wish, if there is one. */
    current: () => (latest?.key === keyNow() ? latest : null),
    forget() {
      latest = null;
    },
    /** Nothing is to be asked for any more. */
    stop: () => clearTimeout(timer),
    /** Asks a moment after the last change. @param {number} [pause] milliseconds */
    ask(pause = 250) {
      clearTimeout(timer);
      const key = keyNow();
      if (latest?.key === key && !latest.problem) return;
      timer = setTimeout(async () => {
        const answer = await fetchQuote(key);
        if (key !== keyNow()) return;
        latest = answer;
        onAnswer();
      }, pause);
    },
  };
}
