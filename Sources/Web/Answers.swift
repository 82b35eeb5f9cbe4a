import Domain
import FoundationEssentials
import HTTP
import HTTPTypes
import JSON
import Logging
import MariaDB
import Pollo
import Sodium
import Store
import Stripe
import Texts

/// The path exists, for other methods.
struct MethodNotAllowed: Error {
    let allowed: [HTTPRequest.Method]
}

/// The signature is not that of the message.
struct Unsigned: Error {}

/// The body is of another type than the route takes.
struct UnsupportedMediaType: Error {}

/// A vendor that is needed for the answer did not do its part. Logged where it is thrown.
struct VendorUnavailable: Error {}

/// An order of credit stands, and its page could not be made while its buyer waited.
struct OrderKept: Error {}

/// More work is asked for than can be done at once.
struct Overloaded: Error {}

extension Response {
    static func json(
        _ status: HTTPResponse.Status = .ok, _ body: [UInt8], fields: HTTPFields = [:]
    ) -> Response {
        var fields = fields
        if fields[.cacheControl] == nil { fields[.cacheControl] = "no-store" }
        return Response(
            status: status, contentType: "application/json", fields: fields, body: body)
    }

    static func json(
        _ status: HTTPResponse.Status = .ok, fields: HTTPFields = [:],
        _ write: (inout JSONWriter) throws -> Void
    ) rethrows -> Response {
        var json = JSONWriter(capacity: 1024)
        json.beginObject()
        try write(&json)
        json.endObject()
        return .json(status, json.bytes, fields: fields)
    }

    /// This answer with a validator of its body; 304 without the body when the client has it.
    func revalidated(for request: Request, cacheControl: String) -> Response {
        let tag = "\"\(Hex.encode(Array(SHA256.hash(body)[..<12])))\""
        var fields = fields
        fields[.eTag] = tag
        fields[.cacheControl] = cacheControl
        let known = request.source.parameter("HTTP_IF_NONE_MATCH") ?? ""
        guard EntityTag.isNamed(tag, in: known) else {
            return Response(status: status, contentType: contentType, fields: fields, body: body)
        }
        return Response(status: .notModified, fields: fields)
    }
}

/// How many problems of a request are named: the answer stays short, whatever was sent.
private let namedProblems = 20

extension String {
    /// As much of a foreign name as tells which one it is.
    fileprivate var shortened: String {
        guard utf8.count > 64 else { return self }
        return String(String.UnicodeScalarView(unicodeScalars.prefix(64))) + "…"
    }
}

/// The answer to whatever a handler threw: the only place that knows a status for an error.
func answer(to error: any Error, request: Request, log: Logger) -> Response {
    switch error {
    case let error as InvalidInput:
        let rest = error.fields.count - namedProblems
        return refusal(
            .badRequest, "INVALID_INPUT",
            rest > 0
                ? Phrase(.someFieldsWrongOfMany, ["count": .number(rest)])
                : Phrase(.someFieldsWrong),
            action: "correct_input", request
        ) { json in
            json.beginArray()
            for field in error.fields.prefix(namedProblems) {
                json.beginObject()
                json.member("field", field.field.shortened)
                json.member("message", field.phrase.text())
                json.endObject()
            }
            json.endArray()
        }
    case is InvalidMailToken:
        let problem = InvalidInput([.badLink])
        return answer(to: problem, request: request, log: log)
    case let error as BodyTooLarge:
        return refusal(
            .contentTooLarge, "PAYLOAD_TOO_LARGE",
            Phrase(.bodyTooLarge, ["size": .number(error.limit / 1024)]), action: "correct_input",
            request)
    case is UnsupportedMediaType:
        return refusal(
            .unsupportedMediaType, "UNSUPPORTED_MEDIA_TYPE",
            Phrase(.mediaTypeUnsupported),
            action: "correct_input", request)
    case is BodyIncomplete:
        return refusal(
            .badRequest, "INVALID_INPUT", Phrase(.bodyIncomplete), action: "retry", request)
    case is Unsigned:
        return refusal(
            .unauthorized, "UNAUTHENTICATED", Phrase(.signatureWrong),
            action: nil, request)
    case is Unauthenticated:
        return refusal(
            .unauthorized, "UNAUTHENTICATED", Phrase(.signInNeeded), action: "sign_in", request)
    case is InvalidCredentials:
        return refusal(
            .unauthorized, "INVALID_CREDENTIALS", Phrase(.credentialsWrong),
            action: "sign_in", request)
    case let error as InsufficientCredits:
        let phrase =
            error.isDebt
            ? Phrase(.debtOpen, ["shortfall": .money(error.shortfall)])
            : Phrase(
                .creditTooLow,
                ["required": .money(error.required), "current": .money(error.current)])
        return refusal(
            HTTPResponse.Status(code: 402, reasonPhrase: "Payment Required"),
            "INSUFFICIENT_CREDITS", phrase, action: "purchase_credits", request
        ) { json in
            json.beginObject()
            json.member("required", error.required)
            json.member("current", error.current)
            json.member("shortfall", error.shortfall)
            json.endObject()
        }
    case let error as Forbidden:
        return refusal(.forbidden, "FORBIDDEN", error.phrase, action: nil, request)
    case is NotFound:
        return refusal(.notFound, "NOT_FOUND", Phrase(.nothingHere), action: nil, request)
    case let error as MethodNotAllowed:
        let allowed = error.allowed.flatMap { $0 == .get ? ["GET", "HEAD"] : [$0.rawValue] }
        var response = refusal(
            .methodNotAllowed, "METHOD_NOT_ALLOWED",
            Phrase(.methodNotAllowed, ["methods": .either(allowed)]), action: nil, request)
        response.fields[.allow] = allowed.joined(separator: ", ")
        return response
    case let error as Conflict:
        return refusal(.conflict, "CONFLICT", error.phrase, action: nil, request)
    case is LeaseLost:
        return refusal(
            .conflict, "CONFLICT", Phrase(.videoJustChanged), action: "retry",
            request)
    case is IdempotencyConflict:
        return refusal(
            .conflict, "IDEMPOTENCY_CONFLICT",
            Phrase(.keyUsed),
            action: "correct_input", request)
    case let error as RateLimited:
        return refusal(error, request)
    case let error as TooManyTries:
        return refusal(error, request)
    case let error as IntakeStopped:
        var response = refusal(
            .serviceUnavailable, "API_ERROR", error.phrase, action: "retry", request)
        response.fields[.retryAfter] = "60"
        return response
    case is AccountHeld:
        return refusal(
            .forbidden, "ACCOUNT_HELD",
            Phrase(.accountHeld), action: nil, request)
    case is VendorUnavailable:
        var response = refusal(
            .badGateway, "API_ERROR",
            Phrase(.vendorUnavailable),
            action: "retry", request)
        response.fields[.retryAfter] = "5"
        return response
    case is OrderKept:
        return unavailable(
            Phrase(.orderKept), seconds: 5, request)
    case let error as Crowded:
        return refusal(error, request)
    case is Overloaded:
        return unavailable(request)
    case let error as DatabaseError:
        log.error("request failed", metadata: ["path": "\(request.path)", "error": "\(error)"])
        return error.isPassing ? unavailable(request) : internalError(request)
    default:
        log.error("request failed", metadata: ["path": "\(request.path)", "error": "\(error)"])
        return internalError(request)
    }
}

private func unavailable(_ request: Request) -> Response {
    unavailable(Phrase(.busy), seconds: 2, request)
}

private func unavailable(_ phrase: Phrase, seconds: Int, _ request: Request) -> Response {
    var response = refusal(
        .serviceUnavailable, "API_ERROR", phrase, action: "retry", request)
    response.fields[.retryAfter] = String(seconds)
    return response
}

private func refusal(_ error: Crowded, _ request: Request) -> Response {
    switch error.awaited {
    case .account:
        unavailable(
            Phrase(.earlierRequestsAtWork),
            seconds: 2, request)
    case .stripe:
        unavailable(
            Phrase(.paymentServiceSlow),
            seconds: 5, request)
    case .callbacks: unavailable(request)
    }
}

private func internalError(_ request: Request) -> Response {
    refusal(
        .internalServerError, "INTERNAL", Phrase(.internalError),
        action: "retry", request)
}

private func refusal(_ error: RateLimited, _ request: Request) -> Response {
    var response = refusal(
        .tooManyRequests, "RATE_LIMITED",
        Phrase(
            .callLimitReached,
            [
                "limit": .number(error.limit), "window": .seconds(error.windowSeconds),
                "wait": .seconds(error.retryAfterSeconds),
            ]), action: "retry", request
    ) { json in
        json.beginObject()
        json.member("limit", error.limit)
        json.member("windowSeconds", error.windowSeconds)
        json.member("retryAfterSeconds", error.retryAfterSeconds)
        json.endObject()
    }
    response.fields[.retryAfter] = String(error.retryAfterSeconds)
    return response
}

private func refusal(_ error: TooManyTries, _ request: Request) -> Response {
    var response = refusal(
        .tooManyRequests, "RATE_LIMITED",
        Phrase(.triedTooOften, ["wait": .number(error.retryAfterSeconds)]),
        action: "retry", request
    ) { json in
        json.beginObject()
        json.member("limit", error.limit)
        json.member("windowSeconds", error.windowSeconds)
        json.member("retryAfterSeconds", error.retryAfterSeconds)
        json.endObject()
    }
    response.fields[.retryAfter] = String(error.retryAfterSeconds)
    return response
}

private func refusal(
    _ status: HTTPResponse.Status, _ code: StaticString, _ phrase: Phrase, action: String?,
    _ request: Request, details: ((inout JSONWriter) -> Void)? = nil
) -> Response {
    .json(status) { json in
        json.key("error")
        json.beginObject()
        json.member("code", code.description)
        json.member("message", phrase.text())
        json.member("action", action)
        if let details {
            json.key("details")
            details(&json)
        }
        json.endObject()
        json.member("requestId", request.id)
    }
}

extension InvalidInput.Field {
    static let badLink = Self("token", .linkUsed)
}

extension Date {
    /// Reads what ``iso8601`` writes, without fractions too, or a day alone, in the years 1000 to
    /// 9999, which the database can compare with.
    init?(iso8601 text: String) {
        let whole = Date.ISO8601FormatStyle()
        let fractional = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
        // The parser knows other digits too.
        guard text.utf8.count <= 40, text.utf8.allSatisfy({ $0 < 0x80 }) else { return nil }
        let time = text.utf8.count == 10 ? text + "T00:00:00Z" : text
        guard time.utf8.count >= 20 else { return nil }
        // It takes 30 February for 2 March.
        let civil = String(decoding: Array(time.utf8)[..<19], as: UTF8.self) + "Z"
        guard let date = (try? whole.parse(time)) ?? (try? fractional.parse(time)),
            (try? whole.parse(civil))?.formatted(whole).isSame(as: civil) == true,
            // In seconds since 1970; the last day is left to spans and roundings.
            (-30_610_224_000..<253_402_214_400).contains(date.timeIntervalSince1970)
        else { return nil }
        self = date
    }
}
