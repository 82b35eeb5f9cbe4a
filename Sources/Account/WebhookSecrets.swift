import JSON
import Sodium
import Store

/// A secret, shown for the only time.
struct NewSecret: JSONObject {
    private let text: String

    /// As the specification's libraries take it.
    init(_ secret: [UInt8]) {
        text = "whsec_" + Base64.encode(secret)
    }

    static var schemaName: String? { "WebhookSecret" }

    static func list<List: FieldList>(_ fields: inout List)
    where List.Source == NewSecret {
        fields.field(
            "secret", "Never shown again. Signs as Standard Webhooks do.",
            example: "whsec_AAEC".quoted
        ) { $0.text }
    }
}

/// An endpoint, with its secret for the only time.
struct NewEndpoint: JSONObject {
    private let endpoint: WebhookEndpoint
    private let secret: NewSecret

    init(_ endpoint: WebhookEndpoint, secret: [UInt8]) {
        self.endpoint = endpoint
        self.secret = NewSecret(secret)
    }

    static var schemaName: String? { "NewWebhookEndpoint" }

    static func list<List: FieldList>(_ fields: inout List)
    where List.Source == NewEndpoint {
        fields.include { $0.endpoint }
        fields.include { $0.secret }
    }
}
