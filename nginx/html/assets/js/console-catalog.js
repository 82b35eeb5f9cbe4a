// What is sold at which price and cost, and changes of it.
import { api } from "./parts/api.js";
import { actButton, forOperator, link, part, rows, sum, when } from "./parts/console.js";
import { el, find, num } from "./parts/element.js";
import { say } from "../text/console.js";

const { act, head } = say;

/** @param {any} tier */
const lengthsOf = (tier) =>
  el(
    "ul",
    { class: "plain" },
    ...tier.lengths.map((/** @type {any} */ length) =>
      el(
        "li",
        {},
        `${say.seconds(length.seconds)}: `,
        sum(length.price),
        ` − `,
        sum(length.cost),
        ` = `,
        sum(length.margin),
      )
    ),
  );

/** @param {number} version */
const addButton = (version) =>
  actButton({
    words: act.addTier,
    may: "setPrices",
    path: "/api/admin/tiers",
    isRehearsed: true,
    fields: ["id", "name", "model", "vendorPath", "pricePerSecond", "costPerSecond", "specification"],
    also: { version },
  }, start);

/** Whether it is sold, and what came of trying it. @param {any} tier */
const stateOf = ({ enabled, popular, trialJobId, trialStatus }) =>
  el(
    "span",
    {},
    say.sale(enabled, popular),
    !enabled && trialJobId && el("br"),
    !enabled && trialJobId && link(`/admin/videos/${trialJobId}`, say.tried(trialStatus)),
  );

/** @param {any} tier */
const tierOf = ({ name, model, features }) =>
  el(
    "span",
    { dir: "auto" },
    el("b", {}, name),
    ` ${model}`,
    features.length && el("small", { class: "muted" }, el("br"), features.join(", ")),
  );

/** What a second costs now, and what it will cost once more was made. @param {any} tier */
const costOf = ({ costPerSecondNow, costSteps, secondsThisMonth }) => {
  const next = costSteps.find((/** @type {any} */ { fromSeconds }) => fromSeconds > secondsThisMonth);
  return el(
    "span",
    {},
    num(`$${costPerSecondNow}`),
    next && el("small", { class: "muted" }, el("br"), say.nextStep(next, secondsThisMonth)),
  );
};

/** @param {number} version @param {any} tier */
const tierActs = (version, tier) => {
  const path = `/api/admin/tiers/${encodeURIComponent(tier.id)}`;
  const of = (/** @type {string[]} */ [name, words]) => [`${name}: ${tier.name}`, words];
  const known = { isRehearsed: true, may: "setPrices", path };
  return el(
    "div",
    { class: "acts" },
    actButton({
      ...known,
      words: of(act.price),
      fields: ["pricePerSecond", "costPerSecond", "costSteps", "validFrom"],
      values: {
        pricePerSecond: tier.pricePerSecond,
        costPerSecond: tier.costPerSecond,
        costSteps: tier.costSteps.map(say.stepLine).join("\n") || say.noSteps,
      },
      also: { version },
    }, start),
    actButton({
      ...known,
      words: of(act.words),
      fields: ["name", "features", "position", "validFrom"],
      values: { name: tier.name, features: tier.features.join("\n"), position: tier.position },
      also: { version },
    }, start),
    !tier.enabled &&
      actButton({
        words: of(act.tryTier),
        may: "setPrices",
        path: `${path}/trial`,
        fields: ["duration", "prompt", "image"],
        values: { duration: tier.lengths[0]?.seconds },
      }, start),
    actButton({
      ...known,
      words: of(tier.enabled ? act.switchOff : act.switchOn),
      also: { version, enabled: !tier.enabled },
    }, start),
    !tier.popular && actButton({ ...known, words: of(act.popular), also: { version, popular: true } }, start),
  );
};

/** @param {number} version @param {any} pack */
const packActs = (version, pack) =>
  actButton({
    words: [`${act.price[0]}: ${pack.id}`, act.price[1]],
    may: "setPrices",
    path: `/api/admin/packages/${encodeURIComponent(pack.id)}`,
    isRehearsed: true,
    fields: ["price", "credits", "bonus", "position", "validFrom"],
    values: { price: pack.price, credits: pack.credits, bonus: pack.bonus, position: pack.position },
    also: { version },
  }, start);

/** With its place among the others. @param {any} row @param {number} index */
const placed = (row, index) => ({ ...row, position: index + 1 });

async function start() {
  const { version, currentVersion, tiers, packages, versions } = await api("/api/admin/catalog");
  find("[data-detail]").replaceChildren(
    part(
      say.part.tiers,
      rows([
        { name: head.tier, cell: tierOf },
        { name: head.state, cell: stateOf },
        { name: head.perSecond, cell: ({ pricePerSecond }) => num(`$${pricePerSecond}`), end: true },
        { name: head.costPerSecond, cell: costOf, end: true },
        { name: head.lengths, cell: lengthsOf },
        { name: head.act, cell: (tier) => tierActs(version, tier) },
      ], tiers.map(placed)),
      el("p", {}, addButton(version)),
    ),
    part(
      say.part.packs,
      rows([
        { name: head.pack, cell: ({ id }) => el("b", {}, id) },
        { name: head.price, cell: ({ price }) => sum(price), end: true },
        { name: head.credits, cell: ({ credits }) => sum(credits), end: true },
        { name: head.bonus, cell: ({ bonus }) => sum(bonus), end: true },
        { name: head.act, cell: (pack) => packActs(version, pack) },
      ], packages.map(placed)),
    ),
    part(
      say.part.versions,
      rows([
        {
          name: head.version,
          cell: (row) =>
            row.version === currentVersion ? `${row.version} ${say.current}` : String(row.version),
        },
        { name: head.validFrom, cell: ({ validFrom }) => when(validFrom, "full") },
        { name: head.reason, cell: ({ reason }) => el("span", { dir: "auto" }, reason) },
        {
          name: head.who,
          cell: ({ createdBy }) => (createdBy ? link(`/admin/users/${createdBy}`, createdBy) : null),
        },
      ], versions),
    ),
  );
  find("[data-detail]").removeAttribute("aria-busy");
}
forOperator(start);
