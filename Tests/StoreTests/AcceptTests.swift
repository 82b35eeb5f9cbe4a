import BooksSupport
import DatabaseSupport
import Domain
import FoundationEssentials
import JSON
import Ledger
import MariaDB
import Store
import Testing

/// Whether `work` was accepted, or refused for want of credit; throws every other error.
private func isAccepted(_ work: () throws -> Void) throws -> Bool {
    do {
        try work()
        return true
    } catch is InsufficientCredits {
        return false
    }
}

@Suite struct `L6 no overspending` {
    @Test func `of 64 orders at once on credit for ten exactly ten are accepted`() throws {
        try withFreshDatabase { configuration in
            let db = Connection(configuration)
            let account = try db.insertAccount(credit: .dollars(10))
            let accepted = try inParallel(64) { _ in
                let db = Connection(configuration)
                return try isAccepted { try db.accept(db.order(), from: account) }
            }
            #expect(accepted.count { $0 } == 10)
            let balance = try db.balance(of: account)
            #expect(balance.available == .zero)
            #expect(balance.reserved == .dollars(10))
            #expect(try db.count("SELECT COUNT(*) FROM video_jobs") == 10)
            #expect(
                try db.count("SELECT COUNT(*) FROM ledger_entries WHERE kind = 'hold'") == 10)
            try expectCleanBooks(db)
        }
    }

    @Test func `an order waits for no other user's order`() throws {
        try withFreshDatabase { configuration in
            let db = Connection(configuration)
            let accounts = try (1...3).map { _ in try db.insertAccount(credit: .dollars(2)) }
            var impatient = configuration
            impatient.lockWaitTimeoutSeconds = 1
            let other = Connection(impatient, pause: { _ in })
            try db.transaction {
                try db.accept(db.order(), from: accounts[1])
                // Those whose rows lie before and behind in every index.
                for neighbor in [accounts[0], accounts[2]] {
                    try other.accept(other.order(), from: neighbor)
                }
            }
            #expect(try db.count("SELECT COUNT(*) FROM video_jobs") == 3)
            try expectCleanBooks(db)
        }
    }

    @Test func `an order beyond the balance changes nothing`() throws {
        try withDatabase { db in
            let account = try db.insertAccount(credit: Money(cents: 154))
            let order = try db.order("basic")
            #expect(
                throws: InsufficientCredits(
                    required: Money(cents: 155), current: Money(cents: 154))
            ) { try db.accept(order, from: account) }
            #expect(try db.video(order.videos[0].id, of: account) == nil)
            #expect(try db.balance(of: account).available == Money(cents: 154))
            try db.insertGrant(Money(cents: 1), of: account)
            try db.accept(order, from: account)
            #expect(try db.balance(of: account).available == .zero)
            try expectCleanBooks(db)
        }
    }

    @Test func `of an order of four all are charged or none`() throws {
        try withDatabase { db in
            let account = try db.insertAccount(credit: .dollars(3))
            let order = try db.order(count: 4)
            let refusal = InsufficientCredits(required: .dollars(4), current: .dollars(3))
            #expect(refusal.shortfall == .dollars(1))
            #expect(throws: refusal) { try db.accept(order, from: account) }
            #expect(
                try db.videos(of: account, matching: VideoFilter(), before: nil, limit: 9).isEmpty)
            #expect(try db.balance(of: account).reserved == .zero)
            try db.insertGrant(.dollars(2), of: account)
            try db.accept(order, from: account)
            let videos = try db.videos(of: account, matching: VideoFilter(), before: nil, limit: 9)
            #expect(Set(videos.map(\.id)) == Set(order.videos.map(\.id)))
            let balance = try db.balance(of: account)
            #expect(balance.available == .dollars(1))
            #expect(balance.reserved == .dollars(4))
            try expectCleanBooks(db)
        }
    }

    /// Books that lie, in a session without the schema's checks: what would go below zero must be
    /// stopped by the statement that takes it.
    @Test(
        arguments: [
            ("UPDATE wallets SET available_micros = 999999", .queued),
            ("UPDATE wallets SET held_micros = 999999", .delivered),
            ("UPDATE wallets SET held_micros = 999999", .refunded),
            ("UPDATE credit_lots SET held_micros = 999999", .delivered),
            ("UPDATE credit_lots SET held_micros = 999999", .refunded),
        ] as [(SQL, VideoState)])
    func `a statement takes nothing that the wallet or the lot does not have`(
        damage: SQL, next: VideoState
    ) throws {
        try withFreshDatabase { configuration in
            let db = Connection(configuration)
            let account = try db.insertAccount(credit: .dollars(5))
            _ = try db.insertJob(of: account)
            try db.submitted(db.claimToSubmit(), task: "task-1")
            let claim = try db.storing(db.claimToFollow())
            try db.execute("SET SESSION check_constraint_checks = 0")
            try db.execute(damage)
            let entries = try db.count("SELECT COUNT(*) FROM ledger_entries")
            #expect(throws: BooksDisagree.self) {
                switch next {
                case .delivered: try db.deliver(claim)
                case .refunded: try db.refund(claim)
                default:
                    try db.setExpiry(of: db.lotRows(of: account)[0].id, in: .seconds(-1))
                    _ = try db.expireOverdueLots(limit: 9)
                }
            }
            #expect(try db.job(claim.id).state == .storing)
            #expect(try db.count("SELECT COUNT(*) FROM ledger_entries") == entries)
        }
    }

    @Test func `a wallet below zero is refused by the schema`() throws {
        try withDatabase { db in
            let account = try db.insertAccount(credit: .dollars(1))
            let error = #expect(throws: DatabaseError.self) {
                try db.execute(
                    "UPDATE wallets SET available_micros = -1 WHERE account_id = \(account)")
            }
            #expect(error?.kind == .constraint("wallets_available_not_negative"))
        }
    }
}

@Suite struct `L8 and L9 price and debt` {
    /// A second price list, at twice the price.
    private func makeDearer(_ db: Connection) throws {
        try db.execute(
            """
            INSERT INTO catalog_versions (version, reason, created_at)
            VALUES (2, 'dearer', UTC_TIMESTAMP(6))
            """)
        try db.execute(
            """
            INSERT INTO tiers
            SELECT 2, id, position, name, model, vendor_path, cost_per_second_micros,
                price_per_second_micros * 2, durations, features, fields, is_popular, is_enabled
            FROM tiers
            WHERE catalog_version = 1
            """)
    }

    @Test func `a job names the price list that it was ordered by`() throws {
        try withFreshDatabase { configuration in
            let db = Connection(configuration)
            let account = try db.insertAccount(credit: .dollars(5))
            let cheap = try db.insertJob(of: account)
            try makeDearer(db)
            let draft = try VideoDraft(
                .object([
                    "tier": .string("economy"), "duration": .integer(5),
                    "prompt": .string("A fox runs through fresh snow"),
                ]), catalog: db.catalog(version: 2))
            let dear = VideoID.new()
            try db.accept(
                VideoOrder(
                    call: .new(), draft: draft, catalogVersion: 2,
                    videos: [(id: dear, callbackToken: "token")], estimatedSeconds: 120),
                from: account)
            let found = try db.query(
                "SELECT id, catalog_version, user_charged_micros FROM video_jobs ORDER BY id"
            ) { row in
                "\(try row("id") as VideoID) \(try row("catalog_version") as Int) "
                    + "\(try row("user_charged_micros") as Money)"
            }
            #expect(found == ["\(cheap) 1 $1.00", "\(dear) 2 $2.00"])
            try expectCleanBooks(db)
        }
    }

    @Test func `a job keeps the price at which it was ordered`() throws {
        try withFreshDatabase { configuration in
            let db = Connection(configuration)
            let account = try db.insertAccount(credit: .dollars(2))
            let job = try db.insertJob(of: account)
            try makeDearer(db)
            #expect(try db.currentCatalogVersion() == 2)
            #expect(
                try db.catalog(version: 2).tier("economy")?.price(forSeconds: 5) == .dollars(2))
            try db.advanceJob(to: .delivered)
            #expect(try db.video(job, of: account)?.price == .dollars(1))
            #expect(try db.balance(of: account).available == .dollars(1))
            try expectCleanBooks(db)
        }
    }

    @Test func `a user who owes for refunded credit starts no job`() throws {
        try withDatabase { db in
            let account = try db.insertAccount(credit: .dollars(5))
            try db.execute(
                """
                INSERT INTO ledger_entries
                    (id, op_key, leg, kind, debit_account, credit_account, amount_micros, account_id,
                     created_at)
                VALUES (UUID(), \("test:debt:\(account)"), 0, 'shortfall', 'shortfall', 'returns',
                    2000000, \(account), UTC_TIMESTAMP(6))
                """)
            try db.execute(
                "UPDATE wallets SET shortfall_micros = 2000000 WHERE account_id = \(account)")
            #expect(
                throws: InsufficientCredits(
                    required: .dollars(1), current: .dollars(5), debt: .dollars(2))
            ) { try db.insertJob(of: account) }
            #expect(try db.balance(of: account).shortfall == .dollars(2))
            try expectCleanBooks(db)
        }
    }
}

@Suite struct `J1 one order for one key` {
    private static let key = ClientKey(key: "order-1", requestHash: Array(repeating: 1, count: 32))
    private static let other = ClientKey(
        key: "order-1", requestHash: Array(repeating: 2, count: 32))

    private func jobs(_ db: Connection, _ account: AccountID) throws -> Int {
        try db.count("SELECT COUNT(*) FROM video_jobs WHERE account_id = \(account)")
    }

    @Test func `the same key and body get the first answer and no second job`() throws {
        try withDatabase { db in
            let account = try db.insertAccount(credit: .dollars(5))
            let first = try db.accept(db.order(), from: account, key: Self.key)
            let second = try db.accept(db.order(), from: account, key: Self.key)
            #expect(first == second)
            #expect(try jobs(db, account) == 1)
            #expect(try db.balance(of: account).available == .dollars(4))
            try expectCleanBooks(db)
        }
    }

    @Test func `the same key with another body is refused`() throws {
        try withDatabase { db in
            let account = try db.insertAccount(credit: .dollars(5))
            try db.accept(db.order(), from: account, key: Self.key)
            #expect(throws: IdempotencyConflict()) {
                try db.accept(db.order(), from: account, key: Self.other)
            }
            #expect(try jobs(db, account) == 1)
            try expectCleanBooks(db)
        }
    }

    @Test func `sixteen calls at once under one key make one job and get one answer`() throws {
        try withFreshDatabase { configuration in
            let db = Connection(configuration)
            let account = try db.insertAccount(credit: .dollars(50))
            let answers = try inParallel(16) { _ in
                let db = Connection(configuration)
                return try db.accept(db.order(), from: account, key: Self.key)
            }
            #expect(Set(answers).count == 1)
            #expect(try jobs(db, account) == 1)
            #expect(try db.balance(of: account).reserved == .dollars(1))
            try expectCleanBooks(db)
        }
    }

    @Test func `two users may use the same key`() throws {
        try withDatabase { db in
            for _ in 1...2 {
                let account = try db.insertAccount(credit: .dollars(5))
                try db.accept(db.order(), from: account, key: Self.key)
                #expect(try jobs(db, account) == 1)
            }
        }
    }

    @Test func `an order that was refused leaves its key free`() throws {
        try withDatabase { db in
            let account = try db.insertAccount()
            #expect(throws: InsufficientCredits.self) {
                try db.accept(db.order(), from: account, key: Self.key)
            }
            try db.insertGrant(.dollars(1), of: account)
            try db.accept(db.order(), from: account, key: Self.key)
            #expect(try jobs(db, account) == 1)
        }
    }

    @Test func `a key is kept for 24 hours and then forgotten`() throws {
        try withDatabase { db in
            let account = try db.insertAccount(credit: .dollars(5))
            func age(_ seconds: Int) throws {
                try db.execute(
                    """
                    UPDATE idempotency_keys
                    SET created_at = UTC_TIMESTAMP(6) - INTERVAL \(seconds) SECOND
                    WHERE account_id = \(account)
                    """)
            }
            func keys() throws -> Int {
                try db.count("SELECT COUNT(*) FROM idempotency_keys WHERE account_id = \(account)")
            }
            let first = try db.accept(db.order(), from: account, key: Self.key)
            try age(86_390)
            try db.purgeIdempotencyKeys()
            #expect(try db.accept(db.order(), from: account, key: Self.key) == first)
            try age(86_401)
            #expect(try db.accept(db.order(), from: account, key: Self.other) != first)
            #expect(try jobs(db, account) == 2)
            try age(86_401)
            try db.purgeIdempotencyKeys()
            #expect(try keys() == 0)
            try expectCleanBooks(db)
        }
    }

    @Test func `the same order again without a key is the same job`() throws {
        try withDatabase { db in
            let account = try db.insertAccount(credit: .dollars(5))
            let order = try db.order(count: 2)
            #expect(try db.accept(order, from: account) == db.accept(order, from: account))
            #expect(try jobs(db, account) == 2)
            try expectCleanBooks(db)
        }
    }
}

@Suite struct `Rate limit of accepted orders` {
    private static let limit = CallLimit(calls: 2, window: .seconds(900))

    @Test func `the call after the last is refused until the first leaves the window`() throws {
        try withDatabase { db in
            let account = try db.insertAccount(credit: .dollars(20))
            for _ in 1...2 { try db.accept(db.order(count: 4), from: account, limit: Self.limit) }
            let error = #expect(throws: RateLimited.self) {
                try db.accept(db.order(), from: account, limit: Self.limit)
            }
            #expect(error?.limit == 2)
            #expect(error?.windowSeconds == 900)
            #expect((895...901).contains(error?.retryAfterSeconds ?? 0))
            #expect(
                try db.count("SELECT COUNT(*) FROM video_jobs WHERE account_id = \(account)") == 8)
            try db.execute(
                """
                UPDATE generate_calls
                SET created_at = UTC_TIMESTAMP(6) - INTERVAL 901 SECOND
                WHERE account_id = \(account)
                ORDER BY id LIMIT 1
                """)
            try db.accept(db.order(), from: account, limit: Self.limit)
            try expectCleanBooks(db)
        }
    }

    @Test func `the wait is told from the call that leaves the window next`() throws {
        try withDatabase { db in
            let account = try db.insertAccount(credit: .dollars(20))
            for _ in 1...2 { try db.accept(db.order(), from: account, limit: Self.limit) }
            try db.execute(
                """
                UPDATE generate_calls
                SET created_at = UTC_TIMESTAMP(6) - INTERVAL 800 SECOND
                WHERE account_id = \(account)
                ORDER BY id LIMIT 1
                """)
            let error = #expect(throws: RateLimited.self) {
                try db.accept(db.order(), from: account, limit: Self.limit)
            }
            #expect((95...101).contains(error?.retryAfterSeconds ?? 0))
        }
    }

    @Test func `refused and repeated calls do not count`() throws {
        try withDatabase { db in
            let account = try db.insertAccount(credit: .dollars(2))
            let key = ClientKey(key: "k", requestHash: Array(repeating: 1, count: 32))
            let once = CallLimit(calls: 2, window: .seconds(900))
            #expect(throws: InsufficientCredits.self) {
                try db.accept(db.order("premium", image: "https://a.example/b.jpg"), from: account)
            }
            for _ in 1...3 { try db.accept(db.order(), from: account, key: key, limit: once) }
            try db.accept(db.order(), from: account, limit: once)
            #expect(throws: RateLimited.self) {
                try db.accept(db.order(), from: account, limit: once)
            }
        }
    }

    @Test func `one user's calls do not count for another`() throws {
        try withDatabase { db in
            for _ in 1...3 {
                let account = try db.insertAccount(credit: .dollars(1))
                try db.accept(
                    db.order(), from: account, limit: CallLimit(calls: 1, window: .seconds(900)))
                #expect(try db.balance(of: account).reserved == .dollars(1))
            }
        }
    }

    @Test func `of sixteen calls at once ten are accepted under a limit of ten`() throws {
        try withFreshDatabase { configuration in
            let db = Connection(configuration)
            let account = try db.insertAccount(credit: .dollars(50))
            let accepted = try inParallel(16) { _ -> Bool in
                let db = Connection(configuration)
                do {
                    try db.accept(
                        db.order(), from: account,
                        limit: CallLimit(calls: 10, window: .seconds(900)))
                    return true
                } catch is RateLimited {
                    return false
                }
            }
            #expect(accepted.count { $0 } == 10)
            try expectCleanBooks(db)
        }
    }
}

@Suite struct `An order that waits to be taken back` {
    private func submission(_ db: Connection) throws -> ClaimedJob? {
        try db.claimSubmission(lasting: .seconds(60), parallel: 10)
    }

    @Test func `nobody sends it before its time, and then it is sent`() throws {
        try withDatabase { db in
            let account = try db.insertAccount(credit: .dollars(3))
            let order = try db.order(undoSeconds: 30)
            try db.accept(order, from: account)
            let video = try db.video(order.videos[0].id, of: account)
            let until = try #require(video?.undoUntil)
            #expect(abs(until.timeIntervalSinceNow - 30) < 10)
            #expect(try submission(db) == nil)
            try db.execute(
                """
                UPDATE video_jobs
                SET undo_until = undo_until - INTERVAL 31 SECOND,
                    next_attempt_at = next_attempt_at - INTERVAL 31 SECOND
                """)
            #expect(try db.video(order.videos[0].id, of: account)?.undoUntil == nil)
            #expect(try submission(db)?.id == order.videos[0].id)
        }
    }

    @Test func `taken back it cost nothing, and no call was made`() throws {
        try withDatabase { db in
            let account = try db.insertAccount(credit: .dollars(4))
            let order = try db.order(count: 2, undoSeconds: 30)
            try db.accept(order, from: account)
            for video in order.videos { try db.cancel(video.id, of: account, policy: .test) }
            let balance = try db.balance(of: account)
            #expect(balance.available == .dollars(4) && balance.reserved == .zero)
            #expect(try db.count("SELECT COUNT(*) FROM job_attempts") == 0)
            #expect(try submission(db) == nil)
            try expectCleanBooks(db)
        }
    }

    @Test func `of 32 that are taken back as their time ends, each was sent or cost nothing`()
        throws
    {
        try withFreshDatabase { configuration in
            let db = Connection(configuration)
            let account = try db.insertAccount(credit: .dollars(32))
            let orders = try (0..<32).map { _ in try db.order() }
            for order in orders { try db.accept(order, from: account) }
            let sent = try inParallel(64) { number in
                let db = Connection(configuration)
                if number.isMultiple(of: 2) {
                    return try db.claimSubmission(lasting: .seconds(60), parallel: 100) == nil
                        ? 0 : 1
                }
                do {
                    try db.cancel(orders[number / 2].videos[0].id, of: account, policy: .test)
                } catch is Conflict {
                    return 0
                }
                return 0
            }.reduce(0, +)
            let balance = try db.balance(of: account)
            #expect(balance.reserved == .dollars(Int64(sent)))
            #expect(
                try db.count("SELECT COUNT(*) FROM video_jobs WHERE failure_reason = 'canceled'")
                    == 32 - sent)
            try expectCleanBooks(db)
        }
    }
}
