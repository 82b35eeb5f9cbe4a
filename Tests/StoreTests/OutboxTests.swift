import BooksSupport
import DatabaseSupport
import Domain
import FoundationEssentials
import JSON
import Ledger
import MariaDB
import Store
import Testing

/// A row of the outbox.
private struct Row: Equatable {
    let channel: String
    let topic: String
    let url: String?
}

extension Connection {
    fileprivate func outbox(of account: AccountID) throws -> [Row] {
        try query(
            """
            SELECT channel, topic, url
            FROM outbox
            WHERE account_id = \(account) OR user_id = \(sql: .owner(of: account))
            ORDER BY channel, topic, url
            """
        ) { row in try Row(channel: row("channel"), topic: row("topic"), url: row("url")) }
    }

    fileprivate func mails(of account: AccountID) throws -> [String] {
        try outbox(of: account).filter { $0.channel == "mail" }.map(\.topic)
    }

    @discardableResult
    fileprivate func insertEndpoint(
        _ url: String, _ events: [WebhookEvent] = WebhookEvent.allCases, of account: AccountID
    ) throws -> WebhookEndpointID {
        let id = WebhookEndpointID.new()
        let draft = try WebhookEndpointDraft(
            FieldReader([
                "url": .string(url), "events": .array(events.map { .string($0.rawValue) }),
            ]), exceptOrigins: [])
        try insertWebhookEndpoint(
            id, draft, secret: Array(repeating: 7, count: 32), of: account)
        return id
    }

    fileprivate func refundOne(of account: AccountID) throws {
        let job = try insertJob(of: account)
        try advanceJob(to: .refunded, task: "task-\(job)")
        try makeMailDue()
    }

    fileprivate func pay(_ order: Purchase) throws {
        let facts = PaymentFacts(
            sessionID: order.sessionID ?? "", progress: .paid, isPaymentMode: true,
            subtotal: order.price, total: order.price, currency: "usd", isLive: order.isLive,
            reference: "\(order.id)", paymentIntent: "pi_\(order.id)")
        _ = try apply(facts, to: order.id, policy: .test)
    }

    /// What a sender leaves behind that died.
    fileprivate func passOutboxLeases() throws {
        try execute(
            """
            UPDATE outbox SET lease_until = UTC_TIMESTAMP(6) - INTERVAL 1 SECOND
            WHERE lease_until IS NOT NULL
            """)
    }

    fileprivate func ageLots(of account: AccountID, lapsingIn hours: Int) throws {
        try execute(
            """
            UPDATE credit_lots
            SET created_at = UTC_TIMESTAMP(6) - INTERVAL 2 DAY,
                expires_at = UTC_TIMESTAMP(6) + INTERVAL \(hours) HOUR,
                original_expires_at = expires_at
            WHERE account_id = \(account)
            """)
    }
}

private let mailDatabase = Result {
    let configuration = try TestDatabases.shared.common(migrated: schemaFolder, named: "mail")
    try Connection(configuration).setMail(isOn: true)
    return configuration
}

/// As `withDatabase`, where mail is on: switching it on in each test would make them wait for each
/// other.
private func withMail(_ body: (Connection) throws -> Void) throws {
    struct Undo: Error {}

    let connection = Connection(try mailDatabase.get())
    var isDone = false
    do {
        try connection.transaction {
            isDone = false
            try body(connection)
            isDone = true
            throw Undo()
        }
    } catch  where isDone {}
}

/// As `withFreshDatabase`, where mail is on.
private func withFreshMail(
    _ body: (Connection, DatabaseConfiguration) throws -> Void
) throws {
    try withFreshDatabase { configuration in
        let db = Connection(configuration)
        try db.setMail(isOn: true)
        try body(db, configuration)
    }
}

@Suite struct `J12 what the outbox holds` {
    @Test func `a delivered job is told by mail, to the endpoints that listen, and to its own`()
        throws
    {
        try withMail { db in
            let account = try db.insertAccount(credit: .dollars(20))
            try db.insertEndpoint("https://a.example/hook", [.videoCompleted], of: account)
            try db.insertEndpoint(
                "https://b.example/hook", [.videoFailed, .creditsLow], of: account)
            let other = try db.insertAccount(credit: .dollars(20))
            try db.insertEndpoint("https://c.example/hook", of: other)
            let job = try db.insertJob(of: account)
            try db.execute(
                "UPDATE video_jobs SET webhook_url = 'https://own.example' WHERE id = \(job)")
            #expect(try db.outbox(of: account) == [])
            try db.advanceJob(to: .delivered)
            #expect(
                try db.outbox(of: account) == [
                    Row(channel: "mail", topic: "videoReady", url: nil),
                    Row(
                        channel: "webhook", topic: "video.completed", url: "https://a.example/hook"),
                    Row(channel: "webhook", topic: "video.completed", url: "https://own.example"),
                ])
            #expect(try db.outbox(of: other) == [])
            try expectCleanBooks(db)
        }
    }

    @Test func `a refunded job is told as failed, a canceled one not at all`() throws {
        try withMail { db in
            let account = try db.insertAccount(credit: .dollars(20))
            try db.insertEndpoint("https://a.example/hook", of: account)
            let canceled = try db.insertJob(of: account)
            try db.cancel(canceled, of: account, policy: .test)
            #expect(try db.outbox(of: account) == [])
            try db.refundOne(of: account)
            #expect(try db.outbox(of: account).map(\.topic) == ["videoFailed", "video.failed"])
        }
    }

    @Test func `a job that ran out of time is told as failed`() throws {
        try withMail { db in
            let account = try db.insertAccount(credit: .dollars(20))
            let job = try db.insertJob(of: account)
            try db.passDeadline(of: job)
            try db.sweepOverdueJobs()
            #expect(try db.mails(of: account) == ["videoFailed"])
        }
    }

    @Test func `without mail none is written, and webhooks are`() throws {
        try withFreshMail { db, _ in
            let account = try db.insertAccount(credit: .dollars(20))
            try db.insertEndpoint("https://a.example/hook", of: account)
            try db.setMail(isOn: false)
            try db.refundOne(of: account)
            #expect(try db.outbox(of: account).map(\.topic) == ["video.failed"])
        }
    }

    @Test func `mail that is switched off takes what was not sent with it`() throws {
        try withFreshMail { db, _ in
            let account = try db.insertAccount(credit: .dollars(20))
            try db.refundOne(of: account)
            try db.setMail(isOn: false)
            try db.setMail(isOn: true)
            #expect(try db.mails(of: account) == [])
        }
    }

    @Test func `a kind of mail that the user has switched off is not written`() throws {
        try withMail { db in
            let account = try db.insertAccount(credit: .dollars(20))
            try db.changeMutedNotices(
                of: db.owner(of: account), [.videoFailed: false, .receipt: false])
            try db.changeMutedNotices(of: db.owner(of: account), [.receipt: true])
            #expect(try db.mutedNotices(of: db.owner(of: account)) == [.videoFailed])
            try db.refundOne(of: account)
            try db.pay(db.insertPurchase(of: account))
            #expect(try db.mails(of: account) == ["receipt"])
        }
    }

    @Test func `a payment that is seen twice has one receipt`() throws {
        try withMail { db in
            let account = try db.insertAccount(credit: .zero)
            let order = try db.insertPurchase("pro", of: account)
            try db.pay(order)
            try db.pay(order)
            #expect(try db.mails(of: account) == ["receipt"])
        }
    }

    @Test func `a balance is told as low once, and again after it was above`() throws {
        try withMail { db in
            let account = try db.insertAccount(credit: .dollars(6))
            try db.insertEndpoint("https://a.example/hook", [.creditsLow], of: account)
            _ = try db.insertJob(of: account)
            #expect(try db.outbox(of: account) == [])  // $5.00 is not below
            _ = try db.insertJob(of: account)
            #expect(try db.outbox(of: account).map(\.topic) == ["lowBalance", "credits.low"])
            _ = try db.insertJob(of: account)
            #expect(try db.mails(of: account) == ["lowBalance"])
            try db.insertGrant(.dollars(1), of: account)
            _ = try db.insertJob(of: account)
            #expect(try db.mails(of: account) == ["lowBalance"])
            try db.insertGrant(.dollars(2), of: account)
            _ = try db.insertJob(of: account)
            #expect(try db.mails(of: account) == ["lowBalance", "lowBalance"])
            try expectCleanBooks(db)
        }
    }

    @Test func `a balance that lapses is told as low, one that never was higher is not`() throws {
        try withMail { db in
            let account = try db.insertAccount(credit: .dollars(6))
            let small = try db.insertAccount(credit: .dollars(2))
            for lot in try db.lotRows(of: account) + db.lotRows(of: small) {
                try db.setExpiry(of: lot.id, in: .seconds(-1))
            }
            while try db.expireOverdueLots(limit: 100) > 0 {}
            #expect(try db.mails(of: account) == ["lowBalance"])
            #expect(try db.mails(of: small) == [])
            let claimed = try db.claimMail(lasting: .seconds(60))
            #expect(claimed?.notice == .lowBalance(available: .zero))
        }
    }

    @Test func `lapsing credit is told at 14 days and at 3, once each, all of a day together`()
        throws
    {
        try withFreshMail { db, _ in
            let account = try db.insertAccount(credit: .dollars(6))
            try db.insertGrant(.dollars(2), of: account)
            func remind() throws -> Int { try db.remindOfLapsingCredit(limit: 10) }
            try db.ageLots(of: account, lapsingIn: 24 * 14 + 1)
            #expect(try remind() == 0)
            try db.ageLots(of: account, lapsingIn: 24 * 13)
            #expect(try remind() == 1)
            #expect(try remind() == 0)
            let first = try #require(try db.claimMail(lasting: .seconds(60)))
            guard case .creditLapsing(let amount, let at) = first.notice else {
                Issue.record("\(first.notice)")
                return
            }
            #expect(amount == .dollars(8))
            #expect(abs(at.timeIntervalSinceNow - 13 * 86_400) < 60)
            try db.noteSent(first.claim)
            try db.ageLots(of: account, lapsingIn: 24 * 2)
            #expect(try remind() == 1)
            #expect(try remind() == 0)
        }
    }

    @Test func `lapsing credit is not told to whom has just got it, nor to whom is muted`()
        throws
    {
        try withFreshMail { db, _ in
            let fresh = try db.insertAccount(credit: .dollars(6))
            try db.setExpiry(of: db.lotRows(of: fresh)[0].id, in: .seconds(3 * 86_400))
            let muted = try db.insertAccount(credit: .dollars(6))
            try db.changeMutedNotices(of: db.owner(of: muted), [.creditLapsing: false])
            try db.ageLots(of: muted, lapsingIn: 24)
            #expect(try db.remindOfLapsingCredit(limit: 10) == 0)
        }
    }
}

@Suite struct `J12 the outbox under a lost COMMIT` {
    /// Runs `body` with a connection whose next COMMIT is cut, and one that is not.
    private func withCut(
        _ cut: CuttingProxy.Cut, prepare: (Connection) throws -> Void,
        _ body: (_ cut: Connection, _ db: Connection) throws -> Void
    ) throws {
        try withFreshDatabase { configuration in
            let db = Connection(configuration)
            try db.setMail(isOn: true)
            try prepare(db)
            let proxy = try CuttingProxy(before: configuration)
            let connection = Connection(proxy.configuration(configuration))
            try connection.execute("DO 1")
            proxy.arm(cut, at: "COMMIT")
            try body(connection, db)
            #expect(proxy.cutCount == 1)
            try expectCleanBooks(db)
        }
    }

    @Test(arguments: CuttingProxy.Cut.allCases)
    func `a refund is told once`(cut: CuttingProxy.Cut) throws {
        var account = AccountID.new()
        try withCut(cut) { db in
            account = try db.insertAccount(credit: .dollars(9))
            try db.insertEndpoint("https://a.example/hook", of: account)
            _ = try db.insertJob(of: account)
            try db.advanceJob(to: .submitted)
        } _: { cut, db in
            let claim = try db.claimToFollow()
            do { try cut.refund(claim) } catch is LeaseLost {}
            #expect(try db.outbox(of: account).map(\.topic) == ["videoFailed", "video.failed"])
        }
    }

    @Test(arguments: CuttingProxy.Cut.allCases)
    func `a receipt and a low balance are written once`(cut: CuttingProxy.Cut) throws {
        var account = AccountID.new()
        var order: Purchase?
        try withCut(cut) { db in
            account = try db.insertAccount(credit: .zero)
            order = try db.insertPurchase(of: account)
        } _: { cut, db in
            try cut.pay(try #require(order))
            #expect(try db.mails(of: account) == ["receipt"])
        }
        try withCut(cut) { db in
            account = try db.insertAccount(credit: .dollars(5))
        } _: { cut, db in
            try cut.accept(db.order(), from: account)
            #expect(try db.mails(of: account) == ["lowBalance"])
        }
    }

    @Test(arguments: CuttingProxy.Cut.allCases)
    func `the end of a try is written once`(cut: CuttingProxy.Cut) throws {
        var account = AccountID.new()
        try withCut(cut) { db in
            account = try db.insertAccount(credit: .dollars(9))
            try db.insertEndpoint("https://a.example/hook", of: account)
            try db.refundOne(of: account)
        } _: { cut, db in
            let claimed = try #require(try db.claimWebhook(lasting: .seconds(60)))
            do {
                try cut.noteEnd(
                    claimed, statusCode: 204, problem: nil, took: .milliseconds(3),
                    retryAfter: nil)
            } catch is LeaseLost {}
            #expect(try db.count("SELECT COUNT(*) FROM webhook_attempts") == 1)
            #expect(try db.count("SELECT COUNT(*) FROM outbox WHERE sent_at IS NOT NULL") == 1)
        }
    }
}

@Suite struct `J11 claims of the outbox` {
    @Test func `a mail is claimed by one sender, and by another when the first has died`() throws {
        try withFreshMail { db, configuration in
            let account = try db.insertAccount(credit: .dollars(9))
            try db.refundOne(of: account)
            let claims = try inParallel(8) { _ in
                try Connection(configuration).claimMail(lasting: .seconds(60))
            }
            let first = try #require(claims.compactMap { $0 }.first)
            #expect(claims.compactMap { $0 }.count == 1)
            #expect(try first.recipient == db.address(ofOwnerOf: account))
            #expect(first.claim.attempt == 1)
            try db.passOutboxLeases()
            let second = try #require(try db.claimMail(lasting: .seconds(60)))
            #expect(second.claim.id == first.claim.id)
            #expect(second.claim.attempt == 2)
            #expect(throws: LeaseLost.self) { try db.noteSent(first.claim) }
            try db.noteSent(second.claim)
            #expect(try db.claimMail(lasting: .seconds(60)) == nil)
        }
    }

    @Test func `a mail that failed is due again after its pause, and not when it is given up`()
        throws
    {
        try withFreshMail { db, _ in
            let account = try db.insertAccount(credit: .dollars(9))
            try db.refundOne(of: account)
            let first = try #require(try db.claimMail(lasting: .seconds(60)))
            try db.noteFailed(first.claim, problem: "no", retryAfter: .seconds(60))
            #expect(try db.claimMail(lasting: .seconds(60)) == nil)
            try db.execute("UPDATE outbox SET next_attempt_at = UTC_TIMESTAMP(6)")
            let second = try #require(try db.claimMail(lasting: .seconds(60)))
            #expect(second.claim.failures == 1)
            try db.noteFailed(second.claim, problem: "never", retryAfter: nil)
            #expect(try db.claimMail(lasting: .seconds(60)) == nil)
            #expect(try db.count("SELECT COUNT(*) FROM outbox WHERE failed_at IS NOT NULL") == 1)
        }
    }

    @Test func `of one account one webhook is sent at a time, of others as well`() throws {
        try withFreshDatabase { configuration in
            let db = Connection(configuration)
            let slow = try db.insertAccount(credit: .dollars(9))
            try db.insertEndpoint("https://a.example/1", of: slow)
            try db.insertEndpoint("https://a.example/2", of: slow)
            try db.refundOne(of: slow)
            let quick = try db.insertAccount(credit: .dollars(9))
            try db.insertEndpoint("https://b.example/1", of: quick)
            try db.refundOne(of: quick)
            let first = try #require(try db.claimWebhook(lasting: .seconds(60)))
            let second = try #require(try db.claimWebhook(lasting: .seconds(60)))
            #expect(first.accountID == slow)
            #expect(second.accountID == quick)
            #expect(try db.claimWebhook(lasting: .seconds(60)) == nil)
            try db.noteSent(first.claim)
            #expect(try db.claimWebhook(lasting: .seconds(60))?.accountID == slow)
        }
    }

    @Test func `the secret of the orders' own addresses is made once`() throws {
        try withDatabase { db in
            let account = try db.insertAccount()
            let one = Array(repeating: UInt8(1), count: 32)
            let two = Array(repeating: UInt8(2), count: 32)
            #expect(try db.keepWebhookSecret(of: account, orElse: one) == one)
            #expect(try db.keepWebhookSecret(of: account, orElse: two) == one)
        }
    }

    @Test func `messages are kept for thirty days, with their log`() throws {
        try withFreshMail { db, _ in
            let account = try db.insertAccount(credit: .dollars(9))
            try db.refundOne(of: account)
            try db.purgeOutbox()
            #expect(try db.mails(of: account).count == 1)
            try db.execute(
                "UPDATE outbox SET created_at = UTC_TIMESTAMP(6) - INTERVAL 31 DAY")
            try db.purgeOutbox()
            #expect(try db.mails(of: account) == [])
        }
    }
}
