// What somebody wants done once: its key is kept until an answer tells what became of it.
import { ApiError, api, tab } from "./app.js";

/**
 * The answers that speak of the call itself: refused for what it asks, so nothing was made. Any other
 * (who is asking, how often, how large, an error) says nothing of an earlier try whose answer was lost.
 */
const settling = [400, 402, 404, 409, 410, 422];

/** @param {string} name of the kind of wish: there is one at a time */
export function intent(name) {
  const store = `rushes.intent.${name}`;
  let isKept = true;

  /** @returns {{key: string, body: string} | null} */
  function kept() {
    try {
      return JSON.parse(tab.get(store) ?? "null");
    } catch {
      // Not ours: a new key will do.
      return null;
    }
  }

  return {
    /** Whether it is not known what became of this wish, so that it may only be repeated. @param {string} body */
    isOpen: (body) => kept()?.body === body,
    /** Whether the key outlives this page. */
    get isKept() {
      return isKept;
    },
    /** Sends the wish, the same one always under the same key. @param {string} path @param {string} body */
    async send(path, body) {
      const before = kept();
      const key = before?.body === body ? before.key : crypto.randomUUID();
      isKept = tab.set(store, JSON.stringify({ key, body }));
      try {
        const answer = await api(path, { method: "POST", body, key });
        tab.remove(store);
        return answer;
      } catch (error) {
        if (error instanceof ApiError && settling.includes(error.status)) tab.remove(store);
        throw error;
      }
    },
  };
}
