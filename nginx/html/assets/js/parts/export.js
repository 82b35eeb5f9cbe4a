// The file with all of one's data on the account page: ordered, being made, or there for some days.
import { api } from "./api.js";
import { confirmed } from "./confirm.js";
import { el, find, icon } from "./element.js";
import { errorBox, notice } from "./notice.js";
import { poll } from "./poll.js";
import { time } from "./time.js";
import { text } from "../../text/en.js";

const exportWords = text.export;
const exportPath = "/api/me/export";

/** @param {number} bytes */
function size(bytes) {
  const unit = bytes < 1e6 ? "kilobyte" : "megabyte";
  const format = new Intl.NumberFormat("en", { style: "unit", unit, maximumFractionDigits: 1 });
  return format.format(bytes / (bytes < 1e6 ? 1e3 : 1e6));
}

let isAsking = false;
function follow() {
  if (isAsking) return;
  isAsking = true;
  poll(async (signal) => {
    const file = await api(exportPath, { signal });
    showFile(file);
    isAsking = file.status === "making";
    return isAsking;
  });
}

async function order() {
  const problem = find("[data-export-problem]");
  problem.replaceChildren();
  try {
    const file = await confirmed(() => api(exportPath, { method: "POST" }));
    if (file) showFile(file);
    if (file?.status === "making") follow();
  } catch (error) {
    problem.replaceChildren(errorBox(error));
  }
}

const orderButton = (/** @type {string} */ words) =>
  el("p", {}, el("button", { class: "button second", type: "button", onclick: order }, words));

/** @param {{status: string, sizeBytes?: number, expiresAt?: string, url?: string}} file */
function showFile({ status, sizeBytes, expiresAt, url }) {
  const words = el("p", { class: "muted" }, exportWords.words);
  /** @type {Record<string, () => (Node | false | undefined)[]>} */
  const parts = {
    none: () => [words, orderButton(exportWords.order)],
    making: () => [
      el("p", { class: "state", role: "status" }, icon("hourglass"), el("span", {}, exportWords.making)),
      el("p", { class: "muted" }, exportWords.mailed),
    ],
    failed: () => [notice({}, exportWords.failed), orderButton(exportWords.order)],
    ready: () => [
      el("p", {}, exportWords.ready, " ", expiresAt && time(expiresAt, "full"), "."),
      el(
        "p",
        {},
        el(
          "a",
          { class: "button", href: url, download: "" },
          icon("download"),
          exportWords.download(size(sizeBytes ?? 0)),
        ),
      ),
      orderButton(exportWords.again),
    ],
  };
  const shown = (parts[status] ?? parts.none)().filter(Boolean);
  find("[data-export]").replaceChildren(.../** @type {Node[]} */ (shown));
}

/** Shows how it stands now. */
export async function showExport() {
  const problem = find("[data-export-problem]");
  problem.replaceChildren();
  try {
    const file = await api(exportPath);
    showFile(file);
    if (file.status === "making") follow();
  } catch (error) {
    find("[data-export]").replaceChildren();
    problem.replaceChildren(errorBox(error, showExport));
  }
  find("[data-export]").removeAttribute("aria-busy");
}
