import BooksSupport
import Domain
import MariaDB
import PaymentSupport
import Store
import Stripe
import Testing

@Suite struct `P3 refunds and disputes of one payment` {
    struct Story: Sendable {
        let refunds: [Int]
        let disputed: Int
        let end: String
    }

    /// Told in every order, with 3.00 spent and 2.00 held before.
    @Test(arguments: [
        Story(refunds: [600], disputed: 999, end: "lost"),
        Story(refunds: [600, 399], disputed: 999, end: "lost"),
        Story(refunds: [250], disputed: 250, end: "lost"),
        Story(refunds: [600], disputed: 999, end: "won"),
        Story(refunds: [600], disputed: 999, end: "warning_closed"),
    ])
    func `together they never take more than was granted, in any order`(story: Story) throws {
        var found: [PurchaseBooks] = []
        for sequence in permutations(of: Array(0..<(story.refunds.count + 2))) {
            try withTill { till in
                let account = try till.db.insertAccount(credit: .dollars(1))
                let purchase = try till.buy(for: account)
                try till.spend(4, of: account)
                let job = try till.hold(2, of: account)[0]
                var events = story.refunds.map { till.stripe.refund(purchase.payment, cents: $0) }
                events.append(till.stripe.dispute(purchase.payment, cents: story.disputed))
                events.append(till.stripe.decide(purchase.payment, story.end))
                for index in sequence { try till.receive(events[index], of: purchase) }
                try till.cancel(job, of: account)
                try till.db.expectSound(purchase.id)
                let books = try till.db.books(of: purchase.id)
                let lost = story.end == "lost" ? story.disputed : 0
                let gone = min(story.refunds.reduce(lost, +), 999)
                #expect(books.clawback == purchase.credit(for: .cents(Int64(gone))))
                #expect(books.clawback <= .dollars(10))
                found.append(books)
            }
        }
        #expect(found.allSatisfy { $0 == found[0] })
    }
}
