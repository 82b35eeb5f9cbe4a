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
    /// How old a walk may be before the account is walked again, and before that is overdue.
    static let interval = Duration.seconds(20 * 3600)
    static let overdue = Duration.seconds(24 * 3600 + 900)
    /// So much later than it can be is what goes into the chains overdue.
    static let sealingOverdue = Duration.seconds(600 + 900)
    /// How many accounts, and about how many of their entries, one statement of a walk goes over.
    static let chunk = (accounts: 20, entries: 100_000)
}

/// How the chains and the daily walk along them stand.
package struct ChainStanding: Sendable {
    /// The instant up to which all is in its chain; nil before the first.
    package let sealedAt: Date?
    /// When the account was walked that was walked the longest ago; nil before the first.
    package let walkedAt: Date?
    package let isOverdue: Bool
    /// Why the last turn did not end.
    package let problem: String?

    package var isSound: Bool { problem == nil && !isOverdue }
}

extension Connection {
    /// Adds checkpoints for what was posted since the last turn, until it is done or its time is
    /// over; gives the turn back as of how far it came. Costs what moved.
    package func sealChains(
        _ turn: Turn, until end: ContinuousClock.Instant, nextAfter span: Duration
    ) throws {
        let bound = turn.begunAt.addingTimeInterval(-Double(Chains.age.components.seconds))
        try addHeads(since: turn.doneAt)
        let reached = try sealChains(
            from: turn.doneAt.map { .first(at: $0) }, before: bound, until: end)
        try finish(turn, asOf: reached, nextAfter: span)
    }

    /// Every account is walked, also one without an entry.
    private func addHeads(since instant: Date?) throws {
        let first = instant.map { AccountID.first(at: $0) }
        try execute(
            """
            INSERT INTO ledger_heads (account_id, number, digest, walked_at)
            SELECT wallets.account_id, 0, \(ChainPoint().digest), UTC_TIMESTAMP(6)
            FROM wallets
            LEFT JOIN ledger_heads AS known ON known.account_id = wallets.account_id
            WHERE wallets.account_id >= COALESCE(\(first), \(EntryID.zero))
                AND known.account_id IS NULL
            ON DUPLICATE KEY UPDATE number = ledger_heads.number
            """)
    }

    /// The same without a turn; the instant up to which all is in its chain.
    @discardableResult
    package func sealChains(
        from start: EntryID?, before bound: Date, until end: ContinuousClock.Instant,
        pageSize: Int = 10_000
    ) throws -> Date {
        let bound = (date: bound, id: EntryID.first(at: bound))
        var cursor = start ?? .first(at: Date(timeIntervalSince1970: 0))
        var failure: (any Error)?
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
            let last = page.count == pageSize ? page.last?.id : nil
            // A repair may add a line to an account, and no entry.
            let accounts = try accountsWithLines(from: cursor, before: last ?? bound.id)
                .union(page.map(\.account))
            for account in accounts {
                do {
                    try sealChain(of: account, before: bound.id)
                } catch let error as DatabaseError where !error.isPassing {
                    // What is wrong with one account keeps no other's from its chain.
                    failure = failure ?? error
                }
            }
            guard let last else {
                if let failure { throw failure }
                return bound.date
            }
            cursor = last
            guard failure != nil || ContinuousClock.now < end else { return last.madeAt }
        }
    }

    private func accountsWithLines(
        from start: EntryID, before end: EntryID
    ) throws -> Set<AccountID> {
        Set(
            try query(
                """
                SELECT DISTINCT account_id
                FROM transactions FORCE INDEX (PRIMARY)
                WHERE id >= \(start) AND id < \(end)
                """
            ) { row in try row("account_id") as AccountID })
    }

    /// How the chains and the daily walk stand.
    package func chainStanding() throws -> ChainStanding {
        let found = try first(
            """
            SELECT done_at, problem, walked_at,
                COALESCE(walked_at < UTC_TIMESTAMP(6)
                    - INTERVAL \(Chains.overdue.microseconds) MICROSECOND, FALSE)
                OR COALESCE(COALESCE(done_at, begun_at) < UTC_TIMESTAMP(6)
                    - INTERVAL \(Chains.sealingOverdue.microseconds) MICROSECOND, FALSE)
                    AS is_overdue
            FROM (SELECT MIN(walked_at) AS walked_at FROM ledger_heads) AS walks
            LEFT JOIN schedules ON name = \(Chains.schedule)
            """
        ) { row in
            try ChainStanding(
                sealedAt: row("done_at"), walkedAt: row("walked_at"),
                isOverdue: row("is_overdue"), problem: row("problem"))
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
    /// Whose chain it is that a finding is about, here or at another node; nil when it is about
    /// something else.
    init?(chainOf violation: Violation) {
        let words = violation.subject.split(separator: " ").suffix(3)
        guard words.count == 3, words.dropLast().elementsEqual(["chain", "of"]) else { return nil }
        self.init(String(words[words.endIndex - 1]))
    }
}

extension ID<EntryKind> {
    /// When it was made, down to the millisecond.
    fileprivate var madeAt: Date {
        let digits = description.filter { $0 != "-" }.prefix(12)
        return Date(timeIntervalSince1970: Double(Int(digits, radix: 16) ?? 0) / 1000)
    }
}
