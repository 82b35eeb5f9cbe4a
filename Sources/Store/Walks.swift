import Domain
import FoundationEssentials
import Ledger
package import MariaDB

/// How far the walk along one account has come.
private struct Walk {
    let account: AccountID
    /// The checkpoint up to which an earlier slice has found all well; 0 at its beginning.
    let number: Int
    /// How many entries the account has, about.
    let entryCount: Int
}

extension Connection {
    /// Walks accounts that nobody has walked for most of a day, the oldest first, and those with a
    /// broken chain or a row that was taken away or changed which never is: all that A1 says of
    /// each, from its entries alone, and its chain, here and at the nodes. Writes down what it finds
    /// (A3), account by account, so that the next slice goes on where this one's time was over.
    /// Returns whether none is due any more.
    ///
    /// A node that does not answer is left out: the looks tell of it.
    @discardableResult
    package func walkChains(
        until end: ContinuousClock.Instant, nodes: [Connection] = []
    ) throws -> Bool {
        var failure: (any Error)?
        var reachable = nodes
        func walk(_ walks: [Walk]) throws {
            do {
                try walkChunk(walks, until: end, &reachable)
            } catch let error as DatabaseError where !error.isPassing {
                // What is wrong with one account keeps no other from its walk.
                failure = failure ?? error
            }
        }
        for account in try suspectAccounts() {
            guard ContinuousClock.now < end else { return false }
            try walk(walks(of: account))
        }
        var cursor: (walkedAt: Date, account: AccountID)?
        var isOver = false
        while !isOver {
            let page = try dueWalks(after: cursor)
            for chunk in page.walks.chunks() {
                guard ContinuousClock.now < end else { return false }
                try walk(chunk)
            }
            cursor = page.last
            isOver = page.last == nil
        }
        if let failure { throw failure }
        return ContinuousClock.now < end
    }

    /// Accounts whose chain is known to be broken, and those that were touched since their last
    /// walk.
    private func suspectAccounts() throws -> [AccountID] {
        let broken = try openFindings().compactMap { AccountID(chainOf: $0.violation) }
        let touched = try query(
            """
            SELECT touched_accounts.account_id
            FROM touched_accounts
            JOIN ledger_heads ON ledger_heads.account_id = touched_accounts.account_id
            WHERE touched_at >= walked_at
            LIMIT 1000
            """
        ) { row in try row("account_id") as AccountID }
        return Array(Set(broken + touched))
    }

    private func walks(of account: AccountID) throws -> [Walk] {
        try query(
            """
            SELECT walked_number, COALESCE(entries, 0) AS entries
            FROM ledger_heads
            LEFT JOIN ledger_checkpoints USING (account_id, number)
            WHERE ledger_heads.account_id = \(account)
            """
        ) { row in
            try Walk(account: account, number: row("walked_number"), entryCount: row("entries"))
        }
    }

    /// The next accounts whose walk is due, and where the page after them begins; nil after the last.
    private func dueWalks(
        after cursor: (walkedAt: Date, account: AccountID)?
    ) throws -> (walks: [Walk], last: (walkedAt: Date, account: AccountID)?) {
        let pageSize = 100
        let start = cursor?.walkedAt ?? Date(timeIntervalSince1970: 0)
        let rows = try query(
            """
            SELECT ledger_heads.account_id, walked_number, walked_at, COALESCE(entries, 0) AS entries
            FROM ledger_heads FORCE INDEX (idx_walked)
            LEFT JOIN ledger_checkpoints
                ON ledger_checkpoints.account_id = ledger_heads.account_id
                    AND ledger_checkpoints.number = ledger_heads.number
            WHERE walked_at < UTC_TIMESTAMP(6)
                    - INTERVAL \(Chains.interval.microseconds) MICROSECOND
                AND walked_at >= \(start) AND (walked_at > \(start)
                    OR ledger_heads.account_id > COALESCE(\(cursor?.account), \(EntryID.zero)))
            ORDER BY walked_at, ledger_heads.account_id
            LIMIT \(pageSize)
            """
        ) { row in
            (
                walk: try Walk(
                    account: row("account_id"), number: row("walked_number"),
                    entryCount: row("entries")), walkedAt: try row("walked_at") as Date
            )
        }
        let last = rows.last.map { (walkedAt: $0.walkedAt, account: $0.walk.account) }
        return (rows.map(\.walk), rows.count == pageSize ? last : nil)
    }

    private func walkChunk(
        _ walks: [Walk], until end: ContinuousClock.Instant, _ nodes: inout [Connection]
    ) throws {
        let fresh = walks.filter { $0.number == 0 }.map(\.account)
        var found = try audit(.accounts(fresh))
        nodes = nodes.filter { node in
            guard let other = try? node.audit(.accounts(fresh)) else { return false }
            found += other.map { $0.at(node) }
            return true
        }
        try transaction { for violation in found { try record(violation) } }
        for walk in walks {
            guard ContinuousClock.now < end else { return }
            try walkAccount(walk, until: end, &nodes)
        }
    }

    private func walkAccount(
        _ walk: Walk, until end: ContinuousClock.Instant, _ nodes: inout [Connection]
    ) throws {
        let own = try walkChain(of: walk.account, after: walk.number, until: end)
        var through: Int?
        if case .unfinished(let number) = own { through = number }
        var ends = [(Violation.chainSubject(of: walk.account), own)]
        nodes = nodes.filter { node in
            guard let other = try? compareChain(of: walk, through: through, with: node) else {
                return false
            }
            ends.append((Violation.prefix(node: node) + ends[0].0, other))
            return true
        }
        try transaction {
            for (subject, end) in ends {
                switch end {
                case .broken(let violation): try record(violation)
                case .holds: try noteGone(Violation.chainRule, subject)
                case .unfinished: break
                }
            }
            try execute(
                """
                UPDATE ledger_heads
                SET walked_number = \(through ?? 0),
                    walked_at = IF(\(through != nil), walked_at, UTC_TIMESTAMP(6))
                WHERE account_id = \(walk.account)
                """)
        }
    }

    /// Walks the account's chain at another node, whose last checkpoint has to be ours.
    private func compareChain(
        of walk: Walk, through: Int?, with node: Connection
    ) throws -> ChainWalkEnd {
        let head = try chainHead(of: walk.account)
        let end = try node.walkChain(of: walk.account, after: walk.number, through: through)
        if case .broken(let violation) = end { return .broken(violation.at(node)) }
        if through != nil { return end }
        let other = try node.first(
            """
            SET STATEMENT wsrep_sync_wait = 1 FOR
            SELECT digest
            FROM ledger_checkpoints
            WHERE account_id = \(walk.account) AND number = \(head?.number ?? 0)
            """
        ) { row in try row("digest") as String }
        guard let head, head.number > 0, other != head.digest else { return .holds }
        let problem = "its checkpoint \(head.number) is another than here, or is not there"
        return .broken(Violation.chain(of: walk.account, problem).at(node))
    }

    private func noteGone(_ rule: String, _ subject: String) throws {
        try execute(
            """
            UPDATE findings
            SET gone_at = UTC_TIMESTAMP(6)
            WHERE rule = \(rule) AND subject = \(subject) AND is_open
            """)
    }
}

extension [Walk] {
    /// Some at a time, so that one statement about them takes a bounded time.
    fileprivate func chunks() -> [[Walk]] {
        var chunks: [[Walk]] = []
        var entryCount = 0
        for walk in self {
            entryCount += walk.entryCount
            if let last = chunks.last, last.count < Chains.chunk.accounts,
                entryCount <= Chains.chunk.entries
            {
                chunks[chunks.count - 1].append(walk)
            } else {
                chunks.append([walk])
                entryCount = walk.entryCount
            }
        }
        return chunks
    }
}
