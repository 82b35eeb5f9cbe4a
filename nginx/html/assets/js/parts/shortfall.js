// What the create page offers when the balance does not suffice: the pack that covers the order.
import { api } from "./api.js";
import { buyButton, covering, packName } from "./buy.js";
import { el, find } from "./element.js";
import { money } from "./money.js";
import { notice } from "./notice.js";
import { keepWanted } from "./wanted.js";
import { shortBy } from "./wish.js";
import { text } from "../../text/en.js";

/** @type {Promise<import("./buy.js").Pack[]> | undefined} */
let loading;
const packs = () => (loading ??= api("/api/credits/packages").then(({ items }) => items));

/**
 * Shows the pack beside the form while the present wish lacks credit, and nothing else.
 * @param {import("./present.js").PresentWish} wish
 */
export async function showShortfall(wish) {
  const place = find("[data-shortfall]", wish.form);
  const short = wish.isGuest || wish.isOpen ? 0 : shortBy(wish.price, wish.balance);
  if (!short) return place.replaceChildren();
  /** @type {import("./buy.js").Pack | undefined} */
  let pack;
  try {
    pack = covering(await packs(), short / 100);
  } catch {
    // The button leads to all packs anyway.
    loading = undefined;
  }
  if (short !== shortBy(wish.price, wish.balance)) return;
  if (!pack) return place.replaceChildren();
  if (place.firstElementChild?.getAttribute("data-offer") === pack.id) return;
  place.replaceChildren(offer(pack, wish));
}

/** @param {import("./buy.js").Pack} pack @param {import("./present.js").PresentWish} wish */
function offer(pack, wish) {
  const words = text.create.covers(packName(pack), money(pack.total), money(pack.price));
  const label = text.create.buyAndReturn(packName(pack), money(pack.price));
  const [button, problem] = buyButton(pack, {
    classes: "button second",
    label,
    onLeave: () => keepWanted(wish),
  });
  const box = notice({ tone: "live", picture: "wallet" }, words, el("p", {}, button), problem);
  box.setAttribute("data-offer", pack.id);
  return box;
}
