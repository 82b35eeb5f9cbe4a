import Domain
package import JSON

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
