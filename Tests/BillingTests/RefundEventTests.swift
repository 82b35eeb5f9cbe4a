import Billing
import BooksSupport
import Domain
import Ledger
import MariaDB
import PaymentSupport
import Store
import Stripe
import Testing

@Suite struct `P3 refunds that Stripe tells of` {
    @Test(arguments: [0, 4, 10])
    func `what is left is taken back, and the rest is a debt that the next purchase pays first`(
        spent: Int
    ) throws {
        try withTill { till in
            let account = try till.db.insertAccount()
            let purchase = try till.buy(for: account)
            try till.spend(spent, of: account)
            let left = Money.dollars(Int64(10 - spent))
            let debt = Money.dollars(Int64(spent))
            try till.receive(till.stripe.refund(purchase.payment, cents: 999), of: purchase)
            let books = try till.db.books(of: purchase.id)
            #expect(books.state == .refunded)
            #expect(books.wallet == .init(.zero, shortfall: debt))
            #expect(books.clawback == .dollars(10))
            #expect(books.owed == debt)
            #expect(books.lots.map(\.clawedBack) == [left])
            #expect(books.lots.map(\.spent) == [debt])
            #expect(try till.db.balance(of: account).shortfall == debt)
            if left > .zero {
                let line = try till.db.transactions(of: account, before: nil, limit: 1)[0]
                #expect(line.type == .clawback)
                #expect(line.amount == -left)
                #expect(line.purchaseID == purchase.id)
            }
            if debt > .zero {
                #expect(
                    throws: InsufficientCredits(required: .dollars(1), current: .zero, debt: debt)
                ) { try till.hold(1, of: account) }
            }

            let next = try till.buy(for: account)
            #expect(try till.db.wallet(of: account) == .init(left))
            try till.db.expectSound(next.id)
            if left > .zero {
                try till.hold(1, of: account)
            } else {
                #expect(throws: InsufficientCredits(required: .dollars(1), current: .zero)) {
                    try till.hold(1, of: account)
                }
            }
            try expectCleanBooks(till.db)
        }
    }

    @Test func `a debt is paid before other credit is spent, by as many purchases as it takes`()
        throws
    {
        try withTill { till in
            let account = try till.db.insertAccount()
            let purchase = try till.buy("enterprise", for: account)
            try till.spend(14, of: account)
            try till.receive(till.stripe.refund(purchase.payment, cents: 8999), of: purchase)
            #expect(try till.db.wallet(of: account) == .init(.zero, shortfall: .dollars(14)))
            try till.db.insertGrant(.dollars(5), of: account)
            try till.buy(for: account)
            #expect(
                try till.db.wallet(of: account) == .init(.dollars(5), shortfall: .dollars(4)))
            #expect(
                throws: InsufficientCredits(
                    required: .dollars(1), current: .dollars(5), debt: .dollars(4))
            ) { try till.hold(1, of: account) }
            try till.buy(for: account)
            #expect(try till.db.wallet(of: account) == .init(.dollars(11)))
            try till.hold(1, of: account)
            try till.db.expectSound(purchase.id)
        }
    }

    @Test func `a refund takes from the lots of its own purchase alone`() throws {
        try withTill { till in
            let account = try till.db.insertAccount(credit: .dollars(3))
            let purchase = try till.buy("pro", for: account)
            let other = try till.buy("standard", for: account)
            try till.receive(till.stripe.refund(purchase.payment, cents: 4799), of: purchase)
            let books = try till.db.books(of: purchase.id)
            #expect(books.wallet == .init(.dollars(30)))
            #expect(books.lots.map(\.remaining) == [.zero, .zero])
            #expect(books.lots.map(\.clawedBack) == [.dollars(50), .dollars(5)])
            #expect(try till.state(of: other) == .paid)
            try till.db.expectSound(other.id)
        }
    }

    /// Three refunds, told of in every order, each twice.
    @Test(
        arguments: permutations(of: [0, 1, 2]), [[333, 333, 333], [1, 500, 498], [100, 2, 3]])
    func `of partial refunds the running total counts`(sequence: [Int], cents: [Int]) throws {
        try withTill { till in
            let account = try till.db.insertAccount()
            let purchase = try till.buy(for: account)
            let events = cents.map { till.stripe.refund(purchase.payment, cents: $0) }
            for index in sequence {
                // As Stripe stood when this event was the latest of those that were told.
                try till.receive(events[index], of: purchase)
                try till.receive(events[index], of: purchase)
                try till.receive(till.stripe.repeated(events[index]), of: purchase)
            }
            let total = Money.cents(Int64(cents.reduce(0, +)))
            let books = try till.db.books(of: purchase.id)
            #expect(books.refunded == total)
            #expect(books.clawback == purchase.credit(for: total))
            #expect(books.state == (total == purchase.price ? .refunded : .paid))
            #expect(books.wallet == .init(.dollars(10) - books.clawback))
        }
    }

    @Test func `each partial refund takes its part as it comes`() throws {
        try withTill { till in
            let account = try till.db.insertAccount()
            let purchase = try till.buy("pro", for: account)
            var taken: [Money] = []
            for cents in [1, 2398, 1200, 1200] {
                try till.receive(till.stripe.refund(purchase.payment, cents: cents), of: purchase)
                taken.append(try till.db.books(of: purchase.id).clawback)
            }
            // 55.00 for 47.99: 0.01146 and 27.494, rounded half up to the cent, then all of it.
            #expect(taken == [.cents(1), .cents(2749), .cents(4125), .dollars(55)])
            #expect(try till.state(of: purchase) == .refunded)
        }
    }

    @Test(arguments: [0, 4, 10])
    func `a refund that failed later is reversed, the debt first`(spent: Int) throws {
        try withTill { till in
            let account = try till.db.insertAccount()
            let purchase = try till.buy(for: account)
            try till.spend(spent, of: account)
            let before = try till.db.books(of: purchase.id)
            let refunded = till.stripe.refund(purchase.payment, cents: 999)
            try till.receive(refunded, of: purchase)
            let failed = till.stripe.failRefund(of: purchase.payment)
            for event in [failed, failed, till.stripe.repeated(refunded)] {
                try till.receive(event, of: purchase)
            }
            #expect(try till.db.books(of: purchase.id) == before)
            if spent < 10 { try till.hold(1, of: account) }
        }
    }

    @Test func `of two refunds the one that failed is given back`() throws {
        try withTill { till in
            let account = try till.db.insertAccount()
            let purchase = try till.buy(for: account)
            try till.spend(4, of: account)
            try till.receive(till.stripe.refund(purchase.payment, cents: 500), of: purchase)
            try till.receive(till.stripe.refund(purchase.payment, cents: 499), of: purchase)
            #expect(try till.db.wallet(of: account) == .init(.zero, shortfall: .dollars(4)))
            try till.receive(till.stripe.failRefund(of: purchase.payment), of: purchase)
            // 5.01 were due and taken of the 6.00 that were left.
            let books = try till.db.books(of: purchase.id)
            #expect(books.wallet == .init(.cents(99)))
            #expect(books.state == .paid)
            let line = try till.db.transactions(of: account, before: nil, limit: 1)[0]
            #expect(line.type == .reinstatement)
            #expect(line.amount == .cents(99))
        }
    }

    @Test func `a debt that was paid comes back when its refund fails`() throws {
        try withTill { till in
            let account = try till.db.insertAccount()
            let purchase = try till.buy(for: account)
            try till.spend(10, of: account)
            try till.receive(till.stripe.refund(purchase.payment, cents: 999), of: purchase)
            let next = try till.buy("standard", for: account)
            #expect(try till.db.wallet(of: account) == .init(.dollars(17)))
            // Part of the debt is of another purchase, and open.
            try till.receive(till.stripe.failRefund(of: purchase.payment), of: purchase)
            let books = try till.db.books(of: purchase.id)
            #expect(books.wallet == .init(.dollars(27)))
            #expect(books.clawback == .zero)
            #expect(books.owed == .zero)
            let line = try till.db.transactions(of: account, before: nil, limit: 1)[0]
            #expect(line.type == .reinstatement)
            #expect(line.amount == .dollars(10))
            try till.db.expectSound(next.id)
            // It lasts as long as the credit that had paid.
            let lots = try till.db.lotRows(of: account)
            let given = try lots.last.orThrow("a lot")
            let paying = try lots.first { $0.granted == .dollars(25) }.orThrow("a lot")
            #expect(given.source == .grant)
            #expect(given.expiresAt == paying.originalExpiresAt)
            try till.spend(26, of: account)
            try expectCleanBooks(till.db)
        }
    }

    @Test func `a debt of two purchases is forgiven to the one whose refund fails, once`() throws {
        try withTill { till in
            let account = try till.db.insertAccount()
            let first = try till.buy(for: account)
            let second = try till.buy(for: account)
            try till.spend(16, of: account)
            try till.receive(till.stripe.refund(first.payment, cents: 999), of: first)
            try till.receive(till.stripe.refund(second.payment, cents: 999), of: second)
            #expect(try till.db.wallet(of: account) == .init(.zero, shortfall: .dollars(16)))
            try till.buy(for: account)
            #expect(try till.db.wallet(of: account) == .init(.zero, shortfall: .dollars(6)))
            try till.receive(till.stripe.failRefund(of: first.payment), of: first)
            #expect(try till.db.wallet(of: account) == .init(.dollars(4)))
            try till.receive(till.stripe.failRefund(of: second.payment), of: second)
            // 20 were bought, 16 spent, and 10 more bought.
            #expect(try till.db.wallet(of: account) == .init(.dollars(14)))
            try till.db.expectSound(first.id)
        }
    }

    @Test func `refunds that fail and are made again end in the same books each time`() throws {
        try withTill { till in
            let account = try till.db.insertAccount()
            let purchase = try till.buy(for: account)
            try till.spend(4, of: account)
            let before = try till.db.books(of: purchase.id)
            try till.receive(till.stripe.refund(purchase.payment, cents: 999), of: purchase)
            let after = try till.db.books(of: purchase.id)
            for _ in 1...3 {
                try till.receive(till.stripe.failRefund(of: purchase.payment), of: purchase)
                #expect(try till.db.books(of: purchase.id) == before)
                try till.receive(till.stripe.refund(purchase.payment, cents: 999), of: purchase)
                #expect(try till.db.books(of: purchase.id) == after)
            }
        }
    }
}
