import Billing
import BooksSupport
import Domain
import MariaDB
import PaymentSupport
import Store
import Stripe
import Testing

@Suite struct `P5 refunds of credit that jobs hold` {
    @Test func `credit is taken when its jobs end: spent, a debt; released, back first`() throws {
        try withTill { till in
            let account = try till.db.insertAccount()
            let purchase = try till.buy(for: account)
            let jobs = try till.hold(10, of: account)
            try till.receive(till.stripe.refund(purchase.payment, cents: 999), of: purchase)
            var books = try till.db.books(of: purchase.id)
            #expect(books.wallet == .init(.zero, held: .dollars(10)))
            #expect(books.pending == .dollars(10))
            #expect(books.clawback == .zero)

            try till.cancel(jobs[4], of: account)
            try till.db.expectSound(purchase.id)
            books = try till.db.books(of: purchase.id)
            #expect(books.wallet == .init(.zero, held: .dollars(8)))
            #expect(books.pending == .dollars(8))
            #expect(books.lots.map(\.clawedBack) == [.dollars(2)])

            try till.deliverNext()
            try till.db.expectSound(purchase.id)
            books = try till.db.books(of: purchase.id)
            #expect(books.wallet == .init(.zero, held: .dollars(6), shortfall: .dollars(2)))
            #expect(books.owed == .dollars(2))

            try till.deliverNext()
            try till.cancel(jobs[2], of: account)
            try till.cancel(jobs[3], of: account)
            try till.db.expectSound(purchase.id)
            books = try till.db.books(of: purchase.id)
            #expect(books.wallet == .init(.zero, shortfall: .dollars(4)))
            #expect(books.pending == .zero)
            #expect(books.clawback == .dollars(10))
        }
    }

    @Test func `a part is taken of the jobs that end first`() throws {
        try withTill { till in
            let account = try till.db.insertAccount()
            let purchase = try till.buy(for: account)
            let jobs = try till.hold(10, of: account)
            try till.receive(till.stripe.refund(purchase.payment, cents: 500), of: purchase)
            #expect(try till.db.books(of: purchase.id).pending == .cents(501))
            for job in jobs.suffix(3) {
                try till.cancel(job, of: account)
                try till.db.expectSound(purchase.id)
            }
            #expect(try till.db.wallet(of: account) == .init(.cents(99), held: .dollars(4)))
            try till.deliverNext()
            try till.deliverNext()
            #expect(try till.db.wallet(of: account) == .init(.cents(99)))
            try till.db.expectSound(purchase.id)
        }
    }

    /// $10 bought, $4 open, $8 of credit goes back: $6 at once, $2 wait. One job is delivered,
    /// one released, in both orders.
    @Test(arguments: [true, false])
    func `the order in which jobs end changes nothing`(isDeliveredFirst: Bool) throws {
        try withTill { till in
            let account = try till.db.insertAccount()
            let purchase = try till.buy(for: account)
            let jobs = try till.hold(4, of: account)
            try till.receive(till.stripe.refund(purchase.payment, cents: 799), of: purchase)
            #expect(try till.db.books(of: purchase.id).pending == .dollars(2))
            if isDeliveredFirst {
                try till.deliverNext()
                #expect(try till.db.wallet(of: account) == .init(.zero, held: .dollars(2)))
                try till.cancel(jobs[1], of: account)
            } else {
                try till.cancel(jobs[1], of: account)
                try till.deliverNext()
            }
            try till.db.expectSound(purchase.id)
            let books = try till.db.books(of: purchase.id)
            #expect(books.wallet == .init(.zero))
            #expect(books.owed == .zero)
            #expect(books.clawback == .dollars(8))
        }
    }

    @Test func `what is left is taken first, then what is held waits, then the rest is owed`()
        throws
    {
        try withTill { till in
            let account = try till.db.insertAccount()
            let purchase = try till.buy(for: account)
            try till.spend(3, of: account)
            try till.hold(4, of: account)
            try till.receive(till.stripe.refund(purchase.payment, cents: 999), of: purchase)
            let books = try till.db.books(of: purchase.id)
            #expect(books.wallet == .init(.zero, held: .dollars(4), shortfall: .dollars(3)))
            #expect(books.pending == .dollars(4))
            #expect(books.clawback == .dollars(6))
            #expect(books.owed == .dollars(3))
        }
    }

    @Test func `a refund that fails first undoes what was only waiting`() throws {
        try withTill { till in
            let account = try till.db.insertAccount()
            let purchase = try till.buy(for: account)
            try till.spend(3, of: account)
            let jobs = try till.hold(4, of: account)
            let before = try till.db.books(of: purchase.id)
            try till.receive(till.stripe.refund(purchase.payment, cents: 999), of: purchase)
            try till.receive(till.stripe.failRefund(of: purchase.payment), of: purchase)
            #expect(try till.db.books(of: purchase.id) == before)
            for job in jobs { try till.cancel(job, of: account) }
            #expect(try till.db.wallet(of: account) == .init(.dollars(7)))
            try till.db.expectSound(purchase.id)
        }
    }

    @Test func `a refund that fails after the job was spent forgives the debt`() throws {
        try withTill { till in
            let account = try till.db.insertAccount()
            let purchase = try till.buy(for: account)
            try till.hold(2, of: account)
            try till.receive(till.stripe.refund(purchase.payment, cents: 999), of: purchase)
            try till.deliverNext()
            #expect(try till.db.wallet(of: account) == .init(.zero, shortfall: .dollars(2)))
            try till.receive(till.stripe.failRefund(of: purchase.payment), of: purchase)
            let books = try till.db.books(of: purchase.id)
            #expect(books.wallet == .init(.dollars(8)))
            #expect(books.lots.map(\.spent) == [.dollars(2)])
        }
    }

    @Test func `of a job that two purchases pay only its own part is taken`() throws {
        try withTill { till in
            let account = try till.db.insertAccount()
            let first = try till.buy(for: account)
            let second = try till.buy(for: account)
            try till.spend(9, of: account)
            let jobs = try till.hold(2, of: account)
            try till.receive(till.stripe.refund(first.payment, cents: 999), of: first)
            #expect(try till.db.books(of: first.id).pending == .dollars(1))
            try till.cancel(jobs[0], of: account)
            try till.db.expectSound(first.id)
            try till.db.expectSound(second.id)
            #expect(
                try till.db.wallet(of: account) == .init(.dollars(10), shortfall: .dollars(9)))
        }
    }
}
