// What was done by hand, newest first.
import { forOperator, link, list, when } from "./parts/console.js";
import { el, find } from "./parts/element.js";
import { say } from "../text/console.js";

const { head } = say;
const words = (/** @type {string} */ some) => el("span", { dir: "auto" }, some);

// The file holds what the list is narrowed to at that moment.
const csv = /** @type {HTMLAnchorElement} */ (find("[data-csv]"));
csv.addEventListener("click", () => {
  csv.search = location.search;
});

forOperator(() =>
  list({
    path: "/api/admin/audit",
    columns: [
      { name: head.when, cell: ({ createdAt }) => when(createdAt, "full") },
      {
        name: head.who,
        cell: ({ actorId, systemUser }) =>
          actorId ? link(`/admin/users/${actorId}`, actorId) : words(systemUser ?? ""),
      },
      { name: head.action, cell: ({ action }) => action },
      { name: head.subject, cell: ({ subject }) => words(subject) },
      { name: head.reason, cell: ({ reason }) => words(reason) },
      { name: head.detail, cell: ({ detail }) => words(detail) },
    ],
  })
);
