import Domain
package import JSON

extension SessionRecord: JSONObject {
    package static var schemaName: String? { "SignIn" }

    package static func list<List: FieldList>(_ fields: inout List)
    where List.Source == SessionRecord {
        fields.field("id") { $0.id }
        fields.field("isCurrent", example: "true") { $0.isCurrent }
        fields.field("createdAt") { $0.createdAt }
        fields.field("lastUsedAt", example: "2026-11-23T10:00:00.123Z".quoted) { $0.lastUsedAt }
        fields.field("expiresAt", example: "2026-12-23T10:00:00.123Z".quoted) { $0.expiresAt }
        fields.field("userAgent", example: "Mozilla/5.0".quoted) { $0.userAgent }
        fields.field("address", example: "192.0.2.1".quoted) { $0.address }
    }
}
