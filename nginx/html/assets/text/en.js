// Every sentence that a script shows. What stands in a page from the start is written in the page.

/** @param {number} position 1 is the next to start. */
const place = (position) => {
  const words = [
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
  ];
  if (position >= 1 && position <= words.length) return words[position - 1];
  const tail = position % 100 >= 11 && position % 100 <= 13
    ? "th"
    : ["th", "st", "nd", "rd"][position % 10] ?? "th";
  return `${position}${tail}`;
};

export const text = {
  state: {
    /** @param {number | undefined} position */
    queued: (position) => (position ? `Queued, ${place(position)} in line` : "Queued"),
    /** @param {number} seconds */
    startsIn: (seconds) => `Starts in ${seconds} s`,
    submitting: "Starting",
    rendering: "Rendering",
    /** @param {string} from @param {string} to */
    usually: (from, to) => `Usually ${from} to ${to}`,
    longer: "Taking longer than usual. Nothing is lost.",
    saving: "Saving your video",
    /** @param {string} money */
    checking: (money) => `We lost contact and are checking. Your ${money} stays reserved, not spent.`,
    ready: "Ready",
    /** @param {string} money */
    failed: (money) => `Failed. ${money} returned`,
    refused: "The video service refused this prompt. Not charged.",
    /** @param {string} money */
    canceled: (money) => `Cancelled. ${money} returned`,
    canClose: "You can close this page.",
    noRetryYet: "Please do not make it again until we know. This settles by itself.",
  },
  reason: {
    vendor_failed: "The video service could not finish this video. Trying again often works.",
    refused: "Its rules did not allow this prompt or picture. Change the words and try again.",
    invalid: "The video service could not use these settings or this picture. Change them and try again.",
    timeout: "The video service took too long, so we stopped waiting.",
    vendor_down: "The video service could not be reached in time.",
    canceled: "You cancelled it before it started.",
  },
  /** @param {string} prompt */
  isReady: (prompt) => `“${prompt}” is ready.`,
  /** @param {string} prompt @param {string} words */
  hasEnded: (prompt, words) => `“${prompt}”: ${words}`,
  noPrompt: "Made from a picture, without a prompt",
  /** @param {number} count */
  readyInTitle: (count) => `(${count}) ready`,

  cancel: "Cancel, free",
  cancelled: "Cancelled. The credit is back.",
  undo: "Undo",
  undone: "Taken back before anything was sent. It cost nothing.",
  tooLateToCancel: "It has already started, so it can no longer be cancelled.",
  copyPrompt: "Copy prompt",
  copied: "Copied.",
  copyFailed: "Your browser did not allow copying. Select the text instead.",
  download: "Download",
  useSettings: "Use these settings",
  tryAgain: "Try again",
  editPrompt: "Change the prompt",
  open: "Open",
  retry: "Retry",
  requestID: "Request id",
  copyRequestID: "Copy",
  copyID: "Copy the video id",
  seconds: (/** @type {number} */ count) => `${count} s`,

  error: {
    title: "This did not load",
    offline: "You are offline. This page goes on by itself when you are back.",
    noAnswer: "The server does not answer. Nothing is lost; we keep asking.",
    stillBusy: "The server is busy. Nothing is lost; we keep asking.",
    network: "We could not reach the server. Check your connection, then retry.",
    server: "Something broke on our side.",
    tooMany: "That was a lot at once.",
    /** @param {number} seconds */
    wait: (seconds) =>
      `Please wait ${
        seconds < 90 ? count(seconds, "second") : count(Math.ceil(seconds / 60), "minute")
      } and try again.`,
    form: "Some fields need a change:",
  },

  signOut: {
    title: "You are still signed in",
    noAnswer: "The server did not answer. Check your connection.",
    words: "On a computer that others use too, do not leave before this has worked.",
    again: "Sign out again",
    stay: "Stay signed in",
  },

  password: { show: "Show password", hide: "Hide password" },
  picture: {
    kind: "This is no picture that we can read. Use JPG, PNG, WebP or HEIC.",
    bytes: "This picture is larger than 10 MB.",
    damaged: "This picture is damaged. Save it again and retry.",
    large: "This picture has too many pixels. Use at most 50 million, 12,000 on a side.",
    /** @param {number} least */
    small: (least) => `This picture is too small. Each side needs at least ${least} pixels.`,
    /** @param {number} most */
    narrow: (most) => `This picture is too long and narrow. One side may be at most ${most} times the other.`,
    sending: "Sending the picture…",
    fetching: "Fetching the picture…",
    /** @param {number} width @param {number} height */
    ready: (width, height) => `Ready: ${width} × ${height}`,
    /** @param {number} width @param {number} height */
    earlier: (width, height) => `Use the picture of ${width} × ${height} again`,
    none: "You have sent no picture yet.",
  },
  need: {
    email: "Write your e-mail address, for example name@example.com.",
    password: "Write a password of at least 8 characters.",
    code: "Enter the code.",
    passwordLogin: "Write your password.",
    passwordLong: "That is too long. Use at most 1,024 bytes.",
    imageURL: "Write a full address that begins with https://.",
    image: (/** @type {string} */ tier) => `${tier} animates a picture, so it needs one.`,
    prompt: "Describe the video first.",
    /** @param {number} least */
    promptShort: (least) => `Write at least ${least} characters.`,
    /** @param {number} most */
    tooLong: (most) => `Use at most ${most.toLocaleString("en-US")} characters.`,
    /** @param {number} from @param {number} to */
    range: (from, to) =>
      `Write a whole number from ${from.toLocaleString("en-US")} to ${to.toLocaleString("en-US")}.`,
  },
  taken: "An account with this address exists already.",
  logIn: "Log in",
  logInInstead: "Log in instead",
  checkMail: {
    title: "Check your mail",
    /** @param {string} email */
    signUp: (email) =>
      `We have written to ${email}. Follow the link in that mail within 24 hours, then log in.`,
    /** @param {string} email */
    reset: (email) =>
      `If ${email} has an account here, a mail with a link is on its way. The link works once.`,
    spam: "Nothing after some minutes? Look among the unwanted mail, or check the address for a slip.",
  },
  reset: {
    newTitle: "Set a new password",
    done: "Your password is changed",
    doneWords: "Whoever was signed in to your account is signed out. Log in with the new password.",
    over: "This link does not work any more: it was used, is too old, or is not complete.",
    another: "Ask for another link",
  },
  verify: {
    done: "Your address is confirmed",
    doneWords: "Thank you. Mails about your videos and receipts come to it from now on.",
    already: "Your address is confirmed already",
    over: "This link does not work any more",
    overWords:
      "It was used, is too old, or is not complete. You can have another one sent from your account.",
    none: "Open the link in your mail",
    noneWords: "This page confirms an address by the link that we sent to it. " +
      "You can have it sent again from your account.",
    toAccount: "Go to your account",
  },
  code: { title: "Enter your code" },
  confirm: {
    title: "Show that it is you",
    words: "This can hurt you in other hands, so we ask again. Good for ten minutes.",
    password: "Your password",
    code: "Code",
    codeHint: "The six digits that your authenticator shows now, or one of your recovery codes.",
    go: "Go on",
    cancel: "Cancel",
  },
  factor: {
    offWords: "Off. With an authenticator app, whoever knows your password needs your phone too.",
    setUp: "Set it up",
    setUpTitle: "Set up your authenticator",
    scan: "Scan this with the authenticator app of your phone:",
    picture: "QR code with the secret that is written below",
    open: "Open an authenticator on this device",
    orType: "Or type this secret there:",
    copy: "Copy",
    codeHint: "The six digits that it shows then.",
    turnOn: "Switch it on",
    cancel: "Cancel",
    on: "Logging in takes a code from now on.",
    off: "Logging in takes no code any more.",
    isOn: "On since",
    codesLeft: (/** @type {number} */ left) => `${count(left, "recovery code")} left.`,
    codesFew: "Make new ones before they are used up: without them a lost phone locks you out.",
    codesTitle: "Your recovery codes",
    codesWords:
      "Each stands for one code when your phone is lost. Keep them where you keep important papers: " +
      "they are shown only now.",
    copyAll: "Copy all",
    kept: "I have kept them",
    renew: "Make new recovery codes",
    renewed: "The codes of before are over.",
    turnOff: "Switch it off",
  },
  export: {
    words: "One file (ZIP) with all that we have of you: your account, videos with their settings, credit, " +
      "payments and settings as text (JSON), and the videos themselves.",
    order: "Make the file",
    making: "The file is being made",
    mailed: "You can close this page. We write to you when it is there.",
    failed: "The file could not be made. We know of it; try again later.",
    ready: "Your file is there until",
    download: (/** @type {string} */ size) => `Download (${size})`,
    again: "Make a new one",
  },
  removal: {
    words:
      "Your videos, pictures, webhooks and what we know of you are removed, 14 days later: until then you " +
      "can take it back. What you paid stays in our books, which have to keep your receipts with the name " +
      "and mail address on them.",
    giveUp: (/** @type {string} */ credit) => `I give up the ${credit} of credit that is left`,
    tick: (/** @type {string} */ credit) =>
      `${credit} of credit is left. Tick that you give it up, or use it first.`,
    remove: "Remove my account",
    removedOn: "Your account is removed on",
    until: "Until then you can look and download. Nothing can be ordered or bought.",
    keep: "Keep my account",
    kept: "Your account stays.",
  },
  account: {
    verified: "Confirmed",
    unverified: "Not confirmed yet. Follow the link in our mail.",
    /** @param {string} wanted @param {string} present */
    pending: (wanted, present) =>
      `We have written to ${wanted}. Follow the link there to change; until then ${present} stays.`,
    sent: "The mail is on its way.",
    wrongPassword: "The password is wrong.",
    addressAsked: "We have written to the new address.",
    passwordChanged: "Your password is changed.",
    nameSaved: "Your name is saved.",
    nameGone: "Your name is taken away.",
    languageSaved: "Our mails are written in this language now.",
    /** @param {string} browser @param {string} system */
    on: (browser, system) => `${browser} on ${system}`,
    unknownProgram: "A program without a name",
    thisOne: "This browser",
    lastUsed: "Last used",
    since: "signed in",
    end: "End",
    ended: "Ended.",
    othersEnded: "All others are ended.",
    notice: {
      videoReady: "A video is ready",
      videoFailed: "A video failed",
      receipt: "Receipts",
      creditLapsing: "Credit is about to end",
      lowBalance: "Less than $5.00 is left",
    },
  },

  create: {
    /** @param {string} price @param {number} count */
    button: (price, count) => (count > 1 ? `Create ${count} for ${price}` : `Create for ${price}`),
    /** @param {string} price @param {number} count */
    signUp: (price, count) => `Sign up to create ${count > 1 ? `${count} ` : ""}for ${price}`,
    signUpFirst: "What you wrote is kept. Nothing is paid before you add credit yourself.",
    otherPrompt: "You have written something else since.",
    auto: "Cheapest that fits",
    autoWords: "We choose the cheapest tier that takes your picture and settings.",
    quoting: "Working out the price…",
    noPrice: "No price yet",
    /** @param {string} tier */
    chosen: (tier) => `${tier}.`,
    sending: "Sending…",
    accepted: "In the queue",
    /** @param {string} short */
    addCredit: (short) => `Add credit (${short} short)`,
    /** @param {string} balance */
    after: (balance) => `Balance after: ${balance}`,
    /** @param {string} balance */
    have: (balance) => `Your balance: ${balance}. The draft is kept.`,
    perSecond: (/** @type {string} */ price) => `${price} a second`,
    popular: "Most popular",
    needsImage: "Needs a picture",
    /** @param {string} tier @param {string[]} names */
    doesNotTake: (tier, names) => `${tier} does not take ${list(names, "or")}.`,
    /** @param {string[]} names */
    withImage: (names) => `With a start picture it also takes ${list(names, "and")}.`,
    /** @param {string[]} names */
    withoutImage: (names) => `Without a start picture it also takes ${list(names, "and")}.`,
    automatic: "Let the model choose",
    unknown: "The answer did not arrive, so we do not know whether it was accepted. " +
      "Press the button again: it cannot be charged twice.",
    stay: "Stay on this page until then: your browser keeps nothing for us.",
    tryAgain: "Press the button to try again: it cannot be charged twice.",
    /** @param {number} count */
    queued: (
      count,
    ) => (count > 1
      ? `${count} videos in the queue. You can close this page.`
      : "In the queue. You can close this page."),
    see: "See it",
    /** @param {number} left @param {number} limit @param {number} seconds */
    fewLeft: (left, limit, seconds) => `${left} of ${limit} orders left in ${span(seconds)}.`,
    /** @param {number} limit @param {number} seconds @param {string} at */
    noneLeft: (limit, seconds, at) =>
      `You have used ${limit === 1 ? "the one order" : `all ${limit} orders`} of ${span(seconds)}. ` +
      `The next is free at ${at}; your draft is kept.`,
    nextAt: (/** @type {string} */ at) => `Next order at ${at}`,
    /** @param {string} name @param {string} total @param {string} price */
    covers: (name, total, price) =>
      `The ${name} pack covers it: ${total} of credit for ${price}. ` +
      "After the payment, one press makes this video; everything is kept.",
    /** @param {string} name @param {string} price */
    buyAndReturn: (name, price) => `Buy ${name} for ${price}`,
    nothing: "Nothing on the way. What you create appears here at once.",
    filled: "Settings filled in.",
    bringBack: "Bring back my draft",
    optional: "(optional)",
  },
  field: {
    negativePrompt: "negative prompt",
    image: "start picture",
    imageTail: "end picture",
    aspectRatio: "shape",
    resolution: "resolution",
    mode: "mode",
    strength: "prompt strength",
    seed: "seed",
  },
  mode: { std: "Standard", pro: "Pro (finer)", basic: "Basic" },
  shape: {
    "16:9": "16:9 wide",
    "9:16": "9:16 upright",
    "1:1": "1:1 square",
    "4:3": "4:3",
    "3:4": "3:4 upright",
    "21:9": "21:9 cinema",
  },

  videos: {
    /** @param {number} count @param {boolean} more */
    count: (count, more) => (more ? `The newest ${count}` : count === 1 ? "1 video" : `${count} videos`),
    emptyTitle: "No videos yet",
    emptyWords: "Your videos will be kept here. The first one takes a sentence and about two minutes.",
    emptyAction: "Create your first video",
    noneTitle: "Nothing matches",
    noneWords: "No video fits this search and these filters.",
    noneAction: "Clear search and filters",
    more: "Load more",
    loading: "Loading…",
  },
  favorite: {
    title: "Favourite",
    /** @param {string} name */
    mark: (name) => `Favourite: ${name}`,
  },
  selection: {
    /** @param {number} count */
    count: (count) => `${count} selected`,
    /** @param {string} name */
    choose: (name) => `Select ${name}`,
    clear: "Select none",
    packing: "Packing your videos…",
    failed: "The file could not be made. Try again in a moment.",
    noneReady: "None of these is ready yet.",
  },
  deletion: {
    delete: "Delete",
    /** @param {number} count */
    done: (count) => (count === 1 ? "Video deleted." : `${count} videos deleted.`),
    undone: "Back again.",
    tooLate: "It was too late to bring back everything.",
    /** @param {number} count */
    open: (count) =>
      count === 1
        ? "One is still being made, and stays. Cancel it first."
        : `${count} are still being made, and stay. Cancel them first.`,
  },
  naming: {
    rename: "Give it a title",
    label: "Title",
    save: "Save",
    leave: "Leave it",
  },
  share: {
    open: "Share",
    title: "Share this video",
    words: "Whoever has the link can watch this video, without an account. Nothing else of yours is shown.",
    address: "Link",
    copy: "Copy link",
    ends: "The link ends",
    newEnd: "Lasts from now",
    days: { 1: "A day", 7: "7 days", 30: "30 days", 365: "A year" },
    showPrompt: "Show title and prompt",
    allowDownload: "Let people download the file",
    make: "Make a link",
    save: "Save",
    renew: "New link",
    end: "End the link",
    made: "The link is there.",
    saved: "Saved. The link is the same.",
    renewed: "The link before leads nowhere now.",
    ended: "The link leads nowhere now.",
    hidden: "The link works, but can no longer be shown. A new one takes its place.",
  },
  video: {
    title: "Video",
    missingTitle: "There is no such video",
    missingWords: "It may belong to another account, or the address is incomplete.",
    all: "All videos",
    tier: "Tier",
    price: "Price",
    returned: "returned",
    length: "Length",
    asked: "Asked for",
    finished: "Finished",
    prompt: "Prompt",
    stage: { queued: "Waited", rendering: "Rendering", saving: "Saving" },
    others: "The same shot on another tier",
    on: (/** @type {string} */ tier) => `On ${tier}`,
    more: (/** @type {string} */ money) => `${money} more`,
    less: (/** @type {string} */ money) => `${money} less`,
    same: "the same price",
    id: "Video id",
    kept: "reserved",
    wasRefunded: "The full price is back in your balance.",
  },
  credits: {
    /** @param {string} price */
    buy: (price) => `Buy for ${price}`,
    opening: "Opening the payment page…",
    bonus: (/** @type {string} */ bonus) => `Includes ${bonus} bonus`,
    newTerms: "The terms or the privacy notice have changed since you agreed to them.",
    noBonus: "Without a bonus",
    per: (/** @type {string} */ price) => `${price} per dollar`,
    popular: "Most popular",
    covers: "Covers it",
    chosen: "Your choice",
    canceled: "The payment was not completed, and nothing was charged. The pack you chose is marked below.",
    need: (/** @type {string} */ short) =>
      `You are ${short} short for the video in your draft. The draft is kept.`,
    emptyTitle: "No movements yet",
    emptyWords: "Every purchase, charge and return will be listed here with the balance after it.",
    noneTitle: "Nothing matches",
    noneWords: "No movement is of this kind and time.",
    until: "until",
    begun: "Begun ",
    goOn: "Go on paying",
    stands: "How it stands",
    noLots: "No credit yet. Credit you buy is listed here with the day it ends.",
    never: "Does not end",
    video: "See the video",
    purchase: "See the payment",
    kind: {
      credit_purchase: "Credit bought",
      bonus: "Bonus",
      charge: "Video",
      refund: "Returned",
      expiry: "Expired",
      clawback: "Taken back",
      reinstatement: "Given back",
      grant: "Gift",
      adjustment: "Correction",
    },
    source: { purchase: "Bought", bonus: "Bonus", grant: "Gift" },
  },
  purchase: {
    checking: "Checking your payment",
    checkingWords: "We are asking the payment service. This takes a few seconds.",
    paid: (/** @type {string} */ total) => `Paid. ${total} added`,
    paidBonus: (/** @type {string} */ credit, /** @type {string} */ bonus) =>
      `${credit} of credit and ${bonus} bonus.`,
    paidPlain: (/** @type {string} */ credit) => `${credit} of credit.`,
    balance: "New balance",
    processing: "Your payment is still processing",
    processingWords: "Some ways to pay take a while. You can close this page; " +
      "the credit appears by itself as soon as the payment is confirmed.",
    toPayment: "Go to the payment page",
    notCompleted: "The payment was not completed",
    failedWords: "The payment did not go through, and nothing was charged.",
    expiredWords: "The payment page was closed or timed out. Nothing was charged.",
    refunded: "This purchase was refunded",
    refundedWords: "The money went back to your card, and the credit was taken back.",
    disputed: "This payment is disputed",
    disputedWords: "Its credit is set aside until the bank decides.",
    again: "Choose a pack again",
    toDraft: "Back to your draft",
    toCreate: "Create a video",
    wanted: "The video that you wanted is one press away, with everything as you left it.",
    ledger: "See all movements",
    missing: "There is no such purchase",
    missingWords: "It may belong to another account, or the address is incomplete.",
  },
  documents: {
    title: "Receipt",
    kind: { receipt: "Receipt", credit_note: "Credit note", debit_note: "Debit note" },
    /** @param {string} amount @param {string} number */
    wentBack: (amount, number) => `${amount} went back to your card: credit note ${number}.`,
    /** @param {string} amount @param {string} number */
    cameAgain: (amount, number) =>
      `A refund of ${amount} did not reach your card, and its credit is yours again: debit note ${number}.`,
    dispute: {
      inquiry: (/** @type {string} */ amount) => `Your bank has asked about ${amount}. Nothing changes yet.`,
      open: (/** @type {string} */ amount) =>
        `${amount} is disputed at your bank. Its credit is set aside until the bank decides.`,
      closed: (/** @type {string} */ amount) => `A dispute of ${amount} has ended; its credit is yours.`,
      lost: (/** @type {string} */ amount) => `Your bank took ${amount} back, and its credit went with it.`,
    },
    date: "Date",
    seller: "Seller",
    buyer: "Billed to",
    credit: "Credit for videos",
    bonus: "Bonus",
    total: "Total",
    tax: "Tax",
    taxID: (/** @type {string} */ id) => `Tax number ${id}`,
    pdf: "PDF",
    print: "Print the receipt",
  },
  keys: {
    title: "Keyboard shortcuts",
    close: "Close",
    /** @type {[string, string][]} */
    list: [
      ["c", "Create a video"],
      ["g v", "Go to your videos"],
      ["/", "Search your videos"],
      ["Space", "Select the video with the focus"],
      ["Ctrl Enter", "Order the video"],
      ["?", "Show this list"],
    ],
    on: "Use the single keys",
  },
  calculator: {
    /** @param {string} price @param {number} seconds @param {number} count */
    each: (price, seconds, count) =>
      `${count === 1 ? "One video" : `${count} videos`} of ${seconds} s at ${price}`,
    /** @param {string} name @param {string} price @param {string} total */
    pack: (name, price, total) => `The ${name} pack covers it: ${total} of credit for ${price}.`,
    /** @param {number} count @param {string} name @param {string} price @param {string} total */
    packs: (count, name, price, total) => `${count} ${name} packs cover it: ${total} of credit for ${price}.`,
  },
  /** @param {string} heading */
  anchor: (heading) => `Link to “${heading.trim()}”`,
  reference: {
    open: "Open to anybody.",
    signedIn: "Needs a token.",
    needed: "needed",
    fields: "What it takes",
    answers: "What it answers",
    field: "Field",
    type: "Type",
    meaning: "Meaning",
    status: "Status",
    copy: "Copy",
    /** @param {string} status */
    answer: (status) => `Fields of the answer ${status}`,
    /** @param {string} summary */
    exampleOf: (summary) => `Example: ${summary}`,
    /** @param {string} type */
    listOf: (type) => `list of ${type}`,
    place: { path: "in the path", query: "in the query", header: "a header", cookie: "a cookie" },
    language: { curl: "curl", javascript: "JavaScript", python: "Python", swift: "Swift" },
  },
  packName: { starter: "Starter", standard: "Standard", pro: "Pro", enterprise: "Enterprise" },
};

/** One "second", two "seconds". @param {number} number @param {string} unit */
function count(number, unit) {
  return `${number} ${unit}${number === 1 ? "" : "s"}`;
}

/** A window of a limit. @param {number} seconds */
function span(seconds) {
  if (seconds === 900) return "this quarter of an hour";
  if (seconds === 3600) return "this hour";
  if (seconds === 86_400) return "24 hours";
  return seconds % 60 ? count(seconds, "second") : count(seconds / 60, "minute");
}

/** @param {string[]} names @param {string} last */
function list(names, last) {
  return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} ${last} ${names.at(-1)}`;
}
