extension Phrase {
    /// Every text that the program may ask for.
    package enum Name: String, CaseIterable, Sendable {
        // How values are written.
        case comma, or, dollars, negativeDollars, seconds, minutes, hours, day, months

        // Refusals of whole requests.
        case someFieldsWrong, someFieldsWrongOfMany, bodyTooLarge, mediaTypeUnsupported
        case bodyIncomplete, signatureWrong, signInNeeded, credentialsWrong, creditTooLow
        case debtOpen, accountLeaving, proofNeeded
        case foreignOrigin, callerMayNot, operatorMayNot, operatorNeedsCodes, accountNeeded,
            personNeeded
        case nothingHere, methodNotAllowed
        case videoJustChanged, keyUsed
        case callLimitReached, triedTooOften, accountHeld, booksChecked, vendorUnavailable
        case ordersPaused, purchasesPaused, signupsPaused, wordsOfOperator
        case orderKept, busy, earlierRequestsAtWork, paymentServiceSlow, internalError

        // What the state of a thing forbids.
        case addressTaken, passwordJustChanged, videoUnfinished, videoNotCancelable, videoEnded
        case videoNotUncertain, taskOfAnother, endpointsFull, deliveryUnderWay
        case differenceGone, differenceClosed, findingGone, findingClosed
        case purchaseNotPaid, purchaseRefundable, purchaseOfHeldAccount, stripeRefuses
        case givenCreditTakeable
        case purchaseWithoutPage, purchaseNotPaidAtStripe, purchaseWithoutPayment, refundNotMade
        case refundNotSent, refundAboveLimit, lastAdministrator, ownRole, testMailNotSent
        case disputeOver, evidenceSent, evidenceSentElsewhere, evidenceLate
        case keyNeeded, ledgerSaysOtherwise, adjustmentWithoutAmount, effectMissing
        case effectTakenBack, debtSmaller, purchaseCredited, purchaseCreditedNeedsRefund

        // Fields of any body.
        case sendObject, sendText, sendBoolean, sendWholeNumber, sendWholeNumberInRange
        case removeNUL, tooLong, tooLongCounted, tooShortCounted, fieldNeeded, fieldUnknown
        case chooseOneOf, headerOnce, keyMalformed, keyMissing, limitMalformed, cursorMalformed
        case tableTooLong
        case timeMalformed, dollarsMalformed, centsMalformed, reasonLength, reasonOneLine,
            wordsOneLine
        case notJSON, tooDeep, nameTooLong, nameTwice, numberInexact

        // Addresses of the web.
        case addressTooLong, addressCharacters, addressWithoutScheme, addressNotHTTPS
        case addressWithUser, addressMalformed, addressPort, addressNotPublic, addressNotOrigin
        case addressNotBase

        // Documents of payments.
        case documentReceipt, documentCreditNote, documentDebitNote, documentDate, documentSeller
        case documentTaxID, documentBuyer, documentCredit, documentBonus, documentOrder
        case documentWentBack, documentCameAgain, documentTotal

        // Accounts.
        case emailMalformed, emailNeeded, passwordNeeded, passwordToChoose
        case passwordUnusable, passwordTooShort, textInvisible, passwordCommon
        case passwordIsAddress, presentPasswordNeeded, presentPasswordWrong, linkUsed
        case notChangeableHere, termsChanged, noticesMalformed, chooseAmong
        case operatorStays, accountShared, creditToGiveUp, personLeft, personRunsShop
        case codeNeeded, codeWrong, ticketOver, secondFactorOn, secondFactorNotBegun,
            secondFactorOff

        // Orders of videos, and their list.
        case tierNeeded, chooseTier, tierUnknown, tierUnknownChoose, tierForAllMissing
        case someSettings, durationToChoose, imageNeeded, imageNotTaken
        case fieldNotTaken, fieldNotTakenWithImage, fieldNotTakenWithoutImage, thisTier
        case cheapestTier, cheapestTierTaking, fromText, fromImage
        case statusToChoose, searchTooLong, searchTooManyWords, titleOneLine, nameOneLine
        case idsMalformed, archiveTooLarge, archivesFull

        // Shared videos.
        case videoNotReady, sharedSkip, sharedTitle, sharedSummary, sharedDownload, sharedUntil
        case sharedFoot, sharedContact, sharedRules

        // Pictures.
        case sendPictureForm, pictureFormMalformed, pictureAddressNeeded, pictureUnknownKind
        case pictureBroken, pictureTooSmall, pictureTooLong, pictureTooManyPoints, pictureGone
        case pictureNotFetched, pictureFetchTooLarge, uploadsFull, uploadInUse

        // Webhook endpoints, purchases, operators.
        case endpointAddressNeeded, eventsMalformed, signatureMisfit, notAnEvent
        case catalogChanged, nothingChanged, timePast, priceChanged, amountTooLarge, wordToChoose,
            idMalformed, actionMalformed, subjectMalformed, taskMalformed, rangeMalformed,
            amountOrEffectNeeded
        case tierExists, tierUntried, tierOnSale, tierIDMalformed, vendorPathMalformed,
            featuresMalformed, costStepsMalformed, specificationUnusable

        // Why a video could not be made.
        case failedAtVendor, failedRefused, failedInvalid, failedLate, failedVendorDown
        case failedCanceled

        // Lines of a user's list of credit.
        case lineVideo, lineBought, lineBonus, lineExpired, lineWelcome, lineCorrected
        case lineClawedBack, lineGivenBack, lineHeldBack, lineNoLongerHeldBack, lineDebtPaid
        case lineDebtReturned, linePurchaseCorrected
        case lineReturnedVendor, lineReturnedRefused, lineReturnedInvalid, lineReturnedLate
        case lineReturnedVendorDown, lineReturnedCanceled

        // The status page.
        case statusWeb, statusDatabase, statusVideoService, statusPayments, statusShop
        case statusOK, statusFailing, statusUnknown, statusSince
        case statusTimes, statusVideo, statusUsually, statusNoTimes
        case statusIncidents, statusFromTo, statusLasts, statusNoIncidents
        case statusNotKnown, statusAsOf
        case statusOrders, statusPurchases, statusSignups, statusPaused

        // The words above every page.
        case announcements, announcedPause, announcedWarning, announcedNotice
        case announcedEnd, announcedClose

        // The table of the tiers.
        case tableTitle, tableTier, tableLength, tableSecond, tableFrom, tablePicture, tableBoth
        case tableSize, tableModels, tableShape, tableAsPicture, tableEnd, tableYes, tableNo
        case packTitle, packName, packPrice, packCredit, packBonus, packDollar
        case tableSound, tableSilent, tableTime, tableUsual, tableUnmeasured

        // Mails.
        case webhookTestSubject, webhookTest
        case mailGreeting, mailFrame, mailFooterChoice, mailFooterAccount, mailFooterOperator
        case mailVideoReadySubject, mailVideoReady, mailVideoFailedSubject, mailVideoFailed
        case mailVideosReadySubject, mailVideosReady, mailVideosOthers
        case mailVideosFailedSubject, mailVideosFailed
        case mailOtherWords, mailOrderAgain
        case mailReceiptSubject, mailReceipt, mailReceiptBonus, mailReceiptLasting
        case mailLapsingSubject, mailLapsing, mailLowBalanceSubject, mailLowBalance
        case mailVerifySubject, mailVerify, mailChangeSubject, mailChange, mailResetSubject
        case mailReset, mailPasswordChangedSubject, mailPasswordChanged
        case mailAddressChangingSubject, mailAddressChanging, mailAddressChangedSubject
        case mailAddressChanged, mailAddressInUseSubject, mailAddressInUse
        case mailSecondFactorOnSubject, mailSecondFactorOn, mailSecondFactorOffSubject
        case mailSecondFactorOff, mailRecoveryCodeUsedSubject, mailRecoveryCodeUsed
        case mailAccountLeavingSubject, mailAccountLeaving
        case mailExportReadySubject, mailExportReady
        case mailSignInsRefusedSubject, mailSignInsRefused, mailTestSubject, mailTest
        case mailWebhookFailingSubject
        case mailWebhookFailing, mailWebhookOffSubject, mailWebhookOff
        case mailAttentionSubject, mailAttention, mailAttentionItem, mailAttentionAmount
        case mailAttentionRest, mailDigestPair
        case mailDigestSubject, mailDigest

        /// Whether mails say it: those texts, what fills them, and how values are written.
        package var isOfMails: Bool {
            let values: [Name] = [
                .comma, .or, .dollars, .negativeDollars, .seconds, .minutes, .hours, .day, .months,
            ]
            return values.contains(self)
                || ["mail", "failed"].contains(where: rawValue.hasPrefix)
        }
    }
}
