// One effect for one wish, however often it is sent.
import { api, ApiError } from "./api.js";
import { tab } from "./kept.js";

/** Refusals of what is asked, as PAUSED is. Others say nothing of an earlier try whose answer was lost. */
const settling = [400, 402, 404, 409, 410, 422];

/**
 * What somebody wants done once: its key is kept until an answer tells what became of it.
 * @param {string} name of the kind of wish: there is one at a time
 */
export function intent(name) {
  const store = `rushes.intent.${name}`;
  let isKept = true;

  /** @returns {{key: string, body: string, sent: string} | null} */
  function kept() {
    try {
      return JSON.parse(tab.get(store) ?? "null");
    } catch {
      return null;
    }
  }

  return {
    /**
     * Whether it is not known what became of this wish, so that it may only be repeated.
     * @param {string} body
     */
    isOpen: (body) => kept()?.body === body,
    /** Whether the key outlives this page. */
    get isKept() {
      return isKept;
    },
    /**
     * @param {string} path
     * @param {string} body what is wished
     * @param {string} [sent] how that is said now; the same wish again is said as it was at first
     */
    async send(path, body, sent = body) {
      const before = kept();
      const now = before?.body === body ? before : { key: crypto.randomUUID(), body, sent };
      isKept = tab.set(store, JSON.stringify(now));
      try {
        const answer = await api(path, { method: "POST", body: now.sent ?? body, key: now.key });
        tab.remove(store);
        return answer;
      } catch (error) {
        if (error instanceof ApiError && (settling.includes(error.status) || error.code === "PAUSED")) {
          tab.remove(store);
        }
        throw error;
      }
    },
  };
}
