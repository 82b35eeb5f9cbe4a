// The samples of the shop window, drawn on a canvas of 640 x 360: bin/samples.py takes their frames. Each
// scene is a function of the seconds alone, so that every run draws the same. Nothing is from elsewhere.
const [W, H] = [640, 360];
const tau = Math.PI * 2;
const canvas = new OffscreenCanvas(W, H);
const g = canvas.getContext("2d");

/** The same "random" number from 0 to 1 for the same seed. */
const chance = (seed) => {
  const x = Math.sin(seed * 127.1 + 311.7) * 43758.5453;
  return x - Math.floor(x);
};
/** A soft curve through random heights. */
const soft = (x, seed) => {
  const [from, part] = [Math.floor(x), x - Math.floor(x)];
  const ease = part * part * (3 - 2 * part);
  return chance(from + seed) * (1 - ease) + chance(from + 1 + seed) * ease;
};
const ridge = (x, seed) => soft(x, seed) * .6 + soft(x * 2.3, seed + 9) * .27 + soft(x * 6.1, seed + 31) * .13;

function sky(...colours) {
  const fill = g.createLinearGradient(0, 0, 0, H);
  colours.forEach((colour, at) => fill.addColorStop(at / (colours.length - 1), colour));
  g.fillStyle = fill;
  g.fillRect(0, 0, W, H);
}

function glow(x, y, radius, colour, strength = 1) {
  const fill = g.createRadialGradient(x, y, 0, x, y, radius);
  fill.addColorStop(0, colour);
  fill.addColorStop(1, "transparent");
  g.globalAlpha = strength;
  g.globalCompositeOperation = "lighter";
  g.fillStyle = fill;
  g.fillRect(x - radius, y - radius, radius * 2, radius * 2);
  g.globalCompositeOperation = "source-over";
  g.globalAlpha = 1;
}

function disc(x, y, radius, colour) {
  g.fillStyle = colour;
  g.beginPath();
  g.arc(x, y, radius, 0, tau);
  g.fill();
}

/** Land whose outline is `height(x)`, from there to the bottom. */
function land(height, ...colours) {
  const fill = g.createLinearGradient(0, H * .3, 0, H);
  colours.forEach((colour, at) => fill.addColorStop(at / Math.max(1, colours.length - 1), colour));
  g.fillStyle = fill;
  g.beginPath();
  g.moveTo(0, H);
  for (let x = 0; x <= W; x += 2) g.lineTo(x, height(x));
  g.lineTo(W, H);
  g.fill();
}

function shape(colour, ...points) {
  g.fillStyle = colour;
  g.beginPath();
  points.forEach(([x, y]) => g.lineTo(x, y));
  g.fill();
}

/** Light broken by water between two heights. */
function shimmer(t, from, to, centre, colour, seed = 0) {
  g.strokeStyle = colour;
  for (let i = 0; i < 150; i++) {
    const depth = chance(i + seed) ** 1.6;
    const y = from + depth * (to - from);
    const spread = 26 + depth * 190;
    const x = centre + (chance(i * 3.3 + seed) - .5) * spread + Math.sin(t * 1.7 + i) * 5;
    g.globalAlpha = (.16 + .5 * Math.abs(Math.sin(t * 1.9 + i * 2.4))) * (1 - depth * .5);
    g.lineWidth = .7 + depth * 1.8;
    g.beginPath();
    g.moveTo(x - 4 - depth * 17, y);
    g.lineTo(x + 4 + depth * 17, y);
    g.stroke();
  }
  g.globalAlpha = 1;
}

function tree(x, y, tall, colour) {
  for (let part = 0; part < 5; part++) {
    const top = y - tall + part * tall * .17;
    const wide = tall * (.09 + part * .055);
    shape(colour, [x, top], [x + wide, top + tall * .33], [x - wide, top + tall * .33]);
  }
}

function lighthouse(t) {
  sky("#141d38", "#33406b", "#a2607a", "#e89a6a");
  for (let i = 0; i < 60; i++) disc(chance(i) * W, chance(i + 70) * 130, .8, `rgba(255,255,255,${.2 + chance(i + 5) * .5})`);
  land((x) => 236 + ridge(x / 90, 4) * 8, "#3c4468", "#222a48");
  land(() => 252, "#33395c", "#0f1730");
  shimmer(t, 256, H, 300, "#f2b287");
  const [x, y] = [470 - t * 5, 112];
  g.save();
  g.translate(x, y);
  const turn = t * 1.25;
  const length = Math.cos(turn) * 700;
  const beam = g.createLinearGradient(0, 0, length, 0);
  beam.addColorStop(0, "rgba(255,232,176,.75)");
  beam.addColorStop(1, "transparent");
  shape(beam, [0, -3], [length, -46 - Math.sin(turn) * 26], [length, 40 - Math.sin(turn) * 26], [0, 3]);
  g.restore();
  land((at) => (at < x - 120 ? H : 330 - 112 * Math.min(1, (at - x + 120) / 90) + ridge(at / 24, 12) * 18), "#191e36", "#090d1c");
  shape("#d9d3cf", [x - 9, y + 8], [x + 9, y + 8], [x + 15, 236], [x - 15, 236]);
  shape("#8d3b3f", [x - 11, y + 46], [x + 11, y + 46], [x + 12.5, y + 76], [x - 12.5, y + 76]);
  shape("#20263d", [x - 8, y - 9], [x, y - 19], [x + 8, y - 9], [x + 8, y + 8], [x - 8, y + 8]);
  glow(x, y, 70, "rgba(255,222,150,.9)", .6 + .4 * Math.abs(Math.cos(turn)));
  disc(x, y, 4, "#fff3cf");
}

function balloons(t) {
  sky("#6f9ccc", "#b9cbdf", "#f4d3a8", "#f3b183");
  glow(470, 226, 210, "rgba(255,224,160,.95)");
  disc(470, 226, 22, "#fff4d8");
  [["#a78f9b", 66, 220, 3], ["#7d6f83", 90, 248, 8], ["#564f66", 120, 280, 15]].forEach(([colour, wide, at, pace], i) =>
    land((x) => at - ridge((x + t * pace) / wide, i * 17) * 62 + 24, colour, colour));
  const all = [[160, 118, 46, "#b5443c", "#e9c06a"], [352, 92, 26, "#375a8c", "#e8e0cf"], [566, 140, 17, "#487a5b", "#efcf8e"]];
  for (const [left, top, size, one, other] of all) {
    const x = left + t * size * .16;
    const y = top - t * size * .13 + Math.sin(t * .8 + left) * 2;
    for (let strip = 0; strip < 7; strip++) {
      g.fillStyle = strip % 2 ? other : one;
      g.beginPath();
      g.ellipse(x, y, size * (1 - strip / 7), size * 1.12, 0, 0, tau);
      g.fill();
    }
    const shade = g.createLinearGradient(x - size, 0, x + size, 0);
    shade.addColorStop(0, "rgba(25,20,50,.5)");
    shade.addColorStop(1, "rgba(255,230,170,.28)");
    g.fillStyle = shade;
    g.beginPath();
    g.ellipse(x, y, size, size * 1.12, 0, 0, tau);
    g.fill();
    shape("rgba(60,45,45,.8)", [x - size * .3, y + size * 1.06], [x + size * .3, y + size * 1.06], [x + size * .12, y + size * 1.5], [x - size * .12, y + size * 1.5]);
    shape("#4a3227", [x - size * .15, y + size * 1.48], [x + size * .15, y + size * 1.48], [x + size * .12, y + size * 1.72], [x - size * .12, y + size * 1.72]);
  }
  land((x) => 332 - ridge((x + t * 26) / 150, 77) * 36, "#37364b", "#1d1f2e");
}

function rainyStreet(t) {
  sky("#0c1220", "#182338", "#1c2033");
  for (let i = 0; i < 34; i++) {
    const colour = ["255,96,72", "255,188,92", "88,170,255", "240,90,170", "120,230,190"][i % 5];
    const x = (chance(i) * 760 + t * (chance(i + 3) - .5) * 34) - 50;
    glow(x, 70 + chance(i + 40) * 190, 20 + chance(i + 9) * 30, `rgba(${colour},.85)`, .35 + .3 * chance(i + 2));
    disc(x, 70 + chance(i + 40) * 190, 9 + chance(i + 9) * 13, `rgba(${colour},.2)`);
  }
  glow(320 - t * 22, 246, 80, "rgba(255,246,214,.9)", .8);
  glow(380 - t * 22, 246, 80, "rgba(255,246,214,.9)", .8);
  for (let i = 0; i < 190; i++) {
    const runs = i % 9 === 0;
    const x = chance(i * 1.7) * W;
    const y = (chance(i * 2.9) * 400 + (runs ? t * (60 + chance(i) * 80) : t * 1.5)) % 400 - 20;
    const size = runs ? 3.6 : 1 + chance(i + 77) * 2.6;
    if (runs) {
      g.fillStyle = "rgba(200,220,255,.1)";
      g.fillRect(x - 1.6, y - 90, 3.2, 90);
    }
    disc(x, y, size, "rgba(14,20,34,.55)");
    disc(x - size * .25, y - size * .3, size * .72, "rgba(205,222,250,.34)");
    disc(x + size * .2, y + size * .35, size * .4, "rgba(255,225,170,.5)");
  }
}

function paperBoat(t) {
  sky("#24473f", "#356455", "#24473f", "#12251f");
  for (let i = 0; i < 26; i++) glow(chance(i) * W, chance(i + 50) * 120, 34 + chance(i + 8) * 50, "rgba(214,232,150,.5)", .25 + .2 * Math.sin(t + i));
  land((x) => 150 + Math.sin(x / 60 + t) * 1.5, "#2c554d", "#0d1d1c");
  shimmer(t, 154, 350, 390, "#d8ebb8", 8);
  const x = 150 + t * 48;
  const y = 238 + Math.sin(t * 2.1) * 4;
  for (let ring = 0; ring < 5; ring++) {
    const age = (t * .5 + ring / 5) % 1;
    g.strokeStyle = `rgba(225,240,215,${.45 * (1 - age)})`;
    g.lineWidth = 1.3;
    g.beginPath();
    g.ellipse(x - age * 50, y + 26, 55 + age * 110, 8 + age * 19, 0, 0, tau);
    g.stroke();
  }
  g.save();
  g.translate(x, y);
  g.rotate(Math.sin(t * 1.6) * .05);
  shape("rgba(8,20,20,.4)", [-66, 34], [66, 34], [40, 48], [-40, 48]);
  shape("#e8e3d4", [0, -58], [34, 6], [-34, 6]);
  shape("#c9c3b2", [0, -58], [34, 6], [4, 6]);
  shape("#f6f2e7", [-74, -14], [-34, 6], [34, 6], [74, -14], [46, 32], [-46, 32]);
  shape("#d6d0be", [0, 6], [34, 6], [74, -14], [46, 32], [0, 32]);
  g.restore();
  for (let i = 0; i < 9; i++) {
    const leaf = (chance(i) * 760 + t * (18 + chance(i) * 26)) % 760 - 60;
    g.fillStyle = ["#c98a3c", "#a8542f", "#7d8a3c"][i % 3];
    g.beginPath();
    g.ellipse(leaf, 190 + chance(i + 60) * 150, 9, 4, chance(i) * 3 + t * .3, 0, tau);
    g.fill();
  }
}

function ridges(t) {
  sky("#27406e", "#7c8fb8", "#e6b9a1", "#f7dcae");
  glow(250, 190, 240, "rgba(255,226,170,.9)");
  disc(250, 190, 18, "#fff6df");
  const push = 1 + t * .035;
  for (let i = 0; i < 6; i++) {
    const near = i / 5;
    const grow = 1 + (push - 1) * (.4 + near * 3.2);
    const colour = `hsl(${226 - near * 14} ${22 + near * 20}% ${66 - near * 54}%)`;
    land((x) => 150 + near * 172 * grow - ridge(((x - 320) / grow + 900 + t * near * 20) / (110 - near * 46), i * 23) * (96 + near * 26) * grow + 26, colour, colour);
    for (let cloud = 0; cloud < 3; cloud++) {
      const x = (chance(i * 5 + cloud) * 900 + t * (8 + near * 26)) % 900 - 130;
      g.globalAlpha = .2 * (1 - near * .7);
      g.fillStyle = "#ffeeda";
      g.beginPath();
      g.ellipse(x, 178 + near * 120, 150, 9 + near * 7, 0, 0, tau);
      g.fill();
      g.globalAlpha = 1;
    }
  }
  for (let bird = 0; bird < 5; bird++) {
    const [x, y] = [330 + bird * 17 + t * 24, 104 + (bird % 2) * 9 - t * 3];
    const wing = Math.sin(t * 9 + bird) * 4;
    g.strokeStyle = "#222c48";
    g.lineWidth = 1.4;
    g.beginPath();
    g.moveTo(x - 7, y - wing);
    g.quadraticCurveTo(x - 2, y - 1, x, y);
    g.quadraticCurveTo(x + 2, y - 1, x + 7, y - wing);
    g.stroke();
  }
}

function desertRoad(t) {
  sky("#3a2a52", "#a2485a", "#f08a4b", "#ffd08a");
  glow(320, 176, 250, "rgba(255,210,120,1)");
  disc(320, 172, 34, "#fff0c4");
  land((x) => 182 - ridge((x + 400) / 70, 5) * 26 + Math.abs(x - 320) / -18, "#7a3b46", "#5d2f3c");
  land(() => 184, "#a4553f", "#50262a");
  for (let i = 0; i < 120; i++) {
    const z = ((chance(i) * 40 - t * 9) % 40 + 40) % 40 + .7;
    const side = (chance(i + 31) > .5 ? 1 : -1) * (2.2 + chance(i + 9) * 16);
    const [x, y] = [320 + side / z * 190, 184 + 140 / z];
    const size = 26 / z * (.4 + chance(i + 4) * .7);
    if (y < H + 40) shape("rgba(62,28,32,.9)", [x - size, y], [x - size * .3, y - size * 1.1], [x + size * .5, y - size * .8], [x + size, y]);
  }
  shape("#2b2230", [318, 184], [322, 184], [640, 420], [0, 420]);
  for (let i = 0; i < 16; i++) {
    const z = ((i * 2.5 - t * 9) % 40 + 40) % 40 + .55;
    const [near, far] = [1 / z, 1 / (z + 1.05)];
    shape("#ffdf9e", [320 - near * 5, 184 + near * 140], [320 + near * 5, 184 + near * 140], [320 + far * 5, 184 + far * 140], [320 - far * 5, 184 + far * 140]);
  }
  shape("rgba(255,214,140,.1)", [250, 184], [390, 184], [640, 360], [0, 360]);
}

function aurora(t) {
  sky("#050a1c", "#0b1c3a", "#16365a");
  for (let i = 0; i < 130; i++) disc(chance(i) * W, chance(i + 90) * 240, .5 + chance(i + 6) * .8, `rgba(255,255,255,${.25 + .6 * Math.abs(Math.sin(t * .9 + i))})`);
  g.globalCompositeOperation = "lighter";
  for (let curtain = 0; curtain < 3; curtain++) {
    for (let x = 0; x < W; x += 3) {
      const wave = soft(x / 110 + t * .22 + curtain * 5, curtain * 40);
      const top = 30 + wave * 90 + curtain * 14;
      const tall = 90 + soft(x / 34 + t * .5, curtain * 70) * 110;
      const fill = g.createLinearGradient(0, top, 0, top + tall);
      const colour = curtain === 1 ? "130,110,255" : "70,255,170";
      fill.addColorStop(0, "transparent");
      fill.addColorStop(.65, `rgba(${colour},${.1 + .2 * soft(x / 18 + t, curtain + 3)})`);
      fill.addColorStop(1, "transparent");
      g.fillStyle = fill;
      g.fillRect(x, top, 3.4, tall);
    }
  }
  g.globalCompositeOperation = "source-over";
  land((x) => 258 - ridge((x + t * 4) / 120, 6) * 52, "#1b3450", "#142840");
  land((x) => 300 - ridge((x + t * 9) / 200, 60) * 20, "#b9d3e6", "#5d7d9b");
  for (let i = 0; i < 34; i++) {
    const near = chance(i + 200);
    const x = ((i * 37.7 + chance(i) * 30) - t * (9 + near * 16) + 1400) % 760 - 50;
    tree(x, 304 + near * 50, 34 + near * 86, near > .5 ? "#07121f" : "#10243a");
  }
  for (let i = 0; i < 70; i++) disc((chance(i) * 720 - t * 14 + 720) % 720, (chance(i + 5) * 380 + t * 22 * (.5 + chance(i))) % 380, .8 + chance(i + 2), "rgba(235,245,255,.7)");
}

function jellyfish(t) {
  sky("#0b5a86", "#063a66", "#031a3a", "#020c20");
  for (let i = 0; i < 7; i++) {
    const x = 80 + i * 90 + Math.sin(t * .4 + i * 2) * 34;
    const fill = g.createLinearGradient(0, 0, 0, 300);
    fill.addColorStop(0, `rgba(170,230,255,${.17 + .09 * Math.sin(t * .8 + i)})`);
    fill.addColorStop(1, "transparent");
    shape(fill, [x - 14, -10], [x + 22, -10], [x + 90, 310], [x - 10, 310]);
  }
  for (let i = 0; i < 60; i++) disc((chance(i) * 680 + t * 5) % 680, ((chance(i + 9) * 400 - t * 9) % 400 + 400) % 400, .6 + chance(i + 4), "rgba(200,235,255,.4)");
  for (const [left, top, size, hue, late] of [[214, 190, 54, 320, 0], [452, 132, 34, 280, 1.4], [560, 262, 22, 200, 2.6], [92, 300, 18, 260, .7]]) {
    const beat = Math.sin(t * 2.1 + late);
    const [x, y] = [left + Math.sin(t * .5 + late) * 9, top - t * size * .2 - beat * 4];
    const wide = size * (1 + beat * .13);
    for (let arm = -6; arm <= 6; arm++) {
      g.strokeStyle = `hsl(${hue} 85% 78% / ${.22 + .2 * chance(arm + 9)})`;
      g.lineWidth = size / 26;
      g.beginPath();
      g.moveTo(x + arm * wide / 8, y);
      for (let part = 1; part <= 12; part++) g.lineTo(x + arm * wide / 9 + Math.sin(t * 2 - part * .55 + arm + late) * part * size / 62, y + part * size / 4.6);
      g.stroke();
    }
    glow(x, y - size * .2, size * 2.3, `hsl(${hue} 80% 60% / .55)`);
    const fill = g.createRadialGradient(x, y - size * .3, size * .1, x, y, wide);
    fill.addColorStop(0, `hsl(${hue} 95% 90% / .95)`);
    fill.addColorStop(1, `hsl(${hue} 75% 58% / .4)`);
    g.fillStyle = fill;
    g.beginPath();
    g.ellipse(x, y, wide, size * (.86 - beat * .09), 0, Math.PI, tau);
    for (let wave = 8; wave >= 0; wave--) g.lineTo(x - wide + wave * wide / 4, y + (wave % 2 ? 5 : 0) * size / 40);
    g.fill();
  }
}

const scenes = {
  "economy-1": lighthouse, "economy-2": balloons, "basic-1": rainyStreet, "basic-2": paperBoat,
  "pro-1": ridges, "pro-2": desertRoad, "premium-1": aurora, "premium-2": jellyfish,
};

/** Dark corners, as of a lens. */
function corners() {
  const fill = g.createRadialGradient(W / 2, H / 2, H * .42, W / 2, H / 2, W * .64);
  fill.addColorStop(0, "transparent");
  fill.addColorStop(1, "rgba(0,0,0,.5)");
  g.fillStyle = fill;
  g.fillRect(0, 0, W, H);
}

/** One frame of a scene as a JPEG, in base64. */
globalThis.frame = async (name, seconds) => {
  g.clearRect(0, 0, W, H);
  scenes[name](seconds);
  corners();
  const blob = await canvas.convertToBlob({ type: "image/jpeg", quality: .95 });
  const bytes = new Uint8Array(await blob.arrayBuffer());
  let text = "";
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(text);
};
globalThis.sceneNames = Object.keys(scenes);
