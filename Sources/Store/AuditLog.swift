package import Domain
package import FoundationEssentials
package import MariaDB

/// Who acts by hand, and why.
package struct Operator: Sendable {
    /// Nil at the command line.
    package let userID: UserID?
    package let reason: String

    /// Throws ``InvalidInput`` unless the reason says something, in at most 500 characters.
    package init(userID: UserID?, reason: String?) throws {
        let text = reason?.trimmed ?? ""
        guard text.visibleCharacters >= 3, text.codeUnits <= 500, !text.utf8.contains(0) else {
            throw InvalidInput("reason", "Say why, in 3 to 500 characters.")
        }
        self.userID = userID
        self.reason = text
    }
}

/// A line of the log of what was done by hand.
package struct AuditLine: Sendable {
    package let id: ID<AuditLine>
    package let actorID: UserID?
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
            INSERT INTO audit_log (id, actor_id, action, subject, reason, detail, created_at)
            VALUES (\(ID<AuditLine>.new()), \(actor.userID), \(action), \(subject),
                \(actor.reason), \(detail.cut(to: 500)), UTC_TIMESTAMP(6))
            """)
    }

    /// The log, newest first, the lines before `cursor` only.
    package func auditLog(before cursor: ID<AuditLine>?, limit: Int) throws -> [AuditLine] {
        let condition: SQL = cursor.map { "WHERE id < \($0)" } ?? ""
        return try query(
            """
            SELECT id, actor_id, action, subject, reason, detail, created_at
            FROM audit_log
            \(sql: condition)
            ORDER BY id DESC
            LIMIT \(limit)
            """
        ) { row in
            try AuditLine(
                id: row("id"), actorID: row("actor_id"), action: row("action"),
                subject: row("subject"), reason: row("reason"), detail: row("detail"),
                createdAt: row("created_at"))
        }
    }
}
