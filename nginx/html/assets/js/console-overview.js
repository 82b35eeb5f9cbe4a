// Whether the shop earns, who came, and what runs out.
import { api } from "./parts/api.js";
import { chart } from "./parts/chart.js";
import { facts, forOperator, link, may, part, rows, sum, when } from "./parts/console.js";
import { el, find, num } from "./parts/element.js";
import { money } from "./parts/money.js";
import { errorBox } from "./parts/notice.js";
import { say } from "../text/console.js";

const { head, overview: words, videoState } = say;

/** @typedef {keyof typeof words.figures} Name */

/** @param {number} count */
const whole = (count) => num(count.toLocaleString("en-US"));

/** A share in per cent, or a dash. @param {number} part @param {number} all */
const rate = (part, all) => (all ? num(`${((100 * part) / all).toFixed(1)} %`) : "–");

/** @param {any} of */
const ended = (of) => of.videos + of.failures;

/** What is no field of the answer, from those that are. */
const rates = {
  marginAfterFeesRate: (/** @type {any} */ of) => rate(of.marginAfterFees, of.spent),
  marginRate: (/** @type {any} */ of) => rate(of.margin, of.spent),
  failureRate: (/** @type {any} */ of) => rate(of.failures, ended(of)),
  refusalRate: (/** @type {any} */ of) => rate(of.refusals, ended(of)),
  buyRate: (/** @type {any} */ of) => rate(of.firstPurchases, of.signups),
  videoRate: (/** @type {any} */ of) => rate(of.firstVideos, of.signups),
};

const counts = new Set([
  "videos",
  "failures",
  "refusals",
  "cancellations",
  "signups",
  "firstPurchases",
  "firstVideos",
  "purchases",
  "activeCustomers",
]);

/** @param {Name} name @param {any} of */
function value(name, of) {
  const rated = rates[/** @type {keyof typeof rates} */ (name)];
  if (rated) return rated(of);
  return counts.has(name) ? whole(of[name]) : sum(of[name]);
}

const purchases = "/admin/purchases?status=";
const videos = "/admin/videos?state=";

/** Where the rows of a number are; the others are sums of those. @type {Partial<Record<Name, string>>} */
const places = {
  paid: `${purchases}paid`,
  sold: `${purchases}paid`,
  purchases: `${purchases}paid`,
  firstPurchases: `${purchases}paid`,
  refunded: `${purchases}refunded`,
  disputed: `${purchases}disputed`,
  fees: `${purchases}paid`,
  net: `${purchases}paid`,
  videos: `${videos}delivered`,
  spent: `${videos}delivered`,
  estimatedCost: `${videos}delivered`,
  actualCost: `${videos}delivered`,
  cost: `${videos}delivered`,
  margin: `${videos}delivered`,
  marginAfterFees: `${videos}delivered`,
  firstVideos: `${videos}delivered`,
  activeCustomers: `${videos}delivered`,
  failures: `${videos}refunded`,
  refusals: `${videos}refunded`,
  cancellations: `${videos}refunded`,
  lost: `${videos}refunded`,
  signups: "/admin/users",
  open: "/admin/users",
  owed: "/admin/users",
};

/** The address of a number's rows in these days. @param {string} place @param {any} answer */
function within(place, { from, to }) {
  if (!place.includes("?")) return place;
  return `${place}&${new URLSearchParams({ from, to })}`;
}

/** @param {Name[]} names @param {any} answer */
const compared = (names, answer) =>
  facts(names.map((name) => {
    const place = places[name];
    const now = value(name, answer.current);
    return [
      words.figures[name],
      el(
        "span",
        {},
        place ? link(within(place, answer), now) : now,
        el("small", { class: "muted before" }, words.before(""), " ", value(name, answer.previous)),
      ),
    ];
  }));

/** @param {any} answer @param {string} table */
const csv = ({ from, to }, table) =>
  el(
    "p",
    {},
    el(
      "a",
      { href: `/api/admin/overview/${table}.csv?${new URLSearchParams({ from, to })}`, download: true },
      words.csv,
    ),
  );

/** @param {Name} name */
const column = (name) => ({
  name: words.figures[name],
  cell: (/** @type {any} */ row) => value(name, row),
  end: true,
});

/** @type {Name[]} */
const drawn = ["paid", "spent", "cost"];

/** @param {any} answer */
function byDay(answer) {
  const { days } = answer;
  const series = drawn.map((name) => ({
    name: words.figures[name],
    values: days.map((/** @type {any} */ day) => day[name]),
  }));
  const place = (/** @type {any} */ { day }) => {
    const next = new Date(Date.parse(day) + 86_400_000).toISOString().slice(0, 10);
    return `/admin/videos?${new URLSearchParams({ from: day, to: next })}`;
  };
  /** @type {Name[]} */
  const names = ["paid", "fees", "spent", "cost", "lost", "margin", "videos", "failures", "signups"];
  return part(
    words.byDay,
    chart({
      label: words.chart(series.map(({ name }) => name).join(", ")),
      days: days.map((/** @type {any} */ { day }) => day),
      series,
      words: (amount) => (Number.isInteger(amount) ? money(amount).replace(/\.00$/, "") : money(amount)),
    }),
    el(
      "details",
      { class: "chart-table" },
      el("summary", {}, words.byDay),
      rows(
        [{ name: words.day, cell: (row) => link(place(row), row.day) }, ...names.map(column)],
        days.toReversed(),
      ),
    ),
    csv(answer, "days"),
  );
}

/** @param {any} answer */
function byTier(answer) {
  const seconds = (/** @type {number | null} */ count) => (count === null ? "–" : num(say.seconds(count)));
  /** @type {Name[]} */
  const names = ["spent", "estimatedCost", "actualCost", "lost", "margin", "marginRate"];
  /** @type {Name[]} */
  const more = ["videos", "failureRate", "refusalRate"];
  const place = (/** @type {string} */ tier) =>
    within(`/admin/videos?${new URLSearchParams({ tier })}`, answer);
  return part(
    words.byTier,
    rows([
      { name: head.tier, cell: ({ tier }) => link(place(tier), tier) },
      ...[...names, ...more].map(column),
      { name: words.half, cell: ({ p50Seconds }) => seconds(p50Seconds), end: true },
      { name: words.most, cell: ({ p90Seconds }) => seconds(p90Seconds), end: true },
    ], answer.tiers),
    csv(answer, "tiers"),
  );
}

/** @param {any} answer */
function now({ vendor, queue, countedAt }) {
  const lasts = vendor.runwayDays;
  return part(
    words.now,
    facts([
      [words.balance, sum(vendor.balance)],
      [words.costPerDay, sum(vendor.costPerDay)],
      [words.runway, lasts === null ? "–" : num(words.runwayDays(lasts))],
      ...queue.map((/** @type {any} */ { state, count }) => [
        videoState[/** @type {keyof typeof videoState} */ (state)],
        link(`${videos}${state}`, whole(count)),
      ]),
      [words.counted, when(countedAt)],
    ]),
  );
}

/** @param {any} answer */
const openCredit = ({ openCredit }) =>
  part(
    words.open,
    rows([
      { name: words.age, cell: ({ days }) => words.days(days) },
      { name: words.bought, cell: ({ bought }) => sum(bought), end: true },
      { name: say.source.grant, cell: ({ given }) => sum(given), end: true },
    ], openCredit),
  );

/** @param {any} answer */
const page = (answer) => [
  ...(answer.countedAt ? [] : [el("p", { class: "muted" }, words.notCounted)]),
  el(
    "div",
    { class: "console-pair" },
    part(
      words.money,
      compared(
        ["paid", "fees", "net", "refunded", "disputed", "sold", "given", "spent", "lapsed", "open", "owed"],
        answer,
      ),
    ),
    part(
      say.head.margin,
      compared(
        [
          "spent",
          "estimatedCost",
          "actualCost",
          "cost",
          "lost",
          "margin",
          "marginRate",
          "fees",
          "marginAfterFees",
          "marginAfterFeesRate",
        ],
        answer,
      ),
    ),
    part(
      words.videos,
      compared(["videos", "failures", "failureRate", "refusals", "refusalRate", "cancellations"], answer),
    ),
    part(
      words.customers,
      compared(
        ["activeCustomers", "signups", "firstPurchases", "buyRate", "firstVideos", "videoRate", "purchases"],
        answer,
      ),
    ),
  ),
  byDay(answer),
  byTier(answer),
  el("div", { class: "console-pair" }, openCredit(answer), now(answer)),
];

/** @type {HTMLFormElement} */
const form = find("[data-filters]");
const inputs =
  /** @type {HTMLInputElement[]} */ (["days", "from", "to"].map((name) => find(`[name=${name}]`, form)));
const [days, from, to] = inputs;
let round = 0;

/** The days that the address asks for: a number of them, or a first and a last. */
function chosen() {
  const all = new URLSearchParams(location.search);
  if (all.get("from") || all.get("to")) {
    return new URLSearchParams({ from: all.get("from") ?? "", to: all.get("to") ?? "" });
  }
  return new URLSearchParams({ days: all.get("days") ?? "30" });
}

async function load() {
  const mine = ++round;
  const detail = find("[data-detail]");
  const ask = chosen();
  for (const input of inputs) input.value = ask.get(input.name) ?? "";
  detail.setAttribute("aria-busy", "true");
  try {
    const answer = await api(`/api/admin/overview?${ask}`);
    if (mine !== round) return;
    find("[data-error]").replaceChildren();
    detail.replaceChildren(...page(answer));
    // The range is told by both, and sent by what was chosen.
    from.value = answer.from;
    to.value = answer.to;
  } catch (error) {
    if (mine !== round) return;
    detail.replaceChildren();
    find("[data-error]").replaceChildren(errorBox(error, load));
  }
  detail.removeAttribute("aria-busy");
}

/** @param {Record<string, string>} ask */
function go(ask) {
  history.pushState(null, "", `/admin?${new URLSearchParams(ask)}`);
  load();
}

days.addEventListener("change", () => days.value && go({ days: days.value }));
for (const input of [from, to]) {
  input.addEventListener("change", () => {
    if (from.value && to.value) go({ from: from.value, to: to.value });
  });
}
form.addEventListener("submit", (event) => event.preventDefault());
addEventListener("popstate", load);
// Who may not read money begins with what waits for a person.
forOperator(async () => {
  if (may("readMoney")) await load();
  else location.replace("/admin/attention");
});
