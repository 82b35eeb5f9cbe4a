// Building pages without HTML strings.

/**
 * Makes an element. Properties starting with "on" are listeners, `class` and others are attributes;
 * `false`, `null` and `undefined` are left out, `true` is an empty attribute.
 * @param {string} tag
 * @param {Record<string, any>} [properties]
 * @param {...(Node | string | null | undefined | false)} children
 * @returns {any}
 */
export function el(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === false || value === null || value === undefined) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  const shown = children.filter((child) => child || child === "");
  element.append(.../** @type {(Node | string)[]} */ (shown));
  return element;
}

/**
 * The one element that fits, which the page promises to have.
 * @param {string} selector @param {ParentNode} [root] @returns {any}
 */
export function find(selector, root = document) {
  const element = root.querySelector(selector);
  if (!element) throw new Error(`The page has no ${selector}`);
  return element;
}

/** A drawing from the sprite, which lies beside the tab's icon. @param {string} name */
export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  const sprite = new URL("icons.svg", find("link[rel=icon]").href).pathname;
  use.setAttribute("href", `${sprite}#${name}`);
  svg.append(use);
  return svg;
}

/** A number, in figures of one width. @param {string} [words] @param {string} [classes] */
export const num = (words = "", classes = "") => el("span", { class: `num ${classes}`.trim() }, words);
