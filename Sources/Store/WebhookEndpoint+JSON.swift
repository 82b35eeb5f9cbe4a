import Domain
package import JSON

extension WebhookEvent: JSONWord {}

/// How an endpoint does.
private enum EndpointStatus: String, JSONWord {
    case ok, failing, off
}

extension WebhookEndpoint: JSONObject {
    package static var schemaName: String? { "WebhookEndpoint" }

    package static func list<List: FieldList>(_ fields: inout List)
    where List.Source == WebhookEndpoint {
        fields.field("id") { $0.id }
        fields.field("url", example: "https://example.org/hooks/rushes".quoted) { $0.url }
        fields.field(
            "events", as: WebhookEndpointDraft.events.about.schema,
            example: #"["video.completed","video.failed"]"#
        ) { $0.events }
        fields.field("status", "Off: it is called no more, until a test succeeds.") {
            $0.isOff ? EndpointStatus.off : $0.failingSince == nil ? .ok : .failing
        }
        fields.field("failingSince", "Null while it answers.") { $0.failingSince }
        fields.field("createdAt") { $0.createdAt }
    }
}

extension WebhookDelivery.State: JSONWord {
    package static var allCases: [WebhookDelivery.State] { [.pending, .delivered, .failed] }
}

extension WebhookDelivery: JSONObject {
    package static var schemaName: String? { "WebhookDelivery" }

    package static func list<List: FieldList>(_ fields: inout List)
    where List.Source == WebhookDelivery {
        fields.field("id") { $0.id }
        fields.field("type", example: "video.completed".quoted) { $0.type }
        fields.field("jobId", example: VideoID.example) { $0.subject.job }
        fields.field("url", example: "https://example.org/hooks/rushes".quoted) { $0.url }
        fields.field("status") { $0.state }
        fields.field("createdAt") { $0.createdAt }
        fields.field("deliveredAt") { $0.deliveredAt }
        fields.field("nextAttemptAt", example: "2026-11-22T10:05:00.456Z".quoted) {
            $0.nextAttemptAt
        }
        fields.field("attempts") { $0.attempts }
    }
}

extension WebhookDelivery.Attempt: JSONObject {
    package static func list<List: FieldList>(_ fields: inout List)
    where List.Source == WebhookDelivery.Attempt {
        fields.field("attempt") { $0.number }
        fields.field("statusCode", "Null when no answer came.", example: "500") { $0.statusCode }
        fields.field("problem", "Null when it arrived.", example: "The answer was 500.".quoted) {
            $0.problem
        }
        fields.field("milliseconds", "How long it took.", example: "31") { $0.milliseconds }
        fields.field("at", example: "2026-11-22T10:00:00.456Z".quoted) { $0.at }
    }
}
