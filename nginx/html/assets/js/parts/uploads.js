// Pictures to the server: judged first, sent with progress.
import { api, ApiError } from "./api.js";
import { text } from "../../text/en.js";

/** @typedef {{id: string, url: string, width: number, height: number}} Upload */

/** What the server takes too. */
const limits = { bytes: 10 * 1024 * 1024, least: 300, ratio: 4, side: 12000, points: 50_000_000 };

/**
 * What kind of picture it is by its first bytes; null for what is none that we take.
 * @param {Uint8Array} bytes twelve of them
 */
export function kindOf(bytes) {
  const words = String.fromCharCode(...bytes);
  if (words.startsWith("\xFF\xD8\xFF")) return "jpeg";
  if (words.startsWith("\x89PNG\r\n\x1A\n")) return "png";
  if (words.startsWith("RIFF") && words.slice(8, 12) === "WEBP") return "webp";
  const isHeic = words.slice(4, 8) === "ftyp" &&
    ["heic", "heix", "heim", "heis", "mif1"].includes(words.slice(8, 12));
  return isHeic ? "heic" : null;
}

/** What is wrong with a picture of this size, or null. @param {number} width @param {number} height */
export function sizeProblem(width, height) {
  const [least, most] = [Math.min(width, height), Math.max(width, height)];
  if (least < limits.least) return text.picture.small(limits.least);
  if (most > least * limits.ratio) return text.picture.narrow(limits.ratio);
  return most > limits.side || width * height > limits.points ? text.picture.large : null;
}

/** What is wrong with a file, as far as the browser can tell; or null. @param {Blob} file */
export async function fileProblem(file) {
  if (file.size > limits.bytes) return text.picture.bytes;
  const kind = kindOf(new Uint8Array(await file.slice(0, 12).arrayBuffer()));
  if (!kind) return text.picture.kind;
  try {
    const picture = await createImageBitmap(file);
    const problem = sizeProblem(picture.width, picture.height);
    picture.close();
    return problem;
  } catch {
    // Most browsers cannot show HEIC; what else they cannot show is damaged.
    return kind === "heic" ? null : text.picture.damaged;
  }
}

/**
 * Sends a file. Throws ApiError for a refusal, and another error when no answer came.
 * @param {Blob} file @param {(part: number) => void} progress from 0 to 1
 * @param {AbortSignal} signal @returns {Promise<Upload>}
 */
export function sendFile(file, progress, signal) {
  const form = new FormData();
  form.append("image", file, "picture");
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", "/api/uploads");
    request.responseType = "json";
    request.timeout = 120_000;
    request.upload.onprogress = ({ loaded, total }) => progress(total ? loaded / total : 0);
    request.onload = () => {
      if (request.status === 201 && request.response) return resolve(request.response);
      const wait = request.getResponseHeader("Retry-After");
      reject(
        new ApiError(request.status, request.response, new Headers(wait ? { "Retry-After": wait } : {})),
      );
    };
    request.onerror = request.ontimeout = request.onabort = () => reject(new TypeError("no answer"));
    signal.addEventListener("abort", () => request.abort());
    request.send(form);
  });
}

/**
 * Has the server fetch a picture.
 * @param {string} url @param {AbortSignal} signal @returns {Promise<Upload>}
 */
export const sendAddress = (url, signal) => api("/api/uploads", { method: "POST", body: { url }, signal });

/** The latest pictures. @returns {Promise<Upload[]>} */
export const latest = async () => (await api("/api/uploads?limit=12")).items;

/** Whether an address is that of a picture of ours. @param {string} url */
export const isOwn = (url) => url.startsWith(`${location.origin}/pictures/`);
