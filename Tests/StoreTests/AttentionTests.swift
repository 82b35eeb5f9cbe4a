import BooksSupport
import DatabaseSupport
import Domain
import Ledger
import MariaDB
import PaymentSupport
import Store
import Testing
import Texts

@Suite struct `What needs a person` {
    private func fresh(_ body: (Connection) throws -> Void) throws {
        try withFreshDatabase { configuration in try body(Connection(configuration)) }
    }

    @Test func `a shop where all is well shows nothing`() throws {
        try fresh { db in
            let account = try db.insertAccount(credit: .dollars(2))
            _ = try db.insertJob(of: account)
            try db.advanceJob(to: .delivered)
            try db.setHealth("stripe", isHealthy: true, detail: "answers")
            #expect(try db.attention().isEmpty)
        }
    }

    @Test func `every kind is shown, the oldest first`() throws {
        try fresh { db in
            let (uncertain, lost, order) = try plantOneOfEachKind(db)
            let items = try db.attention()
            #expect(
                items.map { "\($0.kind.rawValue) \($0.subject) \($0.detail)" } == [
                    "uncertain_video \(uncertain) attempt 1",
                    "vendor_loss \(lost) task: refunded, but made and billed by the vendor",
                    "purchase_problem \(order.id) currency jpy",
                    "unknown tasks no answer",
                    "dispute dp_40 inquiry",
                    "refund_failed \(order.id) no funds",
                    "pause pollo the balance is empty",
                    "unhealthy clock 9 s ahead",
                ])
            #expect(
                items.map(\.amount) == [
                    .dollars(1), Money(cents: 35), Money(cents: 999), nil, Money(cents: 999),
                    .dollars(5), nil, nil,
                ])
            #expect(items.map(\.since) == items.map(\.since).sorted())
            #expect(
                try items.map(\.differenceID)
                    == [nil, db.openDifferences()[0].id, nil, nil, nil, nil, nil, nil])
        }
    }

    /// What is shown, in any order, and beside it what is not.
    private func plantOneOfEachKind(
        _ db: Connection
    ) throws -> (uncertain: VideoID, lost: VideoID, order: Purchase) {
        let account = try db.insertAccount(credit: .dollars(4))
        let order = try db.insertPurchase(of: account)
        let uncertain = try db.insertJob(of: account)
        try db.advanceJob(to: .submitUnknown)
        let lost = try db.insertJob(of: account)
        try db.advanceJob(to: .refunded, task: "task-9")
        try db.record([.loss(of: lost, Money(cents: 35))], examined: [:])
        try db.note(.tasks, problem: "no answer")
        try db.pause(tier: nil, for: .seconds(60), reason: "the balance is empty")
        try db.setHealth("clock", isHealthy: false, detail: "9 s ahead")
        // What the audit came to is shown by its findings.
        try db.setHealth("ledger", isHealthy: false, detail: "2 violations")
        // What the comparison came to is shown by its differences and its parts.
        try db.setHealth("reconciliation", isHealthy: false, detail: "1 differences")
        try db.execute("UPDATE video_jobs SET lost_micros = 350000 WHERE id = \(lost)")
        try db.execute(
            """
            UPDATE reconciliation_parts
            SET tried_at = UTC_TIMESTAMP(6) - INTERVAL 45 MINUTE
            """)
        let changes: [(minutes: Int, table: SQL)] = [
            (70, "UPDATE video_jobs SET state_at = "),
            (60, "UPDATE differences SET found_at = "),
            (50, "UPDATE purchases SET problem = 'currency jpy', created_at = "),
        ]
        let ids = [uncertain.description, lost.description, order.id.description]
        for (change, id) in zip(changes, ids) {
            try db.execute(
                """
                \(sql: change.table) UTC_TIMESTAMP(6) - INTERVAL \(change.minutes) MINUTE
                WHERE \(id) IN (id, \(sql: change.minutes == 60 ? "job_id" : "id"))
                """)
        }
        try plantDisputesAndRefunds(of: order, db)
        try db.execute(
            """
            UPDATE vendor_gates SET changed_at = UTC_TIMESTAMP(6) - INTERVAL 20 MINUTE
            WHERE name = 'pollo'
            """)
        return (uncertain, lost, order)
    }

    private func plantDisputesAndRefunds(of order: Purchase, _ db: Connection) throws {
        for (minutes, standing) in [(40, "inquiry"), (41, "closed"), (42, "lost")] {
            try db.execute(
                """
                INSERT INTO disputes
                    (id, purchase_id, amount_micros, standing, created_at, changed_at)
                VALUES (\("dp_\(minutes)"), \(order.id), 9990000, \(standing),
                    UTC_TIMESTAMP(6) - INTERVAL \(minutes) MINUTE, UTC_TIMESTAMP(6))
                """)
        }
        for (minutes, problem) in [(30, "no funds" as String?), (31, nil)] {
            try db.execute(
                """
                INSERT INTO refunds
                    (id, purchase_id, amount_micros, reason, problem, created_at)
                VALUES (\(RefundID.new()), \(order.id), 5000000, 'why', \(problem),
                    UTC_TIMESTAMP(6) - INTERVAL \(minutes) MINUTE)
                """)
        }
    }

    @Test func `what is over is shown no more`() throws {
        try fresh { db in
            try db.pause(tier: "pro", for: .seconds(60), reason: "not enabled")
            try db.setHealth("stripe", isHealthy: false, detail: "no answer")
            #expect(try db.attention().map(\.subject).sorted() == ["stripe", "tier:pro"])
            try db.passPause(of: "tier:pro")
            try db.setHealth("stripe", isHealthy: true, detail: "answers")
            #expect(try db.attention().isEmpty)
        }
    }

    @Test func `at most 500 are shown`() throws {
        try fresh { db in
            for number in 1...501 {
                try db.setHealth("check \(number)", isHealthy: false, detail: "")
            }
            #expect(try db.attention().count == 500)
        }
    }
}

@Suite struct `Uncertain videos that a person resolves` {
    private func actor(_ user: UserID? = nil) throws -> Operator {
        try Operator(userID: user, reason: "asked the vendor")
    }

    private func resolve(_ db: Connection, _ job: VideoID, task: String?) throws {
        try db.resolve(
            job, task: task, renderDeadline: .seconds(1200), policy: .test, by: actor())
    }

    private func uncertain(_ db: Connection) throws -> (account: AccountID, job: VideoID) {
        let account = try db.insertAccount(credit: .dollars(1))
        let job = try db.insertJob(of: account)
        try db.advanceJob(to: .submitUnknown)
        return (account, job)
    }

    @Test func `with the vendor's task it goes on, and is delivered`() throws {
        try withDatabase { db in
            let (account, job) = try uncertain(db)
            let version = try db.job(job).version
            try resolve(db, job, task: "task-7")
            let row = try db.job(job)
            #expect(row.state == .submitted)
            #expect(row.taskID == "task-7")
            #expect(row.version == version + 1)
            #expect((row.secondsLeft ?? 0) > 1140 && (row.secondsLeft ?? 0) <= 1200)
            #expect(row.dueInSeconds <= 0)
            #expect(try db.wallet(of: account) == .init(.zero, held: .dollars(1)))
            let line = try db.auditLog(before: nil, limit: 1)[0]
            #expect(line.action == "video.resolve")
            #expect(line.subject == "\(job)")
            #expect(line.reason == "asked the vendor")
            #expect(line.detail == "task task-7")
            #expect(try db.claimToFollow().taskID == "task-7")
            try expectCleanBooks(db)
        }
    }

    @Test func `without a task its hold goes back`() throws {
        try withDatabase { db in
            let (account, job) = try uncertain(db)
            try resolve(db, job, task: nil)
            let row = try db.job(job)
            #expect(row.state == .refunded)
            #expect(row.reason == .vendorDown)
            #expect(try db.wallet(of: account) == .init(.dollars(1)))
            #expect(try db.auditLog(before: nil, limit: 1)[0].detail == "refunded")
            try expectCleanBooks(db)
            // Should the vendor call after all, that is a loss, and no delivery.
            let token = row.callbackToken
            #expect(try db.hint(token: token, task: "task-late") == job)
            #expect(try db.job(job).state == .refunded)
            try expectCleanBooks(db)
        }
    }

    @Test(arguments: [
        VideoState.queued, .submitting, .submitted, .storing, .delivered, .refunded,
    ])
    func `a video that is not uncertain is left alone`(state: VideoState) throws {
        try withDatabase { db in
            let account = try db.insertAccount(credit: .dollars(1))
            let job = try db.insertJob(of: account)
            try db.advanceJob(to: state)
            let before = try db.wallet(of: account)
            for task in ["task-7", nil] {
                #expect(throws: Conflict.self) { try resolve(db, job, task: task) }
            }
            #expect(try db.job(job).state == state)
            #expect(try db.wallet(of: account) == before)
            let lines = try db.auditLog(before: nil, limit: 9)
            #expect(!lines.contains { $0.subject == "\(job)" })
            try expectCleanBooks(db)
        }
    }

    @Test func `another video's task, or no video at all, is refused`() throws {
        try withDatabase { db in
            let account = try db.insertAccount(credit: .dollars(1))
            _ = try db.insertJob(of: account)
            try db.advanceJob(to: .submitted, task: "task-8")
            let (_, job) = try uncertain(db)
            #expect(throws: Conflict(.taskOfAnother)) {
                try resolve(db, job, task: "task-8")
            }
            #expect(try db.job(job).state == .submitUnknown)
            #expect(throws: NotFound()) { try resolve(db, .new(), task: nil) }
            try expectCleanBooks(db)
        }
    }

    @Test func `of eight resolutions at once one counts`() throws {
        try withFreshDatabase { configuration in
            let db = Connection(configuration)
            let (account, job) = try uncertain(db)
            let counted = try inParallel(8) { index in
                do {
                    try resolve(
                        Connection(configuration), job,
                        task: index.isMultiple(of: 2) ? nil : "task-\(index)")
                    return 1
                } catch is Conflict {
                    return 0
                }
            }
            #expect(counted.reduce(0, +) == 1)
            #expect(try db.count("SELECT COUNT(*) FROM audit_log") == 1)
            let wallet = try db.wallet(of: account)
            #expect(wallet == .init(.dollars(1)) || wallet == .init(.zero, held: .dollars(1)))
            try expectCleanBooks(db)
        }
    }
}

@Suite struct `The log of what is done by hand` {
    @Test(arguments: [
        nil, "", "  ", "ab", "ab\n ", String(repeating: "x", count: 501),
        String(repeating: "e\u{301}", count: 251),
    ])
    func `nobody acts without a reason`(reason: String?) {
        #expect(throws: InvalidInput("reason", .reasonLength)) {
            try Operator(userID: nil, reason: reason)
        }
    }

    @Test(arguments: ["a\0bc", "abc\ndef", "abc \u{1B}[2J", "abc\u{2028}d", "abc\u{FFFD}"])
    func `a reason that a terminal would obey is refused`(reason: String) {
        let problem = InvalidInput("reason", .reasonOneLine)
        #expect(throws: problem) { try Operator(userID: nil, reason: reason) }
    }

    @Test(arguments: [
        "why", "  why  ", String(repeating: "x", count: 500),
        String(repeating: "e\u{301}", count: 250),
    ])
    func `a reason is kept as it was given, without the space around it`(reason: String) throws {
        try withDatabase { db in
            let account = try db.insertAccount()
            let user = try db.owner(of: account)
            try db.grantCredit(
                .dollars(1), to: account, reason: "a gift", policy: .test, grant: .new(),
                by: Operator(userID: user, reason: reason))
            let line = try db.auditLog(before: nil, limit: 1)[0]
            #expect(line.reason == (reason.contains("why") ? "why" : reason))
            #expect(line.actorID == user)
            #expect(line.action == "credit.grant")
            #expect(line.detail == "$1.00")
            try expectCleanBooks(db)
        }
    }

    @Test func `the log is read newest first, page by page`() throws {
        try withFreshDatabase { configuration in
            let db = Connection(configuration)
            let account = try db.insertAccount()
            for number in 1...5 {
                try db.grantCredit(
                    .dollars(1), to: account, reason: "a gift", policy: .test, grant: .new(),
                    by: Operator(userID: nil, reason: "reason \(number)"))
            }
            let first = try db.auditLog(before: nil, limit: 2)
            #expect(first.map(\.reason) == ["reason 5", "reason 4"])
            let rest = try db.auditLog(before: first[1].id, limit: 9)
            #expect(rest.map(\.reason) == ["reason 3", "reason 2", "reason 1"])
        }
    }

    @Test func `what is given twice under one id is written down once`() throws {
        try withDatabase { db in
            let account = try db.insertAccount()
            let grant = ID<CreditLot>.new()
            for _ in 1...2 {
                try db.grantCredit(
                    .dollars(1), to: account, reason: "a gift", policy: .test, grant: grant,
                    by: Operator(userID: nil, reason: "twice"))
            }
            let lines = try db.auditLog(before: nil, limit: 9).filter { $0.subject == "\(account)" }
            #expect(lines.count == 1)
            #expect(try db.balance(of: account).available == .dollars(1))
        }
    }
}
