// The wish of the create page: from what was chosen and typed to a body, a price and problems.
import { deepStrictEqual as same, strictEqual as equal } from "node:assert";
import {
  autoTier,
  bodyOf,
  cardPrice,
  fieldsOf,
  isImageMode,
  notTaken,
  priceOf,
  problemsOf,
  problemWith,
  quoteBody,
  shortBy,
} from "../../nginx/html/assets/js/parts/wish.js";

const prompt = { type: "string", required: true, minLength: 3, maxLength: 20 };
const image = { type: "string", required: true };
const seed = { type: "integer", required: false, minimum: 1, maximum: 100 };

/** Takes words, or words with a picture. @type {import("../../nginx/html/assets/js/parts/wish.js").Tier} */
const basic = {
  id: "basic",
  name: "Basic",
  model: "Pollo 1.6",
  pricePerSecond: 0.31,
  prices: { 5: 1.55, 10: 3.1 },
  durations: [5, 10],
  requiresImage: false,
  popular: false,
  fields: {
    text: {
      prompt,
      aspectRatio: { type: "string", required: false, enum: ["16:9", "9:16"], default: "16:9" },
      seed,
    },
    image: { prompt: { ...prompt, required: false }, image, imageTail: { ...image, required: false }, seed },
  },
};

/** Only moves a picture. @type {import("../../nginx/html/assets/js/parts/wish.js").Tier} */
const premium = {
  ...basic,
  id: "premium",
  name: "Premium",
  prices: { 5: 4.65 },
  durations: [5],
  requiresImage: true,
  fields: {
    text: null,
    image: {
      prompt: { ...prompt, required: false },
      image,
      aspectRatio: { type: "string", required: true, enum: ["16:9", "21:9"] },
      strength: { type: "number", required: false, minimum: 0, maximum: 100 },
    },
  },
};

const tiers = [basic, premium];
const address = "https://example.org/fox.png";
const choice = { tier: "basic", duration: 5, count: 1 };
const values = {
  prompt: "A red fox",
  negativePrompt: "",
  image: "",
  imageTail: "",
  aspectRatio: "9:16",
  seed: "",
};

Deno.test("a body has what the tier takes and somebody gave, and nothing else", () => {
  same(bodyOf(choice, basic, values), {
    tier: "basic",
    duration: 5,
    prompt: "A red fox",
    aspectRatio: "9:16",
  });
  same(bodyOf(choice, basic, { ...values, prompt: "  A red fox ", negativePrompt: "snow", seed: " 7 " }), {
    tier: "basic",
    duration: 5,
    prompt: "A red fox",
    aspectRatio: "9:16",
    seed: 7,
  });
});

Deno.test("a count is sent only when there are several", () => {
  equal("count" in bodyOf(choice, basic, values), false);
  equal(bodyOf({ ...choice, count: 3 }, basic, values).count, 3);
});

Deno.test("numbers are sent as numbers, also a zero", () => {
  const body = bodyOf(choice, premium, { ...values, image: address, strength: "0" });
  equal(body.strength, 0);
  equal(body.image, address);
});

Deno.test("a picture turns a tier to its fields with a picture", () => {
  equal(isImageMode(basic, values), false);
  equal(isImageMode(basic, { ...values, image: "  " }), false);
  equal(isImageMode(basic, { ...values, image: address }), true);
  equal(isImageMode(premium, values), true);
  const body = bodyOf(choice, basic, { ...values, image: address, imageTail: address });
  same(Object.keys(body), ["tier", "duration", "prompt", "image", "imageTail"]);
});

Deno.test("a prompt is counted as the server counts it", () => {
  const problem = (/** @type {string} */ words) => problemWith("prompt", basic, { ...values, prompt: words });
  equal(problem("abc"), null);
  equal(problem(""), "Describe the video first.");
  equal(problem("a\u200b\u200bb"), "Write at least 3 characters.");
  equal(problem("\u{1f98a}".repeat(10)), null);
  equal(problem("\u{1f98a}".repeat(11)), "Use at most 20 characters.");
});

Deno.test("a prompt may be missing beside a picture", () => {
  same(problemsOf(basic, { ...values, prompt: "", image: address }), []);
  same(problemsOf(basic, { ...values, prompt: "", image: "" }), [["prompt", "Describe the video first."]]);
});

Deno.test("a picture has a whole address, and is demanded by the tier that only moves pictures", () => {
  const problem = (/** @type {string} */ image, tier = premium) =>
    problemWith("image", tier, { ...values, image });
  equal(problem(address), null);
  for (
    const wrong of ["http://example.org/fox.png", "fox.png", "javascript:alert(1)", "//example.org/fox.png"]
  ) {
    equal(problem(wrong), "Write a full address that begins with https://.");
  }
  equal(problem(""), "Premium animates a picture, so it needs one.");
  equal(problem("", basic), null);
});

Deno.test("a seed is a whole number within what the tier takes", () => {
  const problem = (/** @type {string} */ seed) => problemWith("seed", basic, { ...values, seed });
  for (const right of ["", "1", "100", " 42 "]) equal(problem(right), null);
  for (const wrong of ["0", "101", "1.5", "1e1", "0x10", "seven", "-1"]) {
    equal(problem(wrong), "Write a whole number from 1 to 100.");
  }
});

Deno.test("what the tier does not take is never wrong", () => {
  equal(problemWith("seed", premium, { ...values, seed: "seven" }), null);
  equal(problemWith("imageTail", basic, { ...values, imageTail: "fox" }), null);
});

Deno.test("a price is of the length, times the count, in whole cents", () => {
  equal(priceOf(choice, basic), 1.55);
  equal(priceOf({ ...choice, duration: 10, count: 3 }, basic), 9.3);
  equal(priceOf({ ...choice, count: 3 }, { ...basic, prices: { 5: 1.1 } }), 3.3);
  equal(priceOf({ ...choice, duration: 7 }, basic), undefined);
  equal(cardPrice(premium, 10), 4.65);
});

Deno.test("what is short is a whole number of cents, and never less than none", () => {
  equal(shortBy(9.3, 10), 0);
  equal(shortBy(9.3, 9.2), 10);
  equal(shortBy(1.1, 0.9), 20);
  equal(shortBy(undefined, 0), 0);
});

Deno.test("the shop's choice takes what any tier takes, without a default of its own", () => {
  const auto = autoTier(tiers);
  same(auto.durations, [5, 10]);
  same(autoTier([{ ...basic, durations: [10, 8] }, premium]).durations, [5, 8, 10]);
  same(Object.keys(auto.fields.text ?? {}), ["prompt", "aspectRatio"]);
  same(auto.fields.image.aspectRatio?.enum, ["16:9", "21:9"]);
  equal(auto.fields.text?.aspectRatio.default, undefined);
  // The tiers themselves are as they were.
  equal(basic.fields.text?.aspectRatio.default, "16:9");
  equal(auto.requiresImage, false);
});

Deno.test("the shop's choice costs what the server said, and is unknown before", () => {
  const auto = { ...choice, tier: "auto", count: 2 };
  equal(priceOf(auto, autoTier(tiers)), undefined);
  equal(priceOf(auto, autoTier(tiers, "basic"), 1.55), 3.1);
  same(autoTier(tiers, "premium").prices, premium.prices);
});

Deno.test("a quote depends on everything but the words, the count and what is not valid yet", () => {
  const auto = autoTier(tiers);
  const key = (/** @type {object} */ more, count = 1) =>
    quoteBody({ ...choice, count }, auto, { ...values, ...more });
  equal(key({}), JSON.stringify({ tier: "auto", duration: 5, aspectRatio: "9:16" }));
  equal(key({ prompt: "Another" }, 4), key({}));
  equal(JSON.parse(key({ image: address })).image, address);
  equal("image" in JSON.parse(key({ image: "https:/" + "/" })), false);
});

Deno.test("a sentence names what the tier does not take, at all or without a picture", () => {
  equal(
    notTaken(basic, values),
    "Basic does not take negative prompt, resolution, mode or prompt strength. " +
      "With a start picture it also takes end picture.",
  );
  equal(
    notTaken(basic, { ...values, image: address }),
    "Basic does not take negative prompt, resolution, mode or prompt strength. " +
      "Without a start picture it also takes shape.",
  );
  same(Object.keys(fieldsOf(premium, values)), ["prompt", "image", "aspectRatio", "strength"]);
});
