import BooksSupport
import DatabaseSupport
import Domain
import FoundationEssentials
import Ledger
import MariaDB
import Store
import Testing

/// The look of every five minutes, and the daily walk, on books whose damage was done to rows that
/// had not moved for long, and from before the last checkpoint.
@Suite struct `A2 a look costs what moved and finds what is wrong` {
    /// Books with every kind of line in them, all in their chains, as a look sees them that comes
    /// long after they last moved; the schema's own checks are off in its session.
    private func withOldBooks(_ body: (Connection, AccountID, Date) throws -> Void) throws {
        try withFreshDatabase { configuration in
            let db = Connection(configuration)
            let account = try db.insertCustomer()
            let lot = try db.insertGrant(.dollars(1), of: account)
            try db.setExpiry(of: lot, in: .seconds(-1))
            #expect(try db.expireOverdueLots(limit: 9) == 1)
            _ = try db.insertJob(of: account)
            _ = try db.insertPurchase(of: account)
            _ = try db.insertCustomer(task: "task-9")
            try db.sealAll()
            try expectCleanBooks(db)
            try db.age()
            let since = try db.databaseTime() + 120
            #expect(try db.lookAtBooks(since: since) == [])
            try db.execute("SET SESSION check_constraint_checks = 0, foreign_key_checks = 0")
            try body(db, account, since)
        }
    }

    /// An id that is made after all others.
    private static let later = EntryID(at: Date() + 86_400, random: (1, 1))

    /// What root does, whose marks in the rows, or of the triggers, a look goes by.
    private static let damages: [(rule: String, damage: SQL)] = [
        ("L3", "DELETE FROM wallets LIMIT 1"),
        ("L3", "UPDATE ledger_entries SET amount_micros = -1 WHERE kind = 'settle'"),
        ("L3", "UPDATE ledger_entries SET debit_account = credit_account LIMIT 1"),
        ("L4", "UPDATE wallets SET available_micros = available_micros + 1"),
        ("L4", "UPDATE wallets SET held_micros = held_micros - 1 LIMIT 1"),
        ("L4", "UPDATE wallets SET frozen_micros = 1"),
        ("L4", "UPDATE wallets SET shortfall_micros = 1"),
        ("L4", "UPDATE ledger_entries SET amount_micros = amount_micros + 1 WHERE kind = 'hold'"),
        ("L4", "DELETE FROM ledger_entries WHERE kind = 'bonus'"),
        (
            "L4",
            """
            UPDATE credit_lots SET remaining_micros = remaining_micros - 1,
                spent_micros = spent_micros + 1
            WHERE source = 'bonus'
            """
        ),
        (
            "L4",
            """
            UPDATE credit_lots SET remaining_micros = remaining_micros - 1,
                clawed_back_micros = clawed_back_micros + 1
            WHERE source = 'purchase'
            """
        ),
        ("L4", "UPDATE transactions SET amount_micros = amount_micros + 1 WHERE type = 'bonus'"),
        ("L4", "DELETE FROM transactions WHERE type = 'charge' LIMIT 1"),
        ("L4", "DELETE FROM credit_lots WHERE source = 'bonus'"),
        ("L4", "UPDATE credit_lots SET frozen_at = UTC_TIMESTAMP(6) WHERE remaining_micros > 0"),
        (
            "L4",
            """
            INSERT INTO transactions (id, account_id, type, amount_micros, balance_after_micros,
                description, op_key, created_at)
            SELECT \(later), account_id, type, 1, 1, description, 'slipped in', created_at
            FROM transactions
            LIMIT 1
            """
        ),
        ("L6", "UPDATE wallets SET available_micros = -1"),
        ("L6", "UPDATE wallets SET shortfall_micros = -1"),
        ("C1", "UPDATE credit_lots SET granted_micros = granted_micros + 1 LIMIT 1"),
        ("J2", "DELETE FROM ledger_entries WHERE kind = 'settle'"),
        ("J2", "DELETE FROM ledger_entries WHERE kind = 'release'"),
        ("J2", "DELETE FROM ledger_entries WHERE kind = 'hold' LIMIT 1"),
        (
            "J2",
            """
            INSERT INTO ledger_entries (id, op_key, leg, kind, debit_account, credit_account,
                amount_micros, account_id, lot_id, job_id, created_at)
            SELECT \(later), 'twice', leg + 1, kind, debit_account, credit_account,
                amount_micros, account_id, lot_id, job_id, created_at
            FROM ledger_entries
            WHERE kind = 'release'
            LIMIT 1
            """
        ),
        ("J2", "UPDATE video_jobs SET user_charged_micros = 1 WHERE state = 'queued'"),
        ("J2", "UPDATE video_jobs SET state = 'refunded' WHERE state = 'delivered'"),
        ("J2", "DELETE FROM video_jobs WHERE state = 'queued'"),
        (
            "J9",
            """
            UPDATE video_jobs SET deadline_at = UTC_TIMESTAMP(6) - INTERVAL 6 MINUTE
            WHERE state = 'queued'
            """
        ),
        ("P1", "DELETE FROM ledger_entries WHERE kind = 'credit'"),
        (
            "P1",
            """
            INSERT INTO ledger_entries (id, op_key, leg, kind, debit_account, credit_account,
                amount_micros, account_id, lot_id, purchase_id, created_at)
            SELECT \(later), 'twice', leg + 1, kind, debit_account, credit_account,
                amount_micros, account_id, lot_id, purchase_id, created_at
            FROM ledger_entries
            WHERE kind = 'credit'
            LIMIT 1
            """
        ),
        ("P1", "UPDATE purchases SET credits_micros = credits_micros + 1 WHERE state = 'paid'"),
        ("P3", "UPDATE purchases SET is_frozen = TRUE WHERE state = 'paid'"),
        ("P3", "UPDATE credit_lots SET frozen_at = UTC_TIMESTAMP(6) WHERE source = 'bonus'"),
        ("P6", "UPDATE purchases SET refunded_micros = 1000000 WHERE state = 'paid'"),
        (
            "P6",
            """
            INSERT INTO disputes (id, purchase_id, amount_micros, standing, created_at, changed_at)
            SELECT 'dp_1', id, 1000000, 'lost', UTC_TIMESTAMP(6), UTC_TIMESTAMP(6)
            FROM purchases
            WHERE state = 'paid'
            LIMIT 1
            """
        ),
    ]

    @Test(arguments: damages)
    func `a look finds all that a look at everything finds`(rule: String, damage: SQL) throws {
        try withOldBooks { db, _, since in
            #expect(try db.execute(damage) >= 1)
            let found = try db.lookAtBooks(since: since)
            #expect(found.contains { $0.rule == rule })
            let whole = try db.audit()
            #expect(Set(found.map(\.subject)) == Set(whole.map(\.subject)))
            // And again when that is long ago.
            let known = try db.lookAtBooks(since: since + 3600, known: found)
            #expect(Set(known) == Set(found))
        }
    }

    @Test(arguments: damages.filter { $0.rule != "J9" })
    func `the daily walk finds it without a mark, and looks keep to it until it is gone`(
        rule: String, damage: SQL
    ) throws {
        try withOldBooks { db, _, since in
            #expect(try db.execute(damage) >= 1)
            try db.execute("DELETE FROM touched_accounts")
            try db.age()
            let whole = try db.audit()
            try db.execute("UPDATE ledger_heads SET walked_at = walked_at - INTERVAL 21 HOUR")
            #expect(try db.walkChains(until: .now + .seconds(60)))
            let open = try db.openFindings()
            #expect(open.contains { $0.violation.rule == rule })
            let about = open.map(\.violation.subject).filter { !$0.hasPrefix("chain of") }
            #expect(Set(about) == Set(whole.map(\.subject)))
            let known = open.ownViolations
            let found = try db.lookAtBooks(since: since + 3600, known: known)
            #expect(Set(found.map(\.subject)) == Set(whole.map(\.subject)))
        }
    }

    @Test func `what goes on after a checkpoint adds up with it`() throws {
        try withOldBooks { db, account, since in
            _ = try db.insertJob(of: account)
            try db.advanceJob(to: .delivered, task: "task-10")
            try db.buy("starter", for: account)
            for order in [false, true] {
                #expect(try db.lookAtBooks(since: since) == [])
                #expect(try db.lookAtBooks(since: since - 600) == [])
                if order { try db.sealAll() }
            }
            try db.execute("UPDATE wallets SET available_micros = available_micros + 1 LIMIT 1")
            #expect(try db.lookAtBooks(since: since).count == 2)
        }
    }

    @Test func `more than a look names has everything looked at, until all is named`() throws {
        try withOldBooks { db, _, since in
            for _ in 1...101 { _ = try db.insertAccount() }
            try db.execute("UPDATE wallets SET frozen_micros = 1")
            let found = try db.lookAtBooks(since: since)
            #expect(found.contains { $0.isCut })
            try db.execute("UPDATE wallets SET frozen_micros = 0 LIMIT 4")
            try db.age()
            #expect(try db.lookAtBooks(since: since + 3600, known: found).count == 99)
        }
    }

    @Test func `what a walk finds during a look is not gone by it`() throws {
        try withOldBooks { db, account, _ in
            let turn = try #require(try db.take("audit", lasting: .seconds(60)))
            let verdict = AuditVerdict(
                lookedAt: turn.begunAt, violations: [], judged: Set(try db.openFindings().map(\.id))
            )
            try db.execute("UPDATE wallets SET frozen_micros = 1 WHERE account_id = \(account)")
            try db.execute("UPDATE ledger_heads SET walked_at = walked_at - INTERVAL 21 HOUR")
            try db.walkChains(until: .now + .seconds(60))
            #expect(try db.openFindings().count == 1)
            try db.record(verdict, of: turn, nextAfter: .zero)
            #expect(try db.openFindings().count == 1)
        }
    }

    @Test func `sums that looks go on from are compared with the entries, and made anew`() throws {
        for damage in [
            "UPDATE ledger_lots SET spent_micros = spent_micros + 1",
            "UPDATE ledger_heads SET lines_micros = lines_micros + 1",
        ] as [SQL] {
            try withOldBooks { db, account, since in
                try db.execute("\(sql: damage) WHERE account_id = \(account)")
                let found = try db.walkAllChains { _ in }.violations
                #expect(found.map(\.subject) == ["chain of \(account)"])
                _ = try db.rebuild(
                    account, by: Operator(userID: nil, systemUser: "ann", reason: "a test"),
                    isRehearsal: false)
                #expect(try db.walkAllChains { _ in }.violations == [])
                _ = try db.insertJob(of: account)
                #expect(try db.lookAtBooks(since: since) == [])
            }
        }
    }

    @Test func `after a repair of what was in a chain looks agree with the entries`() throws {
        try withOldBooks { db, account, since in
            try db.execute(
                "DELETE FROM ledger_entries WHERE kind = 'settle' AND account_id = \(account)")
            try db.walkChains(until: .now + .seconds(60))
            #expect(try db.openFindings().contains { $0.violation.subject.hasPrefix("chain of") })
            _ = try db.rebuild(
                account, by: Operator(userID: nil, systemUser: "ann", reason: "a test"),
                isRehearsal: false)
            #expect(try db.audit() == [])
            for finding in try db.openFindings() {
                try db.close(
                    finding.id, by: Operator(userID: nil, systemUser: "ann", reason: "a test"))
            }
            _ = try db.insertJob(of: account)
            #expect(try db.lookAtBooks(since: since) == [])
        }
    }
}

/// Slices of a walk, and what is told of one that does not come to its end.
@Suite struct `A2 the daily walk goes on, and is told of when it does not` {
    @Test func `one account's walk is left at a checkpoint and goes on there`() throws {
        try withFreshDatabase { configuration in
            let db = Connection(configuration)
            let account = try db.insertCustomer()
            try db.sealChain(of: account, before: .first(at: Date() + 60), largestCount: 2)
            let count = try db.count(
                "SELECT COUNT(*) FROM ledger_checkpoints WHERE account_id = \(account)")
            #expect(count > 3)
            var number = 0
            var slices = 1
            while case .unfinished(let next) = try db.walkChain(
                of: account, after: number, until: .now)
            {
                #expect(next == number + 1)
                number = next
                slices += 1
            }
            #expect(slices == count)
            #expect(try db.walkAllChains { _ in }.violations == [])

            // Left at the second; what is before that is the next walk's to find.
            try db.execute(
                """
                UPDATE ledger_heads
                SET walked_number = 2, walked_at = walked_at - INTERVAL 21 HOUR
                """)
            try db.execute("UPDATE ledger_entries SET op_key = 'x' ORDER BY id LIMIT 1")
            try db.execute("DELETE FROM touched_accounts")
            #expect(try db.walkChains(until: .now - .seconds(1)) == false)
            #expect(try db.count("SELECT SUM(walked_number) FROM ledger_heads") == 2)
            #expect(try db.walkChains(until: .now + .seconds(60)))
            #expect(try db.openFindings().isEmpty)
            #expect(try db.count("SELECT SUM(walked_number) FROM ledger_heads") == 0)
            try db.execute("UPDATE ledger_heads SET walked_at = walked_at - INTERVAL 21 HOUR")
            try db.walkChains(until: .now + .seconds(60))
            #expect(try db.openFindings().map(\.violation.subject) == ["chain of \(account)"])
        }
    }

    @Test func `a turn that failed, or is overdue, is in attention until one has ended`() throws {
        try withFreshDatabase { configuration in
            let db = Connection(configuration)
            func told() throws -> [String] {
                try db.attention().filter { $0.subject == "chains" }.map(\.detail)
            }
            _ = try db.insertAccount(credit: .dollars(5))
            func turn() throws -> Turn {
                try db.execute("UPDATE schedules SET due_at = UTC_TIMESTAMP(6)")
                return try db.take(Chains.schedule, lasting: .seconds(60)).orThrow("the turn")
            }
            func seal() throws {
                try db.sealChains(turn(), until: .now + .seconds(60), nextAfter: .zero)
            }
            #expect(try db.chainStanding().isSound)
            try seal()
            #expect(try db.chainStanding().isSound)
            #expect(try told() == [])
            try db.fail(turn(), problem: "no answer", nextAfter: .zero)
            #expect(try !db.chainStanding().isSound)
            #expect(try told() == ["the accounts could not be walked: no answer"])
            try seal()
            #expect(try told() == [])
            for column in ["done_at", "begun_at"] {
                // Nobody seals, or the first turn has not ended: fifteen minutes later than it can.
                for (seconds, isOverdue) in [(1490, false), (1510, true)] {
                    try db.execute("UPDATE schedules SET done_at = NULL, begun_at = NULL")
                    let old = try db.databaseTime().addingTimeInterval(-Double(seconds))
                    try db.execute(
                        column == "done_at"
                            ? "UPDATE schedules SET done_at = \(old)"
                            : "UPDATE schedules SET begun_at = \(old)")
                    #expect(try db.chainStanding().isOverdue == isOverdue)
                    #expect(try told().isEmpty == !isOverdue)
                }
            }
            try seal()
            for (hours, isOverdue) in [(24, false), (25, true)] {
                let old = try db.databaseTime().addingTimeInterval(-Double(hours) * 3600)
                try db.execute("UPDATE ledger_heads SET walked_at = \(old)")
                #expect(try db.chainStanding().isOverdue == isOverdue)
                #expect(try told().isEmpty == !isOverdue)
            }
        }
    }

    @Test func `an account without an entry is walked too`() throws {
        try withFreshDatabase { configuration in
            let db = Connection(configuration)
            let account = try db.insertAccount()
            let turn = try db.take(Chains.schedule, lasting: .seconds(60)).orThrow("the turn")
            try db.sealChains(turn, until: .now + .seconds(60), nextAfter: .zero)
            try db.execute("UPDATE wallets SET available_micros = 1")
            try db.age()
            try db.execute("UPDATE ledger_heads SET walked_at = walked_at - INTERVAL 21 HOUR")
            try db.walkChains(until: .now + .seconds(60))
            #expect(
                try db.openFindings().map(\.violation.subject).sorted()
                    == ["lines of \(account)", "wallet \(account)"])
        }
    }
}

extension Connection {
    /// As if ten minutes had passed.
    fileprivate func sealAll() throws {
        let turn = try take(Chains.schedule, lasting: .seconds(60)).orThrow("the turn")
        let reached = try sealChains(from: nil, before: Date() + 0.001, until: .now + .seconds(60))
        try execute(
            """
            UPDATE schedules
            SET lease_token = NULL, lease_until = NULL, done_at = \(reached)
            WHERE name = \(turn.schedule)
            """)
    }

    /// No row has moved for a day.
    fileprivate func age() throws {
        for table in ["wallets", "credit_lots", "video_jobs", "purchases", "disputes"] as [SQL] {
            try execute("UPDATE \(sql: table) SET moved_at = UTC_TIMESTAMP(6) - INTERVAL 1 DAY")
        }
    }
}
