// Asking again and again, and the line that says when nobody answers.
import { el } from "./element.js";
import { goToLogin } from "./session.js";
import { text } from "../../text/en.js";

/** The line that says why nothing moves; it goes away by itself. @type {HTMLElement | null} */
let outage = null;

/** @param {string | null} words `null` when the server can be reached again */
function sayOutage(words) {
  if (!words) {
    outage?.remove();
    outage = null;
  } else if (outage) outage.textContent = words;
  else {
    outage = el("div", { class: "toast", "data-outage": true }, words);
    document.querySelector("[data-toasts]")?.append(/** @type {HTMLElement} */ (outage));
  }
}

addEventListener("offline", () => sayOutage(text.error.offline));
addEventListener("online", () => sayOutage(null));

/**
 * Asks again and again while something is unfinished: 3 s apart when the page is seen, 15 s when
 * not, up to 30 s apart after errors, each ±20 % so that many pages do not ask in step. It asks at
 * once when the page is seen again, comes back from the browser's memory, or the network is back.
 * Only an answer ends it: one that was lost is said on the page and asked for again.
 * @param {(signal: AbortSignal) => Promise<boolean>} step gives whether anything is still unfinished
 * @param {() => number} [pause] milliseconds between two questions of a page that is seen
 */
export function poll(step, pause = () => 3000) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  let failures = 0;
  let wait = 0;
  let open = true;
  /** @type {AbortController | null} */
  let running = null;
  const later = () => {
    clearTimeout(timer);
    const usual = document.hidden ? 15_000 : pause();
    const next = failures ? Math.min(30_000, pause() * 2 ** failures) : usual;
    timer = setTimeout(run, Math.max(wait * 1000, next * (0.8 + Math.random() * 0.4)));
  };
  async function run() {
    if (running) return;
    clearTimeout(timer);
    const mine = (running = new AbortController());
    try {
      const more = await step(mine.signal);
      if (running !== mine) return;
      open = more;
      failures = wait = 0;
      sayOutage(null);
    } catch (/** @type {any} */ error) {
      if (running !== mine) return;
      if (error.status === 401) await goToLogin();
      failures += 1;
      wait = error.wait ?? 0;
      if (!navigator.onLine) sayOutage(text.error.offline);
      else if (failures > 1) sayOutage(error.isApiError ? text.error.stillBusy : text.error.noAnswer);
    }
    running = null;
    if (open) later();
  }
  /** A question that is under way may never be answered: it is dropped and asked anew. */
  const now = () => {
    if (!open) return;
    running?.abort();
    running = null;
    run();
  };
  document.addEventListener("visibilitychange", () => document.hidden || now());
  addEventListener("online", now);
  addEventListener("pageshow", (event) => event.persisted && now());
  later();
  return {
    /** Something new is unfinished: ask soon. */
    wake() {
      open = true;
      if (!running) later();
    },
    now,
  };
}
