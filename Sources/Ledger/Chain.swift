package import Domain
import FoundationEssentials
package import MariaDB
import Sodium

package enum EntryKind {}
/// The key of a line of the ledger.
package typealias EntryID = ID<EntryKind>

/// A line of the ledger as it goes into its account's chain.
package struct ChainEntry: Sendable {
    package let id: EntryID
    /// Every column, in an order that is always the same.
    package let text: String
    let debit: String
    let credit: String
    let amount: Int
}

/// How far an account's chain goes: what its entries up to one of them come to.
package struct ChainPoint: Hashable, Sendable {
    /// Of the checkpoint; 0 before the first.
    package internal(set) var number = 0
    package internal(set) var lastEntry = EntryID.zero
    package internal(set) var entryCount = 0
    /// Micro-dollars.
    package internal(set) var available = 0
    package internal(set) var held = 0
    package internal(set) var frozen = 0
    package internal(set) var shortfall = 0
    /// Lower-case hex: SHA-256 of the digest before and the entry's text; 64 zeros before the first.
    package internal(set) var digest = String(repeating: "0", count: 64)

    package init() {}

    /// Takes in the next entry. Sums wrap instead of trapping: a damaged ledger is to be told of,
    /// and must not end the process that looks (J16).
    package mutating func take(_ entry: ChainEntry) {
        lastEntry = entry.id
        entryCount += 1
        available &+= entry.change(of: "available")
        held &+= entry.change(of: "held")
        frozen &+= entry.change(of: "frozen")
        shortfall &-= entry.change(of: "shortfall")
        digest = SHA256.hash(Array("\(digest)|\(entry.text)".utf8)).hex
    }

    /// Whether all but number and digest is the same.
    func hasSums(of other: ChainPoint) -> Bool {
        var other = other
        other.number = number
        other.digest = digest
        return self == other
    }
}

/// What a walk along an account's chain came to.
package enum ChainWalkEnd: Sendable {
    case holds
    case broken(Violation)
    /// All is well up to this checkpoint, which is not the last.
    case unfinished(number: Int)
}

extension ChainEntry {
    fileprivate func change(of side: String) -> Int {
        (credit == side ? amount : 0) &- (debit == side ? amount : 0)
    }
}

extension EntryID {
    /// Before every entry.
    package static let zero = EntryID(
        uuid: UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)))
}

extension [UInt8] {
    fileprivate var hex: String {
        let digits = Array("0123456789abcdef".utf8)
        return String(
            decoding: flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}

extension Connection {
    /// Adds to the account's chain what was posted with an id before `end`; by then nobody may add
    /// an entry with an id below that. The sums of its lots and lines go along. Returns whether
    /// there was an entry to add.
    ///
    /// - Parameter largestCount: how many entries one checkpoint goes over at most, so that a walk
    ///   can be left at one that is not far.
    @discardableResult
    package func sealChain(
        of account: AccountID, before end: EntryID, largestCount: Int = 20_000
    ) throws -> Bool {
        try transaction {
            let lastLine = try lockHead(of: account)
            let last =
                try checkpoints(of: account, sql: "ORDER BY number DESC LIMIT 1").first
                ?? ChainPoint()
            var point = last
            var sealedCount = last.entryCount
            func seal() throws {
                guard point.entryCount > sealedCount else { return }
                sealedCount = point.entryCount
                point.number += 1
                try insert(point, of: account)
            }
            try forEachEntry(of: account, after: last.lastEntry, "id < \(end)") { entry in
                point.take(entry)
                if point.entryCount - sealedCount == largestCount { try seal() }
            }
            try seal()
            if point.number > last.number {
                try addToLots(of: account, after: last.lastEntry, through: point.lastEntry)
            }
            try addLines(of: account, after: lastLine, before: end)
            return point.number > last.number
        }
    }

    /// Locks the account's head, which is made where there is none; the last line that is in its sum.
    private func lockHead(of account: AccountID) throws -> EntryID? {
        func locked() throws -> EntryID?? {
            try first(
                "SELECT last_line_id FROM ledger_heads WHERE account_id = \(account) FOR UPDATE"
            ) { row in try row("last_line_id") as EntryID? }
        }
        if let end = try locked() { return end }
        try execute(
            """
            INSERT INTO ledger_heads (account_id, number, digest, walked_at)
            VALUES (\(account), 0, \(ChainPoint().digest), UTC_TIMESTAMP(6))
            ON DUPLICATE KEY UPDATE number = ledger_heads.number
            """)
        return try locked() ?? nil
    }

    private func addToLots(
        of account: AccountID, after first: EntryID, through last: EntryID
    ) throws {
        try execute(
            """
            INSERT INTO ledger_lots (lot_id, account_id, remaining_micros, held_micros,
                spent_micros, expired_micros, clawed_back_micros, taken_micros)
            SELECT lot_id, account_id, remaining, held, spent, expired, clawed_back, taken
            FROM (
                SELECT lot_id, account_id, \(sql: .ledgerParts)
                FROM ledger_entries FORCE INDEX (idx_account)
                WHERE account_id = \(account) AND lot_id IS NOT NULL AND id > \(first)
                    AND id <= \(last)
                GROUP BY lot_id
            ) AS added
            ON DUPLICATE KEY UPDATE
                remaining_micros = remaining_micros + VALUES(remaining_micros),
                held_micros = held_micros + VALUES(held_micros),
                spent_micros = spent_micros + VALUES(spent_micros),
                expired_micros = expired_micros + VALUES(expired_micros),
                clawed_back_micros = clawed_back_micros + VALUES(clawed_back_micros),
                taken_micros = taken_micros + VALUES(taken_micros)
            """)
    }

    private func addLines(
        of account: AccountID, after start: EntryID?, before end: EntryID
    ) throws {
        let added = try first(
            """
            SELECT SUM(amount_micros) AS sum, MAX(id) AS last
            FROM transactions FORCE INDEX (idx_account)
            WHERE account_id = \(account) AND id > \(start ?? .zero) AND id < \(end)
            """
        ) { row in (sum: try row("sum") as Int?, last: try row("last") as EntryID?) }
        guard let sum = added?.sum, let last = added?.last else { return }
        try execute(
            """
            UPDATE ledger_heads
            SET lines_micros = lines_micros + \(sum), last_line_id = \(last)
            WHERE account_id = \(account)
            """)
    }

    /// Makes the sums of the account's lots and lines, from which looks go on, anew from its entries
    /// and lines (A4).
    func remakeSums(of account: AccountID) throws {
        let lastLine = try lockHead(of: account)
        let last = try checkpoints(of: account, sql: "ORDER BY number DESC LIMIT 1").first
        try execute(
            """
            UPDATE ledger_lots
            SET remaining_micros = 0, held_micros = 0, spent_micros = 0, expired_micros = 0,
                clawed_back_micros = 0, taken_micros = 0
            WHERE account_id = \(account)
            """)
        if let last { try addToLots(of: account, after: .zero, through: last.lastEntry) }
        try execute(
            """
            UPDATE ledger_heads
            SET lines_micros = COALESCE((
                SELECT SUM(amount_micros)
                FROM transactions
                WHERE account_id = \(account) AND id <= \(lastLine)), 0)
            WHERE account_id = \(account)
            """)
    }

    private func insert(_ point: ChainPoint, of account: AccountID) throws {
        try execute(
            """
            INSERT INTO ledger_checkpoints (account_id, number, last_entry_id, entries,
                available_micros, held_micros, frozen_micros, shortfall_micros, digest, created_at)
            VALUES (\(account), \(point.number), \(point.lastEntry), \(point.entryCount),
                \(point.available), \(point.held), \(point.frozen), \(point.shortfall),
                \(point.digest), UTC_TIMESTAMP(6))
            """)
        try execute(
            """
            INSERT INTO ledger_heads (account_id, number, digest, walked_at)
            VALUES (\(account), \(point.number), \(point.digest), UTC_TIMESTAMP(6))
            ON DUPLICATE KEY UPDATE number = \(point.number), digest = \(point.digest)
            """)
    }

    /// Walks the account's chain from its first entry, and names the first of what no longer
    /// follows: nil when all checkpoints do. `body` is given every entry up to the last checkpoint,
    /// and how far the chain is with it.
    package func walkChain(
        of account: AccountID, _ body: (ChainEntry, ChainPoint) throws -> Void = { _, _ in }
    ) throws -> Violation? {
        guard case .broken(let violation) = try walkChain(of: account, after: 0, body: body) else {
            return nil
        }
        return violation
    }

    /// Walks a part of the account's chain; at the end of all of it also compares the sums that looks
    /// go on from.
    ///
    /// - Parameters:
    ///   - number: the checkpoint that an earlier walk has come to.
    ///   - end: when it stops at the next checkpoint.
    ///   - through: the checkpoint at which it stops whatever the time; nil: the last.
    package func walkChain(
        of account: AccountID, after number: Int, until end: ContinuousClock.Instant? = nil,
        through last: Int? = nil, body: (ChainEntry, ChainPoint) throws -> Void = { _, _ in }
    ) throws -> ChainWalkEnd {
        // Before the checkpoints: one that is added meanwhile is then only newer.
        let head = try chainHead(of: account)
        let checkpoints = try checkpoints(
            of: account, sql: "AND number >= \(number) ORDER BY number")
        let known = number > 0 ? checkpoints.first { $0.number == number } : nil
        // What the earlier walk has come to is gone: from the beginning.
        guard number == 0 || known != nil else {
            return try walkChain(of: account, after: 0, until: end, through: last, body: body)
        }
        var walk = ChainWalk(head: head, after: known)
        var point = known ?? ChainPoint()
        for checkpoint in checkpoints where checkpoint.number > number {
            try forEachEntry(of: account, after: point.lastEntry, "id <= \(checkpoint.lastEntry)") {
                point.take($0)
                try body($0, point)
            }
            walk.compare(checkpoint, with: point)
            // Where its last entry is gone, the next part begins behind it all the same.
            point.lastEntry = checkpoint.lastEntry
            // What is wrong is told by what comes after it.
            guard walk.isSound else { continue }
            let isOver = end.map { ContinuousClock.now >= $0 } ?? false
            let isLast = checkpoint.number == checkpoints.last?.number
            if checkpoint.number == last || isOver && !isLast {
                return .unfinished(number: checkpoint.number)
            }
        }
        guard let problem = try walk.problem ?? problemOfSums(of: account) else { return .holds }
        return .broken(.chain(of: account, problem))
    }

    /// What is wrong about the sums that looks go on from, in words for the operator.
    private func problemOfSums(of account: AccountID) throws -> String? {
        let found = try first(
            """
            SELECT EXISTS (
                SELECT 1
                FROM (
                    SELECT lot_id, \(sql: .ledgerParts)
                    FROM ledger_entries FORCE INDEX (idx_account)
                    WHERE account_id = \(account) AND lot_id IS NOT NULL AND id <= (
                        SELECT last_entry_id
                        FROM ledger_heads
                        JOIN ledger_checkpoints USING (account_id, number)
                        WHERE ledger_heads.account_id = \(account))
                    GROUP BY lot_id
                ) AS ledger
                LEFT JOIN ledger_lots ON ledger_lots.lot_id = ledger.lot_id
                WHERE ledger_lots.lot_id IS NULL OR remaining_micros <> remaining
                    OR held_micros <> held OR spent_micros <> spent OR expired_micros <> expired
                    OR clawed_back_micros <> clawed_back OR taken_micros <> taken) AS has_wrong_lot,
                EXISTS (
                    SELECT 1
                    FROM ledger_heads
                    LEFT JOIN (
                        SELECT SUM(amount_micros) AS sum
                        FROM transactions FORCE INDEX (idx_account)
                        WHERE account_id = \(account) AND id <= (
                            SELECT last_line_id
                            FROM ledger_heads
                            WHERE account_id = \(account))
                    ) AS read_lines ON TRUE
                    WHERE account_id = \(account) AND lines_micros <> COALESCE(sum, 0)) AS has_wrong_lines
            """
        ) { row in
            (isLot: try row("has_wrong_lot") as Bool, isLine: try row("has_wrong_lines") as Bool)
        }
        if found?.isLot == true { return "the sums of its lots are not those of the entries" }
        if found?.isLine == true { return "the sum of its lines is not that of the lines" }
        return nil
    }

    /// The last checkpoint of the account, with its digest; nil before the first.
    package func chainHead(of account: AccountID) throws -> (number: Int, digest: String)? {
        try first("SELECT number, digest FROM ledger_heads WHERE account_id = \(account)") { row in
            (try row("number"), try row("digest"))
        }
    }

    private func checkpoints(of account: AccountID, sql order: SQL) throws -> [ChainPoint] {
        try query(
            """
            SELECT number, last_entry_id, entries, available_micros, held_micros, frozen_micros,
                shortfall_micros, digest
            FROM ledger_checkpoints
            WHERE account_id = \(account) \(sql: order)
            """
        ) { row in
            var point = ChainPoint()
            point.number = try row("number")
            point.lastEntry = try row("last_entry_id")
            point.entryCount = try row("entries")
            point.available = try row("available_micros")
            point.held = try row("held_micros")
            point.frozen = try row("frozen_micros")
            point.shortfall = try row("shortfall_micros")
            point.digest = try row("digest")
            return point
        }
    }

    /// The account's entries in the order of their ids, a page at a time.
    private func forEachEntry(
        of account: AccountID, after start: EntryID, _ condition: SQL,
        _ body: (ChainEntry) throws -> Void
    ) throws {
        let pageSize = 2000
        var cursor = start
        while true {
            let page = try query(
                """
                SELECT id, debit_account, credit_account, amount_micros,
                    CONCAT_WS('|', id, leg, kind, debit_account, credit_account, amount_micros,
                        account_id, COALESCE(CAST(lot_id AS CHAR), '-'),
                        COALESCE(CAST(job_id AS CHAR), '-'),
                        COALESCE(CAST(purchase_id AS CHAR), '-'), created_at, op_key) AS text
                FROM ledger_entries FORCE INDEX (idx_account)
                WHERE account_id = \(account) AND id > \(cursor) AND \(sql: condition)
                ORDER BY id
                LIMIT \(pageSize)
                """
            ) { row in
                try ChainEntry(
                    id: row("id"), text: row("text"), debit: row("debit_account"),
                    credit: row("credit_account"), amount: row("amount_micros"))
            }
            for entry in page { try body(entry) }
            guard page.count == pageSize, let last = page.last else { return }
            cursor = last.id
        }
    }
}

extension Violation {
    /// The rule that a broken chain breaks: nothing in the ledger is ever changed.
    package static let chainRule = "L2"

    package static func chainSubject(of account: AccountID) -> String { "chain of \(account)" }

    /// A chain that does not follow from its entries.
    package static func chain(of account: AccountID, _ problem: String) -> Violation {
        Violation(
            rule: chainRule, scope: .account, subject: chainSubject(of: account),
            accountID: account, description: "the chain of \(account) is broken: \(problem)")
    }
}
