package import JSON

extension User.Role: JSONWord {}

extension User: JSONObject {
    package static var schemaName: String? { "User" }

    package static func list<List: FieldList>(_ fields: inout List) where List.Source == User {
        fields.field("id") { $0.id }
        fields.field("email", example: "name@example.org".quoted) { $0.email }
        fields.field(
            "name", "What they call themselves, if they say.", example: "Ada Lovelace".quoted
        ) { $0.name }
        fields.field("emailVerified", "Whether the address is proved.", example: "true") {
            $0.isEmailVerified
        }
        fields.field("role") { $0.role }
        fields.field("createdAt") { $0.createdAt }
    }
}
