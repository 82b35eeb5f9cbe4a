// The choice between light, dark and what the system says.
import { find } from "./element.js";
import { browser } from "./kept.js";

/** @type {HTMLElement | null} */
const themes = document.querySelector("[data-theme-choice]");
if (themes) {
  themes.hidden = false;
  const { dataset } = document.documentElement;
  find(`input[value="${dataset.theme ?? "system"}"]`, themes).checked = true;
  themes.addEventListener("change", (event) => {
    const { value } = /** @type {HTMLInputElement} */ (event.target);
    if (value === "system") delete dataset.theme;
    else dataset.theme = value;
    browser.set("rushes.theme", value);
  });
}
