// Videos that are deleted: at once on the page, and brought back by Undo for some seconds.
import { api } from "./api.js";
import { el, find } from "./element.js";
import { tab } from "./kept.js";
import { toast } from "./toast.js";
import { text } from "../../text/en.js";

/** For so long Undo is offered; the server waits longer. */
const undoTime = 8000;
const deletedKey = "rushes.deleted";

/** @param {string[]} ids @returns {Promise<{deleted: string[], open: string[]}>} */
export const deleteVideos = (ids) => api("/api/videos/deletion", { method: "POST", body: { ids } });

/**
 * Says what is gone, with the way back, which has the focus.
 * @param {string[]} ids @param {(restored: string[]) => void} onRestored @param {number} [time] milliseconds
 */
export function offerUndo(ids, onRestored, time = undoTime) {
  const undo = el("button", { type: "button", class: "link-button" }, text.undo);
  const note = el("div", { class: "toast", "data-deleted": true }, text.deletion.done(ids.length), " ", undo);
  const close = () => {
    const had = note.contains(document.activeElement);
    note.remove();
    if (had) find("#main").focus({ preventScroll: true });
  };
  const timer = setTimeout(close, time);
  undo.addEventListener("click", async () => {
    if (undo.getAttribute("aria-disabled")) return;
    undo.setAttribute("aria-disabled", "true");
    clearTimeout(timer);
    try {
      const { restored } = await api("/api/videos/restoration", { method: "POST", body: { ids } });
      onRestored(restored);
      toast(restored.length === ids.length ? text.deletion.undone : text.deletion.tooLate);
    } catch (/** @type {any} */ error) {
      toast(error.isApiError ? error.message : text.error.network);
    }
    close();
  });
  find("[data-toasts]").append(note);
  undo.focus({ preventScroll: true });
}

/** Deletes one from its own page, and goes to where the others are. @param {string} id */
export async function deleteAndLeave(id) {
  try {
    await api(`/api/videos/${encodeURIComponent(id)}`, { method: "DELETE" });
  } catch (/** @type {any} */ error) {
    return toast(error.isApiError ? error.message : text.error.network);
  }
  tab.set(deletedKey, JSON.stringify({ id, at: Date.now() }));
  location.assign("/videos");
}

/** Offers Undo for what was deleted on the page before. @param {(restored: string[]) => void} onRestored */
export function offerUndoOfBefore(onRestored) {
  const before = tab.get(deletedKey);
  tab.remove(deletedKey);
  if (!before) return;
  const { id, at } = JSON.parse(before);
  const left = undoTime - Math.abs(Date.now() - at);
  if (left > 1000) offerUndo([id], onRestored, left);
}
