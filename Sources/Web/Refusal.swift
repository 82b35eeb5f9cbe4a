import Domain
import HTTP
import HTTPTypes
import JSON
import Logging
import MariaDB
import Store
import Stripe
import Texts

/// Why a call was not done. Each has a code, a status, what the person can do about it, and a text
/// of its name.
enum Refusal: String, CaseIterable, Error {
    case invalidInput, endedEarly, unauthenticated, unsigned, invalidCredentials
    case insufficientCredits, forbidden, accountHeld, notFound, methodNotAllowed
    case conflict, justChanged, idempotencyConflict, tooLarge, unsupportedMediaType
    case rateLimited, triedTooOften, `internal`, vendorUnavailable
    case intakeStopped, orderKept, accountBusy, stripeBusy, busy

    /// What helps.
    enum Action: String, JSONWord {
        case correctInput = "correct_input"
        case signIn = "sign_in"
        case purchaseCredits = "purchase_credits"
        case retry
    }

    struct Meaning {
        let code: String
        let status: Int
        /// What the person reads, unless the error has its own words.
        let text: Phrase.Name
        let action: Action?
        /// In seconds; what is limited says its own.
        let retryAfter: Int?

        init(
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

    var meaning: Meaning {
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
        case .orderKept: Meaning("API_ERROR", 503, .orderKept, .retry, retryAfter: 5)
        case .stripeBusy: Meaning("API_ERROR", 503, .paymentServiceSlow, .retry, retryAfter: 5)
        case .accountBusy:
            Meaning("API_ERROR", 503, .earlierRequestsAtWork, .retry, retryAfter: 2)
        case .busy: Meaning("API_ERROR", 503, .busy, .retry, retryAfter: 2)
        }
    }

    var status: HTTPResponse.Status {
        meaning.status == 402
            ? HTTPResponse.Status(code: 402, reasonPhrase: "Payment Required")
            : HTTPResponse.Status(code: meaning.status)
    }

    /// Whether the answer says when to try again.
    var isTemporary: Bool { meaning.status == 429 || meaning.retryAfter != nil }
}

/// A refusal with what its answer says beyond it.
struct Refused: Error {
    let refusal: Refusal
    let phrase: Phrase
    let details: RefusalDetails?
    let retryAfter: Int?
    var allowed: [String] = []

    /// - Parameter phrase: instead of the refusal's own text.
    init(
        _ refusal: Refusal, _ phrase: Phrase? = nil, details: RefusalDetails? = nil,
        retryAfter: Int? = nil
    ) {
        self.refusal = refusal
        self.phrase = phrase ?? Phrase(refusal.meaning.text)
        self.details = details
        self.retryAfter = retryAfter ?? refusal.meaning.retryAfter
    }
}

/// The answer to whatever a handler threw: the only place that knows a refusal for an error.
func answer(to error: any Error, request: Request, log: Logger) -> Response {
    refused(error, request, log).answer(to: request)
}

private func refused(_ error: any Error, _ request: Request, _ log: Logger) -> Refused {
    switch error {
    case let refused as Refused: return refused
    case let refusal as Refusal: return Refused(refusal)
    case let error as InvalidInput: return Refused(error)
    case is InvalidMailToken: return Refused(InvalidInput([.badLink]))
    case let error as BodyTooLarge: return Refused(error)
    case is BodyIncomplete: return Refused(.endedEarly)
    case is Unauthenticated: return Refused(.unauthenticated)
    case is InvalidCredentials: return Refused(.invalidCredentials)
    case let error as InsufficientCredits: return Refused(error)
    case let error as Forbidden: return Refused(.forbidden, error.phrase)
    case is NotFound: return Refused(.notFound)
    case let error as Conflict: return Refused(.conflict, error.phrase)
    case is LeaseLost: return Refused(.justChanged)
    case is IdempotencyConflict: return Refused(.idempotencyConflict)
    case let error as RateLimited: return Refused(error)
    case let error as TooManyTries: return Refused(error)
    case let error as IntakeStopped: return Refused(.intakeStopped, error.phrase)
    case is AccountHeld: return Refused(.accountHeld)
    case let error as Crowded: return Refused(error)
    default:
        log.error("request failed", metadata: ["path": "\(request.path)", "error": "\(error)"])
        if error is StripeError { return Refused(.vendorUnavailable) }
        return Refused((error as? DatabaseError)?.isPassing == true ? .busy : .internal)
    }
}

extension Refused {
    /// How many problems of a request are named: the answer stays short, whatever was sent.
    private static let namedProblems = 20

    init(_ error: InvalidInput) {
        let rest = error.fields.count - Self.namedProblems
        self.init(
            .invalidInput,
            rest > 0 ? Phrase(.someFieldsWrongOfMany, ["count": .number(rest)]) : nil,
            details: .problems(error.fields.prefix(Self.namedProblems).map(RefusedField.init)))
    }

    init(_ error: BodyTooLarge) {
        self.init(.tooLarge, Phrase(.bodyTooLarge, ["size": .number(error.limit / 1024)]))
    }

    init(_ error: InsufficientCredits) {
        let phrase =
            error.isDebt
            ? Phrase(.debtOpen, ["shortfall": .money(error.shortfall)])
            : Phrase(
                .creditTooLow,
                ["required": .money(error.required), "current": .money(error.current)])
        self.init(.insufficientCredits, phrase, details: .funds(error))
    }

    init(_ error: RateLimited) {
        let phrase = Phrase(
            .callLimitReached,
            [
                "limit": .number(error.limit), "window": .seconds(error.windowSeconds),
                "wait": .seconds(error.retryAfterSeconds),
            ])
        self.init(
            .rateLimited, phrase,
            rate: RefusedRate(
                limit: error.limit, windowSeconds: error.windowSeconds,
                retryAfterSeconds: error.retryAfterSeconds))
    }

    init(_ error: TooManyTries) {
        self.init(
            .triedTooOften, Phrase(.triedTooOften, ["wait": .number(error.retryAfterSeconds)]),
            rate: RefusedRate(
                limit: error.limit, windowSeconds: error.windowSeconds,
                retryAfterSeconds: error.retryAfterSeconds))
    }

    private init(_ refusal: Refusal, _ phrase: Phrase, rate: RefusedRate) {
        self.init(refusal, phrase, details: .rate(rate), retryAfter: rate.retryAfterSeconds)
    }

    init(_ error: Crowded) {
        switch error.awaited {
        case .account: self.init(.accountBusy)
        case .stripe: self.init(.stripeBusy)
        case .callbacks: self.init(.busy)
        }
    }

    /// The path exists, for other methods.
    init(allowing methods: [HTTPRequest.Method]) {
        let names = methods.flatMap { $0 == .get ? ["GET", "HEAD"] : [$0.rawValue] }
        self.init(.methodNotAllowed, Phrase(.methodNotAllowed, ["methods": .either(names)]))
        allowed = names
    }

    fileprivate func answer(to request: Request) -> Response {
        var response = Response.json(
            refusal.status, RefusalAnswer(refused: self, requestID: request.id))
        if let retryAfter { response.fields[.retryAfter] = String(retryAfter) }
        if !allowed.isEmpty { response.fields[.allow] = allowed.joined(separator: ", ") }
        return response
    }
}

extension InvalidInput.Field {
    static let badLink = Self("token", .linkUsed)
}
