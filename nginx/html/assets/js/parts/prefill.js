// What the create page begins with: the draft, and before it what the address asks for.
import { api } from "./api.js";
import { keepDraft } from "./draft.js";
import { el } from "./element.js";
import { reasonOf } from "./job.js";
import { toast } from "./toast.js";
import { optionalNames } from "./wish.js";
import { text } from "../../text/en.js";

/** @typedef {Record<string, any>} Draft */

/** @param {Draft} before */
function goBackTo(before) {
  keepDraft(before);
  location.assign("/create");
}

/**
 * The settings of an earlier video, with the way back to the draft that they replace.
 * @param {Draft} before @param {string} id
 */
async function fromVideo(before, id) {
  const job = await api(`/api/videos/${encodeURIComponent(id)}`).catch(() => null);
  if (!job) return { draft: before, focus: "" };
  /** @type {Draft} */
  const draft = {};
  for (const name of ["tier", "duration", "prompt", ...optionalNames]) {
    if (job[name] !== null && job[name] !== undefined) draft[name] = job[name];
  }
  const isLost = before.prompt && before.prompt !== draft.prompt;
  const back = { type: "button", class: "link-button", onclick: () => goBackTo(before) };
  toast(text.create.filled, isLost ? el("button", back, text.create.bringBack) : null);
  // What failed without its own fault is one press away; what was refused needs other words.
  return { draft, focus: job.status === "failed" && reasonOf(job) !== "refused" ? "submit" : "prompt" };
}

/**
 * The draft with what the address asks for, and where the keyboard starts on the filled-in form.
 * @param {Draft} before @param {import("./wish.js").Tier[]} tiers
 * @param {boolean} hasAuto whether the shop may be asked to choose the tier
 */
export async function prefilled(before, tiers, hasAuto) {
  const asked = new URLSearchParams(location.search);
  const isTier = (/** @type {string | null | undefined} */ id) =>
    (hasAuto && id === "auto") || tiers.some((tier) => tier.id === id);
  const from = asked.get("from");
  const { draft, focus } = from === null ? { draft: before, focus: "" } : await fromVideo(before, from);
  if (isTier(asked.get("tier"))) draft.tier = asked.get("tier");
  if (asked.has("duration")) draft.duration = Number(asked.get("duration"));
  if (asked.get("prompt")) draft.prompt = asked.get("prompt");
  if (!isTier(draft.tier)) draft.tier = (tiers.find(({ popular }) => popular) ?? tiers[0]).id;
  draft.count = [1, 2, 3, 4].includes(draft.count) ? draft.count : 1;
  if (location.search) history.replaceState(null, "", "/create");
  return { draft, focus };
}
