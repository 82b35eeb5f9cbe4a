// What store.js keeps for us, and under which names more than one part looks for it.

/**
 * @typedef {object} Store
 * @property {(name: string) => string | null} get
 * @property {(name: string, value: string) => boolean} set
 * @property {(name: string) => void} remove
 * @property {() => void} clear
 */

/** This tab's, and this browser's. @type {{tab: Store, browser: Store}} */
export const { tab, browser } = /** @type {any} */ (globalThis).kept;

/** Whose the things are that this tab keeps. */
export const ownerKey = "rushes.owner";
/** Who was seen last to be signed in to this browser. */
export const userKey = "rushes.user";
