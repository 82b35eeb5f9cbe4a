import BooksSupport
import DatabaseSupport
import Domain
import Ledger
import MariaDB
import Store
import Testing

/// The wallet is locked first by everything that changes a user's money, so that no number is
/// computed from what another is about to change (L7), a sweep and an order never meet (C6), and
/// no two of them lock the same rows in another order (D2).
@Suite struct `L7, C6 and D2 the wallet first` {
    /// Everything that changes a user's money, or depends on it.
    enum Effect: CaseIterable, Sendable {
        case order, cancellation, delivery, refund, overdue, resolution, grant, expiry, credit
        case reversal, refundByHand, purchaseUnderKey, proof, adjustment, taking, creditByHand
    }

    /// A user with credit, an open and a paid purchase, and a job where the effect needs one.
    private struct Scene: Sendable {
        let account: AccountID
        let open: Purchase
        let paid: Purchase
        var job = VideoID.new()
        var claim: ClaimedJob?
        private static let link = Array(repeating: UInt8(7), count: 32)

        init(_ db: Connection, for effect: Effect) throws {
            account = try db.insertAccount(credit: .dollars(5))
            open = try db.insertPurchase(of: account)
            paid = try db.buy("standard", for: account)
            switch effect {
            case .cancellation: job = try db.insertJob(of: account)
            case .overdue:
                job = try db.insertJob(of: account)
                try db.passDeadline(of: job)
            case .resolution:
                job = try db.insertJob(of: account)
                try db.advanceJob(to: .submitUnknown)
            case .delivery, .refund:
                job = try db.insertJob(of: account)
                try db.submitted(db.claimToSubmit(), task: "task-1")
                claim = try db.storing(db.claimToFollow())
            case .expiry:
                try db.setExpiry(of: db.lotRows(of: account)[0].id, in: .seconds(-1))
            case .proof:
                try db.execute(
                    "UPDATE users SET email_verified_at = NULL WHERE id = \(db.owner(of: account))")
                try db.mailReset(
                    NewMailToken(id: .new(), hash: Self.link), to: db.address(ofOwnerOf: account))
            case .order, .grant, .credit, .reversal, .refundByHand, .purchaseUnderKey, .adjustment,
                .taking, .creditByHand:
                break
            }
        }

        func cause(_ effect: Effect, _ db: Connection) throws {
            let actor = try Operator(userID: nil, reason: "for a test")
            switch effect {
            case .order: try db.accept(db.order(), from: account)
            case .cancellation: try db.cancel(job, of: account, policy: .test)
            case .delivery: try db.deliver(claim.orThrow("a claim"))
            case .refund: try db.refund(claim.orThrow("a claim"))
            case .overdue: try db.sweepOverdueJobs()
            case .resolution:
                try db.resolve(
                    job, task: nil, renderDeadline: .seconds(9), policy: .test, by: actor)
            case .grant:
                try db.grantCredit(
                    .dollars(1), to: account, reason: "x", policy: .test, grant: .new())
            case .expiry: _ = try db.expireOverdueLots(limit: 9)
            case .credit: _ = try db.apply(.of(open), to: open.id, policy: .test)
            case .reversal:
                _ = try db.apply(
                    PaymentReversal(
                        refunded: .dollars(1), dispute: nil, cause: "stripe:refund:re_1"),
                    to: paid.id, readAt: 0, refundGrace: CreditPolicy.test.refundGrace)
            case .refundByHand:
                _ = try db.beginRefund(.new(), of: paid.id, amount: nil, by: actor)
            case .purchaseUnderKey:
                let package = try db.catalog(version: 1).package("pro").orThrow("pro")
                _ = try db.claim(
                    ClientKey(key: "k", requestHash: Array(repeating: 1, count: 32)), for: .new(),
                    of: package, catalogVersion: 1, account: account, by: db.owner(of: account),
                    isLive: false,
                    limit: CallLimit(calls: 10, window: .seconds(900)))
            case .adjustment:
                _ = try db.adjust(.dollars(1), of: account, policy: .test, by: actor)
            case .taking:
                try db.takeCredit(
                    .dollars(1), from: account, reason: "x", take: .new(), by: actor)
            case .creditByHand:
                _ = try db.creditByHand(
                    open.id, paymentIntent: "pi_hand", policy: .test, by: actor)
            case .proof:
                _ = try db.resetPassword(
                    tokenHash: Self.link, to: "x", credit: .dollars(1), policy: .test)
            }
        }
    }

    private func changes(_ db: Connection) throws -> [Int] {
        try [
            db.count("SELECT COUNT(*) FROM ledger_entries"),
            db.count("SELECT COUNT(*) FROM purchases"), db.count("SELECT COUNT(*) FROM refunds"),
        ]
    }

    @Test(arguments: Effect.allCases)
    func `what changes money locks the user's wallet before any other row`(effect: Effect) throws {
        try withFreshDatabase { configuration in
            let db = Connection(configuration)
            let scene = try Scene(db, for: effect)
            let before = try changes(db)
            var impatient = configuration
            impatient.lockWaitTimeoutSeconds = 0
            let other = Connection(impatient) { _ in }
            // Whatever it locks first, it finds locked.
            let error = try db.transaction {
                for rows in [
                    "wallets", "credit_lots", "purchases", "video_jobs", "mail_tokens", "users",
                ] as [SQL] {
                    _ = try db.query("SELECT 1 FROM \(sql: rows) FOR UPDATE") { _ in true }
                }
                return #expect(throws: DatabaseError.self) { try scene.cause(effect, other) }
            }
            #expect(error?.kind == .lockTimeout)
            #expect(error?.statement.contains("FROM wallets") == true, "\(error?.statement ?? "")")
            #expect(try changes(db) == before)
            try scene.cause(effect, other)
            #expect(try changes(db) != before)
            try expectCleanBooks(db)
        }
    }

    @Test(
        arguments: [
            (.order, "credit_lots"), (.reversal, "credit_lots"), (.reversal, "purchases"),
            (.credit, "purchases"), (.refundByHand, "purchases"), (.cancellation, "video_jobs"),
        ] as [(Effect, SQL)])
    func `rows whose numbers are counted with are locked when they are read`(
        effect: Effect, rows: SQL
    ) throws {
        try withFreshDatabase { configuration in
            let db = Connection(configuration)
            let scene = try Scene(db, for: effect)
            var impatient = configuration
            impatient.lockWaitTimeoutSeconds = 0
            let other = Connection(impatient) { _ in }
            let error = try db.transaction {
                _ = try db.query("SELECT 1 FROM \(sql: rows) FOR UPDATE") { _ in true }
                return #expect(throws: DatabaseError.self) { try scene.cause(effect, other) }
            }
            #expect(error?.kind == .lockTimeout)
            let statement = error?.statement ?? ""
            #expect(statement.hasPrefix("SELECT") && statement.contains("FROM \(rows.text)"))
            try scene.cause(effect, other)
            try expectCleanBooks(db)
        }
    }

    @Test func `users do not wait for each other`() throws {
        try withFreshDatabase { configuration in
            let holder = Connection(configuration)
            let first = try holder.insertAccount(credit: .dollars(5))
            let second = try holder.insertAccount(credit: .dollars(5))
            try holder.transaction {
                _ = try holder.count(
                    "SELECT COUNT(*) FROM wallets WHERE account_id = \(first) FOR UPDATE")
                var impatient = configuration
                impatient.lockWaitTimeoutSeconds = 0
                let db = Connection(impatient)
                try db.cancel(db.insertJob(of: second), of: second, policy: .test)
            }
            try expectCleanBooks(holder)
        }
    }
}
