// Browsers bring only the caret of a text field into sight: here all of it, beside the bars. Not while
// a button of the mouse is down, or the field would move away from under it.

let isPressed = false;
addEventListener("pointerdown", () => (isPressed = true), true);
for (const end of ["pointerup", "pointercancel"]) addEventListener(end, () => (isPressed = false), true);
addEventListener("focusin", ({ target }) => {
  if (!(target instanceof HTMLTextAreaElement)) return;
  const show = () => target.scrollIntoView({ block: "nearest" });
  if (isPressed) addEventListener("pointerup", () => setTimeout(show), { once: true });
  else show();
});
