// Runs before the first paint, so that neither the theme nor the header's signed-in state flashes.
(() => {
  const root = document.documentElement;
  try {
    const theme = localStorage.getItem("rushes.theme");
    if (theme === "light" || theme === "dark") root.dataset.theme = theme;
    if (localStorage.getItem("rushes.signedIn") === "yes") root.dataset.session = "in";
  } catch {
    // Storage is switched off: the system's theme and the signed-out header are right enough.
  }
})();
