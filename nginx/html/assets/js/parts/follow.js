// Unfinished videos, kept in step with the server, and the words when one has ended.
import { api } from "./api.js";
import { isOpen, nameOf, stateOf } from "./job.js";
import { poll } from "./poll.js";
import { me } from "./session.js";
import { cut, isolated } from "./words.js";
import { text } from "../../text/en.js";

/** @typedef {import("./job.js").Job} Job */

/**
 * How those stand that are not among the unfinished any more.
 * @param {string[]} ids @param {AbortSignal} signal @returns {Promise<Job[]>}
 */
async function lookUp(ids, signal) {
  const jobs = await Promise.all(
    ids.map((id) =>
      api(`/api/videos/${encodeURIComponent(id)}`, { signal }).catch((error) => {
        // What is not there any more is not waited for; any other answer is asked for again.
        if (error.status !== 404) throw error;
      })
    ),
  );
  return jobs.filter(Boolean);
}

/**
 * Follows all of the user's unfinished videos with one request. `onChange` gets those still open
 * and those that ended since the last time, after the header's balance has been put right.
 * @param {(open: Job[], ended: Job[]) => void} onChange
 * @param {(signal: AbortSignal) => Promise<void>} [also] is asked each time before, without an end
 */
export function follow(onChange, also) {
  /** @type {Set<string>} */
  let ids = new Set();
  const watch = poll(async (signal) => {
    await also?.(signal);
    if (!ids.size) return Boolean(also);
    const before = ids;
    const { items } = await api("/api/videos?status=active&limit=100", { signal });
    /** @type {Map<string, Job>} */
    const open = new Map(items.map((/** @type {Job} */ job) => [job.jobId, job]));
    const others = await lookUp([...before].filter((id) => !open.has(id)), signal);
    for (const job of others.filter(isOpen)) open.set(job.jobId, job);
    const ended = others.filter((job) => !isOpen(job));
    if (ended.length) await me();
    if (signal.aborted) return true;
    ids = new Set([...open.keys(), ...[...ids].filter((id) => !before.has(id))]);
    onChange([...open.values()], ended);
    announce(ended);
    return ids.size > 0 || Boolean(also);
  }, () => (also ? 4000 : 3000));
  return {
    /** @param {string} id */
    add(id) {
      ids = new Set([...ids, id]);
      watch.wake();
    },
    /** @param {string} id */
    forget(id) {
      ids = new Set([...ids].filter((other) => other !== id));
    },
  };
}

const plainTitle = document.title;
let unseen = 0;
document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  unseen = 0;
  document.title = plainTitle;
});

/** What is said of a video that has ended. @param {Job} job */
function ending(job) {
  const short = isolated(cut(nameOf(job), 60));
  return job.status === "completed" ? text.isReady(short) : text.hasEnded(short, stateOf(job).words);
}

/**
 * Says once in the page's status line, and in the title of a hidden tab, what ended. Who sees it there
 * needs no mail about it.
 * @param {Job[]} ended
 */
export function announce(ended) {
  if (!ended.length) return;
  if (!document.hidden) {
    for (const { jobId } of ended) {
      api(`/api/videos/${encodeURIComponent(jobId)}/seen`, { method: "POST" }).catch(() => {});
    }
  }
  const line = document.querySelector("[data-live]");
  if (line) line.textContent = ended.map(ending).join(" ");
  const ready = ended.filter((job) => job.status === "completed").length;
  if (document.hidden && ready) document.title = `${text.readyInTitle(unseen += ready)} · ${plainTitle}`;
}
