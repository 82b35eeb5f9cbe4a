// The account: address, password, sessions, mails. Each part saves alone.
import { api } from "./parts/api.js";
import { confirmed } from "./parts/confirm.js";
import { el, find, icon } from "./parts/element.js";
import { work } from "./parts/form.js";
import { errorBox } from "./parts/notice.js";
import { goToLogin, remember, requireUser } from "./parts/session.js";
import { showExport } from "./parts/export.js";
import { showRemoval } from "./parts/removal.js";
import { showSecondFactor } from "./parts/second-factor.js";
import { time } from "./parts/time.js";
import { toast } from "./parts/toast.js";
import { isolated } from "./parts/words.js";
import { text } from "../text/en.js";

const say = text.account;

/** @param {import("./parts/session.js").User} user */
function showAddress(user) {
  find("[data-address]").textContent = user.email;
  const state = find("[data-verified]");
  state.className = `state ${user.emailVerified ? "ok" : ""}`;
  state.replaceChildren(
    icon(user.emailVerified ? "circle-check" : "mail"),
    el("span", {}, user.emailVerified ? say.verified : say.unverified),
  );
  const pending = find("[data-pending]");
  pending.hidden = !user.pendingEmail;
  pending.textContent = user.pendingEmail
    ? say.pending(isolated(user.pendingEmail), isolated(user.email))
    : "";
  find("[data-again]").hidden = user.emailVerified && !user.pendingEmail;
}

const again = find("[data-again]");
again.addEventListener("click", async () => {
  if (again.getAttribute("aria-disabled")) return;
  again.setAttribute("aria-disabled", "true");
  const problem = find("[data-again-problem]");
  problem.replaceChildren();
  try {
    await api("/api/me/verification", { method: "POST", body: {} });
    toast(say.sent);
  } catch (error) {
    problem.replaceChildren(errorBox(error));
  }
  again.removeAttribute("aria-disabled");
});

/** A wrong current password, said at its field. @param {HTMLFormElement} form @param {any} error */
function wrongPassword(form, error) {
  if (error.code !== "INVALID_CREDENTIALS" && error.status !== 403) return null;
  find("[autocomplete=current-password]", form).select();
  return { words: error.code === "INVALID_CREDENTIALS" ? say.wrongPassword : error.message };
}

const addressForm = find("[data-change-address]");
work(addressForm, async (values) => {
  const user = await confirmed(() => api("/api/me", { method: "PATCH", body: values }));
  if (!user) return;
  showAddress(user);
  addressForm.reset();
  toast(say.addressAsked);
}, (error) => wrongPassword(addressForm, error));

const passwordForm = find("[data-change-password]");
work(passwordForm, async (values) => {
  await api("/api/auth/password/change", { method: "POST", body: values });
  passwordForm.reset();
  toast(say.passwordChanged);
  await loadSessions();
}, (error) => wrongPassword(passwordForm, error));

// Sessions.

const list = find("[data-sessions]");
const sessionProblem = find("[data-sessions-problem]");
const moreRow = find("[data-more-row]");
/** @type {string | null} */
let cursor = null;

/** A browser's long name for itself in two words, or its beginning. @param {string | null} agent */
function programOf(agent) {
  const browsers = [["Edg/", "Edge"], ["OPR/", "Opera"], ["Firefox/", "Firefox"], ["Chrome/", "Chrome"], [
    "Safari/",
    "Safari",
  ]];
  const systems = [["iPhone", "iPhone"], ["iPad", "iPad"], ["Android", "Android"], ["Windows", "Windows"], [
    "Mac OS X",
    "Mac",
  ], ["Linux", "Linux"]];
  const named = (/** @type {string[][]} */ names) => names.find(([mark]) => agent?.includes(mark))?.[1];
  const [browser, system] = [named(browsers), named(systems)];
  if (browser) return system ? say.on(browser, system) : browser;
  return agent || say.unknownProgram;
}

/** @param {any} session @returns {HTMLElement} */
function sessionLine(session) {
  const name = programOf(session.userAgent);
  const end = el("button", {
    class: "button second",
    type: "button",
    "aria-label": `${say.end}: ${isolated(name)}`,
  }, say.end);
  const line = el(
    "li",
    { "data-session-id": session.id },
    el(
      "div",
      {},
      el(
        "p",
        { class: "row" },
        el("b", { dir: "auto" }, name),
        session.isCurrent && el("span", { class: "tag lamp" }, say.thisOne),
      ),
      el(
        "p",
        { class: "hint" },
        say.lastUsed,
        " ",
        time(session.lastUsedAt),
        " · ",
        say.since,
        " ",
        time(session.createdAt, "day"),
        session.address && " · ",
        session.address && el("bdi", { class: "num" }, session.address),
      ),
    ),
    !session.isCurrent && end,
  );
  end.addEventListener("click", async () => {
    end.setAttribute("aria-disabled", "true");
    if (
      await tryTo(
        () => api(`/api/sessions/${encodeURIComponent(session.id)}`, { method: "DELETE" }),
        say.ended,
      )
    ) {
      line.remove();
      showOthers();
    } else end.removeAttribute("aria-disabled");
  });
  return line;
}

/**
 * Does what a press asked for, says how it went, and gives whether it did.
 * @param {() => Promise<unknown>} action @param {string} done
 */
async function tryTo(action, done) {
  sessionProblem.replaceChildren();
  try {
    await action();
    toast(done);
    return true;
  } catch (/** @type {any} */ error) {
    if (error.status === 401) await goToLogin();
    // What is gone already is what was wanted.
    if (error.status === 404) return true;
    sessionProblem.replaceChildren(errorBox(error));
    return false;
  }
}

const others = find("[data-end-others]");
function showOthers() {
  others.hidden = list.querySelectorAll("[data-session-id]").length < 2;
}
others.addEventListener("click", async () => {
  if (await tryTo(() => api("/api/sessions", { method: "DELETE" }), say.othersEnded)) await loadSessions();
});

/** @param {boolean} [further] */
async function loadSessions(further = false) {
  try {
    const { items, nextCursor } = await api(
      further && cursor ? `/api/sessions?cursor=${encodeURIComponent(cursor)}` : "/api/sessions",
    );
    const lines = items.map(sessionLine);
    if (further) list.append(...lines);
    else list.replaceChildren(...lines);
    cursor = nextCursor;
    moreRow.hidden = !cursor;
    showOthers();
  } catch (error) {
    if (!further) list.replaceChildren();
    sessionProblem.replaceChildren(errorBox(error, () => loadSessions(further)));
  }
  list.removeAttribute("aria-busy");
}
find("[data-more]").addEventListener("click", () => loadSessions(true));

const nameForm = find("[data-name-form]");
work(nameForm, async ({ name }) => {
  const user = await api("/api/me", { method: "PATCH", body: { name } });
  remember(user);
  showProfile(user);
  toast(user.name ? say.nameSaved : say.nameGone);
});

const language = find("[data-language]");
language.addEventListener("change", async () => {
  const problem = find("[data-notices-problem]");
  problem.replaceChildren();
  try {
    showProfile(await api("/api/me", { method: "PATCH", body: { language: language.value } }));
    toast(say.languageSaved);
  } catch (error) {
    language.value = language.dataset.kept ?? "en";
    problem.replaceChildren(errorBox(error));
  }
});

/** @param {import("./parts/session.js").User} user */
function showProfile(user) {
  find("[name=name]", nameForm).value = user.name ?? "";
  language.value = language.dataset.kept = user.language;
}

/** A switch for each kind of mail. @param {Record<string, boolean>} kinds */
function showNotices(kinds) {
  const problem = find("[data-notices-problem]");
  find("[data-notices]").replaceChildren(
    ...Object.entries(kinds).map(([kind, isOn]) => {
      const box = el("input", { type: "checkbox", name: kind, checked: isOn });
      box.addEventListener("change", async () => {
        problem.replaceChildren();
        try {
          await api("/api/me", { method: "PATCH", body: { notifications: { [kind]: box.checked } } });
        } catch (error) {
          box.checked = !box.checked;
          problem.replaceChildren(errorBox(error));
        }
      });
      return el(
        "label",
        { class: "switch" },
        box,
        say.notice[/** @type {keyof typeof say.notice} */ (kind)] ?? kind,
      );
    }),
  );
}

async function start() {
  const problem = find("[data-error]");
  try {
    const user = await requireUser();
    problem.replaceChildren();
    showAddress(user);
    showProfile(user);
    showNotices(user.notifications);
    showRemoval(user, start);
    find("[data-account]").removeAttribute("aria-busy");
    await Promise.all([loadSessions(), showSecondFactor(), showExport()]);
  } catch (error) {
    problem.replaceChildren(errorBox(error, start));
    for (const part of document.querySelectorAll("[aria-busy]")) part.removeAttribute("aria-busy");
  }
}
start();
