/// Why a call was turned away before it had any effect.
package enum PolloObstacle: Equatable, Sendable {
    /// Too many calls, or too many tasks at once.
    case rateLimited
    /// The platform account has no credits left: nothing can be made until it is filled.
    case balanceEmpty
    /// This account may not use this model through the API.
    case modelNotEnabled
    /// The key is missing, malformed or lacks a right.
    case unauthorized
    /// The path is wrong, or the key is: Pollo answers both alike.
    case notFound
    /// Something in front of the platform answered, such as a challenge page of Cloudflare.
    case challenge
    /// No byte of the request has left: no name, no connection, no TLS.
    case notSent
}

/// Why ``PolloClient/create(path:input:webhookURL:)`` has no task to show.
package enum PolloCreateFailure: Error, Equatable {
    /// Nothing was made and nothing charged; the same call may be made again later.
    case notCreated(PolloObstacle, String)
    /// Nothing was made, and the same call will never be taken.
    case refused(String)
    /// A task may have been made and charged. The call must never be repeated: there is no
    /// idempotency key.
    case unknown(String)
}

/// Why a question has no answer. It says nothing about the task asked for: its state stays as it
/// is (J8).
package struct PolloStatusFailure: Error, Equatable {
    package enum Kind: Equatable, Sendable {
        case obstacle(PolloObstacle)
        /// No answer, an error of the vendor, or an answer that cannot be read.
        case unavailable
    }

    package let kind: Kind
    /// Status, code and message, for logs.
    package let message: String

    package init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }
}
