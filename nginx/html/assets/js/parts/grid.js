// Keys in a grid of videos: arrows go from one to the next; Enter opens, as with any link, Space chooses.

/** @param {HTMLElement} grid */
export function walkByArrows(grid) {
  grid.addEventListener("keydown", (event) => {
    const frames = /** @type {HTMLElement[]} */ ([...grid.querySelectorAll("a.frame")]);
    const at = frames.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    if (at < 0 || event.ctrlKey || event.metaKey || event.altKey) return;
    const top = (/** @type {HTMLElement} */ frame) => frame.getBoundingClientRect().top;
    const columns = frames.filter((frame) => Math.abs(top(frame) - top(frames[0])) < 2).length || 1;
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns }[event.key];
    /** @type {HTMLElement | null | undefined} */
    const box = frames[at].closest(".shot")?.querySelector("[data-select]");
    if (event.key === " ") box?.click();
    else if (!step || !frames[at + step]) return;
    else frames[at + step].focus();
    event.preventDefault();
  });
}
