// What the browser keeps for us: the one place that touches its storage. That may refuse (throw), be
// missing (null) or be full, so a value is held in memory first, and let go there only when the
// browser has really taken it. A blocking script and no module: it runs before the first paint, so
// that neither the theme nor the header's signed-in state flashes.
(() => {
  /** @param {() => Storage} open gives the browser's store, or throws, or gives null */
  function store(open) {
    /**
     * What the browser did not take; `null` for what it did not forget.
     * @type {Map<string, string | null>}
     */
    const held = new Map();
    return {
      /** @param {string} name @returns {string | null} */
      get(name) {
        const own = held.get(name);
        if (own !== undefined) return own;
        try {
          return open().getItem(name);
        } catch {
          return null;
        }
      },
      /** Gives whether the value outlives this page. @param {string} name @param {string} value */
      set(name, value) {
        held.set(name, value);
        try {
          open().setItem(name, value);
          if (open().getItem(name) === value) held.delete(name);
        } catch {
          // It lasts as long as the page.
        }
        return !held.has(name);
      },
      /** @param {string} name */
      remove(name) {
        held.set(name, null);
        try {
          open().removeItem(name);
          held.delete(name);
        } catch {
          // For this page it is gone.
        }
      },
      /** Forgets everything. */
      clear() {
        held.clear();
        try {
          open().clear();
        } catch {
          // There was nothing but what was held.
        }
      },
    };
  }

  /** This tab's: drafts and intents. */
  const tab = store(() => sessionStorage);
  /** This browser's, for all tabs: the theme, the keys, whether somebody is signed in. */
  const browser = store(() => localStorage);
  Object.assign(globalThis, { kept: { tab, browser } });

  const root = document.documentElement;
  const theme = browser.get("rushes.theme");
  if (theme === "light" || theme === "dark") root.dataset.theme = theme;
  if (browser.get("rushes.signedIn") === "yes") root.dataset.session = "in";
})();
