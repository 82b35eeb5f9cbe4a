// Lines over days, as SVG: a grid with amounts, a line for each series, and what is which.
import { el } from "./element.js";

/** @typedef {{name: string, values: number[]}} Series */

const width = 720;
const height = 240;
const edge = { left: 64, right: 12, top: 12, bottom: 28 };
const inner = { width: width - edge.left - edge.right, height: height - edge.top - edge.bottom };

/**
 * @param {string} tag
 * @param {Record<string, string | number>} attributes
 * @param {...(Node | string)} children
 */
function svg(tag, attributes, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(...children);
  return element;
}

/** The round step that makes about four of `span`. @param {number} span */
export function stepOf(span) {
  const rough = Math.max(span, 0.04) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  return [1, 2, 5, 10].map((times) => times * power).find((step) => step >= rough) ?? rough;
}

/** Round amounts from below the least to above the most, with zero among them. @param {number[]} values */
export function ticksOf(values) {
  const [least, most] = [Math.min(0, ...values), Math.max(0, ...values)];
  const step = stepOf(most - least);
  const first = Math.floor(least / step);
  const last = Math.max(Math.ceil(most / step), first + 1);
  return Array.from({ length: last - first + 1 }, (_, at) => Number(((first + at) * step).toPrecision(12)));
}

/** Which of `count` days are named, about six. @param {number} count */
const namedDays = (count) => {
  const every = Math.max(1, Math.ceil(count / 6));
  return Array.from({ length: count }, (_, at) => at).filter((at) => at % every === 0);
};

/** @param {number} at @param {number} count */
const acrossOf = (at, count) => edge.left + (count > 1 ? (at * inner.width) / (count - 1) : inner.width / 2);

/** @param {number[]} ticks */
function heightOf(ticks) {
  const [least, most] = [ticks[0], ticks[ticks.length - 1]];
  return (/** @type {number} */ value) => edge.top + inner.height * (1 - (value - least) / (most - least));
}

/** @param {number[]} ticks @param {(value: number) => string} words */
function grid(ticks, words) {
  const y = heightOf(ticks);
  return ticks.map((tick) =>
    svg(
      "g",
      { class: tick === 0 ? "chart-zero" : "chart-grid" },
      svg("line", { x1: edge.left, x2: width - edge.right, y1: y(tick), y2: y(tick) }),
      svg("text", { x: edge.left - 8, y: y(tick) + 4, "text-anchor": "end" }, words(tick)),
    )
  );
}

/** @param {Series} series @param {number} index @param {(value: number) => number} y */
function lineOf({ values }, index, y) {
  const points = values.map((value, at) => [acrossOf(at, values.length), y(value)]);
  const shape = points.length > 1
    ? [svg("polyline", { points: points.map((point) => point.map((n) => n.toFixed(1)).join()).join(" ") })]
    : [];
  const dots = points.length > 31 ? [] : points.map(([cx, cy]) => svg("circle", { cx, cy, r: 3 }));
  return svg("g", { class: `chart-line chart-${index + 1}` }, ...shape, ...dots);
}

/**
 * The drawing with its legend. It is a picture: the same numbers stand in a table beside it.
 * @param {{label: string, days: string[], series: Series[], words: (value: number) => string}} what
 */
export function chart({ label, days, series, words }) {
  const ticks = ticksOf(series.flatMap(({ values }) => values));
  const named = namedDays(days.length).map((at) =>
    svg(
      "text",
      { class: "chart-day", x: acrossOf(at, days.length), y: height - 8, "text-anchor": "middle" },
      days[at].slice(5),
    )
  );
  const drawing = svg(
    "svg",
    { class: "chart", viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label },
    ...grid(ticks, words),
    ...named,
    ...series.map((one, index) => lineOf(one, index, heightOf(ticks))),
  );
  const key = (/** @type {number} */ index) =>
    svg(
      "svg",
      { class: `chart-key chart-line chart-${index + 1}`, viewBox: "0 0 28 8", "aria-hidden": "true" },
      svg("polyline", { points: "0,4 28,4" }),
    );
  return el(
    "figure",
    { class: "chart-figure", tabindex: 0, "aria-label": label },
    drawing,
    el(
      "figcaption",
      {},
      el("ul", { class: "chart-legend" }, ...series.map(({ name }, index) => el("li", {}, key(index), name))),
    ),
  );
}
