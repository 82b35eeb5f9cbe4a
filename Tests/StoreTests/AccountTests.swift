import BooksSupport
import DatabaseSupport
import Domain
import FoundationEssentials
import Ledger
import MariaDB
import Store
import Testing

struct AccountTests {
    @Test func `a user is found by their address and by their id`() throws {
        try withDatabase { db in
            let id = UserID.new()
            try db.createUser(
                id, owning: .new(), email: "ann-\(id)@example.org", passwordHash: "hash",
                role: .admin)
            let user = try #require(try db.user(id))
            #expect(user.email == "ann-\(id)@example.org")
            #expect(user.role == .admin)
            // The operator vouches for the address.
            #expect(user.isEmailVerified)
            let login = try #require(try db.login(email: user.email))
            #expect(login.user == user)
            #expect(login.passwordHash == "hash")
            #expect(try db.login(email: "nobody@example.org") == nil)
            let account = try #require(try db.account(ownedBy: id))
            #expect(try db.balance(of: account) == db.balance(of: .new()))
        }
    }

    @Test func `an address has one user`() throws {
        try withDatabase { db in
            let id = UserID.new()
            try db.createUser(
                id, owning: .new(), email: "b-\(id)@example.org", passwordHash: "1",
                role: .user)
            #expect(throws: EmailTaken.self) {
                try db.createUser(
                    .new(), owning: .new(), email: "b-\(id)@example.org", passwordHash: "2",
                    role: .user)
            }
            // The same user again: a COMMIT whose answer was lost.
            try db.createUser(
                id, owning: .new(), email: "b-\(id)@example.org", passwordHash: "1",
                role: .user)
            #expect(try db.login(email: "b-\(id)@example.org")?.passwordHash == "1")
        }
    }

    @Test func `eight registrations of one address at once make one user with one account`() throws
    {
        try withFreshDatabase { configuration in
            let made = try inParallel(8) { _ -> Bool in
                let db = Connection(configuration)
                do {
                    try db.createUser(
                        .new(), owning: .new(), email: "c@example.org", passwordHash: "h",
                        role: .user)
                    return true
                } catch is EmailTaken {
                    return false
                }
            }
            #expect(made.count { $0 } == 1)
            let db = Connection(configuration)
            #expect(try db.count("SELECT COUNT(*) FROM wallets") == 1)
        }
    }

    @Test func `a blocked user cannot sign in`() throws {
        try withDatabase { db in
            let id = try db.insertUser()
            let hash = Array(repeating: UInt8(9), count: 32)
            try db.createSession(
                idHash: hash, of: id, lasting: .seconds(60), userAgent: "x", address: "::1")
            try db.execute("UPDATE users SET blocked_at = UTC_TIMESTAMP(6) WHERE id = \(id)")
            #expect(try db.login(email: "\(id)@example.org") == nil)
            #expect(try db.useSession(hash) == nil)
        }
    }
}

struct SessionTests {
    private func withSession(_ body: (Connection, UserID, [UInt8]) throws -> Void) throws {
        try withDatabase { db in
            let user = try db.insertUser()
            let hash = (0..<32).map { _ in UInt8.random(in: 0 ... .max) }
            try db.createSession(
                idHash: hash, of: user, lasting: .seconds(3600),
                userAgent: String(repeating: "🦊", count: 300), address: "2001:db8::1")
            try body(db, user, hash)
        }
    }

    @Test func `a session is its user's until it ends`() throws {
        try withSession { db, user, hash in
            #expect(try db.useSession(hash)?.user.id == user)
            #expect(try db.useSession(hash.reversed()) == nil)
            for _ in 1...2 { try db.endSession(idHash: hash) }
            #expect(try db.useSession(hash) == nil)
        }
    }

    @Test func `a sign-in is recent for ten minutes after its last proof, whatever its use`() throws
    {
        try withSession { db, user, hash in
            #expect(try db.useSession(hash)?.isRecent == true)
            try db.execute(
                """
                UPDATE sessions
                SET proved_at = UTC_TIMESTAMP(6) - INTERVAL 601 SECOND,
                    last_used_at = UTC_TIMESTAMP(6)
                WHERE user_id = \(user)
                """)
            #expect(try db.useSession(hash)?.isRecent == false)
            try db.noteProof(of: hash)
            #expect(try db.useSession(hash)?.isRecent == true)
        }
    }

    @Test func `a session that is over is nobody's, and swept`() throws {
        try withSession { db, user, hash in
            try db.purgeSessions()
            #expect(try db.useSession(hash) != nil)
            try db.execute(
                """
                UPDATE sessions SET expires_at = UTC_TIMESTAMP(6) - INTERVAL 1 SECOND
                WHERE user_id = \(user)
                """)
            #expect(try db.useSession(hash) == nil)
            try db.purgeSessions()
            #expect(
                try db.count("SELECT COUNT(*) FROM sessions WHERE user_id = \(user)") == 0)
        }
    }

    @Test func `a new password ends every session`() throws {
        try withSession { db, user, hash in
            try db.resetPassword(of: user, to: "new")
            #expect(try db.useSession(hash) == nil)
            #expect(try db.login(email: "\(user)@example.org")?.passwordHash == "new")
        }
    }
}

struct HealthTests {
    @Test func `a server that writes no COMMIT to disk is found out (D7)`() throws {
        let server = try PrivateServer()
        let db = Connection(try server.configuration)
        #expect(try db.logFlushSetting() == 1)
        for setting in [0, 2] {
            try db.execute("SET GLOBAL innodb_flush_log_at_trx_commit = \(setting)")
            #expect(try db.logFlushSetting() == setting)
        }
    }

    @Test func `a check tells what was found and how long ago`() throws {
        try withDatabase { db in
            try db.setHealth("test", isHealthy: true, detail: "answers")
            try db.setHealth("test", isHealthy: false, detail: String(repeating: "x", count: 900))
            let check = try #require(try db.healthChecks().first { $0.name == "test" })
            #expect(!check.isHealthy)
            #expect(check.detail.count == 500)
            #expect(check.ageSeconds <= 1)
        }
    }
}

struct SeededCatalogTests {
    @Test func `the catalog in the database has the prices of the design`() throws {
        try withDatabase { db in
            let catalog = try db.catalog(version: db.currentCatalogVersion())
            #expect(catalog.version == 1)
            #expect(catalog.tiers.map(\.id) == ["economy", "basic", "pro", "premium"])
            #expect(
                catalog.tiers.map { $0.price(forSeconds: 5) }
                    == [100, 155, 186, 465].map { Money(cents: $0) })
            #expect(
                catalog.tiers.map { $0.cost(forSeconds: 5) }
                    == [35, 50, 60, 150].map { Money(cents: $0) })
            #expect(
                catalog.packages.map(\.total)
                    == [1000, 2700, 5500, 11_500].map { Money(cents: $0) })
            #expect(catalog.tier("premium")?.requiresImage == true)
            #expect(try db.catalog(version: 99).tiers.isEmpty)
        }
    }

    @Test func `a tier cannot be called auto`() throws {
        try withDatabase { db in
            let error = #expect(throws: DatabaseError.self) {
                try db.execute("UPDATE tiers SET id = 'auto' WHERE id = 'pro'")
            }
            #expect(error?.kind == .constraint("tiers_id_not_auto"))
        }
    }
}

struct VideoListTests {
    /// An account with four videos, oldest first: economy, basic, economy, basic.
    private func withVideos(_ body: (Connection, AccountID, [VideoID]) throws -> Void) throws {
        try withDatabase { db in
            let account = try db.insertAccount(credit: .dollars(20))
            let ids = try ["economy", "basic", "economy", "basic"].map {
                try db.insertJob(of: account, tier: $0)
            }
            let stranger = try db.insertAccount(credit: .dollars(20))
            _ = try db.insertJob(of: stranger)
            try body(db, account, ids)
        }
    }

    private func list(
        _ db: Connection, _ account: AccountID, before cursor: VideoID? = nil, limit: Int = 20,
        _ change: (inout VideoFilter) -> Void = { _ in }
    ) throws -> [VideoID] {
        var filter = VideoFilter()
        change(&filter)
        return try db.videos(of: account, matching: filter, before: cursor, limit: limit).map(\.id)
    }

    @Test func `a user's videos are listed newest first, page by page`() throws {
        try withVideos { db, account, ids throws in
            let newest = Array(ids.reversed())
            #expect(try list(db, account) == newest)
            #expect(try list(db, account, limit: 3) == Array(newest[..<3]))
            #expect(try list(db, account, before: newest[2], limit: 3) == [newest[3]])
            #expect(try list(db, account, before: newest[3]) == [])
        }
    }

    @Test func `the list is narrowed by tier, status and time`() throws {
        try withVideos { db, account, ids in
            try db.cancel(ids[0], of: account, policy: .test)
            #expect(try list(db, account) { $0.tier = "basic" } == [ids[3], ids[1]])
            #expect(try list(db, account) { $0.statuses = [.canceled] } == [ids[0]])
            #expect(
                try list(db, account) { $0.statuses = [.pending, .canceled] }.count == 4)
            #expect(try list(db, account) { $0.statuses = [.completed] } == [])
            let now = try #require(
                try db.first("SELECT UTC_TIMESTAMP(6) AS now") {
                    try $0("now") as Date
                })
            #expect(try list(db, account) { $0.from = now } == [])
            #expect(try list(db, account) { $0.to = now }.count == 4)
            #expect(
                try list(db, account) {
                    $0.from = now.addingTimeInterval(-60)
                    $0.tier = "basic"
                    $0.statuses = [.pending]
                } == [ids[3], ids[1]])
        }
    }

    @Test(arguments: [
        ("a fox%", true), ("50% o_f", true), ("50% off", false), ("FOX", true), ("o\\f", false),
        ("'; DROP TABLE accounts; --", false),
    ])
    func `words are looked for as they stand`(words: String, isFound: Bool) throws {
        try withVideos { db, account, ids in
            try db.execute(
                "UPDATE video_jobs SET prompt = 'A fox% is 50% o_f it' WHERE id = \(ids[1])")
            #expect(try list(db, account) { $0.words = [words] }.contains(ids[1]) == isFound)
        }
    }

    @Test func `a queued video tells how many jobs of anyone are before it`() throws {
        try withFreshDatabase { configuration in
            let db = Connection(configuration)
            let ann = try db.insertAccount(credit: .dollars(5))
            let ben = try db.insertAccount(credit: .dollars(5))
            let first = try db.insertJob(of: ann)
            let second = try db.insertJob(of: ben)
            #expect(try db.video(first, of: ann)?.jobsAhead == 0)
            #expect(try db.video(second, of: ben)?.jobsAhead == 1)
            try db.cancel(first, of: ann, policy: .test)
            #expect(try db.video(second, of: ben)?.jobsAhead == 0)
            #expect(try db.video(first, of: ann)?.jobsAhead == nil)
            try expectCleanBooks(db)
        }
    }

    @Test func `transactions are listed newest first, page by page`() throws {
        try withVideos { db, account, _ in
            let all = try db.transactions(of: account, before: nil, limit: 20)
            #expect(all.map(\.type) == [.charge, .charge, .charge, .charge, .grant])
            let page = try db.transactions(of: account, before: all[1].id, limit: 2)
            #expect(page.map(\.id) == [all[2].id, all[3].id])
        }
    }

    @Test func `what was ordered is read back as it was`() throws {
        try withDatabase { db in
            let account = try db.insertAccount(credit: .dollars(20))
            let order = try db.order("premium", seconds: 10, image: "https://a.example/b.jpg?c=d")
            try db.accept(order, from: account)
            let video = try #require(try db.video(order.videos[0].id, of: account))
            #expect(video.settings == order.draft.settings)
            #expect(video.duration == 10)
            #expect(video.price == Money(cents: 930))
            #expect(video.state == .queued)
        }
    }
}

struct RenderTimeTests {
    @Test func `render times are those of this week's deliveries`() throws {
        try withQueue { db in
            let account = try db.insertAccount(credit: .dollars(20))
            for number in 1...10 {
                let job = try db.insertJob(of: account)
                try db.advanceJob(to: .delivered, task: "task-\(number)")
                try db.execute(
                    """
                    UPDATE video_jobs
                    SET created_at = completed_at - INTERVAL \(number * 10) SECOND
                    WHERE id = \(job)
                    """)
            }
            let old = try db.insertJob(of: account)
            try db.advanceJob(to: .delivered, task: "task-0")
            try db.execute(
                """
                UPDATE video_jobs
                SET completed_at = completed_at - INTERVAL 8 DAY,
                    created_at = completed_at - INTERVAL 5000 SECOND
                WHERE id = \(old)
                """)
            try db.measureRenderTimes()
            let times = try db.renderTimes()
            #expect(
                times == [
                    RenderTimeKey(tierID: "economy", duration: 5):
                        RenderTime(p50Seconds: 50, p90Seconds: 90)
                ])
        }
    }
}
