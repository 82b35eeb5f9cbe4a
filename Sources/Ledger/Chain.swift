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
    package internal(set) var lastEntry = EntryID.none
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

extension ChainEntry {
    fileprivate func change(of side: String) -> Int {
        (credit == side ? amount : 0) &- (debit == side ? amount : 0)
    }
}

extension ID<EntryKind> {
    /// Before every entry.
    static let none = EntryID(uuid: UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)))
}

extension [UInt8] {
    fileprivate var hex: String {
        let digits = Array("0123456789abcdef".utf8)
        return String(
            decoding: flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}

extension Connection {
    /// Adds a checkpoint to the account's chain, up to its last entry with an id before `end`; by
    /// then nobody may add an entry with an id below that. Returns whether there was one to add.
    package func sealChain(of account: AccountID, before end: EntryID) throws -> Bool {
        try transaction {
            var point =
                try checkpoints(of: account, sql: "ORDER BY number DESC LIMIT 1").first
                ?? ChainPoint()
            let count = point.entryCount
            try forEachEntry(of: account, after: point.lastEntry, "id < \(end)") { point.take($0) }
            guard point.entryCount > count else { return false }
            point.number += 1
            try insert(point, of: account)
            return true
        }
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
        // Before the checkpoints: one that is added meanwhile is then only newer.
        let head = try chainHead(of: account)
        let checkpoints = try checkpoints(of: account, sql: "ORDER BY number")
        var walk = ChainWalk(head: head)
        var point = ChainPoint()
        for checkpoint in checkpoints {
            try forEachEntry(of: account, after: point.lastEntry, "id <= \(checkpoint.lastEntry)") {
                point.take($0)
                try body($0, point)
            }
            walk.compare(checkpoint, with: point)
            // Where its last entry is gone, the next part begins behind it all the same.
            point.lastEntry = checkpoint.lastEntry
        }
        return walk.problem.map { problem in
            Violation(
                rule: Violation.chainRule, scope: .account,
                subject: Violation.chainSubject(of: account), accountID: account,
                description: "the chain of \(account) is broken: \(problem)")
        }
    }

    private func chainHead(of account: AccountID) throws -> (number: Int, digest: String)? {
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
            WHERE account_id = \(account)
            \(sql: order)
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
}
