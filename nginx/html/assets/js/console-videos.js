// Every video, newest first.
import { forOperator, list } from "./parts/console.js";
import { videoColumns } from "./parts/records.js";
import { api } from "./parts/api.js";
import { el, find } from "./parts/element.js";

forOperator(async () => {
  const { items } = await api("/api/tiers");
  find("#tier").append(
    ...items.map((/** @type {any} */ { id, name }) => el("option", { value: id }, name)),
  );
  await list({ path: "/api/admin/videos", columns: videoColumns });
});
