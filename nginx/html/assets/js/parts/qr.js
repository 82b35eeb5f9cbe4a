// The drawing of a QR code, whose rows the server makes: no service of others sees what is in it.

/**
 * The code with its quiet edge, always dark on light.
 * @param {string[]} rows each from the top, "1" for what is dark @param {string} name
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
    [...row].flatMap((dot, x) => (dot === "1" ? [`M${x + 4} ${y + 4}h1v1h-1z`] : []))
  );
  path.setAttribute("d", dots.join(""));
  svg.append(title, path);
  return svg;
}
