import BooksSupport
import DatabaseSupport
import Domain
import FoundationEssentials
import Ledger
import MariaDB
import Store
import Testing

/// The chain of each account's entries is attacked: what was done to entries that it covers, or to
/// the chain itself, is found and named, however long ago.
@Suite struct `A2 the chain of checkpoints` {
    /// An account with a delivered job, a chain of two checkpoints over all but its newest entries,
    /// and another account with one checkpoint.
    private func withChains(_ body: (Connection, AccountID) throws -> Void) throws {
        try withFreshDatabase { configuration in
            let db = Connection(configuration)
            let account = try db.insertAccount(credit: .dollars(5))
            _ = try db.insertAccount(credit: .dollars(7))
            try db.sealAll()
            _ = try db.insertJob(of: account)
            try db.advanceJob(to: .delivered)
            try db.sealAll()
            _ = try db.insertJob(of: account)
            #expect(try db.count("ledger_checkpoints WHERE account_id = \(account)") == 2)
            #expect(try db.walkAllChains { _ in }.violations == [])
            try db.execute("SET SESSION check_constraint_checks = 0, foreign_key_checks = 0")
            try body(db, account)
        }
    }

    @Test(
        arguments: [
            ("amount or side", "UPDATE ledger_entries SET amount_micros = 1 WHERE kind = 'settle'"),
            (
                "amount or side",
                "UPDATE ledger_entries SET credit_account = 'frozen' WHERE kind = 'settle'"
            ),
            ("not its amount", "UPDATE ledger_entries SET kind = 'expire' WHERE kind = 'settle'"),
            ("not its amount", "UPDATE ledger_entries SET op_key = 'x' WHERE kind = 'settle'"),
            ("not its amount", "UPDATE ledger_entries SET job_id = NULL WHERE kind = 'settle'"),
            // Re-dated.
            (
                "not its amount",
                """
                UPDATE ledger_entries SET created_at = created_at - INTERVAL 1 DAY
                WHERE kind = 'settle'
                """
            ),
            ("removed", "DELETE FROM ledger_entries WHERE kind = 'settle'"),
            // The last one of a checkpoint, and one before the first checkpoint's end.
            (
                "removed",
                """
                DELETE FROM ledger_entries WHERE id IN
                    (SELECT last_entry_id FROM ledger_checkpoints WHERE number = 2)
                """
            ),
            (
                "added",
                """
                INSERT INTO ledger_entries (id, op_key, leg, kind, debit_account, credit_account,
                    amount_micros, account_id, created_at)
                SELECT CAST(CONCAT(LEFT(id, 35), IF(RIGHT(id, 1) = '0', '1', '0')) AS UUID),
                    'slipped in', 1, 'adjust', 'adjustments', 'payments', 1, account_id, created_at
                FROM ledger_entries
                WHERE kind = 'hold' AND EXISTS (
                    SELECT 1
                    FROM ledger_checkpoints
                    WHERE number = 2 AND ledger_entries.id < last_entry_id
                        AND ledger_checkpoints.account_id = ledger_entries.account_id)
                LIMIT 1
                """
            ),
            (
                "checkpoint 2 was changed",
                "UPDATE ledger_checkpoints SET digest = REPEAT('a', 64) WHERE number = 2"
            ),
            (
                "checkpoint 1 was changed",
                """
                UPDATE ledger_checkpoints SET available_micros = available_micros + 1
                WHERE available_micros = 5000000
                """
            ),
            (
                "checkpoint 1 was changed",
                """
                UPDATE ledger_checkpoints AS checkpoint
                JOIN ledger_checkpoints AS later
                    ON later.account_id = checkpoint.account_id AND later.number = 2
                SET checkpoint.digest = REPEAT('a', 64)
                WHERE checkpoint.number = 1
                """
            ),
            ("checkpoint 2 is missing", "DELETE FROM ledger_checkpoints WHERE number = 2"),
            (
                "checkpoint 1 is missing",
                "DELETE FROM ledger_checkpoints WHERE number = 1 AND available_micros = 5000000"
            ),
            ("head was changed", "UPDATE ledger_heads SET digest = '' WHERE number = 2"),
            ("head is missing", "DELETE FROM ledger_heads WHERE number = 2"),
        ] as [(String, SQL)])
    func `what was done to the ledger before the last checkpoint is found and named`(
        name: String, damage: SQL
    ) throws {
        try withChains { db, account in
            #expect(try db.execute(damage) >= 1)
            let found = try db.walkAllChains { _ in }.violations
            #expect(found.map(\.subject) == ["chain of \(account)"])
            #expect(found.first?.description.contains(name) == true, "\(found)")
            #expect(found.first?.scope == .account)
            #expect(found.first?.accountID == account)
        }
    }

    @Test func `the daily walk finds it and says when it is gone, and a look leaves it`() throws {
        try withChains { db, account in
            try db.execute(
                "UPDATE ledger_entries SET op_key = CONCAT('x', op_key) WHERE kind = 'settle'")
            try db.execute("DELETE FROM touched_accounts")
            // Walked a moment ago: not due.
            try db.walkChains(until: .now + .seconds(60))
            #expect(try db.openFindings().isEmpty)
            try db.execute("UPDATE ledger_heads SET walked_at = walked_at - INTERVAL 21 HOUR")
            #expect(try !db.chainStanding().isOverdue)
            try db.walkChains(until: .now + .seconds(60))
            #expect(try db.openFindings().map(\.violation.subject) == ["chain of \(account)"])
            let turn = try #require(try db.take("audit", lasting: .seconds(60)))
            try db.record(
                AuditVerdict(lookedAt: turn.begunAt, violations: []), of: turn, nextAfter: .zero)
            #expect(try db.openFindings().count == 1)
            try db.execute(
                "UPDATE ledger_entries SET op_key = SUBSTR(op_key, 2) WHERE kind = 'settle'")
            // Broken ones are walked each time.
            try db.walkChains(until: .now + .seconds(60))
            #expect(try db.openFindings().isEmpty)
        }
    }

    @Test func `a walk that has no time left goes on where it was, and is overdue in the end`()
        throws
    {
        try withChains { db, _ in
            try db.execute("UPDATE ledger_heads SET walked_at = walked_at - INTERVAL 49 HOUR")
            #expect(try db.chainStanding().isOverdue)
            try db.walkChains(until: .now - .seconds(1))
            #expect(try db.chainStanding().isOverdue)
            try db.walkChains(until: .now + .seconds(60))
            #expect(try !db.chainStanding().isOverdue)
        }
    }

    @Test func `an entry goes into its chain when nothing older can come, once`() throws {
        try withFreshDatabase { configuration in
            let db = Connection(configuration)
            for _ in 1...5 { _ = try db.insertAccount(credit: .dollars(5)) }
            let turn = try #require(try db.take(Chains.schedule, lasting: .seconds(60)))
            try db.sealChains(turn, until: .now + .seconds(60), nextAfter: .zero)
            #expect(try db.count("ledger_checkpoints") == 0)
            // Page by page, where a turn has time for one: from where it came to.
            var reached: Date?
            for _ in 1...9 {
                reached = try db.sealChains(
                    from: reached.map { .first(at: $0) }, before: Date() + 60,
                    until: .now - .seconds(1), pageSize: 2)
            }
            #expect(try db.count("ledger_checkpoints") == 5)
            try db.sealAll()
            #expect(try db.count("ledger_checkpoints") == 5)
            #expect(try db.walkAllChains { _ in }.chains == 5)
        }
    }
}

extension Connection {
    /// As if ten minutes had passed.
    fileprivate func sealAll() throws {
        try sealChains(from: nil, before: Date() + 60, until: .now + .seconds(60))
    }

    fileprivate func count(_ table: SQL) throws -> Int {
        try first("SELECT COUNT(*) AS count FROM \(sql: table)") { row in try row("count") } ?? 0
    }
}
