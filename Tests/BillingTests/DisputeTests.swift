import BooksSupport
import Domain
import Ledger
import MariaDB
import PaymentSupport
import Store
import Stripe
import Testing

@Suite struct `P4 disputes` {
    @Test(arguments: ["warning_needs_response", "warning_under_review"])
    func `an inquiry moves nothing and is shown to the operator`(status: String) throws {
        try withTill { till in
            let account = try till.db.insertAccount()
            let purchase = try till.buy(for: account)
            try till.receive(
                till.stripe.dispute(purchase.payment, cents: 999, status: status), of: purchase)
            var books = try till.db.books(of: purchase.id)
            #expect(books.state == .paid)
            #expect(books.wallet == .init(.dollars(10)))
            #expect(books.disputes == [.inquiry])
            let item = try till.db.attention().first { $0.kind == .dispute }
            #expect(item?.subject.hasPrefix("dp_") == true)
            #expect(item?.amount == .cents(999))
            #expect(item?.detail.hasPrefix("inquiry, to be answered until 20") == true)

            try till.receive(till.stripe.decide(purchase.payment, "warning_closed"), of: purchase)
            books = try till.db.books(of: purchase.id)
            #expect(books.state == .paid)
            #expect(books.wallet == .init(.dollars(10)))
            #expect(try till.db.attention().allSatisfy { $0.kind != .dispute })
        }
    }

    @Test(arguments: [("eur", false), ("usd", true)])
    func `a dispute in another currency or mode moves nothing and is shown (P1, P6)`(
        currency: String, isLive: Bool
    ) throws {
        try withTill { till in
            let account = try till.db.insertAccount()
            let purchase = try till.buy(for: account)
            let event = till.stripe.dispute(
                purchase.payment, cents: 999, currency: currency, isLive: isLive)
            try till.receive(event, of: purchase)
            let books = try till.db.books(of: purchase.id)
            #expect(books.state == .paid)
            #expect(books.wallet == .init(.dollars(10)))
            #expect(books.disputes.isEmpty)
            let item = try till.db.attention().first { $0.kind == .purchaseProblem }
            #expect(item?.subject == "\(purchase.id)")
            #expect(item?.detail.contains("another currency or mode") == true)
        }
    }

    @Test func `credit that lapsed while it was frozen can be spent for a while once it is won`()
        throws
    {
        try withTill { till in
            let account = try till.db.insertAccount()
            let purchase = try till.buy("pro", for: account)
            try till.receive(till.stripe.dispute(purchase.payment, cents: 4799), of: purchase)
            func set(_ column: SQL, days: Int) throws {
                try till.db.execute(
                    """
                    UPDATE credit_lots
                    SET \(sql: column) = UTC_TIMESTAMP(6) - INTERVAL \(days) DAY
                    WHERE account_id = \(account)
                    """)
            }
            // Banks take months.
            try set("expires_at", days: 60)
            try set("original_expires_at", days: 60)
            try till.receive(till.stripe.decide(purchase.payment, "won"), of: purchase)
            _ = try till.db.expireOverdueLots(limit: 10)
            #expect(try till.db.wallet(of: account) == .init(.dollars(55)))
            try till.hold(2, of: account)
            // Not for ever: the days of grace.
            let days = try till.db.count(
                """
                SELECT TIMESTAMPDIFF(HOUR, UTC_TIMESTAMP(6), MAX(expires_at)) FROM credit_lots
                WHERE account_id = \(account)
                """)
            #expect(days == 7 * 24 - 1)
            try set("expires_at", days: 0)
            _ = try till.db.expireOverdueLots(limit: 10)
            #expect(try till.db.wallet(of: account).available == .zero)
            try till.db.expectSound(purchase.id)
        }
    }

    @Test(arguments: ["needs_response", "under_review", "appeal_needs_response", "brand_new"])
    func `an open dispute freezes what is left of the purchase, and nothing else`(
        status: String
    ) throws {
        try withTill { till in
            let account = try till.db.insertAccount(credit: .dollars(1))
            let purchase = try till.buy("pro", for: account)
            try till.spend(4, of: account)
            let event = till.stripe.dispute(purchase.payment, cents: 4799, status: status)
            for _ in 1...2 { try till.receive(event, of: purchase) }
            try till.receive(till.stripe.repeated(event), of: purchase)
            let books = try till.db.books(of: purchase.id)
            #expect(books.state == .disputed)
            #expect(books.isFrozen)
            // The grant, which is older, was spent before.
            #expect(books.wallet == .init(.zero, frozen: .dollars(52)))
            #expect(try till.db.balance(of: account).available == .zero)
            #expect(try till.db.lots(of: account).isEmpty)
            #expect(throws: InsufficientCredits(required: .dollars(1), current: .zero)) {
                try till.hold(1, of: account)
            }
            let line = try till.db.transactions(of: account, before: nil, limit: 1)[0]
            #expect(line.type == .clawback)
            #expect(line.amount == -.dollars(52))
            #expect(line.balanceAfter == .zero)
            #expect(try till.db.attention().first { $0.kind == .dispute } != nil)

            // Other credit can be spent.
            let other = try till.buy(for: account)
            try till.hold(1, of: account)
            try till.db.expectSound(other.id)
        }
    }

    @Test func `a job that returns into a frozen lot stays frozen, one that is spent is spent`()
        throws
    {
        try withTill { till in
            let account = try till.db.insertAccount()
            let purchase = try till.buy(for: account)
            let jobs = try till.hold(6, of: account)
            try till.receive(till.stripe.dispute(purchase.payment, cents: 999), of: purchase)
            #expect(
                try till.db.wallet(of: account)
                    == .init(.zero, held: .dollars(6), frozen: .dollars(4)))
            try till.cancel(jobs[2], of: account)
            try till.db.expectSound(purchase.id)
            #expect(
                try till.db.wallet(of: account)
                    == .init(.zero, held: .dollars(4), frozen: .dollars(6)))
            try till.deliverNext()
            try till.db.expectSound(purchase.id)
            #expect(
                try till.db.wallet(of: account)
                    == .init(.zero, held: .dollars(2), frozen: .dollars(6)))

            try till.receive(till.stripe.decide(purchase.payment, "lost"), of: purchase)
            #expect(
                try till.db.wallet(of: account)
                    == .init(.zero, held: .dollars(2), shortfall: .dollars(2)))
            try till.cancel(jobs[1], of: account)
            try till.db.expectSound(purchase.id)
            #expect(try till.db.wallet(of: account) == .init(.zero, shortfall: .dollars(2)))
        }
    }

    @Test(arguments: ["won", "prevented"])
    func `a dispute that is won unfreezes all of it`(status: String) throws {
        try withTill { till in
            let account = try till.db.insertAccount()
            let purchase = try till.buy("pro", for: account)
            let jobs = try till.hold(2, of: account)
            try till.receive(till.stripe.dispute(purchase.payment, cents: 4799), of: purchase)
            try till.cancel(jobs[0], of: account)
            let won = till.stripe.decide(purchase.payment, status)
            for _ in 1...2 { try till.receive(won, of: purchase) }
            let books = try till.db.books(of: purchase.id)
            #expect(books.state == .paid)
            #expect(books.wallet == .init(.dollars(55)))
            #expect(books.lots.allSatisfy { !$0.isFrozen })
            let line = try till.db.transactions(of: account, before: nil, limit: 1)[0]
            #expect(line.type == .reinstatement)
            #expect(line.amount == .dollars(55))
            try till.hold(1, of: account)
        }
    }

    @Test(arguments: [0, 4, 10])
    func `a dispute that is lost takes what is left, and the rest is a debt`(spent: Int) throws {
        try withTill { till in
            let account = try till.db.insertAccount()
            let purchase = try till.buy(for: account)
            try till.spend(spent, of: account)
            let debt = Money.dollars(Int64(spent))
            try till.receive(till.stripe.dispute(purchase.payment, cents: 999), of: purchase)
            try till.receive(till.stripe.decide(purchase.payment, "lost"), of: purchase)
            let books = try till.db.books(of: purchase.id)
            #expect(books.state == .disputed)
            #expect(books.wallet == .init(.zero, shortfall: debt))
            #expect(books.lots.map(\.clawedBack) == [.dollars(10) - debt])
            #expect(!books.isFrozen)
        }
    }

    @Test func `a dispute of a part takes that part`() throws {
        try withTill { till in
            let account = try till.db.insertAccount()
            let purchase = try till.buy(for: account)
            try till.receive(till.stripe.dispute(purchase.payment, cents: 500), of: purchase)
            #expect(try till.db.wallet(of: account) == .init(.zero, frozen: .dollars(10)))
            try till.receive(till.stripe.decide(purchase.payment, "lost"), of: purchase)
            #expect(try till.db.wallet(of: account) == .init(.cents(499)))
        }
    }

    @Test func `a dispute of more than was paid takes what was granted`() throws {
        try withTill { till in
            let account = try till.db.insertAccount(credit: .dollars(3))
            let purchase = try till.buy(for: account)
            try till.receive(till.stripe.dispute(purchase.payment, cents: 2499), of: purchase)
            try till.receive(till.stripe.decide(purchase.payment, "lost"), of: purchase)
            let books = try till.db.books(of: purchase.id)
            #expect(books.clawback == .dollars(10))
            #expect(books.wallet == .init(.dollars(3)))
        }
    }

    /// Lost, then decided anew, again and again; with the debt open, and paid meanwhile.
    @Test(arguments: [0, 4, 10], [false, true])
    func `a dispute that was lost and then won gives all of it back, each time`(
        spent: Int, isPaid: Bool
    ) throws {
        try withTill { till in
            let account = try till.db.insertAccount()
            let purchase = try till.buy(for: account)
            try till.spend(spent, of: account)
            var expected = Money.dollars(Int64(10 - spent))
            try till.receive(till.stripe.dispute(purchase.payment, cents: 999), of: purchase)
            for _ in 1...3 {
                try till.receive(till.stripe.decide(purchase.payment, "lost"), of: purchase)
                if isPaid {
                    try till.buy("enterprise", for: account)
                    expected += .dollars(115)
                }
                try till.receive(till.stripe.decide(purchase.payment, "won"), of: purchase)
                let books = try till.db.books(of: purchase.id)
                #expect(books.wallet == .init(expected))
                #expect(books.clawback == .zero)
                #expect(books.owed == .zero)
                #expect(books.state == .paid)
            }
        }
    }

    @Test func `frozen credit does not lapse, and lapses when it is free again for a while`()
        throws
    {
        try withTill { till in
            let account = try till.db.insertAccount()
            let purchase = try till.buy(for: account)
            try till.receive(till.stripe.dispute(purchase.payment, cents: 999), of: purchase)
            let lot = try till.db.lotRows(of: account)[0].id
            try till.db.setExpiry(of: lot, in: .seconds(-60))
            _ = try till.db.expireOverdueLots(limit: 9)
            #expect(try till.db.wallet(of: account) == .init(.zero, frozen: .dollars(10)))
            try till.receive(till.stripe.decide(purchase.payment, "won"), of: purchase)
            #expect(try till.available(to: account) == .dollars(10))
            try till.db.setExpiry(of: lot, in: .seconds(-1))
            _ = try till.db.expireOverdueLots(limit: 9)
            #expect(try till.db.books(of: purchase.id).lots.map(\.expired) == [.dollars(10)])
            try till.db.expectSound(purchase.id)
        }
    }

    @Test func `of two disputes of one payment the credit is free when both are over`() throws {
        try withTill { till in
            let account = try till.db.insertAccount()
            let purchase = try till.buy(for: account)
            try till.receive(till.stripe.dispute(purchase.payment, cents: 400), of: purchase)
            let first = till.stripe.decide(purchase.payment, "lost")
            try till.receive(till.stripe.dispute(purchase.payment, cents: 599), of: purchase)
            try till.receive(first, of: purchase)
            // 4.00 of 9.99 were lost: 4.00 of credit; the rest is frozen.
            #expect(try till.db.wallet(of: account) == .init(.zero, frozen: .dollars(6)))
            try till.receive(till.stripe.decide(purchase.payment, "won"), of: purchase)
            #expect(try till.db.wallet(of: account) == .init(.dollars(6)))
        }
    }
}
