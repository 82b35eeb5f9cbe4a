import Domain
package import FoundationEssentials
package import Ledger
package import MariaDB

/// A look at what moved (A2).
package enum Looks {
    /// How long a change may wait for its COMMIT and still be seen by the next look: each goes back
    /// so far behind the instant that the one before has seen.
    static let margin = Duration.seconds(120)
}

extension Connection {
    /// Looks at the books in one consistent snapshot and names what breaks A1; costs what moved
    /// since the last look, and what is wrong.
    ///
    /// Of each row that moved it checks all rules, of what grows with an account from its last
    /// checkpoint on. Accounts that something is known about, or whose rows were changed or taken
    /// away that never are, are looked at as a whole, from their entries alone.
    ///
    /// - Parameters:
    ///   - since: the instant that the last look has seen; nil looks at everything.
    ///   - known: what is wrong as far as it is known, which is judged anew.
    package func lookAtBooks(
        since: Date?, known: [Violation] = [], isScheduled: Bool = false
    ) throws -> [Violation] {
        try snapshot {
            // Where not all is named, nobody knows which accounts are to be looked at.
            guard let since, !known.contains(where: \.isCut) else {
                return try audit(isScheduled: isScheduled)
            }
            let start = since.addingTimeInterval(-Double(Looks.margin.components.seconds))
            let suspects = try suspects(since: start, known)
            var moved = try movedBooks(since: start, isScheduled ? .auditMark : "")
            moved.accounts.subtract(suspects)
            moved.entries = Set(known.compactMap { EntryID($0, after: "entry ") })
            var found = try audit(.moved(moved), isScheduled: isScheduled)
            if !suspects.isEmpty {
                let whole = try audit(.accounts(Array(suspects)), isScheduled: isScheduled)
                let names = Set(whole.map(\.name))
                found = found.filter { !names.contains($0.name) } + whole
            }
            return found
        }
    }

    /// The accounts whose checkpoints are not relied on.
    private func suspects(since start: Date, _ known: [Violation]) throws -> Set<AccountID> {
        let touched = try query(
            "SELECT account_id FROM touched_accounts WHERE touched_at >= \(start)"
        ) { row in try row("account_id") as AccountID }
        // Closed by a person or not: its sums are not those of its entries.
        let broken = try query(
            """
            SELECT DISTINCT account_id
            FROM findings
            WHERE rule = \(Violation.chainRule) AND subject LIKE 'chain of %' AND gone_at IS NULL
                AND account_id IS NOT NULL
            """
        ) { row in try row("account_id") as AccountID }
        let named = known.compactMap { $0.accountID ?? AccountID($0, after: "account ") }
        return Set(touched + broken + named)
    }

    private func movedBooks(since start: Date, _ mark: SQL) throws -> MovedBooks {
        let sealed = try first(
            "SELECT done_at FROM schedules WHERE name = \(Chains.schedule)"
        ) { row in try row("done_at") as Date? }
        var moved = MovedBooks(
            start: .first(at: start),
            sealedEnd: (sealed ?? nil).map { .first(at: $0) } ?? .zero)
        try addEntries(to: &moved, mark)
        try addBalances(to: &moved, since: start, mark)
        try addObjects(to: &moved, since: start, mark)
        return moved
    }

    /// What was posted, a page at a time.
    private func addEntries(to moved: inout MovedBooks, _ mark: SQL) throws {
        let pageSize = 20_000
        var cursor = moved.start
        while true {
            let page = try query(
                """
                \(sql: mark) SELECT id, account_id, lot_id, job_id, purchase_id
                FROM ledger_entries
                WHERE id >= \(cursor)
                ORDER BY id
                LIMIT \(pageSize)
                """
            ) { row in
                moved.accounts.insert(try row("account_id"))
                if let lot: LotID = try row("lot_id") { moved.lots.insert(lot) }
                if let job: VideoID = try row("job_id") { moved.jobs.insert(job) }
                if let purchase: PurchaseID = try row("purchase_id") {
                    moved.purchases.insert(purchase)
                }
                return try row("id") as EntryID
            }
            guard page.count == pageSize, let last = page.last else { return }
            cursor = last
        }
    }

    /// Wallets, lines and lots that changed, by whoever's hand.
    private func addBalances(to moved: inout MovedBooks, since start: Date, _ mark: SQL) throws {
        moved.accounts.formUnion(
            try query(
                """
                \(sql: mark) SELECT account_id
                FROM wallets FORCE INDEX (idx_moved)
                WHERE moved_at >= \(start)
                UNION
                SELECT account_id
                FROM transactions FORCE INDEX (PRIMARY)
                WHERE id >= \(moved.start)
                """
            ) { row in try row("account_id") })
        _ = try query(
            """
            \(sql: mark) SELECT id, account_id, purchase_id
            FROM credit_lots FORCE INDEX (idx_moved)
            WHERE moved_at >= \(start)
            """
        ) { row in
            moved.lots.insert(try row("id"))
            moved.accounts.insert(try row("account_id"))
            if let purchase: PurchaseID = try row("purchase_id") {
                moved.purchases.insert(purchase)
            }
        }
    }

    /// Jobs and purchases that changed, and purchases whose disputes did.
    private func addObjects(to moved: inout MovedBooks, since start: Date, _ mark: SQL) throws {
        _ = try query(
            """
            \(sql: mark) SELECT id, account_id
            FROM video_jobs FORCE INDEX (idx_moved)
            WHERE moved_at >= \(start)
            """
        ) { row in
            moved.jobs.insert(try row("id"))
            moved.accounts.insert(try row("account_id"))
        }
        moved.purchases.formUnion(
            try query(
                """
                \(sql: mark) SELECT id
                FROM purchases FORCE INDEX (idx_moved)
                WHERE moved_at >= \(start)
                UNION
                SELECT purchase_id
                FROM disputes
                WHERE moved_at >= \(start)
                """
            ) { row in try row("id") })
    }
}

extension [OpenFinding] {
    /// What they say of this node's own books.
    package var ownViolations: [Violation] {
        map(\.violation).filter { !$0.isElsewhere }
    }
}

extension ID {
    /// The id that the subject of a finding ends in, such as `entry 0199…`; nil for other subjects.
    fileprivate init?(_ violation: Violation, after prefix: String) {
        guard violation.subject.hasPrefix(prefix) else { return nil }
        self.init(String(violation.subject.dropFirst(prefix.count)))
    }
}
