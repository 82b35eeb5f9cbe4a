extension Language {
    package static let english = Language(code: "en", texts: englishTexts)
}

private let englishTexts: [Phrase.Name: String] = [
    .comma: ", ",
    .or: " or ",
    .dollars: "${whole}.{decimals}",
    .negativeDollars: "-${whole}.{decimals}",
    .seconds: "{count} second|{count} seconds",
    .minutes: "{count} minute|{count} minutes",
    .hours: "{count} hour|{count} hours",
    .day: "{day} {month} {year}",
    .months: """
    January February March April May June July August September October November December
    """,

    // Refusals of whole requests.
    .someFieldsWrong: "Some fields need another value.",
    .someFieldsWrongOfMany:
        "Some fields need another value; {count} more of them are not named here.",
    .bodyTooLarge: "Send at most {size} kB.",
    .mediaTypeUnsupported: "Send JSON, with the header Content-Type: application/json.",
    .bodyIncomplete: "The request ended early.",
    .signatureWrong: "The signature is not that of this message.",
    .signInNeeded: "Sign in to go on.",
    .credentialsWrong: "The address or the password is wrong.",
    .creditTooLow: "This costs {required}; you have {current}.",
    .debtOpen: "A refund left {shortfall} open. Buy credit to go on.",
    .proofNeeded: """
    Show first that it is you, by your password, and by a code if your account asks for one.
    """,
    .accountLeaving:
        "Your account is to be removed. Take that back on the account page first.",
    .foreignOrigin: "This request came from another site.",
    .callerMayNot: "Your part in this account does not allow that. Ask its owner.",
    .operatorMayNot: "Your part in the shop does not allow that. Ask an administrator.",
    .operatorNeedsCodes: """
    Whoever runs a part of the shop signs in with a code. Switch codes on on your account's page, \
    then come back.
    """,
    .accountNeeded: "You belong to no account. Ask the owner of one to let you in.",
    .personNeeded: "Only a person can do this.",
    .nothingHere: "There is nothing here.",
    .methodNotAllowed: "Use {methods}.",
    .videoJustChanged: "The video has just changed. Look again.",
    .keyUsed: "This Idempotency-Key was used for another request. Use a new one.",
    .callLimitReached: "You can start {limit} in {window}. Try again in {wait}.",
    .triedTooOften: "That was tried too often. Try again in {wait} seconds.",
    .accountHeld: """
    We are checking the balance of your account and take no orders of it until that is done. \
    What is ordered goes on, and nothing is lost; we know of it.
    """,
    .booksChecked: """
    We are checking our books and take no new orders for the moment. What is ordered goes on.
    """,
    .vendorUnavailable:
        "A service that we need did not answer. Nothing was charged. Try again shortly.",
    .orderKept: """
    The payment service is slow to answer. Your order is kept, and nothing was charged. \
    Try again shortly.
    """,
    .ordersPaused: """
    New videos are paused for the moment. What is ordered goes on, and nothing was charged.
    """,
    .purchasesPaused:
        "Purchases are paused for the moment. Your credit stays, and nothing was charged.",
    .signupsPaused: "New accounts are paused for the moment. Who has one can log in.",
    .wordsOfOperator: "{words}",
    .busy: "We are busy. Nothing was lost; try again shortly.",
    .earlierRequestsAtWork:
        "Your earlier requests are still at work. This one did nothing; try again shortly.",
    .paymentServiceSlow:
        "The payment service is slow to answer. Nothing was done; try again shortly.",
    .internalError: "Something broke on our side. Try again.",

    // What the state of a thing forbids.
    .addressTaken: "This address has an account already. Sign in instead.",
    .passwordJustChanged: "The password has just been changed. Sign in again.",
    .videoUnfinished: "This video is still being made.",
    .videoNotCancelable: "This video can no longer be canceled.",
    .videoEnded: "This video has ended.",
    .videoNotUncertain: "This video is not uncertain any more.",
    .taskOfAnother: "This task is another video's.",
    .endpointsFull: "You have {number} endpoints, as many as there may be. Delete one first.",
    .deliveryUnderWay: "It is being sent at this moment.",
    .differenceGone: "This difference is gone by itself.",
    .differenceClosed: "This difference is closed already.",
    .findingGone: "This finding is gone by itself.",
    .findingClosed: "This finding is closed already.",
    .purchaseNotPaid: "This purchase is not paid.",
    .purchaseRefundable: "Of this purchase {amount} can be refunded.",
    .refundAboveLimit: """
    You may send back {amount} within 24 hours, and {left} is left of it. Ask an administrator.
    """,
    .testMailNotSent: """
    No mail was sent: mail is off (MAIL_URL), no worker runs, or nobody has proved your own \
    address yet.
    """,
    .lastAdministrator: "There has to be one administrator: make another one first.",
    .ownRole: "Nobody changes their own part: ask another administrator.",
    .purchaseOfHeldAccount: """
    The books of this account are wrong: repair them, or close what was found, before money \
    goes back.
    """,
    .stripeRefuses: "Stripe refuses it: {problem}",
    .purchaseWithoutPage: "Stripe has made no page for this purchase.",
    .purchaseNotPaidAtStripe: "Stripe does not say that this purchase is paid.",
    .purchaseWithoutPayment: "Stripe knows no payment of this purchase.",
    .refundNotMade: "The refund was not made: {problem}",
    .refundNotSent: "The refund was not made: Stripe was not reached for a day.",
    .disputeOver: "The dispute is over: the bank takes no evidence any more.",
    .evidenceSent: "The evidence was submitted. A bank takes it once.",
    .evidenceSentElsewhere: "Evidence was submitted in Stripe's Dashboard. A bank takes it once.",
    .evidenceLate: "The time in which the bank takes evidence is over.",
    .givenCreditTakeable: "Of the credit that was given {amount} can be taken back.",
    .keyNeeded: "Above {amount} a command needs a key.",
    .ledgerSaysOtherwise:
        "The ledger itself says what cannot be ({rule}): take the wrong entry back first.",
    .adjustmentWithoutAmount: "An adjustment has an amount.",
    .effectMissing: "This account has no effect {effect} in the ledger.",
    .effectTakenBack: "{effect} was taken back already.",
    .debtSmaller: "This account owes {amount}.",
    .purchaseCredited: "This purchase is credited.",
    .purchaseCreditedNeedsRefund: "This purchase is credited: its money goes back by a refund.",

    // Fields of any body.
    .sendObject: "Send a JSON object.",
    .sendText: "Send text.",
    .sendBoolean: "Send true or false.",
    .sendWholeNumber: "Send a whole number.",
    .sendWholeNumberInRange: "Send a whole number from {least} to {most}.",
    .removeNUL: "Remove the NUL character.",
    .tooLong: "Use at most {most} characters.",
    .tooLongCounted: "Use at most {most} characters; this has {present}.",
    .tooShortCounted: "Use at least {least} characters that can be seen; this has {present}.",
    .fieldNeeded: "This field is needed.",
    .fieldUnknown: "This field does not exist. Leave it out.",
    .chooseOneOf: "Choose one of {names}.",
    .headerOnce: "Send this header once.",
    .keyMalformed: "Use at most 255 visible ASCII characters.",
    .keyMissing: "Name the command, so that it is done once.",
    .limitMalformed: "Send a whole number from 1 to 100.",
    .cursorMalformed: "Send the nextCursor of the page before.",
    .documentReceipt: "Receipt {number}",
    .documentCreditNote: "Credit note {number}",
    .documentDebitNote: "Debit note {number}",
    .documentDate: "Date: {date}",
    .documentSeller: "Seller",
    .documentTaxID: "Tax number: {id}",
    .documentBuyer: "Billed to",
    .documentCredit: "Credit for videos: {credits}",
    .documentBonus: "Bonus: {bonus}",
    .documentOrder: "Order: {order}",
    .documentWentBack: "Money that went back of the order {order}",
    .documentCameAgain: "Money of the order {order} that was to go back, and did not",
    .documentTotal: "Total: {amount}",
    .tableTooLong: """
    There are more than {most} movements. Choose a shorter time by from and to.
    """,
    .wordsOneLine: "Say it in one line that people can read.",
    .timeMalformed: "Send a time such as 2026-11-22T10:00:00Z.",
    .dollarsMalformed: "Send dollars, such as 4.50.",
    .centsMalformed: "Send dollars and whole cents, such as 4.50.",
    .reasonLength: "Say why, in 3 to 500 characters.",
    .reasonOneLine: "Say why in one line, without control characters.",
    .notJSON: "This is not JSON in UTF-8.",
    .tooDeep: "Nest arrays and objects at most {limit} deep.",
    .nameTooLong: "Use names of at most {limit} bytes.",
    .nameTwice: "Send each field once.",
    .numberInexact: "Send numbers of at most 38 digits.",

    // Addresses of the web.
    .addressTooLong: "Use an address of at most {most} characters.",
    .addressCharacters: "Use a web address without spaces or special characters.",
    .addressWithoutScheme: "Use an address that begins with https:// or http://.",
    .addressNotHTTPS: "Use an address that begins with https://.",
    .addressWithUser: "Leave user name and password out.",
    .addressMalformed: "This is not a web address.",
    .addressPort: "Use a port from 1 to 65535, or none.",
    .addressNotPublic: "Use an address that is reachable on the internet.",
    .addressNotOrigin: "Leave out what follows the host and its port.",
    .addressNotBase: "Leave out ? and # and what follows them.",

    // Accounts.
    .emailMalformed: "Enter an e-mail address such as name@example.org.",
    .emailNeeded: "Enter your address.",
    .passwordNeeded: "Enter your password.",
    .passwordToChoose: "Choose a password.",
    .passwordUnusable: "Use at most 1024 bytes, without control characters.",
    .passwordTooShort: "Use at least 8 characters; 15 or more are better.",
    .textInvisible: "Use characters that can be seen.",
    .passwordCommon: "This password is on every list of common ones. Choose another.",
    .passwordIsAddress: "Do not use your address, or a part of it, as password.",
    .presentPasswordNeeded: "Enter your present password.",
    .presentPasswordWrong: "This is not your present password.",
    .linkUsed: "This link was used or is too old. Ask for a new one.",
    .termsChanged: "The terms have just changed. Load this page again, and read them.",
    .notChangeableHere: "This cannot be changed here.",
    .noticesMalformed: "Send an object such as {example}.",
    .operatorStays: "An operator's account cannot be removed. Ask another operator.",
    .accountShared: "Others use this account too. They have to leave it first.",
    .creditToGiveUp: "{amount} of credit is left. Say that you give it up, or use it first.",
    .personLeft: "This account was removed.",
    .personRunsShop: "They run a part of the shop. Ask an administrator.",
    .codeNeeded: "Enter the code of your authenticator, or a recovery code.",
    .codeWrong: "This code is wrong, or was used. Enter the one that is shown now.",
    .ticketOver: "That took too long. Sign in again.",
    .secondFactorOn: "Signing in takes a code already. Switch that off first.",
    .secondFactorNotBegun: "There is nothing to switch on. Begin again.",
    .secondFactorOff: "Signing in takes no code. Switch that on first.",
    .chooseAmong: "Choose among {names}.",

    // Orders of videos, and their list.
    .tierNeeded: "Choose a tier.",
    .chooseTier: "Choose a tier: {tiers}, or auto.",
    .tierUnknown: "There is no tier of this name.",
    .tierUnknownChoose: "There is no tier of this name. Choose {tiers}, or auto.",
    .tierForAllMissing: "No tier can do all that is asked. Leave out {settings}.",
    .someSettings: "some settings",
    .durationToChoose: "Choose {durations} seconds, as a number.",
    .imageNeeded: "{tier} makes a video from an image. Add one.",
    .imageNotTaken: "{tier} takes no image.",
    .fieldNotTaken: "{tier} does not take this field. Leave it out.",
    .fieldNotTakenWithImage: "{tier} does not take this field with an image. Leave it out.",
    .fieldNotTakenWithoutImage: "{tier} does not take this field without an image. Leave it out.",
    .thisTier: "This tier",
    .cheapestTier: "{tier} is the cheapest tier that makes videos from {source}.",
    .cheapestTierTaking:
        "{tier} is the cheapest tier that makes videos from {source} and takes {settings}.",
    .fromText: "text",
    .fromImage: "an image",
    .statusToChoose: "Choose one of {names}, or active.",
    .searchTooLong: "Use at most 200 characters of text.",
    .searchTooManyWords: "Search for at most 8 words.",
    .nameOneLine: """
    Use one line, without control characters and without such as turn the direction of text.
    """,
    .titleOneLine: "Use one line, without control characters.",
    .idsMalformed: "Send a list of 1 to {most} ids of videos.",
    .archiveTooLarge: "These videos are more than {size} GB together. Choose fewer.",
    .archivesFull: "{number} files of yours are being made. Wait for one of them.",

    // Shared videos.
    .videoNotReady: "This video is not ready, so that there is nothing to show.",
    .sharedSkip: "Skip to content",
    .sharedTitle: "A shared video",
    .sharedSummary: "A video made with {name}",
    .sharedDownload: "Download",
    .sharedUntil: "This link ends on {date} (UTC).",
    .sharedFoot: "Footer",
    .sharedContact: "Contact",
    .sharedRules: "Terms",

    // Pictures.
    .sendPictureForm: """
    Send the picture as multipart/form-data in the field image, or JSON with its url.
    """,
    .pictureFormMalformed: "Send one field, image, with one file.",
    .pictureAddressNeeded: "Send the address of a picture.",
    .pictureUnknownKind: "This is no picture that we can read. Use JPG, PNG, WebP or HEIC.",
    .pictureBroken: "This picture is damaged, or not whole. Save it again and retry.",
    .pictureTooSmall: "This picture is too small. Each side needs at least {least} pixels.",
    .pictureTooLong:
        "This picture is too long and narrow. One side may be at most {most} times the other.",
    .pictureTooManyPoints: """
    This picture is too large to be read. Send at most {most} million pixels, \
    {side} on a side.
    """,
    .pictureGone: "This picture is not there any more. Choose another.",
    .pictureNotFetched: "No picture could be fetched from this address.",
    .pictureFetchTooLarge: "The file at this address is larger than {size} MB.",
    .uploadsFull: "You have as many pictures as we keep. Remove one first.",
    .uploadInUse: "A video is being made from this picture. Remove it afterwards.",

    // Webhook endpoints, purchases, operators.
    .endpointAddressNeeded: "Send the address that is to be called.",
    .eventsMalformed: "Send a list of one or more of {names}.",
    .signatureMisfit: "The signature does not fit the body.",
    .notAnEvent: "This is not an event.",
    .catalogChanged: "The catalog has changed since you looked. Load it again.",
    .nothingChanged: "That is how it is already.",
    .timePast: "Send a time to come.",
    .tierExists: "There is a tier of this id. Choose another.",
    .tierUntried: "Try this tier first: one video of it has to arrive before it is sold.",
    .tierOnSale: "This tier is on sale: order a video of it as everybody does.",
    .tierIDMalformed: "Send 2 to 32 small letters, digits and hyphens, a letter first.",
    .vendorPathMalformed: "Send brand and model as the vendor names them: kling-ai/kling-v1-6.",
    .featuresMalformed: "Send a list of at most 8 texts of 1 to 80 characters.",
    .costStepsMalformed: """
    Send a list of at most 10 steps, each with fromSeconds, a whole number that is larger than the \
    one before, and costPerSecond in dollars.
    """,
    .specificationUnusable: """
    We cannot sell this model: {problems}. Paste its OpenAPI document, or the JSON Schema of its \
    create call.
    """,
    .priceChanged: "The price has changed: this costs {price} now. Look at it, and order again.",
    .amountTooLarge: "Send at most {amount} at once.",
    .wordToChoose: "Choose one of {names}.",
    .idMalformed: "Send an id as it stands in a list.",
    .rangeMalformed:
        "Send two days, from and to, the second later by at most {most} days, or days alone.",
    .actionMalformed: "Send the name of an action, such as credit.grant.",
    .subjectMalformed: "Send an id or a name of at most 255 characters.",
    .taskMalformed: "Send the vendor's id: letters, digits, - and _.",
    .amountOrEffectNeeded: "Send an amount, or the effect to reverse.",

    // Why a video could not be made.
    .failedAtVendor: "The video service could not make this video. Nothing was charged.",
    .failedRefused: "The video service refused this prompt. Nothing was charged.",
    .failedInvalid: """
    These settings or this picture could not be used. Nothing was charged.
    """,
    .failedLate: "The video was not ready in time. Nothing was charged.",
    .failedVendorDown: "The video service could not be reached. Nothing was charged.",
    .failedCanceled: "Canceled. Nothing was charged.",

    // Lines of a user's list of credit.
    .lineVideo: "{tier} video, {seconds} s",
    .lineBought: "Bought {credits} of credit for {price}",
    .lineBonus: "Bonus of {amount}",
    .lineExpired: "Credit expired",
    .lineWelcome: "Welcome",
    .lineCorrected: "Correction",
    .linePurchaseCorrected: "Correction of a purchase",
    .lineClawedBack: "Taken back with the payment",
    .lineGivenBack: "Given back with the payment",
    .lineHeldBack: "Held back while the payment is disputed",
    .lineNoLongerHeldBack: "No longer held back",
    .lineDebtPaid: "Paid what a refund had left open",
    .lineDebtReturned: "Given back: a debt that you had paid",
    .lineReturnedVendor: "Returned: the video could not be made",
    .lineReturnedRefused: "Returned: the prompt was refused",
    .lineReturnedInvalid: "Returned: the settings were not accepted",
    .lineReturnedLate: "Returned: the video was not ready in time",
    .lineReturnedVendorDown: "Returned: the video service was not reachable",
    .lineReturnedCanceled: "Returned: canceled",

    // The status page.
    .statusWeb: "Pages",
    .statusDatabase: "Database",
    .statusVideoService: "Video service",
    .statusPayments: "Payments",
    .statusShop: "The whole shop",
    .statusOK: "Works",
    .statusFailing: "Does not work",
    .statusUnknown: "Not looked at yet",
    .statusSince: "since {time}",
    .statusTimes: "How long videos take now",
    .statusVideo: "{tier}, {length} s",
    .statusUsually: "half within {half}, nine in ten within {most}",
    .statusNoTimes: "Nothing was made in the last week, so there is nothing to measure.",
    .statusIncidents: "The last 90 days",
    .statusFromTo: "{from} to {to}",
    .statusLasts: "since {from}, not over yet",
    .statusNoIncidents: "Nothing failed for longer than a moment.",
    .statusNotKnown: "This cannot be read now.",
    .statusAsOf: "As of {time}.",
    .statusOrders: "New videos",
    .statusPurchases: "Purchases",
    .statusSignups: "New accounts",
    .statusPaused: "Paused since {time}. {words}",

    // The words above every page.
    .announcements: "Announcements",
    .announcedPause: "Paused:",
    .announcedWarning: "Please note:",
    .announcedNotice: "News:",
    .announcedEnd: "Expected to end at {time}.",
    .announcedClose: "Close",

    // The table of the tiers.
    .tableTitle: "The tiers, line by line",
    .tableTier: "Tier",
    .tableLength: "{length} s of video",
    .tableSecond: "A second",
    .tableFrom: "Made from",
    .tablePicture: "Your picture",
    .tableBoth: "Words or a picture",
    .tableSize: "Size",
    .tableModels: "As the model makes it",
    .tableShape: "Shape",
    .tableAsPicture: "That of the picture",
    .tableEnd: "End picture",
    .tableYes: "Yes",
    .tableNo: "No",
    .tableSound: "Sound",
    .tableSilent: "None",
    .tableTime: "Usual time",
    .tableUsual: "{half}, nine in ten within {most}",
    .tableUnmeasured: "Not measured this week",
    .packTitle: "The packs of credit",
    .packName: "Pack",
    .packPrice: "You pay",
    .packCredit: "Credit you get",
    .packBonus: "Bonus in it",
    .packDollar: "A dollar of credit costs",

    // Mails.
    .mailGreeting: "Hello {name},\n\n",
    .mailFrame: """
    {greeting}{text}

    --
    {shop}
    {footer}
    Questions: {shop}/contact
    """,
    .mailFooterChoice: "You choose which mails you get: {shop}/account",
    .mailFooterAccount:
        "This mail is about your account itself; your choice of mails does not concern it.",
    .mailFooterOperator: "You get this because the shop's settings name you.",
    .mailVideoReadySubject: "Your video is ready",
    .mailVideoReady: """
    Your video is ready:

        {prompt}

    Watch it, download it, it is yours:
    {shop}/videos/{video}
    """,
    .mailVideoFailedSubject: "Your video could not be made",
    .mailVideoFailed: """
    We are sorry, this video could not be made:

        {prompt}

    {problem} {price} went back to your balance.
    {advice}
    {shop}/videos/{video}
    """,
    .mailVideosReadySubject: "Ready: {ready} of {count} videos",
    .mailVideosReady: """
    {ready} of {count} that you ordered together can be watched:

        {prompt}

    Download them, they are yours:
    {links}{failures}
    """,
    .mailVideosOthers: """


    Could not be made: {failed}. {price} went back to your balance.
    """,
    .mailVideosFailedSubject: "Your videos could not be made",
    .mailVideosFailed: """
    We are sorry, none of these {count} videos could be made:

        {prompt}

    {problem} {price} went back to your balance.
    {shop}/videos?status=failed
    """,
    .mailOtherWords: "Other words or settings may help.",
    .mailOrderAgain: "You can order it again as it was.",
    .mailReceiptSubject: "Your receipt: {total} of credit",
    .mailReceipt: """
    Thank you. You have bought {credits} of credit{bonus}.{lasting}

        Paid        {price}
        Credit      {total}
        Date        {date}
        Order       {order}

    Your balance and all that you bought:
    {shop}/credits
    """,
    .mailReceiptBonus: ", with a bonus of {amount}",
    .mailReceiptLasting: " It lasts {days} days.",
    .mailLapsingSubject: "{amount} of your credit lapses on {date}",
    .mailLapsing: """
    {amount} of your credit lapses on {date} (UTC). Videos that you order before
    then use it first.

    Make a video:
    {shop}/create
    """,
    .mailLowBalanceSubject: "Your balance is low",
    .mailLowBalance: """
    You have {amount} of credit left.

    Add credit:
    {shop}/credits
    """,
    .mailVerifySubject: "Please confirm your address",
    .mailVerify: """
    Somebody, you we hope, has made an account with this address. To confirm that the
    address is yours, follow this link within 24 hours. It works once:
    {shop}/verify#{token}

    If it was not you, do nothing: without the link the account stays unconfirmed.
    """,
    .mailChangeSubject: "Please confirm your new address",
    .mailChange: """
    An account is to be moved to this address. To confirm that the address is yours,
    follow this link within 24 hours. It works once:
    {shop}/verify#{token}

    If you did not ask for this, do nothing: then nothing changes.
    """,
    .mailResetSubject: "Set a new password",
    .mailReset: """
    Somebody, you we hope, has asked for a new password. To set one, follow this link
    within 30 minutes. It works once, and ends every session of your account:
    {shop}/reset#{token}

    If it was not you, do nothing: your password stays as it is.
    """,
    .mailPasswordChangedSubject: "Your password was changed",
    .mailPasswordChanged: """
    The password of your account has just been changed, and its other sessions have ended.

    If it was not you, set a new password now:
    {shop}/reset
    """,
    .mailAddressChangingSubject: "Your account is to get another address",
    .mailAddressChanging: """
    Somebody who knows your password has asked that your account moves to

        {address}

    It moves when the link that we sent there is followed. If it was not you, set a new
    password now; that ends the move, and every session of your account:
    {shop}/reset
    """,
    .mailAddressChangedSubject: "Your account has another address",
    .mailAddressChanged: """
    Your account has moved to

        {address}

    Our mails go there from now on, and you sign in with it. If it was not you, answer this
    mail at once.
    """,
    .mailAddressInUseSubject: "You have an account already",
    .mailAddressInUse: """
    Somebody, perhaps you, has tried to make an account with your address, or to move one
    to it. Yours is safe, and nothing has changed. You sign in here:
    {shop}/login

    If you do not know your password any more, set a new one:
    {shop}/reset
    """,
    .mailSecondFactorOnSubject: "Signing in takes a code now",
    .mailSecondFactorOn: """
    Signing in to your account takes a code of your authenticator from now on, and its other
    sessions have ended.

    If it was not you, answer this mail at once.
    """,
    .mailSecondFactorOffSubject: "Signing in takes no code any more",
    .mailSecondFactorOff: """
    Signing in to your account takes the password alone again: the codes were switched off.

    If it was not you, set a new password now, and switch them on again:
    {shop}/reset
    """,
    .mailRecoveryCodeUsedSubject: "A recovery code was used",
    .mailRecoveryCodeUsed: """
    Somebody who knows your password has used a recovery code of your account. So many are left:
    {count}

    If it was not you, set a new password now, and make new codes in your account:
    {shop}/reset
    """,
    .mailExportReadySubject: "Your data is ready",
    .mailExportReady: """
    The file with all your data is made. You find it in your account for {days} days, once you
    have logged in:
    {shop}/account#export

    If you did not order it, set a new password now:
    {shop}/reset
    """,
    .mailAccountLeavingSubject: "Your account is removed on {date}",
    .mailAccountLeaving: """
    As you asked, your account is removed on {date}, with your videos, pictures, keys and what
    credit is left. What you paid stays in our books, which have to keep your receipts with the
    name and mail address on them.

    Until then you can take it back: log in, and press "Keep my account".
    {shop}/account

    If it was not you, do that now, and set a new password.
    """,
    .mailSignInsRefusedSubject: "Wrong passwords were tried on your account",
    .mailSignInsRefused: """
    Somebody has tried wrong passwords to sign in to your account, several times. We let
    them try less and less often; where you have signed in before, you still can.

    If it was you, set a new password. If it was not, yours is safe as long as you use it
    nowhere else:
    {shop}/reset
    """,
    .mailTestSubject: "The mail of your shop arrives",
    .mailTest: "You sent this from the console of {shop} to see whether it arrives. It does.",
    .mailWebhookFailingSubject: "Your webhook endpoint does not answer",
    .mailWebhookFailing: """
    We have called your endpoint five times and got no answer, or not a good one:

        {url}

    What we have to tell it waits, and we try again at least every hour. After five days
    without an answer it is switched off.

    What we sent and what came back is in the log of its deliveries:
    {shop}/account
    """,
    .mailWebhookOffSubject: "Your webhook endpoint was switched off",
    .mailWebhookOff: """
    Your endpoint has not answered for five days, so we call it no more:

        {url}

    When it works again, send it a test: an answer to that switches it on.
    {shop}/account
    """,
    .webhookTestSubject: "The webhook of your shop is taken",
    .webhookTest:
        "Somebody sent this from the console of {shop} to see whether it arrives. It does.",
    .mailAttentionSubject: "One thing needs a person|{count} things need a person",
    .mailAttention: """
    {items}{rest}

    The whole list: {shop}/admin/attention
    You are told of what is new, at most once an hour.
    """,
    .mailAttentionItem: """
    - {kind} {subject}{amount}, since {date}
      {detail}
    """,
    .mailAttentionAmount: ", {amount}",
    .mailAttentionRest: "\n\nand {number} more.",
    .mailDigestPair: "{day} ({week})",
    .mailDigestSubject: "{date}: {paid} paid, {margin} margin",
    .mailDigest: """
    {date} (UTC), and in brackets the seven days that end with it:

    Paid              {paid}
    Credit sold       {sold}
    Credit spent      {spent}
    Vendor's cost     {cost}
    Margin            {margin}
    Sent back, lost   {refunded}
    New customers     {customers}
    Videos            {videos}
    of them failed    {failures}

    Need a person now: {waiting}
    {shop}/admin
    """,
]
