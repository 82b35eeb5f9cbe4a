// QR codes, against those of an encoder of other people (Python's qrcode 8, level M, its own mask).
import { strictEqual as equal } from "node:assert";
import { qrOf } from "../../nginx/html/assets/js/parts/qr.js";

/** @param {boolean[][] | null} rows */
async function digest(rows) {
  const words = (rows ?? []).map((row) => row.map(Number).join("")).join("\n");
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(words));
  return [...new Uint8Array(hash)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** What is written, its version, and the SHA-256 of the rows. @type {[string, number, string][]} */
const codes = [
  ["x", 1, "1968f60e7135599755aeeb18939e54436e46a69149498f605bb1e4851f6b9fd0"],
  [
    "otpauth://totp/Rushes:a%40b.example?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Rushes",
    6,
    "7fb6ea26ada4e829c6cf7d601ac6ba9a1f5cfde572b7e48c6ea47b7437861f89",
  ],
  ["a".repeat(130), 8, "66f6537422b89ce5cf5eec6fd0763924763bd0b8d6a700cfd6c601bd0c5ef8d5"],
  ["b".repeat(170), 9, "6cec1e7c56702f0ef9c8fbe81c0dcb788a3c31f5167eb9e02c830b9cf7c87502"],
  ["c".repeat(190), 10, "a88632541d289acfbf8a8533d3c2cebe2d1cca9b8c60c89930d9daa1e132f0a8"],
  ["é".repeat(150), 13, "eb6a1c40116fa9c00b35775f68f5821a6a9c81e46fda487701e94ba828c3f805"],
  [`otpauth://${"q".repeat(400)}`, 15, "323fb29b92a4afac99323a192f57a37ed80af9f144338be6dffb0d569d928a52"],
  ["z".repeat(600), 19, "fde0dbcf60586118fb364e8e6371b0fe3ed7b28f32538dcbe5f406de37f8ccac"],
];

Deno.test("a text's code is what others make of it", async () => {
  for (const [words, version, hash] of codes) {
    const rows = qrOf(words);
    equal(rows?.length, version * 4 + 17, words);
    equal(await digest(rows), hash, words);
  }
});

Deno.test("what a code holds is bounded, to the byte", () => {
  equal(qrOf("z".repeat(666))?.length, 97);
  equal(qrOf("z".repeat(667)), null);
});
