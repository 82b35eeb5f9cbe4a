// Several videos as one file: ordered, waited for, and saved.
import { api } from "./api.js";
import { pathOf } from "./job.js";
import { poll } from "./poll.js";
import { text } from "../../text/en.js";

/** @typedef {{id: string, status: "making" | "ready" | "failed", url: string | null}} Archive */

/** When it is made, or can no longer be. @param {Archive} archive @returns {Promise<Archive>} */
function made(archive) {
  if (archive.status !== "making") return Promise.resolve(archive);
  return new Promise((resolve, reject) => {
    poll(async (signal) => {
      const now = await api(`/api/archives/${archive.id}`, { signal }).catch((error) => {
        if (error.status !== 404) throw error;
        reject(error);
      });
      if (now && now.status !== "making") resolve(now);
      return now?.status === "making";
    }, () => 1500);
  });
}

/** Saves them as one file. @param {string[]} ids */
export async function saveTogether(ids) {
  const archive = await made(await api("/api/archives", { method: "POST", body: { ids } }));
  if (!archive.url) throw Object.assign(new Error(text.selection.failed), { isOwn: true });
  location.assign(pathOf(archive.url));
}
