package import Domain
package import FoundationEssentials
package import JSON
package import MariaDB
import Texts

/// Who acts by hand, and why.
package struct Operator: Sendable {
    /// Nil at the command line.
    package let userID: UserID?
    /// At the command line, the account of the operating system.
    package let systemUser: String?
    package let reason: String
    /// The caller's own name for the command: the same again does nothing more (P7).
    package let key: String?

    /// Throws ``InvalidInput`` unless the reason says something, in one line of at most 500
    /// characters.
    package init(
        userID: UserID?, systemUser: String? = nil, reason: String?, key: String? = nil
    ) throws {
        let text = reason?.trimmed ?? ""
        guard text.visibleCharacters >= 3, text.codeUnits <= 500 else {
            throw InvalidInput("reason", .reasonLength)
        }
        // Users and operators read it, in terminals too.
        guard text.isOneLine else {
            throw InvalidInput("reason", .reasonOneLine)
        }
        self.userID = userID
        self.systemUser = systemUser
        self.reason = text
        self.key = key
    }
}

/// A line of the log of what was done by hand.
package struct AuditLine: Sendable {
    package let id: ID<AuditLine>
    package let actorID: UserID?
    /// The account of the operating system, when it was done at the command line.
    package let systemUser: String?
    package let action: String
    package let subject: String
    package let reason: String
    package let detail: String
    package let createdAt: Date
}

extension Connection {
    /// Writes down what an operator does; to be called in the transaction of its effect.
    func log(_ action: String, _ subject: String, detail: String, by actor: Operator) throws {
        try execute(
            """
            INSERT INTO audit_log
                (id, actor_id, system_user_name, action, subject, reason, detail, created_at)
            VALUES (\(ID<AuditLine>.new()), \(actor.userID), \(actor.systemUser), \(action),
                \(subject), \(actor.reason), \(detail.cut(to: 500)), UTC_TIMESTAMP(6))
            """)
    }

    /// The log, newest first, the lines before `cursor` only, and those of `action` only.
    package func auditLog(
        before cursor: ID<AuditLine>?, action: String? = nil, limit: Int
    ) throws -> [AuditLine] {
        let before: SQL = cursor.map { "AND id < \($0)" } ?? ""
        let named: SQL = action.map { "AND action = \($0)" } ?? ""
        return try query(
            """
            SELECT id, actor_id, system_user_name, action, subject, reason, detail, created_at
            FROM audit_log
            WHERE TRUE \(sql: before) \(sql: named)
            ORDER BY id DESC
            LIMIT \(limit)
            """
        ) { row in
            try AuditLine(
                id: row("id"), actorID: row("actor_id"), systemUser: row("system_user_name"),
                action: row("action"), subject: row("subject"), reason: row("reason"),
                detail: row("detail"), createdAt: row("created_at"))
        }
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
