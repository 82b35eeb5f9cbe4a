import Billing
import BooksSupport
import Domain
import Ledger
import MariaDB
import PaymentSupport
import Store
import Stripe
import Testing

@Suite struct `P6 a payment's total is that of the charge that paid` {
    /// The events of a declined card, a part that went back, and the rest, in all orders, each
    /// told twice.
    @Test(arguments: permutations(of: [0, 1, 2, 3]))
    func `a declined card moves nothing, whenever it is told of`(order steps: [Int]) throws {
        try withTill { till in
            let account = try till.db.insertAccount()
            let purchase = try till.purchase(for: account)
            let declined = [
                till.stripe.decline(purchase.payment), till.stripe.decline(purchase.payment),
            ]
            try till.billing.receive(till.stripe.complete(purchase.session))
            let events =
                declined + [
                    till.stripe.refund(purchase.payment, cents: 500),
                    till.stripe.refund(purchase.payment, cents: 499),
                ]
            for step in steps { try till.receive(events[step], of: purchase) }
            for event in events { try till.receive(till.stripe.repeated(event), of: purchase) }
            let books = try till.db.books(of: purchase.id)
            #expect(books.state == .refunded)
            #expect(books.wallet == .init(.zero))
            #expect(books.clawback == .dollars(10))
            try expectCleanBooks(till.db)
        }
    }

    @Test func `a declined card of a purchase that was never paid moves nothing`() throws {
        try withTill { till in
            let account = try till.db.insertAccount()
            let purchase = try till.purchase(for: account)
            try till.billing.receive(till.stripe.decline(purchase.payment))
            #expect(try till.state(of: purchase) == .pending)
            #expect(try till.db.wallet(of: account) == .init(.zero))
        }
    }

    @Test func `a purchase whose clawback is not that of its refunds is a violation`() throws {
        try withTill { till in
            let account = try till.db.insertAccount()
            let purchase = try till.buy(for: account)
            try till.receive(till.stripe.refund(purchase.payment, cents: 500), of: purchase)
            #expect(try till.db.audit() == [])
            // Credit given back though the money stays away: what a foreign total would do.
            try till.db.execute(
                "UPDATE purchases SET refunded_micros = 0 WHERE id = \(purchase.id)")
            #expect(try till.db.audit().map(\.rule) == ["P6"])
        }
    }
}
