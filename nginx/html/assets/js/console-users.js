// The people who use the shop, newest first.
import { forOperator, link, list, sum, when } from "./parts/console.js";
import { el, num } from "./parts/element.js";
import { named } from "./parts/records.js";
import { say } from "../text/console.js";

const { head } = say;

forOperator(() =>
  list({
    path: "/api/admin/users",
    columns: [
      { name: head.address, cell: ({ id, email }) => link(`/admin/users/${id}`, email) },
      { name: head.name, cell: ({ name }) => name && el("bdi", {}, name) },
      {
        name: head.state,
        cell: ({ blockedAt, role }) => blockedAt ? say.fact.blocked : named(say.role, role),
      },
      { name: head.available, cell: ({ available }) => sum(available), end: true },
      { name: head.paid, cell: ({ paid }) => sum(paid), end: true },
      { name: head.spent, cell: ({ spent }) => sum(spent), end: true },
      { name: head.videos, cell: ({ videos }) => num(String(videos)), end: true },
      { name: head.joined, cell: ({ createdAt }) => when(createdAt, "day") },
      { name: head.seen, cell: ({ lastUsedAt }) => when(lastUsedAt) },
    ],
  })
);
