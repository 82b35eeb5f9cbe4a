import BooksSupport
import DatabaseSupport
import Domain
import FoundationEssentials
import JSON
import Ledger
import MariaDB
import Store
import Testing

/// What a plan reads of one table.
private struct Access: Hashable {
    let table: String
    let type: String
    let key: String
    let rows: Int
    let isSorted: Bool
}

/// Tables that grow with what the shop sells. Of the others a scan is a look at a few rows.
private let growing: Set = [
    "video_jobs", "generate_calls", "job_attempts", "ledger_entries", "transactions", "credit_lots",
    "wallets", "accounts", "users", "members", "purchases", "vendor_events", "outbox", "sessions",
    "idempotency_keys", "differences", "refunds", "disputes", "ledger_checkpoints", "ledger_heads",
    "ledger_lots", "video_shares", "video_archives", "archived_videos",
]

@Suite(.serialized) struct `What grows is never read as a whole` {
    /// Of the first account, which has 1,000 videos, and one that has many in the queue.
    private static func accounts(in db: Connection) throws -> (AccountID, AccountID) {
        func account(_ condition: SQL) throws -> AccountID {
            try db.first(
                """
                SELECT account_id
                FROM members
                JOIN users ON users.id = user_id
                WHERE \(sql: condition)
                """
            ) { row in try row("account_id") as AccountID }.orThrow("an account")
        }
        return (
            try account("email = 'fill-0-0@example.org'"),
            try account("email = 'fill-0-1@example.org'")
        )
    }

    /// What people look at.
    private static func look(_ db: Connection) throws {
        let (account, queued) = try accounts(in: db)
        for owner in [account, queued] {
            var last: VideoID?
            for _ in 1...3 {
                last = try db.videos(
                    of: owner, matching: VideoFilter(), before: last, limit: 20
                ).last?.id
            }
            if let last {
                _ = try db.video(last, of: owner)
                _ = try db.stages(of: last)
                _ = try db.share(of: last, of: owner)
            }
            _ = try db.sharedVideo([0])
            try takeAlong(db, owner)
            try lookByFilters(db, owner)
            _ = try db.transactions(of: owner, before: nil, limit: 20)
            _ = try db.balance(of: owner)
            _ = try db.lots(of: owner)
        }
        _ = try db.attention()
        _ = try db.openFindings()
        _ = try db.openDifferences()
        _ = try db.query("SELECT * FROM revenue_analytics", { _ in true })
        _ = try db.query(
            "SELECT * FROM user_analytics WHERE id = \(db.owner(of: account))", { _ in true })
    }

    /// What people do with several of their videos, and take back.
    private static func takeAlong(_ db: Connection, _ owner: AccountID) throws {
        var filter = VideoFilter()
        filter.statuses = [.completed]
        let page = try db.videos(of: owner, matching: filter, before: nil, limit: 100)
        guard let first = page.first else { return }
        let archive = try db.orderArchive(
            .new(), named: owner.description.replacing("-", with: ""), of: Set(page.map(\.id)),
            of: owner, by: db.owner(of: owner))
        _ = try db.archive(archive.id, of: owner)
        _ = try db.videos(in: archive.id)
        _ = try db.deleteVideos([first.id], of: owner)
        _ = try db.restoreVideos([first.id], of: owner)
    }

    private static func lookByFilters(_ db: Connection, _ owner: AccountID) throws {
        let changes: [(inout VideoFilter) -> Void] = [
            { $0.statuses = [.completed] }, { $0.statuses = [.pending] },
            { $0.statuses = [.pending, .processing] }, { $0.tier = "pro" },
            { filter in
                filter.tier = "premium"
                filter.statuses = [.failed]
            },
            { $0.isFavorite = true },
            { filter in
                filter.isFavorite = true
                filter.tier = "pro"
                filter.statuses = [.pending, .processing]
            },
            { $0.words = ["nowhere"] }, { $0.words = ["FOX", "snow"] },
            { filter in
                filter.from = Date(timeIntervalSinceNow: -90 * 86_400)
                filter.to = Date(timeIntervalSinceNow: -80 * 86_400)
            },
        ]
        for change in changes {
            var filter = VideoFilter()
            change(&filter)
            _ = try db.videos(of: owner, matching: filter, before: nil, limit: 20)
        }
    }

    /// What a video goes through.
    private static func order(_ db: Connection) throws {
        let (account, _) = try accounts(in: db)
        try db.accept(db.order(count: 2), from: account)
        let canceled = try db.insertJob(of: account)
        try db.cancel(canceled, of: account, policy: .test)
        let submitting = try db.claimToSubmit()
        try db.requeue(submitting)
        try db.loseAnswer(of: db.claimToSubmit())
        _ = try db.hint(token: submitting.callbackToken, task: "task-1")
        let refunded = try db.claimFollowUp(lasting: .seconds(240)).orThrow("a task")
        try db.refund(refunded)
        let followed = try db.claimFollowUp(lasting: .seconds(240)).orThrow("a task")
        _ = try db.hint(taskID: followed.taskID ?? "")
        try db.deliver(db.storing(followed))
        _ = try db.downloadCount()
        _ = try db.claimLateLook(lasting: .seconds(60))
        try db.makeMailDue()
        _ = try db.claimMail(lasting: .seconds(60))
        _ = try db.claimWebhook(lasting: .seconds(60))
    }

    /// What `work` does from time to time.
    private static func sweep(_ db: Connection) throws {
        _ = try db.sweepLostSubmissions()
        try db.sweepOverdueJobs()
        _ = try db.expireOverdueLots(limit: 100)
        _ = try db.remindOfLapsingCredit(limit: 100)
        _ = try db.takePurchasesToCheck(limit: 5)
        _ = try db.unprocessedStripeEvents(limit: 20)
        _ = try db.takeUnfinishedRefunds(limit: 100)
        _ = try db.hasStuckEvents()
        _ = try db.needsMarks()
        _ = try db.unlistedPurchases(
            since: Date(timeIntervalSinceNow: -86_400), paidBefore: Date())
        _ = try db.hasMoreToReconcile()
        _ = try db.tasksToReconcile(limit: 100, askedBefore: Date())
        _ = try db.untoldTasks(limit: 100)
        _ = try db.hasUncertainTasks()
        _ = try db.vendorCost(since: Date(timeIntervalSinceNow: -3600))
        _ = try db.purgeSessions()
        _ = try db.purgeIdempotencyKeys()
        _ = try db.purgeOutbox()
        _ = try db.purgeMailTokens()
        _ = try db.purgeShares()
        _ = try db.purgeArchives(limit: 100) { _ in }
        _ = try db.purgeDeletedVideos(limit: 100) { _ in
        } fail: { _, _ in
        }
        _ = try db.claimArchive(lasting: .seconds(60))
    }

    /// Everything that ended goes into its chain.
    private static func seal(_ db: Connection) throws {
        let turn = try db.take(Chains.schedule, lasting: .seconds(600)).orThrow("the turn")
        try db.sealChains(turn, until: .now + .seconds(600), nextAfter: .zero)
    }

    /// Looks at what has moved since `instant`, and carries the chains on.
    private static func audit(_ db: Connection, since instant: Date) throws {
        #expect(try db.lookAtBooks(since: instant) == [])
        try seal(db)
        _ = try db.chainStanding()
    }

    /// A walk sums all of an account, and sorts that.
    private static func walk(_ db: Connection) throws {
        let (account, _) = try accounts(in: db)
        try db.execute(
            """
            UPDATE ledger_heads SET walked_at = walked_at - INTERVAL 21 HOUR
            WHERE account_id = \(account)
            """)
        #expect(try db.walkChains(until: .now + .seconds(60)))
        #expect(try db.openFindings().isEmpty)
    }

    /// How many rows the server reads for `body`, in tables or indexes.
    private static func rowsRead(_ db: Connection, by body: () throws -> Void) throws -> Int {
        func count() throws -> Int {
            try db.count(
                """
                SELECT SUM(variable_value)
                FROM information_schema.session_status
                WHERE variable_name LIKE 'HANDLER\\_READ%'
                """)
        }
        let before = try count()
        try body()
        return try count() - before
    }

    /// The queue itself, the newest deliveries and a day are read as a whole, by a chore and in the
    /// order of an index; what they sort is bounded.
    private static func count(_ db: Connection) throws {
        try db.markQueue()
        try db.measureRenderTimes()
        while try db.countFigures() {}
        try db.countOpenCredit()
    }

    @Test func `no statement scans, or sorts, a table that grows`() throws {
        let shop = try FilledShop(jobs: 100_000, queued: 20_000, due: 200)
        let db = Connection(shop.configuration)
        try expectCleanBooks(db)
        try Self.seal(db)
        let counted = try shop.statements(of: Self.count) + shop.statements(of: Self.walk)
        for (statement, plan) in zip(counted, try shop.plans(of: counted)) {
            for access in try Self.accesses(in: plan) where growing.contains(access.table) {
                #expect(access.type != "ALL", "\(access): \(statement)")
            }
        }
        var statements: [String] = []
        // A look goes back two minutes behind the last.
        let moved = try db.databaseTime() + 120
        for part in [Self.look, Self.order, Self.sweep] {
            statements += try shop.statements(of: part)
        }
        let rowCount = try Self.rowsRead(db) { _ = try db.lookAtBooks(since: moved) }
        #expect((100...30_000).contains(rowCount), "\(rowCount) rows read by a look")
        statements += try shop.statements { try Self.audit($0, since: moved) }
        #expect(statements.count > 100)
        for (statement, plan) in zip(statements, try shop.plans(of: statements)) {
            for access in try Self.accesses(in: plan) where growing.contains(access.table) {
                #expect(
                    access.type != "ALL" && access.type != "index", "\(access): \(statement)")
                #expect(!access.isSorted || access.rows < 1000, "\(access): \(statement)")
            }
        }
        try expectCleanBooks(db)
    }

    /// The tables of a plan, and whether what is read of each is sorted.
    private static func accesses(in plan: String) throws -> Set<Access> {
        var found: Set<Access> = []
        func walk(_ value: JSONValue, isSorted: Bool) {
            if let values = value.array {
                for value in values { walk(value, isSorted: isSorted) }
            }
            for (name, member) in value.object ?? [:] {
                if name == "table", let table = member.object,
                    let type = table["access_type"]?.string
                {
                    found.insert(
                        Access(
                            table: table["table_name"]?.string ?? "", type: type,
                            key: table["key"]?.string ?? "",
                            rows: table["rows"]?.integer.map { Int($0) } ?? 0, isSorted: isSorted))
                }
                // What a subquery reads is sorted there, if at all.
                let isInner = name == "subqueries" || name == "materialized"
                walk(
                    member,
                    isSorted: !isInner
                        && (isSorted || name == "filesort" || name == "read_sorted_file"))
            }
        }
        try walk(JSONValue(parsing: [UInt8](plan.utf8)), isSorted: false)
        return found
    }
}

@Suite struct `Many workers at one queue` {
    @Test func `two followers work at once, and each locks the row that it takes`() throws {
        try withFreshDatabase { configuration in
            let db = Connection(configuration)
            let account = try db.insertAccount(credit: .dollars(250))
            for _ in 1...50 { try db.accept(db.order(count: 4), from: account) }
            for number in 1...200 { try db.submitted(db.claimToSubmit(), task: "task-\(number)") }
            let other = Connection(configuration)
            let (first, second, locked) = try db.transaction {
                let first = try db.claimFollowUp(lasting: .seconds(240))
                let second = try other.claimFollowUp(lasting: .seconds(240))
                let locked = try db.first(
                    """
                    SELECT trx_rows_locked
                    FROM information_schema.innodb_trx
                    WHERE trx_mysql_thread_id = CONNECTION_ID()
                    """
                ) { row in try row("trx_rows_locked") as Int }
                return (first, second, locked)
            }
            #expect(first != nil)
            #expect(second != nil)
            #expect(first?.id != second?.id)
            // The row and its entries in the index.
            #expect((1...4).contains(locked ?? 0), "\(locked ?? 0)")
        }
    }

    @Test func `a place in a long queue is what is before it, counted from a milestone`() throws {
        try withQueue { db in
            let accounts = try (1...25).map { _ in try db.insertAccount(credit: .dollars(9)) }
            for _ in 1...2 {
                for account in accounts { try db.accept(db.order(count: 4), from: account) }
            }
            func expectPlaces(_ first: Int) throws {
                let turns = try db.query(
                    """
                    SELECT id, account_id
                    FROM video_jobs
                    WHERE state = 'queued'
                    ORDER BY turn_at
                    """
                ) { row in (try row("id") as VideoID, try row("account_id") as AccountID) }
                for (place, (id, account)) in turns.enumerated() {
                    #expect(try db.video(id, of: account)?.jobsAhead == first + place)
                }
                let page = try db.videos(
                    of: accounts[0], matching: VideoFilter(), before: nil, limit: 20)
                for video in page {
                    #expect(try db.video(video.id, of: accounts[0])?.jobsAhead == video.jobsAhead)
                }
            }
            try expectPlaces(0)
            #expect(try db.needsMarks())
            try db.markQueue()
            #expect(try db.count("SELECT COUNT(*) FROM queue_marks") == 3)
            try expectPlaces(0)
            // Who comes is before everybody's second video.
            let late = try db.insertAccount(credit: .dollars(9))
            let job = try db.insertJob(of: late)
            #expect(try db.video(job, of: late)?.jobsAhead == 25)
            for _ in 1...30 { _ = try db.claimToSubmit() }
            try db.markQueue()
            try expectPlaces(0)
        }
    }

    @Test func `what a user cancels makes way for what they have behind it`() throws {
        try withQueue { db in
            let ann = try db.insertAccount(credit: .dollars(9))
            let ben = try db.insertAccount(credit: .dollars(9))
            let own = try (1...3).map { _ in try db.insertJob(of: ann) }
            #expect(try !db.needsMarks())
            let other = try (1...2).map { _ in try db.insertJob(of: ben) }
            try db.cancel(own[0], of: ann, policy: .test)
            let turns = try (1...4).map { _ in try db.claimToSubmit().id }
            #expect(turns == [own[1], other[0], own[2], other[1]])
        }
    }

    @Test func `a closed tier's queue keeps no other tier's job`() throws {
        try withQueue { db in
            let account = try db.insertAccount(credit: .dollars(90))
            for _ in 1...20 { try db.accept(db.order(count: 4), from: account) }
            let other = try db.insertJob(of: account, tier: "basic")
            try db.pause(tier: "economy", for: .seconds(60), reason: "not enabled")
            #expect(try db.claimToSubmit().id == other)
        }
    }
}

struct FigureTests {
    @Test func `the figures of all days are what ledger and jobs say`() throws {
        try withQueue { db in
            let account = try db.insertCustomer()
            try db.buy("pro", for: db.insertAccount(credit: .dollars(3)))
            try db.execute(
                """
                UPDATE video_jobs
                SET created_at = created_at - INTERVAL 5 DAY, completed_at = completed_at - INTERVAL 5 DAY
                WHERE account_id = \(account)
                """)
            try db.setExpiry(of: db.lotRows(of: account)[0].id, in: .seconds(-1))
            _ = try db.expireOverdueLots(limit: 9)
            while try db.countFigures() {}
            for _ in 1...2 { #expect(try db.countFigures() == false) }
            let counted = try db.first(
                """
                SELECT CONCAT_WS(' ', SUM(videos), SUM(failures), SUM(spent_micros), SUM(sold_micros),
                    SUM(given_micros), SUM(lapsed_micros), SUM(price_micros), SUM(cost_micros),
                    COUNT(DISTINCT day)) AS figures
                FROM daily_figures
                """
            ) { row in try row("figures") as String }
            let expected = try db.first(
                """
                SELECT CONCAT_WS(' ', (SELECT COUNT(*) FROM video_jobs WHERE state = 'delivered'),
                    (SELECT COUNT(*) FROM video_jobs WHERE state = 'refunded'),
                    SUM(IF(credit_account = 'revenue', amount_micros, 0)),
                    SUM(IF(debit_account = 'payments', amount_micros, 0)),
                    SUM(IF(debit_account = 'promotions', amount_micros, 0)),
                    SUM(IF(credit_account = 'breakage', amount_micros, 0)),
                    (SELECT SUM(price_micros) FROM purchases WHERE paid_at IS NOT NULL),
                    (SELECT SUM(actual_cost_micros) FROM video_jobs WHERE state = 'delivered'), 6)
                    AS figures
                FROM ledger_entries
                """
            ) { row in try row("figures") as String }
            #expect(counted == expected)
            #expect(try db.count("SELECT SUM(lapsed_micros) FROM daily_figures") > 0)
            // What is known later is counted with its own day.
            try db.execute("UPDATE video_jobs SET actual_cost_micros = 1 WHERE state = 'delivered'")
            for _ in 1...6 { _ = try db.countFigures() }
            #expect(try db.count("SELECT SUM(cost_micros) FROM daily_figures") == 1)
            #expect(try db.count("SELECT SUM(generations) FROM revenue_analytics") == 1)
        }
    }
}
