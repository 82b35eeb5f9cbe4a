import BooksSupport
import DatabaseSupport
import Domain
import Ledger
import MariaDB
import Store
import Testing

@Suite struct `L2 rights of the application` {
    /// A database of its own, and the same as the application's account sees it.
    private func withApplication(_ body: (Connection, Connection) throws -> Void) throws {
        try withFreshDatabase { owner in
            let db = Connection(owner)
            let name = "app_\(AccountID.new().description.suffix(12))"
            // A name cannot be bound; this one is made of hexadecimal digits.
            try db.execute(
                """
                CREATE OR REPLACE PROCEDURE run_text(IN statement TEXT)
                BEGIN EXECUTE IMMEDIATE statement; END
                """)
            try db.execute("CALL run_text(\("CREATE USER \(name)@localhost IDENTIFIED BY 'x'"))")
            defer { _ = try? db.execute("CALL run_text(\("DROP USER \(name)@localhost"))") }
            var application = owner
            application.user = name
            application.password = "x"
            try db.grantRights(to: application)
            try body(db, Connection(application))
        }
    }

    @Test(
        arguments: [
            "UPDATE ledger_entries SET amount_micros = 1", "DELETE FROM ledger_entries",
            "TRUNCATE TABLE ledger_entries", "DROP TABLE ledger_entries",
            "UPDATE ledger_checkpoints SET entries = 1", "DELETE FROM ledger_checkpoints",
            "DELETE FROM ledger_heads", "DELETE FROM ledger_lots",
            "UPDATE touched_accounts SET touched_at = 0", "DELETE FROM touched_accounts",
            "UPDATE transactions SET amount_micros = 1", "DELETE FROM transactions",
            "TRUNCATE TABLE transactions", "ALTER TABLE transactions ADD x INT",
            "REPLACE INTO ledger_entries SELECT * FROM ledger_entries",
            "INSERT INTO transactions SELECT * FROM transactions ON DUPLICATE KEY UPDATE op_key = 1",
            "UPDATE schema_migrations SET name = 'x'", "CREATE TABLE x (y INT)",
            "UPDATE schema_routines SET checksum = 'x'",
            "DROP PROCEDURE grant_application", "CALL grant_application('x', 'localhost')",
            "UPDATE revenue_analytics SET tier = 'x'", "DELETE FROM wallets",
            "DELETE FROM credit_lots", "DELETE FROM purchases", "DELETE FROM video_jobs",
            "DELETE FROM vendor_events", "DELETE FROM users", "DELETE FROM audit_log",
            "DELETE FROM refunds", "DELETE FROM disputes", "DELETE FROM job_attempts",
        ] as [SQL])
    func `the application cannot change or delete a line of the books`(statement: SQL) throws {
        try withApplication { db, application in
            let account = try db.insertAccount(credit: .dollars(5))
            let error = #expect(throws: DatabaseError.self) {
                try application.execute(statement)
            }
            // Denied: a command on a table, a routine or a view; no SUPER, no CREATE.
            #expect(
                [1142, 1370, 1044, 1227, 1143].contains(error?.code ?? 0))
            #expect(try db.balance(of: account).available == .dollars(5))
            try expectCleanBooks(db)
        }
    }

    @Test func `the application tells how it is with the rights that it has`() throws {
        try withApplication { _, db in
            try db.setHealth("x", isHealthy: true, detail: "x")
            #expect(try db.healthChanges(limit: 9).map(\.name) == ["x"])
            #expect(try db.purgeHealthChanges() == 0)
            let process = WorkerProcess(host: "x", number: 1)
            try db.noteWorker(process, room: nil)
            #expect(try db.workers().map(\.process.id) == [process.id])
            try db.forgetWorker(process.id)
            #expect(try db.purgeWorkers() == 0)
            _ = try db.hurryVendorChecks()
            #expect(try !db.databaseVersion().schema.isEmpty)
        }
    }

    @Test func `the application works with the rights that it has`() throws {
        try withApplication { _, db in
            let account = try db.insertAccount(credit: .dollars(5))
            try db.buy("pro", for: account)
            let delivered = try db.insertJob(of: account)
            try db.advanceJob(to: .delivered)
            let refunded = try db.insertJob(of: account)
            try db.advanceJob(to: .refunded, task: "task-2")
            let canceled = try db.insertJob(of: account)
            try db.cancel(canceled, of: account, policy: .test)
            let lost = try db.insertJob(of: account)
            try db.advanceJob(to: .submitting)
            try db.passLease(of: lost)
            #expect(try db.sweepLostSubmissions() == 1)
            try db.passDeadline(of: lost)
            #expect(try db.sweepOverdueJobs() == [lost])
            _ = try db.hint(token: db.job(lost).callbackToken, task: "task-3")
            let late = try #require(try db.claimLateLook(lasting: .seconds(9)))
            try db.recordLoss(of: late, isLost: true)
            try db.pause(tier: "pro", for: .seconds(9), reason: "x")
            try db.pauseForFiles(for: .seconds(9), reason: "x")
            for step in [VendorStep.create, .status, .files] {
                try db.noteFailure(step, of: late, problem: "x")
                try db.noteSuccess(step, of: late.id, tier: late.tierID)
            }
            let lot = try db.lotRows(of: account)[0]
            try db.setExpiry(of: lot.id, in: .seconds(-1))
            #expect(try db.expireOverdueLots(limit: 9) == 1)
            let key = ClientKey(key: "k", requestHash: Array(repeating: 1, count: 32))
            try db.accept(db.order(), from: account, key: key)
            try db.purgeIdempotencyKeys()
            try db.receive("evt", from: .stripe, type: "x", object: "y") { true }
            try db.createSession(
                idHash: Array(repeating: 1, count: 32), of: db.owner(of: account),
                lasting: .seconds(9), userAgent: "x", address: "::1")
            try db.resetPassword(of: db.owner(of: account), to: "y")
            try db.purgeSessions()
            let tried = ThrottleKey(Array(repeating: 2, count: 32), .account)
            try db.countTry([tried])
            try db.takeBackTry([tried])
            try db.purgeThrottles()
            let link = NewMailToken(id: .new(), hash: Array(repeating: 3, count: 32))
            try db.mailReset(link, to: db.address(ofOwnerOf: account))
            _ = try db.resetPassword(
                tokenHash: link.hash, to: "z", credit: .zero, policy: .test)
            try db.purgeMailTokens()
            try db.useSecondFactor(of: db.owner(of: account))
            try db.setHealth("x", isHealthy: true, detail: "x")
            try db.measureRenderTimes()
            #expect(try db.renderTimes().count == 1)
            try db.keepCounts()
            _ = try db.takePurchasesToCheck(limit: 9)
            #expect(try db.catalog(version: 1).tiers.count == 4)
            #expect(try db.count("SELECT COUNT(*) FROM revenue_analytics") == 1)
            #expect(try db.count("SELECT COUNT(*) FROM user_analytics") == 1)
            #expect(try db.job(delivered).state == .delivered)
            #expect(try db.job(refunded).state == .refunded)
            try expectCleanBooks(db)
        }
    }
}

struct AnalyticsTests {
    @Test func `the views show what was delivered, in dollars`() throws {
        try withFreshDatabase { configuration in
            let db = Connection(configuration)
            let account = try db.insertAccount(credit: .dollars(20))
            for number in 1...2 {
                _ = try db.insertJob(of: account, tier: "pro")
                try db.advanceJob(to: .delivered, task: "task-\(number)")
            }
            _ = try db.insertJob(of: account, tier: "pro")
            try db.advanceJob(to: .refunded, task: "task-3")
            let revenue = try db.first("SELECT * FROM revenue_analytics") { row in
                [
                    try row("tier") as String, "\(try row("generations") as Int)",
                    try row("revenue"), try row("costs"), try row("profit"),
                    try row("avg_duration"),
                ]
            }
            #expect(revenue == ["pro", "2", "3.720000", "0.700000", "3.020000", "5.00"])
            let own = try db.first(
                "SELECT * FROM user_analytics WHERE id = \(db.owner(of: account))"
            ) { row in
                [
                    "\(try row("total_videos") as Int)", try row("total_spent"),
                    try row("credits_balance") as String,
                ]
            }
            #expect(own == ["3", "3.720000", "16.280000"])
        }
    }
}

extension Connection {
    fileprivate func useSecondFactor(of user: UserID) throws {
        try beginSecondFactor(of: user, sealed: [1], by: Array(repeating: 1, count: 8))
        let isOn = try turnOnSecondFactor(
            of: user, recovery: [Array(repeating: 4, count: 32)], keeping: []
        ) { _ in 1 }
        #expect(isOn)
        #expect(try useCode(of: user, recovery: nil) { _ in 2 })
        try turnOffSecondFactor(of: user)
    }

    /// What is counted by chores.
    fileprivate func keepCounts() throws {
        _ = try needsMarks()
        try markQueue()
        while try countFigures() {}
    }
}
