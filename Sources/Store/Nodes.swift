import Domain
package import FoundationEssentials
package import Ledger
package import MariaDB

extension Connection {
    /// What the books of another node of this one's cluster have that these do not, the other way
    /// round, or wrong (A1, D9): nothing when the nodes agree.
    ///
    /// The ledgers are compared as they were a minute ago, for nobody adds to that any more; all
    /// else in the books follows from them, which the node's own audit shows. Throws when the node
    /// does not answer, or is without the cluster's majority.
    ///
    /// - Parameters:
    ///   - since: what was posted before the last look is compared by its checkpoints, in the daily
    ///     walk (``walkChains(until:nodes:)``); nil compares everything.
    ///   - known: what is wrong as far as it is known, of which that about this node is judged anew.
    package func compare(
        with node: Connection, since: Date? = nil, known: [Violation] = [],
        isScheduled: Bool = false
    ) throws -> [Violation] {
        let known = known.compactMap { $0.found(at: node) }
        let end = try databaseTime().addingTimeInterval(-60)
        let start = since?.addingTimeInterval(-Double(Looks.margin.components.seconds))
        var differences = try differences(
            from: start.map { .first(at: $0) }, before: end, with: node, isScheduled)
        for day in Set(known.filter { $0.rule == "D9" }.map(\.subject)) where since != nil {
            differences.removeAll { $0.subject.hasSuffix(" \(day)") }
            differences += try self.differences(of: day, before: end, with: node, isScheduled)
        }
        let found = try node.lookAtBooks(since: since, known: known, isScheduled: isScheduled)
        return differences + found.map { $0.at(node) }
    }

    private func differences(
        from start: EntryID?, before end: Date, with node: Connection, _ isScheduled: Bool
    ) throws -> [Violation] {
        let condition: SQL = "id >= \(start ?? .zero) AND created_at < \(end)"
        return try differences(where: condition, with: node, isScheduled)
    }

    /// Of one day alone, as ``ledgerDigests(where:_:)`` names it.
    private func differences(
        of day: String, before end: Date, with node: Connection, _ isScheduled: Bool
    ) throws -> [Violation] {
        let begin = try first("SELECT CAST(\(day) AS DATETIME(6)) AS begin") { row in
            try row("begin") as Date?
        }
        guard case .some(.some(let begin)) = begin else { return [] }
        // An id is as old as its entry, give or take a clock.
        let margin = Double(Chains.age.components.seconds)
        let condition: SQL = """
            id >= \(EntryID.first(at: begin.addingTimeInterval(-margin)))
                AND id < \(EntryID.first(at: begin.addingTimeInterval(86_400 + margin)))
                AND created_at >= \(begin) AND created_at < \(begin) + INTERVAL 1 DAY
                AND created_at < \(end)
            """
        return try differences(where: condition, with: node, isScheduled)
    }

    private func differences(
        where condition: SQL, with node: Connection, _ isScheduled: Bool
    ) throws -> [Violation] {
        let own = try ledgerDigests(where: condition, isScheduled)
        let other = try node.ledgerDigests(where: condition, isScheduled)
        let days = Set(own.keys).union(other.keys)
        return days.sorted().filter { own[$0] != other[$0] }.map { day in
            Violation(
                rule: "D9", scope: .whole, subject: Violation.prefix(node: node) + day,
                accountID: nil,
                description: """
                    the ledgers of \(day) differ: \(own[day] ?? "no entries") here, \
                    \(other[day] ?? "no entries") at \(node.configuration)
                    """)
        }
    }

    /// For each day a digest of its entries of which `condition` is true. On a cluster it waits for
    /// all that was committed anywhere before
    /// (<https://mariadb.com/kb/en/galera-cluster-system-variables/#wsrep_sync_wait>).
    private func ledgerDigests(
        where condition: SQL, _ isScheduled: Bool
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
            WHERE \(sql: condition)
            GROUP BY DATE(created_at)
            """
        ) { row in try (row("day") as String, row("digest") as String) }
        return Dictionary(uniqueKeysWithValues: rows)
    }
}
