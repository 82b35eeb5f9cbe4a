import Domain
import HTTP
import HTTPTypes
import JSON
import Logging
import MariaDB
import Store
import Stripe

/// Why a call was not done. Each has a code, a status, what the person can do about it, and a text
/// of its name.
enum Refusal: String, CaseIterable, Error {
    case invalidInput, manyInvalidInputs, endedEarly, unauthenticated, unsigned, invalidCredentials
    case insufficientCredits, openDebt, forbidden, accountHeld, notFound, methodNotAllowed
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
        var action: Action?
        /// In seconds; what is limited says its own.
        var retryAfter: Int?

        init(_ code: String, _ status: Int, _ action: Action? = nil, retryAfter: Int? = nil) {
            self.code = code
            self.status = status
            self.action = action
            self.retryAfter = retryAfter
        }
    }

    var meaning: Meaning {
        switch self {
        case .invalidInput, .manyInvalidInputs: Meaning("INVALID_INPUT", 400, .correctInput)
        case .endedEarly: Meaning("INVALID_INPUT", 400, .retry)
        case .unauthenticated: Meaning("UNAUTHENTICATED", 401, .signIn)
        case .unsigned: Meaning("UNAUTHENTICATED", 401)
        case .invalidCredentials: Meaning("INVALID_CREDENTIALS", 401, .signIn)
        case .insufficientCredits, .openDebt:
            Meaning("INSUFFICIENT_CREDITS", 402, .purchaseCredits)
        case .forbidden: Meaning("FORBIDDEN", 403)
        case .accountHeld: Meaning("ACCOUNT_HELD", 403)
        case .notFound: Meaning("NOT_FOUND", 404)
        case .methodNotAllowed: Meaning("METHOD_NOT_ALLOWED", 405)
        case .conflict: Meaning("CONFLICT", 409)
        case .justChanged: Meaning("CONFLICT", 409, .retry)
        case .idempotencyConflict: Meaning("IDEMPOTENCY_CONFLICT", 409, .correctInput)
        case .tooLarge: Meaning("PAYLOAD_TOO_LARGE", 413, .correctInput)
        case .unsupportedMediaType: Meaning("UNSUPPORTED_MEDIA_TYPE", 415, .correctInput)
        case .rateLimited, .triedTooOften: Meaning("RATE_LIMITED", 429, .retry)
        case .internal: Meaning("INTERNAL", 500, .retry)
        case .vendorUnavailable: Meaning("API_ERROR", 502, .retry, retryAfter: 5)
        case .intakeStopped: Meaning("API_ERROR", 503, .retry, retryAfter: 60)
        case .orderKept, .stripeBusy: Meaning("API_ERROR", 503, .retry, retryAfter: 5)
        case .accountBusy, .busy: Meaning("API_ERROR", 503, .retry, retryAfter: 2)
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

/// A refusal with what its text and its answer say beyond it.
struct Refused: Error {
    let refusal: Refusal
    /// What stands in the text in the place of `{name}`.
    var values: [String: String] = [:]
    var details: RefusalDetails?
    var retryAfter: Int?
    var allowed: [String] = []

    init(
        _ refusal: Refusal, _ values: [String: String] = [:], details: RefusalDetails? = nil,
        retryAfter: Int? = nil
    ) {
        self.refusal = refusal
        self.values = values
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
    case let error as BodyTooLarge: return Refused(.tooLarge, ["limit": "\(error.limit / 1024)"])
    case is BodyIncomplete: return Refused(.endedEarly)
    case is Unauthenticated: return Refused(.unauthenticated)
    case is InvalidCredentials: return Refused(.invalidCredentials)
    case let error as InsufficientCredits: return Refused(error)
    case let error as Forbidden: return Refused(.forbidden, ["message": error.message])
    case is NotFound: return Refused(.notFound)
    case let error as Conflict: return Refused(.conflict, ["message": error.message])
    case is LeaseLost: return Refused(.justChanged)
    case is IdempotencyConflict: return Refused(.idempotencyConflict)
    case let error as RateLimited: return Refused(error)
    case let error as TooManyTries: return Refused(error)
    case let error as IntakeStopped: return Refused(.intakeStopped, ["message": error.message])
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
        let details = RefusalDetails.problems(
            error.fields.prefix(Self.namedProblems).map(RefusedField.init))
        self =
            rest > 0
            ? Refused(.manyInvalidInputs, ["rest": "\(rest)"], details: details)
            : Refused(.invalidInput, details: details)
    }

    init(_ error: InsufficientCredits) {
        self.init(
            error.isDebt ? .openDebt : .insufficientCredits,
            [
                "shortfall": "\(error.shortfall)", "required": "\(error.required)",
                "current": "\(error.current)",
            ], details: .funds(error))
    }

    init(_ error: RateLimited) {
        self.init(
            .rateLimited,
            [
                "limit": "\(error.limit)", "window": span(error.windowSeconds),
                "wait": span(error.retryAfterSeconds),
            ],
            details: .rate(
                RefusedRate(
                    limit: error.limit, windowSeconds: error.windowSeconds,
                    retryAfterSeconds: error.retryAfterSeconds)),
            retryAfter: error.retryAfterSeconds)
    }

    init(_ error: TooManyTries) {
        self.init(
            .triedTooOften, ["seconds": "\(error.retryAfterSeconds)"],
            details: .rate(
                RefusedRate(
                    limit: error.limit, windowSeconds: error.windowSeconds,
                    retryAfterSeconds: error.retryAfterSeconds)),
            retryAfter: error.retryAfterSeconds)
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
        self.init(.methodNotAllowed, ["methods": names.joined(separator: " or ")])
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

/// A span in the largest unit that says it exactly: "45 seconds", "1 minute", "90 seconds".
func span(_ seconds: Int) -> String {
    let (count, unit) =
        switch seconds {
        case _ where seconds > 0 && seconds % 3600 == 0: (seconds / 3600, "hour")
        case _ where seconds > 0 && seconds % 60 == 0: (seconds / 60, "minute")
        default: (seconds, "second")
        }
    return "\(count) \(unit)\(count == 1 ? "" : "s")"
}

extension InvalidInput.Field {
    static let badLink = Self("token", "This link was used or is too old. Ask for a new one.")
}
