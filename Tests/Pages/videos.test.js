// What the pages of videos compute: what the API is asked for, and what another tier would cost.
import { deepStrictEqual as same, strictEqual as equal } from "node:assert";
import { questionOf } from "../../nginx/html/assets/js/parts/filters.js";
import { otherTiers } from "../../nginx/html/assets/js/parts/wish.js";

Deno.test("the last day that is wanted is wanted as a whole, in the person's own time", () => {
  const question = questionOf(new URLSearchParams("q=fox&from=2026-11-01&to=2026-11-30"));
  equal(question.get("q"), "fox");
  equal(question.get("from"), new Date(2026, 10, 1).toISOString());
  equal(question.get("to"), new Date(2026, 11, 1).toISOString());
});

Deno.test("what is no day goes to the server as it is, which says so", () => {
  for (const day of ["yesterday", "2026-11", "2026-11-01T00:00:00Z"]) {
    equal(questionOf(new URLSearchParams({ to: day })).get("to"), day);
  }
});

const fields = { prompt: { type: "string", required: true } };
/** @param {string} id @param {number} price @param {any} [more] @returns {any} */
const tier = (id, price, more = {}) => ({
  id,
  name: id,
  prices: { 5: price },
  fields: { text: fields, image: fields },
  ...more,
});
const tiers = [
  tier("economy", 1),
  tier("basic", 1.55),
  tier("pro", 1.86),
  tier("premium", 4.65, { fields: { text: null, image: fields } }),
  tier("long", 9, { prices: { 10: 9 } }),
];
/** @param {any} more @returns {any} */
const job = (more) => ({ tier: "basic", duration: 5, estimatedCost: 1.4, image: null, ...more });
/** @param {any} more */
const others = (more) => otherTiers(job(more), tiers).map(({ tier, more }) => [tier.id, more]);

Deno.test("other tiers cost more or less by the catalog of now, in whole cents", () => {
  same(others({}), [["economy", -55], ["pro", 31]]);
});

Deno.test("with a picture the tiers that need one are offered too", () => {
  same(others({ image: "https://example.org/a.jpg" }), [["economy", -55], ["pro", 31], ["premium", 310]]);
});

Deno.test("of a tier that is gone, what was paid is compared", () => {
  same(others({ tier: "gone" }), [["economy", -40], ["basic", 15], ["pro", 46]]);
});

Deno.test("a length that a tier does not have is not offered on it", () => {
  same(others({ duration: 10 }), [["long", 760]]);
});
