import BooksSupport
import DatabaseSupport
import Domain
import Ledger
import MariaDB
import Store
import Testing

@Suite struct `P1 credit for a payment` {
    @Test(arguments: [("starter", 1000, 0), ("standard", 2500, 200), ("pro", 5000, 500)])
    func `a paid order gives its credit and its bonus, each as a line and a lot`(
        package: String, credits: Int64, bonus: Int64
    ) throws {
        try withDatabase { db in
            let account = try db.insertAccount()
            let order = try db.insertPurchase(package, of: account)
            let (purchase, outcome) = try db.apply(.of(order), to: order.id, policy: .test)
            #expect(outcome == .grant(paymentIntent: "pi_\(order.id)"))
            #expect(purchase.state == .paid)
            #expect(purchase.paidAt != nil)
            #expect(try db.balance(of: account).available == Money(cents: credits + bonus))
            let lots = try db.lotRows(of: account)
            #expect(lots.first { $0.source == .purchase }?.granted == Money(cents: credits))
            #expect(lots.first { $0.source == .bonus }?.granted.cents == (bonus > 0 ? bonus : nil))
            let lines = try db.transactions(of: account, before: nil, limit: 9)
            #expect(
                lines.map(\.type) == (bonus > 0 ? [.bonus, .creditPurchase] : [.creditPurchase]))
            #expect(lines.allSatisfy { $0.purchaseID == order.id })
            try expectCleanBooks(db)
        }
    }

    @Test func `a payment that is seen by eight at once is credited once`() throws {
        try withFreshDatabase { configuration in
            let db = Connection(configuration)
            let account = try db.insertAccount()
            let order = try db.insertPurchase("pro", of: account)
            let outcomes = try inParallel(8) { _ in
                try Connection(configuration).apply(.of(order), to: order.id, policy: .test)
                    .purchase.state
            }
            #expect(outcomes == Array(repeating: .paid, count: 8))
            #expect(try db.balance(of: account).available == .dollars(55))
            #expect(try db.lotRows(of: account).count == 2)
            try expectCleanBooks(db)
        }
    }

    @Test func `a payment of another amount gives nothing and is noted`() throws {
        try withDatabase { db in
            let account = try db.insertAccount()
            let order = try db.insertPurchase("pro", of: account)
            let (purchase, outcome) = try db.apply(
                .of(order, total: Money(cents: 1)), to: order.id, policy: .test)
            #expect(outcome == .mismatch("paid $0.01 for an order of $47.99"))
            #expect(purchase.state == .pending)
            #expect(try db.balance(of: account).available == .zero)
            let noted = try db.first("SELECT problem FROM purchases WHERE id = \(order.id)") {
                try $0("problem") as String?
            }
            #expect(noted == "paid $0.01 for an order of $47.99")
            // The right session clears the order all the same.
            _ = try db.apply(.of(order), to: order.id, policy: .test)
            #expect(try db.balance(of: account).available == .dollars(55))
            try expectCleanBooks(db)
        }
    }

    @Test(
        arguments: [
            (.open, .pending), (.unpaid, .pending), (.failed, .failed), (.expired, .expired),
        ] as [(PaymentFacts.Progress, Purchase.State)])
    func `a session that is not paid gives nothing`(
        progress: PaymentFacts.Progress, state: Purchase.State
    ) throws {
        try withDatabase { db in
            let account = try db.insertAccount()
            let order = try db.insertPurchase(of: account)
            let purchase = try db.apply(.of(order, progress), to: order.id, policy: .test).purchase
            #expect(purchase.state == state)
            #expect(purchase.paidAt == nil)
            #expect(try db.balance(of: account).available == .zero)
            let isChecked = try db.count(
                "SELECT next_check_at IS NOT NULL FROM purchases WHERE id = \(order.id)")
            #expect((isChecked == 1) == (state == .pending))
            try expectCleanBooks(db)
        }
    }

    @Test(arguments: [PaymentFacts.Progress.failed, .expired])
    func `a payment that comes after the order was closed is credited`(
        progress: PaymentFacts.Progress
    ) throws {
        try withDatabase { db in
            let account = try db.insertAccount()
            let order = try db.insertPurchase(of: account)
            _ = try db.apply(.of(order, progress), to: order.id, policy: .test)
            #expect(try db.apply(.of(order), to: order.id, policy: .test).purchase.state == .paid)
            #expect(try db.balance(of: account).available == .dollars(10))
            try expectCleanBooks(db)
        }
    }

    @Test(arguments: [PaymentFacts.Progress.open, .unpaid, .failed, .expired, .paid])
    func `a paid order stays paid whatever is said later`(
        progress: PaymentFacts.Progress
    ) throws {
        try withDatabase { db in
            let account = try db.insertAccount()
            let order = try db.buy("starter", for: account)
            let purchase = try db.apply(.of(order, progress), to: order.id, policy: .test).purchase
            #expect(purchase.state == .paid)
            #expect(purchase.paidAt == order.paidAt)
            #expect(try db.balance(of: account).available == .dollars(10))
            try expectCleanBooks(db)
        }
    }

    @Test func `one payment never pays for two orders`() throws {
        try withDatabase { db in
            let account = try db.insertAccount()
            let first = try db.insertPurchase(of: account)
            let second = try db.insertPurchase(of: account)
            _ = try db.apply(.of(first, intent: "pi_one"), to: first.id, policy: .test)
            let error = #expect(throws: DatabaseError.self) {
                try db.apply(.of(second, intent: "pi_one"), to: second.id, policy: .test)
            }
            #expect(error?.kind == .duplicateKey(constraint: "purchases_payment_intent_unique"))
            #expect(try db.purchase(second.id)?.state == .pending)
            #expect(try db.balance(of: account).available == .dollars(10))
            try expectCleanBooks(db)
        }
    }

    @Test func `an order that does not exist is not found`() throws {
        try withDatabase { db in
            let account = try db.insertAccount()
            let order = try db.insertPurchase(of: account)
            #expect(throws: NotFound()) {
                try db.apply(.of(order), to: PurchaseID.new(), policy: .test)
            }
            #expect(try db.purchase(order.id, of: account)?.id == order.id)
            let stranger = try db.insertAccount()
            #expect(try db.purchase(order.id, of: stranger) == nil)
        }
    }
}

@Suite struct `W6 looking at open orders` {
    private func makeDue(_ db: Connection, _ id: PurchaseID) throws {
        try db.execute(
            """
            UPDATE purchases SET next_check_at = UTC_TIMESTAMP(6) - INTERVAL 1 SECOND
            WHERE id = \(id)
            """)
    }

    private func nextCheck(_ db: Connection, _ id: PurchaseID) throws -> Int {
        try db.count(
            """
            SELECT TIMESTAMPDIFF(SECOND, UTC_TIMESTAMP(6), next_check_at) FROM purchases
            WHERE id = \(id)
            """)
    }

    @Test func `an open order is looked at, less and less often, by one`() throws {
        try withFreshDatabase { configuration in
            let db = Connection(configuration)
            let order = try db.insertPurchase(of: db.insertAccount())
            #expect(try db.takePurchasesToCheck(limit: 9).isEmpty)
            var waits: [Int] = []
            for _ in 1...8 {
                try makeDue(db, order.id)
                #expect(try db.takePurchasesToCheck(limit: 9).map(\.id) == [order.id])
                #expect(try db.takePurchasesToCheck(limit: 9).isEmpty)
                waits.append(try nextCheck(db, order.id))
            }
            for (earlier, later) in zip(waits, waits.dropFirst()) { #expect(earlier <= later) }
            #expect(waits[0] > 100 && waits[0] <= 120)
            #expect(waits[7] > 86_400)
        }
    }

    @Test func `of eight workers one looks`() throws {
        try withFreshDatabase { configuration in
            let db = Connection(configuration)
            let account = try db.insertAccount()
            for _ in 1...5 { try makeDue(db, db.insertPurchase(of: account).id) }
            let taken = try inParallel(8) { _ in
                try Connection(configuration).takePurchasesToCheck(limit: 20).map(\.id)
            }.flatMap { $0 }
            #expect(taken.count == 5)
            #expect(Set(taken).count == 5)
        }
    }

    @Test func `an order that is paid is looked at no more`() throws {
        try withFreshDatabase { configuration in
            let db = Connection(configuration)
            let order = try db.buy("starter", for: db.insertAccount())
            let open = try db.count(
                "SELECT next_check_at IS NOT NULL FROM purchases WHERE id = \(order.id)")
            #expect(open == 0)
        }
    }

    @Test func `an order without a page is given up after 24 hours`() throws {
        try withDatabase { db in
            let account = try db.insertAccount()
            let id = PurchaseID.new()
            let package = try #require(try db.catalog(version: 1).package("pro"))
            try db.insertPurchase(
                id, of: package, catalogVersion: 1, for: account, by: db.owner(of: account),
                isLive: false)
            try db.expirePurchaseWithoutSession(id)
            #expect(try db.purchase(id)?.state == .pending)
            try db.execute(
                """
                UPDATE purchases SET created_at = UTC_TIMESTAMP(6) - INTERVAL 25 HOUR
                WHERE id = \(id)
                """)
            try db.expirePurchaseWithoutSession(id)
            #expect(try db.purchase(id)?.state == .expired)
        }
    }

    @Test func `an order keeps the first page that Stripe made`() throws {
        try withDatabase { db in
            let order = try db.insertPurchase(
                of: db.insertAccount(), session: "cs_\(AccountID.new())")
            try db.setSession("cs_other", url: "https://stripe.example/other", of: order.id)
            let session = try #require(order.sessionID)
            #expect(try db.purchase(order.id)?.sessionID == session)
            #expect(try db.purchase(session: session)?.id == order.id)
            #expect(try db.purchase(session: session.uppercased()) == nil)
        }
    }

    @Test func `Stripe is asked once in two seconds however many wait`() throws {
        try withDatabase { db in
            let order = try db.insertPurchase(of: db.insertAccount())
            #expect(try db.mayAskStripe(about: order.id))
            #expect(try !db.mayAskStripe(about: order.id))
            try db.execute(
                """
                UPDATE purchases SET asked_at = UTC_TIMESTAMP(6) - INTERVAL 3 SECOND
                WHERE id = \(order.id)
                """)
            #expect(try db.mayAskStripe(about: order.id))
        }
    }
}

@Suite struct `J1 one purchase for one key` {
    private static let key = ClientKey(key: "buy", requestHash: Array(repeating: 1, count: 32))
    private static let other = ClientKey(key: "buy", requestHash: Array(repeating: 2, count: 32))

    private func claim(
        _ db: Connection, _ account: AccountID, _ key: ClientKey?, _ id: PurchaseID = .new(),
        limit: Int = 10
    ) throws -> String {
        let package = try db.catalog(version: 1).package("pro").orThrow("pro")
        let claim = try db.claim(
            key, for: id, of: package, catalogVersion: 1, account: account,
            by: db.owner(of: account), isLive: false,
            limit: CallLimit(calls: limit, window: .seconds(900)))
        return switch claim {
        case .claimed: "claimed"
        case .answered(let answer): "answered \(answer.status) \(answer.body)"
        case .unfinished(let purchase): "unfinished \(purchase)"
        }
    }

    @Test func `orders beyond the limit are refused, repeats of one are not`() throws {
        try withFreshDatabase { configuration in
            let account = try Connection(configuration).insertAccount()
            let tries = try inParallel(8) { number in
                let key = ClientKey(key: "k\(number)", requestHash: Self.key.requestHash)
                do {
                    return try claim(Connection(configuration), account, key, limit: 3)
                } catch let error as RateLimited {
                    #expect(error.limit == 3)
                    #expect((880...901).contains(error.retryAfterSeconds))
                    return "refused"
                }
            }
            #expect(tries.count { $0 == "claimed" } == 3)
            #expect(tries.count { $0 == "refused" } == 5)
            let db = Connection(configuration)
            for (number, outcome) in tries.enumerated() where outcome == "claimed" {
                let key = ClientKey(key: "k\(number)", requestHash: Self.key.requestHash)
                #expect(try claim(db, account, key, limit: 3).hasPrefix("unfinished"))
            }
            // Another's orders do not count.
            #expect(try claim(db, db.insertAccount(), nil, limit: 3) == "claimed")
            try db.execute("UPDATE purchases SET created_at = created_at - INTERVAL 900 SECOND")
            #expect(try claim(db, account, nil, limit: 3) == "claimed")
        }
    }

    @Test func `a key is claimed once, then unfinished, then answered`() throws {
        try withDatabase { db in
            let account = try db.insertAccount()
            let id = PurchaseID.new()
            #expect(try claim(db, account, Self.key, id) == "claimed")
            #expect(try claim(db, account, Self.key) == "unfinished \(id)")
            try db.finish(Self.key, of: account, with: StoredAnswer(status: 201, body: "first"))
            try db.finish(Self.key, of: account, with: StoredAnswer(status: 500, body: "second"))
            #expect(try claim(db, account, Self.key) == "answered 201 first")
            #expect(
                try db.count("SELECT COUNT(*) FROM purchases WHERE account_id = \(account)") == 1)
        }
    }

    @Test func `the same key with another body is refused`() throws {
        try withDatabase { db in
            let account = try db.insertAccount()
            _ = try claim(db, account, Self.key)
            #expect(throws: IdempotencyConflict()) { try claim(db, account, Self.other) }
        }
    }

    @Test func `a purchase's key is refused for a video and the other way round`() throws {
        try withDatabase { db in
            let account = try db.insertAccount(credit: .dollars(5))
            _ = try claim(db, account, Self.key)
            #expect(throws: IdempotencyConflict()) {
                try db.accept(db.order(), from: account, key: Self.other)
            }
            let video = ClientKey(key: "video", requestHash: Array(repeating: 3, count: 32))
            try db.accept(db.order(), from: account, key: video)
            let buying = ClientKey(key: "video", requestHash: Array(repeating: 4, count: 32))
            #expect(throws: IdempotencyConflict()) { try claim(db, account, buying) }
        }
    }

    @Test func `without a key every call is an order of its own`() throws {
        try withDatabase { db in
            let account = try db.insertAccount()
            for _ in 1...2 { #expect(try claim(db, account, nil) == "claimed") }
            #expect(
                try db.count("SELECT COUNT(*) FROM purchases WHERE account_id = \(account)") == 2)
        }
    }

    @Test func `sixteen calls at once under one key write one order`() throws {
        try withFreshDatabase { configuration in
            let db = Connection(configuration)
            let account = try db.insertAccount()
            let claims = try inParallel(16) { _ in
                try claim(Connection(configuration), account, Self.key)
            }
            #expect(claims.count { $0 == "claimed" } == 1)
            #expect(Set(claims).count == 2)
            #expect(try db.count("SELECT COUNT(*) FROM purchases") == 1)
        }
    }
}
