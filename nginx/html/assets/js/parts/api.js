// Calls to the API.
import { setClock } from "./time.js";
import { text } from "../../text/en.js";

/** A refusal or failure that the API described. */
export class ApiError extends Error {
  isApiError = true;
  /** @param {number} status @param {any} body @param {Headers} headers */
  constructor(status, body, headers) {
    const error = body?.error ?? {};
    const wait = Number(error.details?.retryAfterSeconds ?? headers.get("Retry-After")) || 0;
    const tooMany = () => `${text.error.tooMany} ${wait ? text.error.wait(wait) : ""}`.trim();
    super(error.message || (status === 429 ? tooMany() : text.error.server));
    this.status = status;
    /** Seconds until it makes sense to ask again; 0 when the server did not say. */
    this.wait = wait;
    /** @type {string} */ this.code = error.code ?? "";
    /** @type {any} */ this.details = error.details;
    /** @type {string} */ this.requestID = body?.requestId ?? headers.get("X-Request-Id") ?? "";
  }
}

/** @type {(() => void)[]} */
const signedOut = [];

/** Has `listener` called when an answer says that nobody is signed in. @param {() => void} listener */
export function onSignedOut(listener) {
  signedOut.push(listener);
}

/**
 * Calls the API and gives the answer's body. Throws ApiError for an answer that is a refusal, and
 * what `fetch` throws when there was no answer, or not all of it, or not in time: then nobody knows
 * what the server did.
 * @param {string} path
 * @param {{method?: string, body?: any, key?: string, signal?: AbortSignal}} [options] `key` is the
 *   Idempotency-Key
 * @returns {Promise<any>}
 */
export async function api(path, { method = "GET", body, key, signal } = {}) {
  /** @type {Record<string, string>} */
  const headers = { Accept: "application/json" };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (key) headers["Idempotency-Key"] = key;
  const inTime = AbortSignal.timeout(method === "GET" ? 30_000 : 90_000);
  const response = await fetch(path, {
    method,
    headers,
    signal: AbortSignal.any([inTime, ...(signal ? [signal] : [])]),
    body: body === undefined || typeof body === "string" ? body : JSON.stringify(body),
    credentials: "same-origin",
    cache: "no-cache",
  });
  setClock(response.headers.get("Date"));
  if (response.ok) return response.status === 204 ? null : await response.json();
  const answer = await response.json().catch(() => null);
  if (response.status === 401 && !path.startsWith("/api/auth/")) {
    for (const listener of signedOut) listener();
  }
  throw new ApiError(response.status, answer, response.headers);
}
