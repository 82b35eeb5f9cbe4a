import Billing
import BooksSupport
import Domain
import Ledger
import MariaDB
import PaymentSupport
import Store
import Stripe
import Testing

@Suite struct `C2 refunds of credit that has lapsed` {
    private func lapse(_ till: Till, _ account: AccountID) throws {
        for lot in try till.db.lotRows(of: account) {
            try till.db.setExpiry(of: lot.id, in: .seconds(-60))
        }
    }

    /// Swept before the refund, or not.
    @Test(arguments: [false, true])
    func `what has lapsed is taken without a debt`(isSwept: Bool) throws {
        try withTill { till in
            let account = try till.db.insertAccount()
            let purchase = try till.buy(for: account)
            try till.spend(4, of: account)
            try lapse(till, account)
            if isSwept { _ = try till.db.expireOverdueLots(limit: 9) }
            try till.receive(till.stripe.refund(purchase.payment, cents: 999), of: purchase)
            let books = try till.db.books(of: purchase.id)
            #expect(books.wallet == .init(.zero, shortfall: .dollars(4)))
            #expect(books.lots.map(\.expired) == [.zero])
            #expect(books.lots.map(\.clawedBack) == [.dollars(6)])
            // It lapsed, so nothing was taken from what could be spent.
            let types = try till.db.transactions(of: account, before: nil, limit: 2).map(\.type)
            #expect(types == [.expiry, .charge])
        }
    }

    @Test func `what is given back to a lapsed lot lapses again`() throws {
        try withTill { till in
            let account = try till.db.insertAccount()
            let purchase = try till.buy(for: account)
            try till.spend(4, of: account)
            try lapse(till, account)
            try till.receive(till.stripe.refund(purchase.payment, cents: 999), of: purchase)
            try till.receive(till.stripe.failRefund(of: purchase.payment), of: purchase)
            #expect(try till.available(to: account) == .zero)
            _ = try till.db.expireOverdueLots(limit: 9)
            let books = try till.db.books(of: purchase.id)
            #expect(books.wallet == .init(.zero))
            #expect(books.lots.map(\.expired) == [.dollars(6)])
            try till.db.expectSound(purchase.id)
        }
    }
}
