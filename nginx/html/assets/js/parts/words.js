// How long text is, and how it is cut: the same on the page, in the API and at the vendor.

const segmenter = new Intl.Segmenter();
const shown = /[^\p{White_Space}\p{Default_Ignorable_Code_Point}\p{Cc}\p{Co}\u2800]/u;

/**
 * Somebody's words within a sentence of ours, whose order of letters they must not turn around.
 * @param {string} words
 */
export const isolated = (words) => `\u2068${words}\u2069`;

/** What a maximum counts: UTF-16 code units. @param {string} words */
export const codeUnits = (words) => words.length;

/** What a minimum counts: characters that can be seen. @param {string} words */
export function visibleCharacters(words) {
  let count = 0;
  for (const { segment } of segmenter.segment(words)) if (shown.test(segment)) count += 1;
  return count;
}

/**
 * The beginning of `words` with at most `most` characters; what is cut ends with "…".
 * @param {string} words @param {number} most
 */
export function cut(words, most) {
  let count = 0;
  let edge = 0;
  for (const { segment, index } of segmenter.segment(words)) {
    if (count === most) return `${words.slice(0, edge)}…`;
    if (count < most - 1) edge = index + segment.length;
    count += 1;
  }
  return words;
}

/**
 * What a password's least length counts: code points of its prepared form (RFC 8265).
 * @param {string} password
 */
export const passwordLength = (password) => [...password.replace(/\p{Zs}/gu, " ").normalize("NFC")].length;
