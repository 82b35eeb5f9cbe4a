// The same shot on another tier: what it would cost more or less than this one, by the catalog of now.
import { el, num } from "./element.js";
import { againOf } from "./job.js";
import { money } from "./money.js";
import { otherTiers } from "./wish.js";
import { text } from "../../text/en.js";

/** @typedef {import("./job.js").Job} Job */
/** @typedef {import("./wish.js").Tier} Tier */

/** Links to Create, with all that was asked for. @param {Job} job @param {Tier[]} tiers */
export function otherTierLinks(job, tiers) {
  const others = otherTiers(job, tiers);
  return others.length > 0 &&
    el(
      "section",
      { class: "others" },
      el("h2", {}, text.video.others),
      el(
        "ul",
        {},
        ...others.map(({ tier, more }) =>
          el(
            "li",
            {},
            el(
              "a",
              { href: `${againOf(job)}&tier=${encodeURIComponent(tier.id)}` },
              text.video.on(tier.name),
            ),
            " ",
            num(difference(more)),
          )
        ),
      ),
    );
}

/** @param {number} more cents */
function difference(more) {
  if (more === 0) return text.video.same;
  return more > 0 ? text.video.more(money(more / 100)) : text.video.less(money(-more / 100));
}
