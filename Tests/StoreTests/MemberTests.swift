import BooksSupport
import DatabaseSupport
import Domain
import FoundationEssentials
import JSON
import Ledger
import MariaDB
import Store
import Testing

@Suite struct `Accounts own, users act` {
    /// A user who acts for somebody else's account, and owns none.
    private func insertMember(
        of account: AccountID, role: SQL = "'member'", in db: Connection
    ) throws -> UserID {
        let user = UserID.new()
        try db.execute(
            """
            INSERT INTO users (id, email, password_hash, created_at)
            VALUES (\(user), \("\(user)@example.org"), 'x', UTC_TIMESTAMP(6))
            """)
        try db.execute(
            """
            INSERT INTO members (account_id, user_id, role, created_at)
            VALUES (\(account), \(user), \(sql: role), UTC_TIMESTAMP(6))
            """)
        return user
    }

    private func signIn(_ user: UserID, _ db: Connection) throws -> [UInt8] {
        let hash = (0..<32).map { _ in UInt8.random(in: 0 ... .max) }
        try db.createSession(
            idHash: hash, of: user, lasting: .seconds(60), userAgent: "x", address: "::1")
        return hash
    }

    private func order(
        _ db: Connection, for account: AccountID, by user: UserID, key: ClientKey? = nil,
        limit: Int = 1000
    ) throws -> VideoID {
        let order = try db.order()
        _ = try db.accept(
            order, from: account, by: user, key: key,
            limit: CallLimit(calls: limit, window: .seconds(900)), queueDeadline: .seconds(3600))
        return order.videos[0].id
    }

    private func user(of job: VideoID, _ db: Connection) throws -> UserID? {
        try db.first("SELECT user_id FROM video_jobs WHERE id = \(job)") { try $0("user_id") }
    }

    /// The tables that have a column of this name, views apart.
    private func tables(with column: String, _ db: Connection) throws -> [String] {
        try db.query(
            """
            SELECT columns.table_name AS name
            FROM information_schema.columns
            JOIN information_schema.tables USING (table_schema, table_name)
            WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE'
                AND column_name = \(column)
            ORDER BY name
            """
        ) { try $0("name") }
    }

    /// The tables of what an account owns.
    private static let owned: [SQL] = [
        "credit_lots", "customer_days", "exports", "findings", "generate_calls",
        "idempotency_keys", "ledger_checkpoints", "ledger_entries", "ledger_heads", "ledger_lots",
        "members", "outbox", "purchases", "touched_accounts", "transactions", "uploads",
        "video_archives", "video_jobs", "video_shares", "wallets", "webhook_endpoints",
    ]

    /// The tables of what a user does, or signs in with.
    private static let acted: [SQL] = [
        "exports", "mail_tokens", "members", "outbox", "person_notes", "purchases",
        "recovery_codes", "second_factors", "sessions", "terms_acceptances", "transactions",
        "uploads", "video_archives", "video_jobs", "video_shares",
    ]

    /// How many rows name an owner whom `owners` has not. A table without rows shows nothing, and is
    /// an issue.
    private func strangers(
        in table: SQL, _ column: SQL, to owners: SQL, _ db: Connection
    ) throws -> Int {
        let rows: SQL = "FROM \(sql: table) WHERE \(sql: column) IS NOT NULL"
        #expect(try db.count("SELECT COUNT(*) \(sql: rows)") > 0, "\(table.text) is empty")
        return try db.count(
            """
            SELECT COUNT(*) \(sql: rows)
                AND \(sql: column) NOT IN (SELECT id FROM \(sql: owners))
            """)
    }

    private func agree(_ account: AccountID, _ db: Connection) throws {
        let package = try db.catalog(version: 1).package("starter").orThrow("starter")
        try db.insertPurchase(
            .new(), of: package, catalogVersion: 1, for: account, by: db.owner(of: account),
            under: PurchaseTerms(version: "v1", isAgreedTo: true), isLive: false)
    }

    private func share(of account: AccountID, _ number: UInt8, _ db: Connection) throws {
        let videos = try db.videos(of: account, matching: VideoFilter(), before: nil, limit: 1)
        _ = try db.share(
            videos[0].id, of: account, by: db.owner(of: account),
            on: ShareTerms(days: 1, showsPrompt: true, allowsDownload: true),
            as: NewShareLink(id: .new(), hash: Array(repeating: number, count: 32)),
            replacing: nil)
        _ = try db.orderArchive(
            .new(), named: String(repeating: "\(number)", count: 32), of: [videos[0].id],
            of: account, by: db.owner(of: account))
    }

    @Test func `a user and their account have different ids, and no table takes one for the other`()
        throws
    {
        try withFreshDatabase { configuration in
            let db = Connection(configuration)
            try db.setMail(isOn: true)
            for number in 1...2 {
                let account = try db.insertAccount(credit: .dollars(5))
                let draft = try WebhookEndpointDraft(
                    FieldReader(["url": .string("https://a.example/hook")]), exceptOrigins: [])
                try db.insertWebhookEndpoint(
                    .new(), draft, secret: Array(repeating: 7, count: 32), of: account)
                try db.buy("starter", for: account)
                try agree(account, db)
                let name = try PictureName(String(repeating: "\(number)", count: 32)).orThrow("x")
                _ = try db.keepUpload(
                    .new(), name,
                    PictureFacts(width: 1, height: 1, sizeBytes: 1, checksum: "\(number)"),
                    of: account, by: db.owner(of: account), isCounted: true)
                let key = ClientKey(key: "k", requestHash: Array(repeating: 1, count: 32))
                try db.accept(db.order(), from: account, key: key)
                try db.advanceJob(to: .delivered, task: "task-\(number)")
                try db.orderExport(of: account)
                try db.useSecondFactor(of: db.owner(of: account))
                try share(of: account, UInt8(number), db)
                _ = try signIn(db.owner(of: account), db)
                try db.mailReset(
                    NewMailToken(id: .new(), hash: Array(repeating: UInt8(number), count: 32)),
                    to: db.address(ofOwnerOf: account))
                try db.execute(
                    "UPDATE wallets SET is_low = FALSE, available_micros = available_micros + 1")
                try db.note(
                    about: db.owner(of: account),
                    by: Operator(userID: nil, systemUser: "ann", reason: "a test"))
                try db.execute(
                    "UPDATE transactions SET description = 'x' WHERE account_id = \(account)")
                _ = try db.sealChain(of: account, before: .first(at: Date() + 3600))
                let turn = try db.take("audit", lasting: .seconds(60)).orThrow("the turn")
                try db.record(
                    AuditVerdict(lookedAt: db.databaseTime(), violations: db.audit()), of: turn,
                    nextAfter: .zero)
                try db.execute("UPDATE wallets SET available_micros = available_micros - 1")
            }
            while try db.countFigures() {}
            #expect(
                try db.count("SELECT COUNT(*) FROM accounts JOIN users ON users.id = accounts.id")
                    == 0)
            #expect(try tables(with: "account_id", db) == Self.owned.map(\.text))
            #expect(try tables(with: "user_id", db) == Self.acted.map(\.text))
            for table in Self.owned {
                #expect(try strangers(in: table, "account_id", to: "accounts", db) == 0)
            }
            for table in Self.acted {
                #expect(try strangers(in: table, "user_id", to: "users", db) == 0)
            }
            try expectCleanBooks(db)
        }
    }

    @Test
    func `two members of an account spend one credit, see one list, and each order says whose`()
        throws
    {
        try withFreshDatabase { configuration in
            let db = Connection(configuration)
            let account = try db.insertAccount(credit: .dollars(3))
            let ann = try db.owner(of: account)
            let ben = try insertMember(of: account, in: db)
            for user in [ann, ben] {
                let session = try db.useSession(signIn(user, db))
                #expect(session?.user.id == user)
                #expect(session?.membership?.account == account)
            }
            let first = try order(db, for: account, by: ann)
            let second = try order(db, for: account, by: ben)
            #expect(try db.balance(of: account).available == .dollars(1))
            let list = try db.videos(of: account, matching: VideoFilter(), before: nil, limit: 9)
            #expect(list.map(\.id) == [second, first])
            #expect(try [user(of: first, db), user(of: second, db)] == [ann, ben])
            // What one has ordered the other may cancel; it stays the other's act.
            try db.cancel(second, of: account, policy: .test)
            let acts = try db.query(
                "SELECT type, user_id FROM transactions WHERE account_id = \(account) ORDER BY id"
            ) { row in "\(try row("type") as String) \(try row("user_id") as UserID)" }
            #expect(
                acts == ["grant \(ann)", "charge \(ann)", "charge \(ben)", "refund \(ben)"])
            try expectCleanBooks(db)
        }
    }

    @Test func `limits and keys of calls are the account's, whoever of its members calls`() throws {
        try withFreshDatabase { configuration in
            let db = Connection(configuration)
            let account = try db.insertAccount(credit: .dollars(9))
            let ann = try db.owner(of: account)
            let ben = try insertMember(of: account, in: db)
            let key = ClientKey(key: "k", requestHash: Array(repeating: 1, count: 32))
            for user in [ann, ben] { _ = try order(db, for: account, by: user, key: key) }
            #expect(try db.count("SELECT COUNT(*) FROM video_jobs") == 1)
            _ = try order(db, for: account, by: ben, limit: 2)
            for user in [ann, ben] {
                #expect(throws: RateLimited.self) {
                    try order(db, for: account, by: user, limit: 2)
                }
            }
            try expectCleanBooks(db)
        }
    }

    @Test func `mail about a video goes to who ordered it, about the credit to the owner`() throws {
        try withFreshDatabase { configuration in
            let db = Connection(configuration)
            try db.setMail(isOn: true)
            let account = try db.insertAccount(credit: .dollars(6))
            let ben = try insertMember(of: account, in: db)
            try db.execute("UPDATE users SET email_verified_at = UTC_TIMESTAMP(6)")
            for _ in 1...2 { _ = try order(db, for: account, by: ben) }
            try db.advanceJob(to: .delivered)
            let mails = try db.query("SELECT topic, user_id FROM outbox ORDER BY id") { row in
                "\(try row("topic") as String) \(try row("user_id") as UserID)"
            }
            #expect(try mails == ["lowBalance \(db.owner(of: account))", "videoReady \(ben)"])
        }
    }

    @Test func `who owns an account acts for it, whatever else they belong to`() throws {
        try withDatabase { db in
            let own = try db.insertAccount()
            let user = try db.owner(of: own)
            for role in ["member", "owner"] {
                // Older than their own, as one may be that they are let into later.
                let other = AccountID(at: .distantPast, random: (0, .random(in: 0 ... .max)))
                try db.execute(
                    "INSERT INTO accounts (id, created_at) VALUES (\(other), UTC_TIMESTAMP(6))")
                try db.execute(
                    """
                    INSERT INTO members (account_id, user_id, role, created_at)
                    VALUES (\(other), \(user), \(role), UTC_TIMESTAMP(6))
                    """)
            }
            #expect(
                try db.useSession(signIn(user, db))?.membership
                    == Membership(account: own, role: .owner))
            #expect(try db.account(ownedBy: user) == own)
        }
    }

    @Test func `who belongs to no account acts for none`() throws {
        try withDatabase { db in
            let account = try db.insertAccount()
            let user = try insertMember(of: account, in: db)
            let session = try signIn(user, db)
            #expect(
                try db.useSession(session)?.membership
                    == Membership(account: account, role: .member))
            try db.execute("DELETE FROM members WHERE user_id = \(user)")
            let signIn = try #require(try db.useSession(session))
            #expect(signIn.membership == nil)
            #expect(try db.account(ownedBy: user) == nil)
        }
    }

    /// A line that nobody's act made (credit that lapses) is the owner's, the first member's where
    /// there is none, and nobody's where there is no member: money never waits for that.
    @Test(arguments: ["UPDATE members SET role = 'member'", "DELETE FROM members"])
    func `money moves in an account without an owner`(change: SQL) throws {
        try withFreshDatabase { configuration in
            let db = Connection(configuration)
            let account = try db.insertAccount(credit: .dollars(5))
            let user = try db.owner(of: account)
            _ = try db.insertJob(of: account)
            let purchase = try db.insertPurchase(of: account)
            let lot = try db.insertGrant(.dollars(1), of: account)
            try db.setExpiry(of: lot, in: .seconds(-1))
            try db.execute(change)
            try db.advanceJob(to: .delivered)
            _ = try db.apply(.of(purchase), to: purchase.id, policy: .test)
            #expect(try db.expireOverdueLots(limit: 9) == 0)
            let lines = try db.query(
                "SELECT type, user_id FROM transactions WHERE type = 'expiry'"
            ) { row in try row("user_id") as UserID? }
            #expect(try lines == [db.count("SELECT COUNT(*) FROM members") == 0 ? nil : user])
            try expectCleanBooks(db)
        }
    }

    @Test func `the view of users has what each has made, and the owner's credit`() throws {
        try withFreshDatabase { configuration in
            let db = Connection(configuration)
            let account = try db.insertAccount(credit: .dollars(3))
            let ben = try insertMember(of: account, in: db)
            _ = try order(db, for: account, by: ben)
            let rows = try db.query(
                "SELECT id, total_videos, credits_balance FROM user_analytics ORDER BY id"
            ) { row in
                "\(try row("id") as UserID) \(try row("total_videos") as Int) "
                    + "\(try row("credits_balance") as String)"
            }
            #expect(try rows == ["\(db.owner(of: account)) 0 2.000000", "\(ben) 1 0.000000"])
        }
    }
}

extension Connection {
    fileprivate func orderExport(of account: AccountID) throws {
        let name = account.description.replacing("-", with: "")
        _ = try orderExport(.new(), named: name, of: owner(of: account), for: account)
    }

    fileprivate func useSecondFactor(of user: UserID) throws {
        try beginSecondFactor(of: user, sealed: [1], by: Array(repeating: 1, count: 8))
        let hashes = [Array(repeating: 1 as UInt8, count: 32)]
        #expect(try turnOnSecondFactor(of: user, recovery: hashes, keeping: []) { _ in 1 })
    }
}
