import Domain
package import JSON

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
