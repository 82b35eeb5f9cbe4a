// What was typed on the create page in this tab, kept through login and payment.
import { browser, ownerKey, tab, userKey } from "./kept.js";

const draftKey = "rushes.draft";

/** @returns {Record<string, any>} */
export function readDraft() {
  const owner = tab.get(ownerKey);
  if (owner && owner !== (browser.get(userKey) ?? owner)) return {};
  try {
    return JSON.parse(tab.get(draftKey) ?? "{}") ?? {};
  } catch {
    return {};
  }
}

/** @param {Record<string, any>} draft */
export function keepDraft(draft) {
  tab.set(draftKey, JSON.stringify(draft));
}

/** Whether there is something worth coming back to. */
export const hasDraft = () => Boolean(readDraft().prompt || readDraft().image);
