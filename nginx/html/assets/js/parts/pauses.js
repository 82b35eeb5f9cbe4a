// What is paused, and the words above every page, with the acts of both: a part of the console's page of
// the shop's health.
import { api } from "./api.js";
import { actButton, facts, part, rows, when } from "./console.js";
import { el } from "./element.js";
import { named } from "./records.js";
import { say } from "../../text/console.js";

const told = say.pauses;
const announced = el("div", { class: "console-part" });

/** The words above a page, as people see them. @param {any} values */
const bar = ({ words, kind }) =>
  el(
    "div",
    { class: "announcements" },
    el(
      "p",
      { class: kind === "notice" ? "notice" : "warning" },
      el("b", {}, told.title[kind === "notice" ? "notice" : kind === "warning" ? "warning" : "pause"]),
      " ",
      el("span", { dir: "auto" }, words),
    ),
  );

/** What is typed, as it will be seen. @param {any} values */
const previewOf = (values) =>
  values.words ? bar({ kind: "paused" in values ? "pause" : values.kind ?? "notice", ...values }) : null;

/** @param {any} pause */
const pauseActs = ({ part: name, isPaused }) => {
  const act = {
    may: "pauseShop",
    path: `/api/admin/pauses/${name}`,
    fields: ["words", "until"],
    also: { paused: true },
    preview: previewOf,
  };
  const of = (/** @type {string[]} */ [title, words]) => [`${title}: ${named(told.part, name)}`, words];
  return el(
    "div",
    { class: "acts" },
    actButton({ ...act, words: of(isPaused ? told.change : told.pause) }, tellPauses),
    isPaused &&
      actButton(
        { ...act, words: of(told.resume), fields: [], also: { paused: false } },
        tellPauses,
      ),
  );
};

/** @param {any[]} pauses */
const pauseRows = (pauses) =>
  rows([
    { name: say.head.what, cell: ({ part: name }) => named(told.part, name) },
    { name: say.head.state, cell: ({ isPaused }) => el("b", {}, isPaused ? told.paused : told.open) },
    { name: say.head.since, cell: ({ since }) => when(since, "full") },
    { name: told.until, cell: ({ until }) => when(until, "full") },
    { name: told.words, cell: ({ isPaused, words }) => isPaused ? el("span", { dir: "auto" }, words) : null },
    { name: told.acts, cell: pauseActs },
  ], pauses);

/** @param {any} banner */
const bannerActs = (banner) => {
  const act = { may: "pauseShop", path: "/api/admin/banner" };
  return el(
    "div",
    { class: "acts" },
    actButton({
      ...act,
      words: told.banner,
      fields: ["words", "kind", "from", "until"],
      values: banner ? { words: banner.words, kind: banner.kind } : {},
      preview: previewOf,
    }, tellPauses),
    banner && actButton({ ...act, words: told.noBanner }, tellPauses),
  );
};

/** Asks what is paused and said, and shows it. */
async function tellPauses() {
  const { pauses, banner } = await api("/api/admin/announcements");
  announced.replaceChildren(
    pauseRows(pauses),
    el("h3", {}, told.bannerTitle),
    ...(banner
      ? [
        bar(banner),
        facts([
          [say.head.state, banner.isShown ? told.shown : told.notNow],
          [told.from, banner.from && when(banner.from, "full")],
          [told.until, banner.until && when(banner.until, "full")],
        ]),
      ]
      : [el("p", { class: "muted" }, told.none)]),
    bannerActs(banner),
  );
}

/** The part of the page, once its words are there. */
export async function pausesPart() {
  await tellPauses();
  return part(told.heading, el("p", { class: "muted" }, told.hint), announced);
}
