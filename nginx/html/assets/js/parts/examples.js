// One call of the API in several languages.
import { bodyOfCall, resolved } from "./openapi.js";

/** @typedef {import("./openapi.js").Operation} Operation */
/** @typedef {{method: string, url: string, headers: [string, string][], body: string | undefined}} Call */

export const languages = ["curl", "javascript", "python", "swift"];

/** @param {string} text */
const inShell = (text) => `'${text.replaceAll("'", `'\\''`)}'`;

/** @param {Call} call */
function curl({ method, url, headers, body }) {
  const lines = [`curl${method === "GET" ? "" : ` -X ${method}`} ${inShell(url)}`];
  for (const [name, value] of headers) lines.push(`  -H ${inShell(`${name}: ${value}`)}`);
  if (body) lines.push(`  -d ${inShell(body)}`);
  return lines.join(" \\\n").replaceAll("$TOKEN", `'"$TOKEN"'`);
}

/** @param {Call} call */
function javascript({ method, url, headers, body }) {
  const value = (/** @type {string} */ text) =>
    text.includes("$TOKEN") ? "`Bearer ${token}`" : JSON.stringify(text);
  const lines = headers.map(([name, text]) => `    ${JSON.stringify(name)}: ${value(text)},`);
  return [
    `const response = await fetch(${JSON.stringify(url)}, {`,
    `  method: "${method}",`,
    ...(lines.length ? ["  headers: {", ...lines, "  },"] : []),
    ...(body ? [`  body: JSON.stringify(${body}),`] : []),
    "});",
    "console.log(response.status, await response.json());",
  ].join("\n");
}

/** JSON as Python writes it. @param {any} value @returns {string} */
function inPython(value) {
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (Array.isArray(value)) return `[${value.map(inPython).join(", ")}]`;
  if (typeof value !== "object") return JSON.stringify(value);
  const members = Object.entries(value).map(([name, each]) => `${JSON.stringify(name)}: ${inPython(each)}`);
  return `{${members.join(", ")}}`;
}

/** @param {Call} call */
function python({ method, url, headers, body }) {
  const value = (/** @type {string} */ text) =>
    text.includes("$TOKEN") ? 'f"Bearer {token}"' : JSON.stringify(text);
  const own = headers.filter(([name]) => name !== "Content-Type");
  const lines = own.map(([name, text]) => `        ${JSON.stringify(name)}: ${value(text)},`);
  return [
    "import requests",
    "",
    "response = requests.request(",
    `    "${method}", ${JSON.stringify(url)},`,
    ...(lines.length ? ["    headers={", ...lines, "    },"] : []),
    ...(body ? [`    json=${inPython(JSON.parse(body))},`] : []),
    ")",
    "print(response.status_code, response.json())",
  ].join("\n");
}

/** @param {Call} call */
function swift({ method, url, headers, body }) {
  const value = (/** @type {string} */ text) =>
    text.includes("$TOKEN") ? '"Bearer \\(token)"' : JSON.stringify(text);
  return [
    "import Foundation",
    "",
    `var request = URLRequest(url: URL(string: ${JSON.stringify(url)})!)`,
    `request.httpMethod = "${method}"`,
    ...headers.map(([name, text]) =>
      `request.setValue(${value(text)}, forHTTPHeaderField: ${JSON.stringify(name)})`
    ),
    ...(body ? [`request.httpBody = Data(#"${body}"#.utf8)`] : []),
    "let (data, _) = try await URLSession.shared.data(for: request)",
    "print(String(decoding: data, as: UTF8.self))",
  ].join("\n");
}

const writers = { curl, javascript, python, swift };

/** The address, with an example in each of its places. @param {Operation} operation @param {any} root */
function pathOf({ path, raw }, root) {
  const parameters = (raw.parameters ?? []).map((/** @type {any} */ each) => resolved(each, root));
  return path.replace(/\{(\w+)\}/g, (_, name) => {
    const one = parameters.find((/** @type {any} */ each) => each.in === "path" && each.name === name);
    return String(one?.example ?? one?.schema?.example ?? name.toUpperCase());
  });
}

/**
 * The call as a program of a language, to be copied. The token is the reader's own.
 * @param {Operation} operation @param {any} root @param {string} language @param {string} origin
 */
export function exampleOf(operation, root, language, origin) {
  const body = bodyOfCall(operation, root);
  const names = (operation.raw.parameters ?? []).map((/** @type {any} */ each) => resolved(each, root).name);
  /** @type {[string, string][]} */
  const headers = [];
  if (!operation.isOpen) headers.push(["Authorization", "Bearer $TOKEN"]);
  if (names.includes("Idempotency-Key")) headers.push(["Idempotency-Key", "a-key-of-your-own"]);
  if (body !== undefined) headers.push(["Content-Type", "application/json"]);
  const call = {
    method: operation.method,
    url: origin + pathOf(operation, root),
    headers,
    body: body === undefined ? undefined : JSON.stringify(body),
  };
  return writers[/** @type {keyof typeof writers} */ (language)](call);
}
