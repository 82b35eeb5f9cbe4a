import Domain
import FoundationEssentials
import JSON
import Store

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
