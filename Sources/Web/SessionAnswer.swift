import Domain
import FoundationEssentials
import JSON

/// A session that was started.
struct SessionAnswer: JSONObject {
    let user: User
    let token: String
    let expiresAt: Date

    static var schemaName: String? { "Session" }

    static func list<List: FieldList>(_ fields: inout List) where List.Source == SessionAnswer {
        fields.field("user") { $0.user }
        fields.field("token", example: "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.e30.c2ln".quoted) {
            $0.token
        }
        fields.field("expiresAt", example: "2026-12-22T10:00:00.123Z".quoted) { $0.expiresAt }
    }
}

struct RenewedSession: JSONObject {
    let user: User
    let token: String?
    let expiresAt: Date

    static var schemaName: String? { "RenewedSession" }

    static func list<List: FieldList>(_ fields: inout List) where List.Source == RenewedSession {
        fields.field("user") { $0.user }
        fields.optional("token", "For who came with one.") { $0.token }
        fields.field("expiresAt", example: "2026-12-22T10:00:00.123Z".quoted) { $0.expiresAt }
    }
}
