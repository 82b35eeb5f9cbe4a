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

/// What the log is narrowed by.
package struct AuditFilter: Sendable {
    package var action: String?
    package var subject: String?
    package var actor: UserID?

    package init(action: String? = nil, subject: String? = nil, actor: UserID? = nil) {
        self.action = action
        self.subject = subject
        self.actor = actor
    }

    fileprivate var condition: SQL {
        let named: SQL = action.map { "AND action = \($0)" } ?? ""
        let about: SQL = subject.map { "AND subject = \($0)" } ?? ""
        let done: SQL = actor.map { "AND actor_id = \($0)" } ?? ""
        return "\(sql: named) \(sql: about) \(sql: done)"
    }
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

    /// The log, newest first, the lines before `cursor` only.
    package func auditLog(
        before cursor: ID<AuditLine>?, matching filter: AuditFilter = AuditFilter(), limit: Int
    ) throws -> [AuditLine] {
        let before: SQL = cursor.map { "AND id < \($0)" } ?? ""
        return try query(
            """
            SELECT id, actor_id, system_user_name, action, subject, reason, detail, created_at
            FROM audit_log
            WHERE TRUE \(sql: before) \(sql: filter.condition)
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
