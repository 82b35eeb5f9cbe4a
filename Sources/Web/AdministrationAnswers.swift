import Domain
import FoundationEssentials
import HTTPTypes
package import JSON
package import Store

extension AttentionItem.Kind: JSONWord {}

extension AttentionItem: JSONObject {
    package static var schemaName: String? { "Attention" }

    package static func list<List: FieldList>(_ fields: inout List)
    where List.Source == AttentionItem {
        fields.field("kind", example: "uncertain_video".quoted) { $0.kind }
        fields.field(
            "subject", "The id of what it is about, or the name of a gate, check or part.",
            example: VideoID.example
        ) { $0.subject }
        fields.field("differenceId") { $0.differenceID }
        fields.field("findingId") { $0.findingID }
        fields.field("amount", example: "1.86") { $0.amount }
        fields.field("detail", example: "no answer".quoted) { $0.detail }
        fields.field("since") { $0.since }
    }
}

struct ReconciliationAnswer: JSONObject {
    let startedAt: Date
    let finishedAt: Date?
    let items: StoredDifferences
    let unknown: [UnreadPart]

    static var schemaName: String? { "Reconciliation" }

    static func list<List: FieldList>(_ fields: inout List)
    where List.Source == ReconciliationAnswer {
        fields.field("startedAt", example: "2026-11-22T03:00:00.123Z".quoted) { $0.startedAt }
        fields.field("finishedAt", example: "2026-11-22T03:00:04.567Z".quoted) { $0.finishedAt }
        fields.field("items", example: "[]") { $0.items }
        fields.field("unknown", "Parts that could not be read.", example: "[]") { $0.unknown }
    }
}

/// The differences of a comparison, as they were stored.
struct StoredDifferences: JSONField {
    let json: String

    func write(to json: inout JSONWriter) { json.literal(self.json) }

    static func schema(_ schemas: inout Schemas) -> Schema { [Difference].schema(&schemas) }

    static var example: String { "[]" }
}

extension ReconciliationPart: JSONWord {}

extension UnreadPart: JSONObject {
    package static func list<List: FieldList>(_ fields: inout List)
    where List.Source == UnreadPart {
        fields.field("part") { $0.part }
        fields.field("since", "When it was read last; null: never.") { $0.since }
        fields.field("problem") { $0.problem }
    }
}

extension AuditLine: JSONObject {
    package static var schemaName: String? { "AuditLine" }

    package static func list<List: FieldList>(_ fields: inout List)
    where List.Source == AuditLine {
        fields.field("id") { $0.id }
        fields.field("actorId") { $0.actorID }
        fields.field(
            "systemUser", "At the command line, the account of the operating system.",
            example: "ann".quoted
        ) { $0.systemUser }
        fields.field("action", example: "credit.grant".quoted) { $0.action }
        fields.field("subject", example: VideoID.example) { $0.subject }
        fields.field("reason", example: "goodwill".quoted) { $0.reason }
        fields.field("detail", example: "$5.00".quoted) { $0.detail }
        fields.field("createdAt") { $0.createdAt }
    }
}

extension CommandReport.Outcome: JSONWord {}

extension CommandReport: JSONObject {
    package static var schemaName: String? { "CommandReport" }

    package static func list<List: FieldList>(_ fields: inout List)
    where List.Source == CommandReport {
        fields.field("outcome") { $0.outcome }
        fields.field(
            "changes", "In words for the operator.", example: #"["available: $1.00 -> $5.50"]"#
        ) { $0.changes }
    }
}
