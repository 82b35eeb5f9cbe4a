import BooksSupport
import DatabaseSupport
import Domain
import Ledger
import MariaDB
import Store
import Testing

@Suite struct `Lines of the user's list` {
    private func lines(_ db: Connection, _ account: AccountID) throws -> [String] {
        try db.transactions(of: account, before: nil, limit: 20).reversed().map {
            "\($0.type.rawValue): \($0.description): \($0.detail)"
        }
    }

    @Test func `a line tells what it is made of, so that any language can say it`() throws {
        try withDatabase { db in
            let account = try db.insertAccount()
            try db.buy("pro", for: account)
            _ = try db.insertJob(of: account)
            try db.advanceJob(to: .refunded)
            try db.grantCredit(
                .dollars(1), to: account, reason: #"sorry for "it""#, policy: .test, grant: .new())
            #expect(
                try lines(db, account) == [
                    "credit_purchase: Bought $50.00 of credit for $47.99: "
                        + #"{"what":"bought","package":"pro","credits":50,"price":47.99}"#,
                    #"bonus: Bonus of $5.00: {"what":"bonus","package":"pro"}"#,
                    "charge: Economy video, 5 s: "
                        + #"{"what":"video","tier":"economy","seconds":5}"#,
                    "refund: Returned: the video could not be made: "
                        + #"{"what":"returned","reason":"vendor_failed"}"#,
                    #"grant: sorry for "it": {"what":"granted","reason":"sorry for \"it\""}"#,
                ])
            try expectCleanBooks(db)
        }
    }

    @Test func `each line has the balance after it`() throws {
        try withDatabase { db in
            let account = try db.insertAccount(credit: .dollars(3))
            try db.accept(db.order(count: 2), from: account)
            let found = try db.transactions(of: account, before: nil, limit: 9)
            #expect(found.map(\.balanceAfter) == [.dollars(1), .dollars(2), .dollars(3)])
            try expectCleanBooks(db)
        }
    }
}

@Suite struct `What an order costs` {
    private func statements(_ db: Connection) throws -> Int {
        try db.count(
            """
            SELECT CAST(variable_value AS SIGNED)
            FROM information_schema.session_status
            WHERE variable_name = 'COM_STMT_EXECUTE'
            """)
    }

    /// The wallet, its lots, and what stops it with its turn and its place in the queue are read once; the
    /// call is written once, and for each video its job, and its hold by one statement.
    @Test(arguments: [(1, 6), (4, 12)])
    func `an order reads the lots once`(videos: Int, expected: Int) throws {
        try withFreshDatabase { configuration in
            let db = Connection(configuration)
            let account = try db.insertAccount(credit: .dollars(50))
            let owner = try db.owner(of: account)
            let order = try db.order(count: videos)
            let before = try statements(db)
            _ = try db.accept(
                order, from: account, by: owner, key: nil,
                limit: CallLimit(calls: 1000, window: .seconds(900)),
                queueDeadline: .seconds(3600))
            // The second count is one itself.
            #expect(try statements(db) - before - 1 == expected)
            try expectCleanBooks(db)
        }
    }
}

@Suite struct `The lock on a wallet` {
    @Test func `who has no wallet is not found`() throws {
        try withDatabase { db in
            #expect(throws: NotFound()) { try db.withWallet(of: .new()) { _ in } }
        }
    }

    @Test func `what was done with it is what it says`() throws {
        try withDatabase { db in
            let account = try db.insertAccount(credit: .dollars(3))
            let job = try db.insertJob(of: account)
            let balances = try db.withWallet(of: account) { wallet in
                try db.execute(
                    """
                    UPDATE video_jobs
                    SET state = 'refunded', failure_reason = 'canceled', deadline_at = NULL,
                        completed_at = UTC_TIMESTAMP(6)
                    WHERE id = \(job)
                    """)
                try wallet.release(job, policy: .test, because: .canceled)
                return wallet.balances
            }
            #expect(balances.available == .dollars(3))
            #expect(balances.held == .zero)
            #expect(try db.balance(of: account).available == .dollars(3))
            try expectCleanBooks(db)
        }
    }

    @Test func `an error takes back all that was done with it`() throws {
        try withFreshDatabase { configuration in
            let db = Connection(configuration)
            let account = try db.insertAccount(credit: .dollars(3))
            #expect(throws: Conflict.self) {
                try db.withWallet(of: account) { wallet in
                    try wallet.adjust(.dollars(2), policy: .test, opKey: "adjust:1", reason: "x")
                    try wallet.take(.dollars(9), opKey: "take:1", reason: "x")
                }
            }
            #expect(try db.balance(of: account).available == .dollars(3))
            try expectCleanBooks(db)
        }
    }
}
