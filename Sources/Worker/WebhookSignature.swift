import HTTPTypes
import Sodium

/// What tells a receiver that a webhook is ours and of when, by the Standard Webhooks
/// specification 1.0 (https://www.standardwebhooks.com): HMAC-SHA-256 over `id.timestamp.body`.
struct WebhookSignature {
    let id: String
    /// Seconds since 1970, of this very try.
    let timestamp: Int
    let body: [UInt8]
    let secret: [UInt8]

    var fields: HTTPFields {
        let code = HMACSHA256(key: secret).code(for: Array("\(id).\(timestamp).".utf8), body)
        return [
            .contentType: "application/json",
            .webhookID: id,
            .webhookTimestamp: "\(timestamp)",
            .webhookSignature: "v1,\(Base64.encode(code))",
        ]
    }
}

extension HTTPField.Name {
    // Literals of ASCII letters and hyphens are names.
    fileprivate static let webhookID = Self("webhook-id")!
    fileprivate static let webhookTimestamp = Self("webhook-timestamp")!
    fileprivate static let webhookSignature = Self("webhook-signature")!
}
