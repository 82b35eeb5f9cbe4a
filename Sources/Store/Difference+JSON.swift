package import JSON

extension DifferenceKind: JSONWord {}

extension Difference: JSONObject {
    package static var schemaName: String? { "Difference" }

    package func writeMembers(to json: inout JSONWriter) { writeListed(to: &json) }

    package static func list<List: FieldList>(_ fields: inout List)
    where List.Source == Difference {
        fields.field("kind") { $0.kind }
        fields.field("jobId") { $0.jobID }
        fields.field("purchaseId") { $0.purchaseID }
        fields.field("amount") { $0.amount }
        fields.field("detail") { $0.detail }
    }
}
