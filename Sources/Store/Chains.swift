import Domain
package import FoundationEssentials
package import Ledger
package import MariaDB

/// The chains of all accounts, as their schedule keeps them (A2).
package enum Chains {
    package static let schedule = "chains"
    /// How old an entry is when it goes into its chain. Its id is made before its COMMIT, by the
    /// clock of the machine that made it; by then nothing with an older id can come any more.
    package static let age = Duration.seconds(600)
    /// How old a walk may be before the chain is walked again, and before that is overdue.
    static let interval = Duration.seconds(20 * 3600)
    static let overdue = Duration.seconds(48 * 3600)
}

/// How the daily walk stands.
package struct ChainStanding: Sendable {
    package let accounts: Int
    /// The account whose chain was walked the longest ago; nil before the first.
    package let walkedAt: Date?
    package let isOverdue: Bool
}

extension Connection {
    /// Adds checkpoints for what was posted since the last turn, until it is done or its time is
    /// over; gives the turn back as of how far it came. Costs what moved.
    package func sealChains(
        _ turn: Turn, until end: ContinuousClock.Instant, nextAfter span: Duration
    ) throws {
        let start = turn.doneAt.map { EntryID.first(at: $0) }
        let bound = turn.begunAt.addingTimeInterval(-Double(Chains.age.components.seconds))
        let reached = try sealChains(from: start, before: bound, until: end)
        try finish(turn, asOf: reached, nextAfter: span)
    }

    /// The same without a turn; the instant up to which all is in its chain.
    @discardableResult
    package func sealChains(
        from start: EntryID?, before bound: Date, until end: ContinuousClock.Instant,
        pageSize: Int = 10_000
    ) throws -> Date {
        let bound = (date: bound, id: EntryID.first(at: bound))
        var cursor = start ?? .first(at: Date(timeIntervalSince1970: 0))
        while true {
            let page = try query(
                """
                SELECT id, account_id
                FROM ledger_entries
                WHERE id >= \(cursor) AND id < \(bound.id)
                ORDER BY id
                LIMIT \(pageSize)
                """
            ) { row in (id: try row("id") as EntryID, account: try row("account_id") as AccountID) }
            for account in Set(page.map(\.account)) {
                _ = try sealChain(of: account, before: bound.id)
            }
            guard page.count == pageSize, let last = page.last else { return bound.date }
            cursor = last.id
            guard ContinuousClock.now < end else { return last.id.madeAt }
        }
    }

    /// Walks the chains that nobody has walked for most of a day, the oldest first, and those that
    /// were broken, and writes down what it finds (A3): each by itself, so that the next turn goes
    /// on where this one's time was over.
    package func walkChains(until end: ContinuousClock.Instant) throws {
        let broken = try openFindings().compactMap { AccountID(chainOf: $0.violation) }
        for account in broken { try walkAndRecord(account) }
        let pageSize = 100
        while true {
            let due = try query(
                """
                SELECT account_id
                FROM ledger_heads
                WHERE walked_at
                    < UTC_TIMESTAMP(6) - INTERVAL \(Chains.interval.microseconds) MICROSECOND
                ORDER BY walked_at
                LIMIT \(pageSize)
                """
            ) { row in try row("account_id") as AccountID }
            for account in due {
                guard ContinuousClock.now < end else { return }
                try walkAndRecord(account)
            }
            guard due.count == pageSize else { return }
        }
    }

    private func walkAndRecord(_ account: AccountID) throws {
        let found = try walkChain(of: account)
        try transaction {
            if let found {
                try record(found)
            } else {
                try execute(
                    """
                    UPDATE findings
                    SET gone_at = UTC_TIMESTAMP(6)
                    WHERE rule = \(Violation.chainRule)
                        AND subject = \(Violation.chainSubject(of: account)) AND is_open
                    """)
            }
            try execute(
                """
                UPDATE ledger_heads SET walked_at = UTC_TIMESTAMP(6) WHERE account_id = \(account)
                """)
        }
    }

    /// How the daily walk stands.
    package func chainStanding() throws -> ChainStanding {
        let found = try first(
            """
            SELECT COUNT(*) AS accounts, MIN(walked_at) AS walked_at,
                COALESCE(MIN(walked_at) < UTC_TIMESTAMP(6)
                    - INTERVAL \(Chains.overdue.microseconds) MICROSECOND, FALSE) AS is_overdue
            FROM ledger_heads
            """
        ) { row in
            try ChainStanding(
                accounts: row("accounts"), walkedAt: row("walked_at"),
                isOverdue: row("is_overdue"))
        }
        guard let found else { preconditionFailure("a SELECT of sums has a row") }
        return found
    }

    /// Walks every chain, whatever was walked before, and writes nothing down.
    ///
    /// - Parameter progress: told after each thousand, how many chains were walked.
    package func walkAllChains(_ progress: (Int) -> Void) throws -> (
        violations: [Violation], chains: Int
    ) {
        var violations: [Violation] = []
        var count = 0
        var cursor: AccountID?
        while true {
            let page = try query(
                """
                SELECT DISTINCT account_id
                FROM ledger_checkpoints
                WHERE \(cursor) IS NULL OR account_id > \(cursor)
                ORDER BY account_id
                LIMIT 1000
                """
            ) { row in try row("account_id") as AccountID }
            for account in page {
                if let found = try walkChain(of: account) { violations.append(found) }
            }
            count += page.count
            guard let last = page.last else { return (violations, count) }
            progress(count)
            cursor = last
        }
    }
}

extension Violation {
    /// Whether a walk of the chains finds it, not a look at the books as they are.
    var isOfChain: Bool { rule == Self.chainRule && AccountID(chainOf: self) != nil }
}

extension ID<AccountKind> {
    /// Whose chain it is that a finding is about; nil when it is about something else.
    fileprivate init?(chainOf violation: Violation) {
        let prefix = "chain of "
        guard violation.subject.hasPrefix(prefix) else { return nil }
        self.init(String(violation.subject.dropFirst(prefix.count)))
    }
}

extension ID<EntryKind> {
    /// When it was made, down to the millisecond.
    fileprivate var madeAt: Date {
        let digits = description.filter { $0 != "-" }.prefix(12)
        return Date(timeIntervalSince1970: Double(Int(digits, radix: 16) ?? 0) / 1000)
    }
}
