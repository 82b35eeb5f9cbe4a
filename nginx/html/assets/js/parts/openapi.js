// Reads an OpenAPI document: its calls by their parts, and the fields of what they take and answer.
import { text } from "../../text/en.js";

/**
 * @typedef {object} Operation
 * @property {string} id
 * @property {string} method
 * @property {string} path
 * @property {string} part
 * @property {string} summary
 * @property {string} scope who may call it
 * @property {boolean} isOpen whether nobody has to sign in
 * @property {any} raw
 */
/** @typedef {{name: string, type: string, isNeeded: boolean, says: string}} Line */
/** @typedef {{status: string, says: string, fields: Line[]}} AnswerLine */

const methods = ["get", "post", "put", "patch", "delete"];
const deepest = 3;

/** What a `$ref` stands for. @param {any} value @param {any} root @returns {any} */
export function resolved(value, root) {
  if (typeof value?.$ref !== "string") return value;
  return value.$ref.split("/").slice(1).reduce(
    (/** @type {any} */ part, /** @type {string} */ name) => part?.[name],
    root,
  );
}

/** @param {string} path @param {string} method @param {any} raw @returns {Operation} */
function operation(path, method, raw) {
  const isOpen = !raw.security?.length;
  return {
    id: raw.operationId,
    method: method.toUpperCase(),
    path,
    part: raw.tags?.[0] ?? "",
    summary: raw.summary ?? "",
    scope: isOpen ? text.reference.open : text.reference.signedIn,
    isOpen,
    raw,
  };
}

/**
 * The calls by their parts, in the document's order.
 * @param {any} root @returns {{name: string, operations: Operation[]}[]}
 */
export function operationsOf(root) {
  /** @type {Map<string, Operation[]>} */
  const parts = new Map();
  for (const [path, methodsOf] of Object.entries(root.paths)) {
    for (const method of methods.filter((one) => one in methodsOf)) {
      const one = operation(path, method, methodsOf[method]);
      parts.set(one.part, [...(parts.get(one.part) ?? []), one]);
    }
  }
  return [...parts].map(([name, operations]) => ({ name, operations }));
}

/** @param {any} schema @param {any} root @returns {string} */
function typeOf(schema, root) {
  const one = resolved(schema, root) ?? {};
  if (one.enum) return one.enum.join(" | ");
  if ("const" in one) return JSON.stringify(one.const);
  const choices = one.oneOf ?? one.anyOf;
  if (choices) {
    return [...new Set(choices.map((/** @type {any} */ each) => typeOf(each, root)))].join(" | ");
  }
  if (one.type === "array") return text.reference.listOf(typeOf(one.items, root));
  const type = Array.isArray(one.type) ? one.type.join(" | ") : one.type ?? "any";
  return one.format ? `${type} (${one.format})` : type;
}

/** The object that a schema describes, through lists and choices. @param {any} schema @param {any} root */
function objectIn(schema, root) {
  let one = resolved(schema, root);
  while (one && !one.properties) {
    one = resolved(
      one.items ?? (one.oneOf ?? one.anyOf)?.find((/** @type {any} */ each) => each.type !== "null"),
      root,
    );
  }
  return one;
}

/**
 * One line for each field, those of objects within behind the name of their object.
 * @param {any} schema @param {any} root @param {string} [before] @param {number} [depth] @returns {Line[]}
 */
function linesOf(schema, root, before = "", depth = 0) {
  const object = objectIn(schema, root);
  if (!object || depth >= deepest) return [];
  return Object.entries(object.properties).flatMap(([name, field]) => [
    {
      name: before + name,
      type: typeOf(field, root),
      isNeeded: (object.required ?? []).includes(name),
      says: field.description ?? resolved(field, root)?.description ?? "",
    },
    ...linesOf(field, root, `${before}${name}.`, depth + 1),
  ]);
}

/** @param {any} content */
const jsonOf = (content) => Object.values(content ?? {})[0];

/** What a call takes: in its address, its headers and its body. @param {Operation} one @param {any} root */
export function fieldsOf({ raw }, root) {
  const parameters = (raw.parameters ?? []).map((/** @type {any} */ each) => resolved(each, root));
  /** @type {Line[]} */
  const given = parameters.map((/** @type {any} */ each) => ({
    name: each.name,
    type: `${typeOf(each.schema, root)}, ${text.reference.place[/** @type {"path"} */ (each.in)]}`,
    isNeeded: Boolean(each.required),
    says: each.description ?? "",
  }));
  return [...given, ...linesOf(jsonOf(resolved(raw.requestBody, root)?.content)?.schema, root)];
}

/** @param {Operation} one @param {any} root @returns {AnswerLine[]} */
export function answersOf({ raw }, root) {
  return Object.entries(raw.responses).map(([status, answer]) => {
    const one = resolved(answer, root);
    const isGood = status < "400";
    const fields = isGood ? linesOf(jsonOf(one.content)?.schema, root) : [];
    return { status, says: one.description ?? "", fields };
  });
}

/** A value that fits a schema, as its examples say. @param {any} schema @param {any} root @returns {any} */
export function valueOf(schema, root) {
  const one = resolved(schema, root) ?? {};
  if ("example" in one) return one.example;
  if (one.examples?.length) return one.examples[0];
  if ("const" in one) return one.const;
  if ("default" in one) return one.default;
  if (one.enum) return one.enum[0];
  if (one.properties) {
    const needed = Object.entries(one.properties).filter(([name]) => (one.required ?? []).includes(name));
    return Object.fromEntries(needed.map(([name, field]) => [name, valueOf(field, root)]));
  }
  const choices = one.oneOf ?? one.anyOf;
  if (choices) return valueOf(choices[0], root);
  const type = Array.isArray(one.type) ? one.type[0] : one.type;
  return { string: "text", integer: one.minimum ?? 1, number: one.minimum ?? 1, boolean: true, array: [] }[
    /** @type {"string"} */ (type)
  ] ?? null;
}

/** An example of the body of a call; undefined for one without. @param {Operation} one @param {any} root */
export function bodyOfCall({ raw }, root) {
  const content = resolved(raw.requestBody, root)?.content;
  const json = content?.["application/json"];
  if (!json) return undefined;
  const given = json.example ?? /** @type {any} */ (Object.values(json.examples ?? {})[0])?.value;
  return given ?? valueOf(json.schema, root);
}
