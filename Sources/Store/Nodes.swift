internal import FoundationEssentials
package import Ledger
package import MariaDB

extension Connection {
    /// What the books of another node of this one's cluster have that these do not, the other way
    /// round, or wrong (A1, D9): nothing when the nodes agree.
    ///
    /// The ledgers are compared as they were a minute ago, for nobody adds to that any more; all
    /// else in the books follows from them, which the node's own audit shows. Throws when the node
    /// does not answer, or is without the cluster's majority.
    package func compare(
        with node: Connection, isScheduled: Bool = false
    ) throws -> [Violation] {
        let end = try databaseTime().addingTimeInterval(-60)
        let own = try ledgerDigests(before: end, isScheduled)
        let other = try node.ledgerDigests(before: end, isScheduled)
        let days = Set(own.keys).union(other.keys)
        let differences = days.sorted().filter { own[$0] != other[$0] }.map { day in
            Violation(
                rule: "D9", scope: .whole,
                subject: Violation.prefix(node: "\(node.configuration)") + day, accountID: nil,
                description: """
                    the ledgers of \(day) differ: \(own[day] ?? "no entries") here, \
                    \(other[day] ?? "no entries") at \(node.configuration)
                    """)
        }
        let found = try node.audit(isScheduled: isScheduled).map { violation in
            Violation(
                rule: violation.rule, scope: violation.scope,
                subject: Violation.prefix(node: "\(node.configuration)") + violation.subject,
                accountID: violation.accountID,
                description: "at \(node.configuration): \(violation)")
        }
        return differences + found
    }

    /// For each day a digest of its entries that are older than `end`. On a cluster it waits for
    /// all that was committed anywhere before
    /// (<https://mariadb.com/kb/en/galera-cluster-system-variables/#wsrep_sync_wait>).
    private func ledgerDigests(
        before end: Date, _ isScheduled: Bool
    ) throws -> [String: String] {
        let mark: SQL = isScheduled ? .auditMark : ""
        let rows = try query(
            """
            \(sql: mark) SET STATEMENT wsrep_sync_wait = 1 FOR
            SELECT CAST(DATE(created_at) AS CHAR) AS day,
                CONCAT(COUNT(*), ' entries of ', SUM(amount_micros), ' micro-dollars, digest ',
                    BIT_XOR(CRC32(CONCAT_WS(
                        '|', id, op_key, leg, kind, debit_account, credit_account, amount_micros,
                        account_id, lot_id, job_id, purchase_id, created_at)))) AS digest
            FROM ledger_entries
            WHERE created_at < \(end)
            GROUP BY DATE(created_at)
            """
        ) { row in try (row("day") as String, row("digest") as String) }
        return Dictionary(uniqueKeysWithValues: rows)
    }
}
