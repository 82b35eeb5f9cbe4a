import Domain
package import FoundationEssentials
package import MariaDB

/// How much the auditor has looked at.
package struct AuditScope: Hashable, Sendable {
    package let wallets: Int
    package let lots: Int
    package let entries: Int
    package let jobs: Int
    package let purchases: Int
    /// Nil when the ledger is empty.
    package let newestEntryAt: Date?
}

extension Connection {
    /// Recomputes everything that the books promise (A1) in one consistent snapshot, and names
    /// each difference; empty when the books are clean. It may take many minutes: the connection
    /// should be one for long statements (``MariaDB/DatabaseConfiguration/patient(_:)``).
    ///
    /// - Parameters:
    ///   - extent: what is looked at; of anything less than all it takes the time that this takes.
    ///   - isScheduled: marks its statements by ``MariaDB/SQL/auditMark``.
    package func audit(
        _ extent: AuditExtent = .all, isScheduled: Bool = false
    ) throws -> [Violation] {
        try snapshot { try violations(extent, isScheduled) }
    }

    /// The same, with what was looked at, as of the same instant.
    ///
    /// - Parameter progress: told before each check, its number from 1, of how many, and its rule.
    package func auditWithScope(
        _ progress: (_ number: Int, _ count: Int, _ rule: String) -> Void = { _, _, _ in }
    ) throws -> (violations: [Violation], scope: AuditScope) {
        try snapshot { (try violations(.all, false, progress), try auditScope()) }
    }

    /// How many findings of one kind a look names. Where there are more, accounts would go on that
    /// nobody has named, so all of them stop.
    static let largestFindingCount = 100

    private func violations(
        _ extent: AuditExtent, _ isScheduled: Bool,
        _ progress: (Int, Int, String) -> Void = { _, _, _ in }
    ) throws -> [Violation] {
        try Self.checks.enumerated().flatMap { index, check in
            progress(index + 1, Self.checks.count, check.rule)
            let found = try violations(of: check, extent, isScheduled ? .auditMark : "")
            guard found.count == Self.largestFindingCount, check.scope == .account else {
                return found
            }
            return found + [
                Violation(
                    rule: check.rule, scope: .whole, subject: Violation.more, accountID: nil,
                    description: "\(found.count) findings or more, not all of them are named")
            ]
        }
    }

    private func violations(
        of check: Check, _ extent: AuditExtent, _ mark: SQL
    ) throws -> [Violation] {
        var found: [Violation] = []
        for part in check.about.parts(of: extent) where found.count < Self.largestFindingCount {
            found += try query(
                """
                \(sql: mark) \(sql: check.query(part))
                LIMIT \(Self.largestFindingCount - found.count)
                """
            ) { row in
                try Violation(
                    rule: check.rule, scope: check.scope, subject: row("subject"),
                    accountID: check.scope == .account ? row("account_id") : nil,
                    description: row("finding"))
            }
        }
        return found
    }

    private func auditScope() throws -> AuditScope {
        let scope = try first(
            """
            SELECT (SELECT COUNT(*) FROM wallets) AS wallets,
                (SELECT COUNT(*) FROM credit_lots) AS lots,
                (SELECT COUNT(*) FROM ledger_entries) AS entries,
                (SELECT MAX(created_at) FROM ledger_entries) AS newest_entry_at,
                (SELECT COUNT(*) FROM video_jobs) AS jobs,
                (SELECT COUNT(*) FROM purchases) AS purchases
            """
        ) { row in
            try AuditScope(
                wallets: row("wallets"), lots: row("lots"), entries: row("entries"),
                jobs: row("jobs"), purchases: row("purchases"),
                newestEntryAt: row("newest_entry_at"))
        }
        guard let scope else { preconditionFailure("a SELECT without a table has a row") }
        return scope
    }
}

extension SQL {
    /// What every statement of a scheduled look begins with, so that the server's list of what
    /// runs tells it from all else.
    package static let auditMark: SQL = "/* rushes audit */"
}
