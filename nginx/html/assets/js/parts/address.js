// Which addresses a page may lead to.

/**
 * The whole address that `text` stands for on this site, or null when it leads anywhere else. What
 * is judged is what is given back: a path alone means another site when it begins with two slashes.
 * @param {string} text
 */
export function ownAddress(text) {
  const url = URL.canParse(text, location.origin) && new URL(text, location.origin);
  return url && url.href.startsWith(`${location.origin}/`) && !url.pathname.startsWith("//")
    ? url.href
    : null;
}

/**
 * The address of a page somewhere on the web, such as a payment page; null for any other kind.
 * @param {string} text
 */
export function webAddress(text) {
  const url = URL.canParse(text) && new URL(text);
  return url && /^https?:$/.test(url.protocol) ? url.href : null;
}

/** Where to go after login: a page of this site, and nothing that no person reads, as the API. */
export function nextPage() {
  const next = ownAddress(new URLSearchParams(location.search).get("next") || "/create");
  return next && !/^\/(?:api|assets|_)/.test(new URL(next).pathname) ? next : "/create";
}
