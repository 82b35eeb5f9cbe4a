import Domain
package import JSON

extension PersonNote: JSONObject {
    package static var schemaName: String? { "PersonNote" }

    package static func list<List: FieldList>(_ fields: inout List)
    where List.Source == PersonNote {
        fields.field("id") { $0.id }
        fields.field("actorId") { $0.actorID }
        fields.field("systemUser", "At the command line.") { $0.systemUser }
        fields.field("text", example: "asked for an invoice".quoted) { $0.text }
        fields.field("createdAt") { $0.createdAt }
    }
}
