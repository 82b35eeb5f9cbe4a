// What the create page says of a picture before it is sent.
import { strictEqual as equal } from "node:assert";
import { kindOf, sizeProblem } from "../../nginx/html/assets/js/parts/uploads.js";

/** @param {string} words */
const bytes = (words) => Uint8Array.from(words, (character) => character.charCodeAt(0));

Deno.test("a picture's kind is known by its content", () => {
  equal(kindOf(bytes("\xFF\xD8\xFF\xE0\0\x10JFIF\0\x01")), "jpeg");
  equal(kindOf(bytes("\x89PNG\r\n\x1A\n\0\0\0\r")), "png");
  equal(kindOf(bytes("RIFF\x10\0\0\0WEBP")), "webp");
  equal(kindOf(bytes("\0\0\0\x1Cftypheic")), "heic");
  equal(kindOf(bytes("\0\0\0\x1Cftypmif1")), "heic");
  for (
    const words of ["", "\xFF\xD8", "GIF89a......", "<svg xmlns=.", "\0\0\0\x1Cftypavif", "RIFF....WAVE"]
  ) {
    equal(kindOf(bytes(words)), null, words);
  }
});

Deno.test("a picture's size is judged as the server judges it", () => {
  equal(sizeProblem(300, 1200), null);
  equal(sizeProblem(8160, 6120), null);
  equal(sizeProblem(299, 600), "This picture is too small. Each side needs at least 300 pixels.");
  equal(
    sizeProblem(1201, 300),
    "This picture is too long and narrow. One side may be at most 4 times the other.",
  );
  for (const [width, height] of [[12001, 4000], [10000, 5001], [16000, 16000]]) {
    equal(sizeProblem(width, height)?.startsWith("This picture has too many pixels."), true);
  }
});
