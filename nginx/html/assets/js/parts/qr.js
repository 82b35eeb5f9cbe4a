// QR codes (ISO/IEC 18004) of short texts: bytes, level M, versions 1 to 20. Ours, since a page of ours
// loads no script of others, and the secret that it shows goes to nobody else's library.

/** Of each version the codewords for correction in a block, and how many blocks there are. */
const correction = [10, 16, 26, 18, 24, 16, 18, 22, 22, 26, 30, 22, 22, 24, 24, 28, 28, 26, 26, 26];
const blockCounts = [1, 1, 1, 2, 2, 4, 4, 4, 5, 5, 5, 8, 9, 9, 10, 10, 11, 13, 14, 16];

/** Where the middles of the alignment patterns of a version lie. @param {number} version */
function alignments(version) {
  if (version === 1) return [];
  const count = Math.floor(version / 7) + 2;
  const last = version * 4 + 10;
  const step = Math.ceil((last - 6) / (count - 1) / 2) * 2;
  return [6, ...Array.from({ length: count - 1 }, (_, at) => last - (count - 2 - at) * step)];
}

/** How many codewords a version holds, correction included. @param {number} version */
function capacity(version) {
  const patterns = alignments(version).length;
  const side = version * 4 + 17;
  let modules = side * side - 3 * 64 - 2 * 15 - 1 - 2 * (side - 16);
  if (patterns) modules -= (patterns ** 2 - 3) * 25 - (patterns - 2) * 10;
  if (version >= 7) modules -= 36;
  return modules >> 3;
}

/**
 * Multiplies in the field of 256 elements by x^8 + x^4 + x^3 + x^2 + 1.
 * @param {number} a @param {number} b
 */
function times(a, b) {
  let product = 0;
  for (let bit = 7; bit >= 0; bit--) {
    product = (product << 1) ^ ((product >> 7) * 0x11d);
    if ((b >> bit) & 1) product ^= a;
  }
  return product;
}

/** The correction of one block (Reed and Solomon). @param {number[]} data @param {number} length */
function correct(data, length) {
  /** @type {number[]} */
  let divisor = [...Array(length - 1).fill(0), 1];
  for (let root = 1, at = 0; at < length; at++) {
    divisor = divisor.map((one, index) => times(one, root) ^ (divisor[index + 1] ?? 0));
    root = times(root, 2);
  }
  /** @type {number[]} */
  const rest = Array(length).fill(0);
  for (const byte of data) {
    const factor = byte ^ /** @type {number} */ (rest.shift());
    rest.push(0);
    for (const [at, one] of divisor.entries()) rest[at] ^= times(one, factor);
  }
  return rest;
}

/** The text's codewords, padded. @param {Uint8Array} bytes @param {number} version @param {number} length */
function dataOf(bytes, version, length) {
  /** @type {number[]} */
  const bits = [];
  const push = (/** @type {number} */ value, /** @type {number} */ count) => {
    for (let bit = count - 1; bit >= 0; bit--) bits.push((value >> bit) & 1);
  };
  push(4, 4);
  push(bytes.length, version < 10 ? 8 : 16);
  for (const byte of bytes) push(byte, 8);
  push(0, Math.min(4, length * 8 - bits.length));
  push(0, (8 - (bits.length % 8)) % 8);
  for (let pad = 0xec; bits.length < length * 8; pad ^= 0xec ^ 0x11) push(pad, 8);
  return Array.from({ length }, (_, at) => parseInt(bits.slice(at * 8, at * 8 + 8).join(""), 2));
}

/** All codewords in the order in which they are drawn. @param {number[]} data @param {number} version */
function interleave(data, version) {
  const count = blockCounts[version - 1];
  const length = correction[version - 1];
  const short = Math.floor(capacity(version) / count) - length;
  const longFrom = count - (capacity(version) % count);
  let start = 0;
  const blocks = Array.from({ length: count }, (_, at) => {
    const block = data.slice(start, start += short + (at >= longFrom ? 1 : 0));
    return { block, check: correct(block, length) };
  });
  const column = (/** @type {(one: typeof blocks[0]) => number[]} */ of, /** @type {number} */ size) =>
    Array.from({ length: size }, (_, at) => blocks.map((one) => of(one)[at])).flat()
      .filter((byte) => byte !== undefined);
  return [...column(({ block }) => block, short + 1), ...column(({ check }) => check, length)];
}

/** What masks turn over: where this is nothing, the module is. */
const masks = [
  (/** @type {number} */ x, /** @type {number} */ y) => (x + y) % 2,
  (/** @type {number} */ _, /** @type {number} */ y) => y % 2,
  (/** @type {number} */ x) => x % 3,
  (/** @type {number} */ x, /** @type {number} */ y) => (x + y) % 3,
  (/** @type {number} */ x, /** @type {number} */ y) => (Math.floor(x / 3) + Math.floor(y / 2)) % 2,
  (/** @type {number} */ x, /** @type {number} */ y) => ((x * y) % 2) + ((x * y) % 3),
  (/** @type {number} */ x, /** @type {number} */ y) => (((x * y) % 2) + ((x * y) % 3)) % 2,
  (/** @type {number} */ x, /** @type {number} */ y) => (((x + y) % 2) + ((x * y) % 3)) % 2,
];

/** @typedef {(boolean | null)[][]} Grid rows of dark (true), light and not yet drawn */

/** The parts that each code of a version has. @param {number} version @returns {Grid} */
function frame(version) {
  const side = version * 4 + 17;
  /** @type {Grid} */
  const grid = Array.from({ length: side }, () => Array(side).fill(null));
  const ring = (
    /** @type {number} */ cx,
    /** @type {number} */ cy,
    /** @type {number} */ reach,
    /** @type {number[]} */ light,
  ) => {
    for (let y = Math.max(0, cy - reach); y <= Math.min(side - 1, cy + reach); y++) {
      for (let x = Math.max(0, cx - reach); x <= Math.min(side - 1, cx + reach); x++) {
        grid[y][x] = !light.includes(Math.max(Math.abs(x - cx), Math.abs(y - cy)));
      }
    }
  };
  for (let at = 0; at < side; at++) grid[6][at] = grid[at][6] = at % 2 === 0;
  const places = alignments(version);
  for (const x of places) {
    for (const y of places) {
      // The three corners have the patterns by which a code is found.
      const isFree = x === y ? x !== 6 : Math.min(x, y) !== 6 || Math.max(x, y) !== places.at(-1);
      if (isFree) ring(x, y, 2, [1]);
    }
  }
  for (const [x, y] of [[3, 3], [side - 4, 3], [3, side - 4]]) ring(x, y, 4, [2, 4]);
  if (version >= 7) drawVersion(grid, version);
  drawFormat(grid, 0);
  return grid;
}

/** @param {number} value @param {number} polynomial @param {number} bits */
function checked(value, polynomial, bits) {
  let rest = value;
  for (let at = 0; at < bits; at++) rest = (rest << 1) ^ ((rest >> (bits - 1)) * polynomial);
  return (value << bits) | rest;
}

/** Says level and mask, twice. @param {Grid} grid @param {number} mask */
function drawFormat(grid, mask) {
  // Level M is 0.
  const bits = checked(mask, 0x537, 10) ^ 0x5412;
  const side = grid.length;
  const bit = (/** @type {number} */ at) => ((bits >> at) & 1) === 1;
  for (let at = 0; at < 15; at++) {
    const isFirst = at < 8;
    const along = isFirst ? (at < 6 ? at : at + 1) : at === 8 ? 7 : 14 - at;
    if (isFirst) grid[along][8] = bit(at);
    else grid[8][along] = bit(at);
    if (isFirst) grid[8][side - 1 - at] = bit(at);
    else grid[side - 15 + at][8] = bit(at);
  }
  grid[side - 8][8] = true;
}

/** Says the version, twice. @param {Grid} grid @param {number} version */
function drawVersion(grid, version) {
  const bits = checked(version, 0x1f25, 12);
  for (let at = 0; at < 18; at++) {
    const [far, near] = [grid.length - 11 + (at % 3), Math.floor(at / 3)];
    grid[near][far] = grid[far][near] = ((bits >> at) & 1) === 1;
  }
}

/** The places of the data, two columns at a time from the right, up and down. @param {Grid} grid */
function placesOf(grid) {
  const side = grid.length;
  const places = [];
  for (let right = side - 1; right >= 1; right -= 2) {
    if (right === 6) right = 5;
    const isUp = ((right + 1) & 2) === 0;
    for (let step = 0; step < side; step++) {
      const y = isUp ? side - 1 - step : step;
      for (const x of [right, right - 1]) if (grid[y][x] === null) places.push([x, y]);
    }
  }
  return places;
}

/** How hard a code is to read. @param {Grid} grid */
function penalty(grid) {
  const side = grid.length;
  let total = 0;
  for (const rows of [grid, grid.map((_, x) => grid.map((row) => row[x]))]) {
    for (const row of rows) {
      const line = row.map(Number).join("");
      for (const run of line.match(/0{5,}|1{5,}/g) ?? []) total += run.length - 2;
      for (const [pattern, at] of [["00001011101", 0], ["10111010000", 0]]) {
        for (let found = line.indexOf(`${pattern}`, +at); found >= 0;) {
          total += 40;
          found = line.indexOf(`${pattern}`, found + 1);
        }
      }
    }
  }
  let dark = 0;
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      if (grid[y][x]) dark++;
      const [one, row, next] = [grid[y][x], grid[y], grid[y + 1]];
      if (next && x + 1 < side && row[x + 1] === one && next[x] === one && next[x + 1] === one) total += 3;
    }
  }
  return total + Math.floor(Math.abs(dark * 20 - side * side * 10) / (side * side)) * 10;
}

/**
 * The rows of a text's code, true for dark; null for a text that is too long.
 * @param {string} words @param {number} [only] the mask, instead of the one that reads best
 * @returns {boolean[][] | null}
 */
export function qrOf(words, only) {
  const bytes = new TextEncoder().encode(words);
  for (let version = 1; version <= 20; version++) {
    const length = capacity(version) - correction[version - 1] * blockCounts[version - 1];
    if (bytes.length > length - (version < 10 ? 2 : 3)) continue;
    const codewords = interleave(dataOf(bytes, version, length), version);
    const base = frame(version);
    const places = placesOf(base);
    const drawn = (only === undefined ? [0, 1, 2, 3, 4, 5, 6, 7] : [only]).map((mask) => {
      const grid = base.map((row) => [...row]);
      places.forEach(([x, y], at) => {
        const bit = ((codewords[at >> 3] ?? 0) >> (7 - (at & 7))) & 1;
        grid[y][x] = (bit === 1) !== (masks[mask](x, y) === 0);
      });
      drawFormat(grid, mask);
      return grid;
    });
    const best = drawn.map(penalty);
    return /** @type {boolean[][]} */ (drawn[best.indexOf(Math.min(...best))]);
  }
  return null;
}

/**
 * The code as a drawing with its quiet edge, always dark on light.
 * @param {boolean[][]} rows @param {string} name
 */
export function drawing(rows, name) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  const side = rows.length + 8;
  for (
    const [key, value] of Object.entries({
      viewBox: `0 0 ${side} ${side}`,
      role: "img",
      class: "qr",
      "shape-rendering": "crispEdges",
    })
  ) {
    svg.setAttribute(key, value);
  }
  const title = document.createElementNS(space, "title");
  title.textContent = name;
  const path = document.createElementNS(space, "path");
  const dots = rows.flatMap((row, y) =>
    row.flatMap((isDark, x) => (isDark ? [`M${x + 4} ${y + 4}h1v1h-1z`] : []))
  );
  path.setAttribute("d", dots.join(""));
  svg.append(title, path);
  return svg;
}
