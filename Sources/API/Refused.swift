package import Domain
package import HTTP
package import HTTPTypes
package import Texts

/// A refusal with what its answer says beyond it.
package struct Refused: Error {
    package let refusal: Refusal
    package let phrase: Phrase
    package let details: RefusalDetails?
    package let retryAfter: Int?
    package var allowed: [String] = []

    /// - Parameter phrase: instead of the refusal's own text.
    package init(
        _ refusal: Refusal, _ phrase: Phrase? = nil, details: RefusalDetails? = nil,
        retryAfter: Int? = nil
    ) {
        self.refusal = refusal
        self.phrase = phrase ?? Phrase(refusal.meaning.text)
        self.details = details
        self.retryAfter = retryAfter ?? refusal.meaning.retryAfter
    }
}

extension Refused {
    /// How many problems of a request are named: the answer stays short, whatever was sent.
    private static let namedProblems = 20

    package init(_ error: InvalidInput) {
        let rest = error.fields.count - Self.namedProblems
        self.init(
            .invalidInput,
            rest > 0 ? Phrase(.someFieldsWrongOfMany, ["count": .number(rest)]) : nil,
            details: .problems(error.fields.prefix(Self.namedProblems).map(RefusedField.init)))
    }

    package init(_ error: BodyTooLarge) {
        self.init(.tooLarge, Phrase(.bodyTooLarge, ["size": .number(error.limit / 1024)]))
    }

    package init(_ error: InsufficientCredits) {
        let phrase =
            error.isDebt
            ? Phrase(.debtOpen, ["shortfall": .money(error.shortfall)])
            : Phrase(
                .creditTooLow,
                ["required": .money(error.required), "current": .money(error.current)])
        self.init(.insufficientCredits, phrase, details: .funds(error))
    }

    package init(_ error: RateLimited) {
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

    package init(_ error: TooManyTries) {
        self.init(
            .triedTooOften, Phrase(.triedTooOften, ["wait": .number(error.retryAfterSeconds)]),
            rate: RefusedRate(
                limit: error.limit, windowSeconds: error.windowSeconds,
                retryAfterSeconds: error.retryAfterSeconds))
    }

    private init(_ refusal: Refusal, _ phrase: Phrase, rate: RefusedRate) {
        self.init(refusal, phrase, details: .rate(rate), retryAfter: rate.retryAfterSeconds)
    }

    /// The path exists, for other methods.
    package init(allowing methods: [HTTPRequest.Method]) {
        let names = methods.flatMap { $0 == .get ? ["GET", "HEAD"] : [$0.rawValue] }
        self.init(.methodNotAllowed, Phrase(.methodNotAllowed, ["methods": .either(names)]))
        allowed = names
    }

    package func answer(to request: Request) -> Response {
        var response = Response.json(
            refusal.status, RefusalAnswer(refused: self, requestID: request.id))
        if let retryAfter { response.fields[.retryAfter] = String(retryAfter) }
        if !allowed.isEmpty { response.fields[.allow] = allowed.joined(separator: ", ") }
        return response
    }
}
