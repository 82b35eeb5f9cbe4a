package import Domain
package import FoundationEssentials
package import MariaDB

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
