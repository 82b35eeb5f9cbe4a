// What every page has in common. bin/lib/join.pl makes one file of it and of all that it names; the
// other files of this folder, one for each page, take from it what they need.
export * from "./parts/kept.js";
export * from "./parts/element.js";
export * from "./parts/words.js";
export * from "./parts/money.js";
export * from "./parts/time.js";
export * from "./parts/toast.js";
export * from "./parts/notice.js";
export * from "./parts/fields.js";
export * from "./parts/api.js";
export * from "./parts/intent.js";
export * from "./parts/address.js";
export * from "./parts/draft.js";
export * from "./parts/session.js";
export * from "./parts/shortcuts.js";
export * from "./parts/poll.js";
import "./parts/sign-out.js";
import "./parts/theme.js";
import "./parts/focus.js";
import "./parts/announcements.js";
