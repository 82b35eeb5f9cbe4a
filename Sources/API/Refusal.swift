package import HTTPTypes
import JSON
package import Texts

/// Why a call was not done. Each has a code, a status, what the person can do about it, and a text
/// of its name.
package enum Refusal: String, CaseIterable, Error {
    case invalidInput, endedEarly, unauthenticated, unsigned, invalidCredentials
    case insufficientCredits, forbidden, proofNeeded, accountHeld, notFound, methodNotAllowed
    case conflict, justChanged, idempotencyConflict, tooLarge, unsupportedMediaType
    case rateLimited, triedTooOften, `internal`, vendorUnavailable
    case intakeStopped, paused, orderKept, accountBusy, stripeBusy, busy

    /// What helps.
    package enum Action: String, JSONWord {
        case correctInput = "correct_input"
        case signIn = "sign_in"
        case purchaseCredits = "purchase_credits"
        case retry, confirm
    }

    package struct Meaning {
        package let code: String
        package let status: Int
        /// What the person reads, unless the error has its own words.
        package let text: Phrase.Name
        package let action: Action?
        /// In seconds; what is limited says its own.
        package let retryAfter: Int?

        package init(
            _ code: String, _ status: Int, _ text: Phrase.Name, _ action: Action? = nil,
            retryAfter: Int? = nil
        ) {
            self.code = code
            self.status = status
            self.text = text
            self.action = action
            self.retryAfter = retryAfter
        }
    }

    package var meaning: Meaning {
        switch self {
        case .invalidInput: Meaning("INVALID_INPUT", 400, .someFieldsWrong, .correctInput)
        case .endedEarly: Meaning("INVALID_INPUT", 400, .bodyIncomplete, .retry)
        case .unauthenticated: Meaning("UNAUTHENTICATED", 401, .signInNeeded, .signIn)
        case .unsigned: Meaning("UNAUTHENTICATED", 401, .signatureWrong)
        case .invalidCredentials:
            Meaning("INVALID_CREDENTIALS", 401, .credentialsWrong, .signIn)
        case .insufficientCredits:
            Meaning("INSUFFICIENT_CREDITS", 402, .creditTooLow, .purchaseCredits)
        case .forbidden: Meaning("FORBIDDEN", 403, .foreignOrigin)
        case .proofNeeded: Meaning("CONFIRMATION_NEEDED", 403, .proofNeeded, .confirm)
        case .accountHeld: Meaning("ACCOUNT_HELD", 403, .accountHeld)
        case .notFound: Meaning("NOT_FOUND", 404, .nothingHere)
        case .methodNotAllowed: Meaning("METHOD_NOT_ALLOWED", 405, .methodNotAllowed)
        case .conflict: Meaning("CONFLICT", 409, .videoNotCancelable)
        case .justChanged: Meaning("CONFLICT", 409, .videoJustChanged, .retry)
        case .idempotencyConflict:
            Meaning("IDEMPOTENCY_CONFLICT", 409, .keyUsed, .correctInput)
        case .tooLarge: Meaning("PAYLOAD_TOO_LARGE", 413, .bodyTooLarge, .correctInput)
        case .unsupportedMediaType:
            Meaning("UNSUPPORTED_MEDIA_TYPE", 415, .mediaTypeUnsupported, .correctInput)
        case .rateLimited: Meaning("RATE_LIMITED", 429, .callLimitReached, .retry)
        case .triedTooOften: Meaning("RATE_LIMITED", 429, .triedTooOften, .retry)
        case .internal: Meaning("INTERNAL", 500, .internalError, .retry)
        case .vendorUnavailable:
            Meaning("API_ERROR", 502, .vendorUnavailable, .retry, retryAfter: 5)
        case .intakeStopped: Meaning("API_ERROR", 503, .booksChecked, .retry, retryAfter: 60)
        case .paused: Meaning("PAUSED", 503, .ordersPaused, .retry, retryAfter: 300)
        case .orderKept: Meaning("API_ERROR", 503, .orderKept, .retry, retryAfter: 5)
        case .stripeBusy: Meaning("API_ERROR", 503, .paymentServiceSlow, .retry, retryAfter: 5)
        case .accountBusy:
            Meaning("API_ERROR", 503, .earlierRequestsAtWork, .retry, retryAfter: 2)
        case .busy: Meaning("API_ERROR", 503, .busy, .retry, retryAfter: 2)
        }
    }

    package var status: HTTPResponse.Status {
        meaning.status == 402
            ? HTTPResponse.Status(code: 402, reasonPhrase: "Payment Required")
            : HTTPResponse.Status(code: meaning.status)
    }

    /// Whether the answer says when to try again.
    package var isTemporary: Bool { meaning.status == 429 || meaning.retryAfter != nil }
}

extension Refusal {
    /// When it is given, in the API's description.
    package var says: String {
        switch self {
        case .invalidInput:
            "Something in the request is wrong; `details` names all of it, or twenty of more."
        case .endedEarly: "The request came only in part."
        case .unauthenticated: "No valid token or cookie, or a header that came twice."
        case .unsigned: "The signature is not that of the body."
        case .invalidCredentials: "Address and password do not belong together."
        case .insufficientCredits: "The balance does not cover the price. Nothing was charged."
        case .forbidden:
            "Another site sent this from a visitor's browser, or the caller may not do it."
        case .proofNeeded:
            "CONFIRMATION_NEEDED: the session was not confirmed within ten minutes "
                + "(`POST /api/auth/confirmation`)."
        case .accountHeld: "ACCOUNT_HELD: the books of this account are being checked."
        case .notFound: "There is no such thing, or it is another user's."
        case .methodNotAllowed: "The path takes other methods, which Allow names."
        case .conflict: "It does not fit the state of things."
        case .justChanged: "It has changed meanwhile."
        case .idempotencyConflict: "IDEMPOTENCY_CONFLICT: the key was used for another request."
        case .tooLarge: "The body is longer than the call takes; the message says how much it does."
        case .unsupportedMediaType: "The body is of a type that the call does not take."
        case .rateLimited: "Too many calls in the window."
        case .triedTooOften: "Too many tries."
        case .internal: "Something broke on our side."
        case .vendorUnavailable: "A vendor did not answer. Nothing was charged."
        case .intakeStopped: "New orders are not taken for the moment. What is paid goes on."
        case .paused:
            "PAUSED: the operator takes nothing new of this kind for the moment. Nothing was done, and "
                + "what was accepted goes on."
        case .orderKept: "The payment service is slow. The order is kept, and nothing was charged."
        case .accountBusy: "Earlier requests of the account are still at work. Nothing was done."
        case .stripeBusy: "The payment service is slow. Nothing was done."
        case .busy: "Too much is going on. Nothing was lost."
        }
    }
}
