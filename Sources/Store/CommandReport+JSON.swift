import Domain
package import JSON

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
