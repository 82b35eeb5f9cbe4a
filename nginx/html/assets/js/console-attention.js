// What needs a person, oldest first.
import { actButton, forOperator, link, list, sum, when } from "./parts/console.js";
import { el } from "./parts/element.js";
import { say } from "../text/console.js";

/** Where what an item is about is shown. @param {any} item */
function pageOf({ kind, subject }) {
  if (kind === "dispute") return `/admin/disputes/${encodeURIComponent(subject)}`;
  if (!/^[0-9a-f-]{36}$/.test(subject)) return null;
  if (["parked_video", "uncertain_video", "vendor_loss", "late"].includes(kind)) {
    return `/admin/videos/${subject}`;
  }
  if (["purchase_problem", "refund_failed"].includes(kind)) return `/admin/purchases/${subject}`;
  return kind === "quarantine" ? `/admin/users/${subject}` : null;
}

/** @param {any} item */
function actsOf(item) {
  const again = () => reload();
  const acts = [
    item.differenceId && actButton({
      words: say.act.closeDifference,
      may: "repairBooks",
      path: `/api/admin/differences/${item.differenceId}/closure`,
    }, again),
    item.findingId && actButton({
      words: say.act.closeFinding,
      may: "repairBooks",
      path: `/api/admin/findings/${item.findingId}/closure`,
    }, again),
    item.kind === "quarantine" && actButton({
      words: say.act.rebuild,
      may: "repairBooks",
      path: `/api/admin/accounts/${item.subject}/rebuild`,
      isRehearsed: true,
    }, again),
  ].filter(Boolean);
  return acts.length ? el("div", { class: "acts" }, ...acts) : null;
}

/** @param {any} item */
function subjectOf(item) {
  const page = pageOf(item);
  return page ? link(page, item.subject) : el("span", { dir: "auto" }, item.subject);
}

const { head } = say;
let reload = async () => {};
forOperator(async () => {
  reload = await list({
    path: "/api/admin/attention",
    empty: say.calm,
    columns: [
      { name: head.since, cell: ({ since }) => when(since) },
      {
        name: head.what,
        cell: (item) => el("b", {}, say.kind[/** @type {keyof typeof say.kind} */ (item.kind)] ?? item.kind),
      },
      { name: head.subject, cell: subjectOf },
      { name: head.detail, cell: ({ detail }) => el("span", { dir: "auto" }, detail) },
      { name: head.amount, cell: ({ amount }) => sum(amount), end: true },
      { name: head.act, cell: actsOf },
    ],
  });
});
