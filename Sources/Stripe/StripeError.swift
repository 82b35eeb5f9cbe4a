import HTTP
import HTTPTypes

/// Why a call to Stripe has no result.
package enum StripeError: Error, Equatable {
    /// Stripe has decided against it. The same call gets the same answer.
    case refused(StripeFailure)
    /// Nothing was done. The same call with the same key may be made again, after a pause.
    case retryable(StripeFailure)
    /// Whether it was done is unknown. The same call with the same key and byte-identical
    /// parameters finds out, for 24 hours; after that the object has to be looked up.
    case unknown(StripeFailure)

    package var failure: StripeFailure {
        switch self {
        case .refused(let failure), .retryable(let failure), .unknown(let failure): failure
        }
    }

    /// Whether making the same call again with the same key makes sense. Stripe's own word
    /// (`Stripe-Should-Retry`) comes first.
    package var isWorthRetrying: Bool {
        switch self {
        case .refused: false
        case .retryable: true
        case .unknown(let failure): failure.shouldRetry ?? true
        }
    }

    /// Whether Stripe has no such object in the mode of this key.
    package var isNotFound: Bool {
        if case .refused(let failure) = self { failure.status == 404 } else { false }
    }
}

/// What Stripe says about a call that failed. Holds no key and no parameter.
package struct StripeFailure: Equatable, Sendable {
    /// The HTTP status; nil when no answer came.
    package var status: Int?
    /// `invalid_request_error`, `api_error`, …
    package var type: String?
    package var code: String?
    package var param: String?
    /// For people and logs, never to branch on.
    package var message: String
    /// `req_…`, what Stripe's support asks for.
    package var requestID: String?
    /// What `Stripe-Should-Retry` says; nil when it was not sent.
    package var shouldRetry: Bool?

    package init(
        status: Int? = nil, type: String? = nil, code: String? = nil, param: String? = nil,
        message: String, requestID: String? = nil, shouldRetry: Bool? = nil
    ) {
        self.status = status
        self.type = type
        self.code = code
        self.param = param
        self.message = message
        self.requestID = requestID
        self.shouldRetry = shouldRetry
    }
}

extension StripeError {
    init(_ error: TransportError) {
        let failure = StripeFailure(message: error.message)
        switch error.kind {
        case .notSent, .refusedAddress: self = .retryable(failure)
        case .unknown, .tooLarge: self = .unknown(failure)
        }
    }

    /// The meaning of an answer that is no success.
    init(_ response: InboundResponse) {
        let body = ErrorBody(response.body)
        let status = response.status.code
        let failure = StripeFailure(
            status: status, type: body?.type, code: body?.code, param: body?.param,
            message: body?.message ?? "HTTP \(status) without an error object",
            requestID: response.requestID, shouldRetry: response.shouldRetry)
        switch status {
        // A conflict with a call that still runs, a dependency, a limit: nothing is saved for
        // the key, so the next try starts afresh.
        case 409, 424, 429:
            self = failure.shouldRetry == false ? .refused(failure) : .retryable(failure)
        // Something in between has answered in Stripe's stead.
        case 400..<500 where body == nil: self = .unknown(failure)
        case 400..<500:
            self = failure.shouldRetry == true ? .retryable(failure) : .refused(failure)
        default: self = .unknown(failure)
        }
    }

    /// The `error` object of a body; every part of it may be absent.
    private struct ErrorBody: Decodable {
        let type: String?
        let code: String?
        let param: String?
        let message: String?

        init?(_ bytes: [UInt8]) {
            struct Envelope: Decodable { let error: ErrorBody }
            guard let envelope = try? decode(Envelope.self, from: bytes) else { return nil }
            self = envelope.error
        }
    }
}

extension InboundResponse {
    var requestID: String? { value("request-id") }

    var shouldRetry: Bool? {
        switch value("stripe-should-retry") {
        case "true": true
        case "false": false
        default: nil
        }
    }

    private func value(_ canonicalName: String) -> String? {
        fields.first { $0.name.canonicalName == canonicalName }?.value
    }
}
