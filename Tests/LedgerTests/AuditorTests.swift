import BooksSupport
import DatabaseSupport
import Domain
import Ledger
import MariaDB
import Store
import Testing

/// Books that were broken by hand are reported under the rule that they break: an auditor that
/// finds nothing proves something only because of these.
@Suite struct `A1 the auditor` {
    /// Clean books with every kind of line in them, which `body` may break: the schema's own
    /// checks are off in its session.
    private func withBooks(_ body: (Connection, AccountID) throws -> Void) throws {
        try withFreshDatabase { configuration in
            let db = Connection(configuration)
            let account = try db.insertCustomer()
            let lot = try db.insertGrant(.dollars(1), of: account)
            try db.setExpiry(of: lot, in: .seconds(-1))
            #expect(try db.expireOverdueLots(limit: 9) == 1)
            _ = try db.insertJob(of: account)
            _ = try db.insertPurchase(of: account)
            try expectCleanBooks(db)
            try db.execute("SET SESSION check_constraint_checks = 0, foreign_key_checks = 0")
            try body(db, account)
        }
    }

    private func rules(_ db: Connection) throws -> Set<String> {
        Set(try db.audit().map(\.rule))
    }

    @Test(
        arguments: [
            ("L3", "DELETE FROM wallets"),
            ("L3", "UPDATE ledger_entries SET amount_micros = -1 WHERE kind = 'settle'"),
            ("L3", "UPDATE ledger_entries SET debit_account = credit_account LIMIT 1"),
            ("L4", "UPDATE wallets SET available_micros = available_micros + 1"),
            ("L4", "UPDATE wallets SET held_micros = held_micros - 1"),
            ("L4", "UPDATE wallets SET frozen_micros = 1"),
            ("L4", "UPDATE wallets SET shortfall_micros = 1"),
            (
                "L4",
                "UPDATE ledger_entries SET amount_micros = amount_micros + 1 WHERE kind = 'hold'"
            ),
            ("L4", "DELETE FROM ledger_entries WHERE kind = 'bonus'"),
            ("L4", "UPDATE ledger_entries SET debit_account = 'held' WHERE kind = 'expire'"),
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
                    held_micros = held_micros + 1
                WHERE source = 'purchase'
                """
            ),
            (
                "L4",
                """
                UPDATE credit_lots SET remaining_micros = remaining_micros - 1,
                    expired_micros = expired_micros + 1
                WHERE source = 'purchase'
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
            (
                "L4",
                "UPDATE transactions SET amount_micros = amount_micros + 1 WHERE type = 'bonus'"
            ),
            ("L4", "DELETE FROM transactions WHERE type = 'charge' LIMIT 1"),
            (
                "L4",
                """
                UPDATE credit_lots SET frozen_at = UTC_TIMESTAMP(6)
                WHERE remaining_micros > 0 LIMIT 1
                """
            ),
            ("L6", "UPDATE wallets SET available_micros = -1"),
            ("L6", "UPDATE wallets SET held_micros = -1"),
            ("L6", "UPDATE wallets SET frozen_micros = -1"),
            ("L6", "UPDATE wallets SET shortfall_micros = -1"),
            ("C1", "UPDATE credit_lots SET granted_micros = granted_micros + 1 LIMIT 1"),
            ("C1", "UPDATE credit_lots SET remaining_micros = remaining_micros - 1 LIMIT 1"),
            ("J2", "DELETE FROM ledger_entries WHERE kind = 'settle'"),
            ("J2", "DELETE FROM ledger_entries WHERE kind = 'release'"),
            ("J2", "DELETE FROM ledger_entries WHERE kind = 'hold' LIMIT 1"),
            ("J2", "UPDATE ledger_entries SET amount_micros = 1 WHERE kind = 'settle'"),
            (
                "J2",
                """
                INSERT INTO ledger_entries
                    (id, op_key, leg, kind, debit_account, credit_account, amount_micros, account_id,
                     lot_id, job_id, created_at)
                SELECT UUID(), 'twice', leg + 1, kind, debit_account, credit_account, amount_micros,
                    account_id, lot_id, job_id, created_at
                FROM ledger_entries
                WHERE kind = 'release'
                """
            ),
            ("J2", "UPDATE video_jobs SET user_charged_micros = 1 WHERE state = 'queued'"),
            ("J2", "UPDATE video_jobs SET state = 'refunded' WHERE state = 'delivered'"),
            ("J2", "UPDATE video_jobs SET state = 'queued' WHERE state = 'refunded'"),
            ("J2", "UPDATE wallets SET held_micros = held_micros + 1"),
            (
                "J9",
                """
                UPDATE video_jobs SET deadline_at = UTC_TIMESTAMP(6) - INTERVAL 6 MINUTE
                WHERE state = 'queued'
                """
            ),
            ("P1", "DELETE FROM ledger_entries WHERE kind = 'credit'"),
            ("P1", "DELETE FROM ledger_entries WHERE kind = 'bonus'"),
            (
                "P1",
                """
                INSERT INTO ledger_entries
                    (id, op_key, leg, kind, debit_account, credit_account, amount_micros, account_id,
                     lot_id, purchase_id, created_at)
                SELECT UUID(), 'twice', leg + 1, kind, debit_account, credit_account, amount_micros,
                    account_id, lot_id, purchase_id, created_at
                FROM ledger_entries
                WHERE kind = 'credit'
                """
            ),
            (
                "P1",
                """
                UPDATE purchases
                SET state = 'paid', paid_at = UTC_TIMESTAMP(6), payment_intent = 'x'
                WHERE state = 'pending'
                """
            ),
            ("P1", "UPDATE purchases SET credits_micros = credits_micros + 1 WHERE state = 'paid'"),
            ("P3", "UPDATE purchases SET clawback_micros = 1 WHERE state = 'paid'"),
            ("P3", "UPDATE purchases SET owed_micros = 1 WHERE state = 'paid'"),
            ("P3", "UPDATE purchases SET pending_micros = 90000000 WHERE state = 'paid'"),
            ("P3", "UPDATE purchases SET is_frozen = TRUE WHERE state = 'paid'"),
            ("P3", "UPDATE credit_lots SET frozen_at = UTC_TIMESTAMP(6) WHERE source = 'bonus'"),
        ] as [(String, SQL)])
    func `books that break a rule are reported under that rule`(
        rule: String, damage: SQL
    ) throws {
        try withBooks { db, _ throws in
            #expect(try db.execute(damage) >= 1)
            #expect(try rules(db).contains(rule))
        }
    }

    @Test func `a finding names what it is about`() throws {
        try withBooks { db, account in
            try db.execute("UPDATE wallets SET shortfall_micros = 7")
            let found = try db.audit()
            #expect(found.contains { $0.rule == "L4" && $0.description.contains("\(account)") })
            #expect(found.contains { $0.description.contains("shortfall 7") })
        }
    }

    @Test(
        arguments: [
            (.account, "UPDATE wallets SET available_micros = available_micros + 1"),
            (.account, "UPDATE credit_lots SET remaining_micros = 0 WHERE source = 'bonus'"),
            (.account, "DELETE FROM ledger_entries WHERE kind = 'settle'"),
            (.account, "UPDATE purchases SET clawback_micros = 1 WHERE state = 'paid'"),
            (.whole, "DELETE FROM wallets"),
            (.whole, "UPDATE ledger_entries SET debit_account = credit_account LIMIT 1"),
            (
                .lateness,
                """
                UPDATE video_jobs SET deadline_at = UTC_TIMESTAMP(6) - INTERVAL 6 MINUTE
                WHERE state = 'queued'
                """
            ),
        ] as [(Violation.Scope, SQL)])
    func `a finding says what it stops, and whose it is (A3)`(
        scope: Violation.Scope, damage: SQL
    ) throws {
        try withBooks { db, account in
            try db.execute(damage)
            let found = try db.audit()
            #expect(found.contains { $0.scope == scope })
            if scope != .whole { #expect(found.allSatisfy { $0.scope == scope }) }
            #expect(found.allSatisfy { ($0.scope == .account) == ($0.accountID == account) })
        }
    }

    @Test func `more findings than a look names are about the whole (A3)`() throws {
        try withBooks { db, _ in
            for _ in 1...99 { _ = try db.insertAccount() }
            try db.execute("UPDATE wallets SET frozen_micros = 1")
            let found = try db.audit().filter { $0.rule == "L4" }
            #expect(found.contains { $0.scope == .whole })
            try db.execute("UPDATE wallets SET frozen_micros = 0 LIMIT 1")
            #expect(try !db.audit().contains { $0.scope == .whole })
        }
    }

    @Test func `a deadline that has just passed is the sweeper's to see`() throws {
        try withBooks { db, _ in
            try db.execute(
                """
                UPDATE video_jobs SET deadline_at = UTC_TIMESTAMP(6) - INTERVAL 4 MINUTE
                WHERE state = 'queued'
                """)
            #expect(try db.audit() == [])
        }
    }

    @Test func `an audit during a thousand changes sees one instant of them`() throws {
        try withFreshDatabase { configuration in
            let db = Connection(configuration)
            let account = try db.insertAccount(credit: .dollars(200))
            let findings = try inParallel(6) { number -> [Violation] in
                let db = Connection(configuration)
                if number == 0 { return try (1...30).flatMap { _ in try db.audit() } }
                for _ in 1...30 {
                    let job = try db.insertJob(of: account)
                    try db.cancel(job, of: account, policy: .test)
                }
                return []
            }
            #expect(findings.flatMap { $0 } == [])
            #expect(try db.balance(of: account).available == .dollars(200))
            try expectCleanBooks(db)
        }
    }
}
