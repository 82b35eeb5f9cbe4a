import BooksSupport
import DatabaseSupport
import Domain
import Ledger
import MariaDB
import Store
import Testing

private func actor(_ key: String? = nil, by user: UserID? = nil) throws -> Operator {
    try Operator(
        userID: user, systemUser: user == nil ? "ann" : nil, reason: "for a test",
        key: key ?? "\(ID<CreditLot>.new())")
}

@Suite struct `A4 repairs` {
    /// Books with every kind of line, whose checks are off for `body` to break them.
    private func withBooks(_ body: (Connection, AccountID) throws -> Void) throws {
        try withFreshDatabase { configuration in
            let db = Connection(configuration)
            let account = try db.insertCustomer()
            let disputed = try db.buy("starter", for: account)
            let lot = try db.insertGrant(.dollars(1), of: account)
            try db.setExpiry(of: lot, in: .seconds(-1))
            #expect(try db.expireOverdueLots(limit: 9) == 1)
            _ = try db.insertJob(of: account)
            _ = try db.apply(
                PaymentReversal(
                    refunded: .dollars(3), dispute: nil, cause: "stripe:refund:re_1"),
                to: disputed.id, readAt: 0, refundGrace: CreditPolicy.test.refundGrace)
            _ = try db.takeCredit(
                .dollars(1), from: account, reason: "x", take: .new(), by: actor())
            _ = try db.adjust(.dollars(2), of: account, policy: .test, by: actor())
            try expectCleanBooks(db)
            try db.execute("SET SESSION check_constraint_checks = 0, foreign_key_checks = 0")
            try body(db, account)
            try db.execute("SET SESSION check_constraint_checks = 1, foreign_key_checks = 1")
        }
    }

    @Test(
        arguments: [
            "UPDATE wallets SET available_micros = available_micros + 1",
            "UPDATE wallets SET held_micros = held_micros - 1, frozen_micros = 5",
            "UPDATE wallets SET shortfall_micros = 7", "UPDATE wallets SET available_micros = -1",
            "DELETE FROM wallets",
            "UPDATE credit_lots SET remaining_micros = remaining_micros - 1 LIMIT 1",
            "UPDATE credit_lots SET granted_micros = granted_micros + 1 LIMIT 1",
            """
            UPDATE credit_lots SET remaining_micros = remaining_micros - 1,
                spent_micros = spent_micros + 1 WHERE source = 'bonus'
            """,
            "UPDATE credit_lots SET taken_micros = 0, remaining_micros = 9 WHERE taken_micros > 0",
            """
            UPDATE credit_lots SET frozen_at = UTC_TIMESTAMP(6) WHERE remaining_micros > 0 LIMIT 1
            """,
            "UPDATE credit_lots SET frozen_at = UTC_TIMESTAMP(6) WHERE source = 'bonus'",
            "UPDATE transactions SET amount_micros = amount_micros + 1 WHERE type = 'bonus'",
            "DELETE FROM transactions WHERE type = 'charge' LIMIT 1",
            "DELETE FROM ledger_entries WHERE kind = 'settle'",
            "DELETE FROM ledger_entries WHERE kind = 'release'",
            "UPDATE video_jobs SET user_charged_micros = 1 WHERE state = 'queued'",
            """
            UPDATE video_jobs SET state = 'refunded', failure_reason = 'timeout'
            WHERE state = 'delivered'
            """,
            """
            UPDATE video_jobs SET state = 'queued', failure_reason = NULL, completed_at = NULL,
                deadline_at = UTC_TIMESTAMP(6)
            WHERE state = 'refunded'
            """,
            "UPDATE purchases SET clawback_micros = 1 WHERE state = 'paid'",
            "UPDATE purchases SET owed_micros = 1 WHERE state = 'paid'",
            "UPDATE purchases SET pending_micros = 90000000 WHERE state = 'paid'",
            "UPDATE purchases SET is_frozen = TRUE WHERE state = 'paid'",
            "UPDATE purchases SET credits_micros = credits_micros + 1 WHERE state = 'paid'",
        ] as [SQL])
    func `a rebuild puts right what follows from the ledger, and changes no entry`(
        damage: SQL
    ) throws {
        try withBooks { db, account in
            func entries() throws -> [String] {
                try db.query("SELECT CAST(id AS CHAR) AS id FROM ledger_entries ORDER BY id") {
                    try $0("id")
                }
            }
            #expect(try db.execute(damage) >= 1)
            try db.execute("SET SESSION check_constraint_checks = 1, foreign_key_checks = 1")
            let before = try entries()
            #expect(try db.audit() != [])
            let plan = try db.rebuild(account, by: actor("r1"), isRehearsal: true)
            #expect(plan.outcome == .rehearsed)
            #expect(!plan.changes.isEmpty)
            #expect(try db.audit() != [])
            #expect(
                try db.auditLog(
                    before: nil, matching: AuditFilter(action: "ledger.rebuild"), limit: 9
                ).isEmpty)

            let report = try db.rebuild(account, by: actor("r1"))
            #expect(report.outcome == .done)
            #expect(report.changes == plan.changes)
            #expect(try db.rebuild(account, by: actor("r1")).outcome == .repeated)
            #expect(try Set(entries()).isSuperset(of: before))
            let line = try #require(
                db.auditLog(
                    before: nil, matching: AuditFilter(action: "ledger.rebuild"), limit: 9
                ).first)
            #expect(line.reason == "for a test")
            #expect(try db.rebuild(account, by: actor("r2")).changes == [])
            try expectCleanBooks(db)
        }
    }

    @Test func `an effect that should not be there is taken back by its opposite, once`() throws {
        try withBooks { db, account in
            try db.execute(
                """
                INSERT INTO ledger_entries
                    (id, op_key, leg, kind, debit_account, credit_account, amount_micros, account_id,
                     lot_id, purchase_id, created_at)
                SELECT UUID(), CONCAT(op_key, ':twice'), leg, kind, debit_account, credit_account,
                    amount_micros, account_id, lot_id, purchase_id, created_at
                FROM ledger_entries
                WHERE kind = 'credit'
                LIMIT 1
                """)
            let wrong = try db.first(
                "SELECT op_key FROM ledger_entries WHERE op_key LIKE '%:twice'"
            ) { try $0("op_key") as String }.orThrow("the effect")
            #expect(try Set(db.audit().map(\.rule)).isSuperset(of: ["P1", "L4"]))
            #expect(throws: Conflict.self) {
                try db.reverse("stripe:credit:none", of: account, by: actor())
            }
            #expect(try db.reverse(wrong, of: account, by: actor("v")).outcome == .done)
            #expect(try db.reverse(wrong, of: account, by: actor("v")).outcome == .repeated)
            #expect(throws: Conflict.self) { try db.reverse(wrong, of: account, by: actor()) }
            try expectCleanBooks(db)
        }
    }

    @Test func `credit is given from the adjustments and taken from what was given`() throws {
        try withFreshDatabase { configuration in
            let db = Connection(configuration)
            let account = try db.insertAccount()
            for _ in 1...2 {
                _ = try db.adjust(.dollars(3), of: account, policy: .test, by: actor("a1"))
            }
            #expect(try db.balance(of: account).available == .dollars(3))
            _ = try db.adjust(.zero - .dollars(2), of: account, policy: .test, by: actor("a2"))
            #expect(try db.balance(of: account).available == .dollars(1))
            #expect(throws: Conflict.self) {
                try db.adjust(.zero - .dollars(2), of: account, policy: .test, by: actor())
            }
            #expect(throws: Conflict.self) {
                try db.adjust(.zero, of: account, policy: .test, by: actor())
            }
            #expect(throws: NotFound.self) {
                try db.adjust(.dollars(1), of: .new(), policy: .test, by: actor())
            }
            let lines = try db.transactions(of: account, before: nil, limit: 9)
            #expect(lines.map(\.type) == [.adjustment, .adjustment])
            let keys = try db.query("SELECT op_key FROM ledger_entries ORDER BY id") {
                try $0("op_key") as String
            }
            #expect(keys.count == 2)
            #expect(keys.allSatisfy { $0.hasPrefix("adjust:") })
            try expectCleanBooks(db)
        }
    }

    /// An account that owes $2.00 for a refund of what was spent.
    private func owing(_ db: Connection) throws -> (account: AccountID, purchase: Purchase) {
        let account = try db.insertAccount()
        let purchase = try db.buy("starter", for: account)
        for number in 1...2 {
            _ = try db.insertJob(of: account)
            try db.advanceJob(to: .delivered, task: "task-\(number)")
        }
        _ = try db.apply(
            PaymentReversal(
                refunded: purchase.price, dispute: nil, cause: "stripe:refund:re_1"),
            to: purchase.id, readAt: 0, refundGrace: CreditPolicy.test.refundGrace)
        #expect(try db.balance(of: account).shortfall == .dollars(2))
        return (account, purchase)
    }

    @Test func `a debt is forgiven, in part or whole, and orders go on`() throws {
        try withFreshDatabase { configuration in
            let db = Connection(configuration)
            let account = try owing(db).account
            #expect(throws: Conflict.self) { try db.waive(.dollars(3), of: account, by: actor()) }
            for _ in 1...2 { _ = try db.waive(.dollars(1), of: account, by: actor("w1")) }
            #expect(try db.balance(of: account).shortfall == .dollars(1))
            _ = try db.waive(nil, of: account, by: actor("w2"))
            #expect(try db.balance(of: account).shortfall == .zero)
            #expect(throws: Conflict.self) { try db.waive(nil, of: account, by: actor()) }
            try db.insertGrant(.dollars(1), of: account)
            _ = try db.insertJob(of: account)
            try expectCleanBooks(db)
        }
    }

    @Test func `a refund that fails after its debt was forgiven gives nothing twice`() throws {
        try withFreshDatabase { configuration in
            let db = Connection(configuration)
            let (account, purchase) = try owing(db)
            _ = try db.waive(.dollars(1), of: account, by: actor())
            // The next purchase pays the other dollar.
            try db.buy("starter", for: account)
            #expect(try db.balance(of: account).available == .dollars(9))
            _ = try db.apply(
                PaymentReversal(
                    refunded: .zero, dispute: nil, cause: "stripe:refund-failed:re_1"),
                to: purchase.id, readAt: 1, refundGrace: CreditPolicy.test.refundGrace)
            // $8.00 of the first purchase and the dollar that was paid; the forgiven one was no
            // loss.
            #expect(try db.balance(of: account).available == .dollars(18))
            #expect(try db.balance(of: account).shortfall == .zero)
            try expectCleanBooks(db)
        }
    }

    // MARK: Purchases

    @Test
    func `a payment that does not fit is credited by a person, once, and asked about no more`()
        throws
    {
        try withFreshDatabase { configuration in
            let db = Connection(configuration)
            let account = try db.insertAccount()
            let order = try db.insertPurchase("starter", of: account)
            _ = try db.apply(.of(order, total: Money(cents: 1)), to: order.id, policy: .test)
            #expect(try db.attention().map(\.kind) == [.purchaseProblem])
            try db.execute(
                """
                UPDATE purchases SET next_check_at = UTC_TIMESTAMP(6) - INTERVAL 1 SECOND
                WHERE next_check_at IS NOT NULL
                """)
            #expect(try db.takePurchasesToCheck(limit: 9).isEmpty)
            func credit(_ key: String, rehearse: Bool = false) throws -> CommandReport {
                try db.creditByHand(
                    order.id, paymentIntent: "pi_1", policy: .test, by: actor(key),
                    isRehearsal: rehearse)
            }
            #expect(try credit("c1", rehearse: true).outcome == .rehearsed)
            #expect(try db.balance(of: account).available == .zero)
            #expect(try credit("c1").outcome == .done)
            #expect(try credit("c1").outcome == .repeated)
            #expect(throws: Conflict.self) { try credit("c2") }
            #expect(try db.balance(of: account).available == .dollars(10))
            #expect(try db.attention().isEmpty)
            try expectCleanBooks(db)
        }
    }

    @Test func `one that is closed is shown no more, whatever event comes, and cannot be credited`()
        throws
    {
        try withFreshDatabase { configuration in
            let db = Connection(configuration)
            let account = try db.insertAccount()
            let order = try db.insertPurchase("starter", of: account)
            let wrong = PaymentFacts.of(order, total: Money(cents: 1))
            _ = try db.apply(wrong, to: order.id, policy: .test)
            for _ in 1...2 { _ = try db.closePurchase(order.id, by: actor("x1")) }
            #expect(try db.attention().isEmpty)
            _ = try db.apply(wrong, to: order.id, policy: .test)
            #expect(try db.attention().isEmpty)
            #expect(try db.purchase(order.id)?.state == .failed)
            let paid = try db.buy("starter", for: account)
            #expect(throws: Conflict.self) { try db.closePurchase(paid.id, by: actor()) }
            try expectCleanBooks(db)
        }
    }

    @Test(
        arguments: [
            "DELETE FROM ledger_entries WHERE kind = 'credit'",
            "DELETE FROM ledger_entries WHERE kind = 'bonus'",
            "DELETE FROM ledger_entries WHERE kind IN ('credit', 'bonus')",
        ] as [SQL])
    func `a paid purchase gets what the ledger lacks of it`(damage: SQL) throws {
        try withFreshDatabase { configuration in
            let db = Connection(configuration)
            let account = try db.insertAccount()
            let order = try db.buy("standard", for: account)
            try db.execute(damage)
            #expect(try db.audit().map(\.rule).contains("P1"))
            let report = try db.creditByHand(
                order.id, paymentIntent: "pi_\(order.id)", policy: .test, by: actor())
            #expect(report.outcome == .done)
            #expect(try db.balance(of: account).available == .dollars(27))
            try expectCleanBooks(db)
        }
    }

    @Test func `a purchase that is only called paid is closed`() throws {
        try withFreshDatabase { configuration in
            let db = Connection(configuration)
            let order = try db.insertPurchase("starter", of: db.insertAccount())
            try db.execute(
                """
                UPDATE purchases
                SET state = 'paid', paid_at = UTC_TIMESTAMP(6), payment_intent = 'x'
                WHERE id = \(order.id)
                """)
            #expect(try db.audit().map(\.rule) == ["P1"])
            _ = try db.closePurchase(order.id, by: actor())
            #expect(try db.purchase(order.id)?.state == .failed)
            try expectCleanBooks(db)
        }
    }

    // MARK: Two operators

    @Test func `above the limit a second operator says the same, where there are two`() throws {
        try withFreshDatabase { configuration in
            let db = Connection(configuration)
            let account = try db.insertAccount()
            let first = try db.insertUser(role: .admin)
            func give(_ amount: Money, _ key: String, by admin: UserID?) throws
                -> CommandReport.Outcome
            {
                try db.adjust(
                    amount, of: account, policy: .test, by: actor(key, by: admin)
                ).outcome
            }
            let large = largestSoloAmount + Money(micros: 1)
            #expect(try give(large, "k0", by: first) == .done, "there is one operator")
            let second = try db.insertUser(role: .admin)
            #expect(try give(largestSoloAmount, "k1", by: first) == .done)
            for _ in 1...2 { #expect(try give(large, "k2", by: first) == .waits) }
            #expect(try db.attention().map(\.kind) == [.approval])
            #expect(throws: IdempotencyConflict.self) {
                try give(large + .dollars(1), "k2", by: second)
            }
            #expect(
                try db.adjust(
                    large, of: account, policy: .test, by: actor("k3", by: first), isRehearsal: true
                ).outcome == .rehearsed)
            #expect(try give(large, "k2", by: second) == .done)
            for admin in [first, second] { #expect(try give(large, "k2", by: admin) == .repeated) }
            #expect(try db.attention().isEmpty)
            #expect(
                try db.balance(of: account).available
                    == largestSoloAmount + large + large)
            let lines = try db.auditLog(before: nil, limit: 9)
            #expect(
                lines.prefix(2).map(\.action) == ["ledger.adjust", "ledger.adjust.request"])
            #expect(lines.prefix(2).map(\.actorID) == [second, first])
            try expectCleanBooks(db)
        }
    }

    @Test func `of eight at once with one key one counts`() throws {
        try withFreshDatabase { configuration in
            let db = Connection(configuration)
            let account = try db.insertAccount()
            let outcomes = try inParallel(8) { _ in
                try Connection(configuration).adjust(
                    .dollars(5), of: account, policy: .test, by: actor("k")
                ).outcome
            }
            #expect(outcomes.count { $0 == .done } == 1)
            #expect(outcomes.count { $0 == .repeated } == 7)
            #expect(try db.balance(of: account).available == .dollars(5))
            try expectCleanBooks(db)
        }
    }
}
