import Billing
import BooksSupport
import DatabaseSupport
import Domain
import Ledger
import MariaDB
import PaymentSupport
import Store
import Stripe
import Testing

/// Faults 16: a payment, a part refunded, all refunded, disputed, and the dispute lost.
@Suite struct `W3 events in any order` {
    enum Telling: CaseIterable {
        /// Stripe says how all of it ended, whenever it is asked.
        case atTheEnd
        /// Stripe knows no more than the events that were told.
        case stepByStep
    }

    private struct Payment {
        let till: Till
        let account: AccountID
        let purchase: Purchase
        let events: [StripeEvent]
        /// The number of the act that each event tells of.
        let acts: [Int]

        init(_ till: Till) throws {
            self.till = till
            account = try till.db.insertAccount()
            let purchase = try till.purchase("pro", for: account)
            self.purchase = purchase
            events = [
                till.stripe.complete(purchase.session),
                till.stripe.refund(purchase.payment, cents: 1000),
                till.stripe.refund(purchase.payment, cents: 3799),
                till.stripe.dispute(purchase.payment, cents: 4799),
                till.stripe.decide(purchase.payment, "lost"),
            ]
            // Act 0 opened the session.
            acts = Array(1...5)
        }
    }

    @Test(arguments: Telling.allCases)
    func `all 120 orders of five events, each told twice, end in the same books`(
        telling: Telling
    ) throws {
        try withFreshDatabase { configuration in
            let db = Connection(configuration)
            var found: [PurchaseBooks] = []
            for sequence in permutations(of: Array(0..<5)) {
                let payment = try Payment(Till(db))
                var known = 0
                for index in sequence {
                    if telling == .stepByStep {
                        known = max(known, payment.acts[index])
                        payment.till.stripe.show(known)
                    }
                    let event = payment.events[index]
                    try payment.till.billing.receive(event)
                    try payment.till.billing.receive(event)
                    // Another event that tells the same.
                    let copy = payment.till.stripe.repeated(event)
                    try payment.till.billing.receive(copy)
                }
                try db.expectSound(payment.purchase.id)
                found.append(try db.books(of: payment.purchase.id))
            }
            #expect(found.count == 120)
            #expect(found.allSatisfy { $0 == found[0] })
            #expect(found[0].state == .disputed)
            #expect(found[0].wallet == .init(.zero))
            #expect(found[0].refunded == .cents(4799))
            #expect(found[0].lots.map(\.clawedBack) == [.dollars(50), .dollars(5)])
            #expect(try db.count("SELECT COUNT(*) FROM vendor_events") == 120 * 10)
        }
    }

    @Test func `the books are sound after every single event`() throws {
        for sequence in permutations(of: Array(0..<5)).filter({ $0[0] != 0 }).prefix(20) {
            try withTill { till in
                let payment = try Payment(till)
                for index in sequence {
                    try till.receive(payment.events[index], of: payment.purchase)
                }
            }
        }
    }

    @Test func `a refund that is told of before its payment is credited, then taken back`() throws {
        try withTill { till in
            let account = try till.db.insertAccount()
            let purchase = try till.purchase(for: account)
            let completed = till.stripe.complete(purchase.session)
            try till.receive(till.stripe.refund(purchase.payment, cents: 999), of: purchase)
            let types = try till.db.transactions(of: account, before: nil, limit: 9).map(\.type)
            #expect(types == [.clawback, .creditPurchase])
            #expect(try till.state(of: purchase) == .refunded)
            try till.receive(completed, of: purchase)
            #expect(try till.available(to: account) == .zero)
            #expect(try till.state(of: purchase) == .refunded)
        }
    }
}

@Suite struct `W3 readings of Stripe that have become old` {
    @Test func `an older reading that comes after a newer one changes nothing`() throws {
        try withTill { till in
            let account = try till.db.insertAccount()
            let purchase = try till.buy(for: account)
            let readAt = try till.db.reversals(of: purchase.id)
            let older = PaymentReversal(
                refunded: .cents(100), dispute: nil, cause: "stripe:refund:older")
            let newer = PaymentReversal(
                refunded: .cents(600), dispute: nil, cause: "stripe:refund:newer")
            _ = try till.db.apply(
                newer, to: purchase.id, readAt: readAt, refundGrace: CreditPolicy.test.refundGrace)
            let books = try till.db.books(of: purchase.id)
            #expect(throws: StaleReading.self) {
                try till.db.apply(
                    older, to: purchase.id, readAt: readAt,
                    refundGrace: CreditPolicy.test.refundGrace)
            }
            #expect(try till.db.books(of: purchase.id) == books)
            #expect(try till.db.reversals(of: purchase.id) == readAt + 1)
            // Read again, it is applied.
            _ = try till.db.apply(
                older, to: purchase.id, readAt: readAt + 1,
                refundGrace: CreditPolicy.test.refundGrace)
            #expect(try till.db.books(of: purchase.id).refunded == .cents(100))
        }
    }

    @Test func `an event whose reading became old meanwhile reads again`() throws {
        try withFreshDatabase { configuration in
            let till = try Till(Connection(configuration))
            let account = try till.db.insertAccount()
            let purchase = try till.buy(for: account)
            let first = till.stripe.refund(purchase.payment, cents: 100)
            let stripe = till.stripe
            // While the first event's answer is on its way, a second refund is made and told of.
            stripe.afterNext("/v1/payment_intents") {
                #expect(throws: Never.self) {
                    let other = try Till(Connection(configuration), stripe)
                    try other.billing.receive(stripe.refund(purchase.payment, cents: 500))
                }
            }
            try till.receive(first, of: purchase)
            #expect(stripe.calls.count { $0.hasPrefix("GET /v1/payment_intents/") } == 3)
            #expect(try till.db.books(of: purchase.id).refunded == .cents(600))
        }
    }

    @Test func `a failed refund that was read before a new one does not undo it`() throws {
        try withFreshDatabase { configuration in
            let till = try Till(Connection(configuration))
            let account = try till.db.insertAccount()
            let purchase = try till.buy(for: account)
            try till.receive(till.stripe.refund(purchase.payment, cents: 999), of: purchase)
            let failed = till.stripe.failRefund(of: purchase.payment)
            let stripe = till.stripe
            stripe.afterNext("/v1/payment_intents") {
                #expect(throws: Never.self) {
                    let other = try Till(Connection(configuration), stripe)
                    try other.billing.receive(stripe.refund(purchase.payment, cents: 998))
                }
            }
            try till.receive(failed, of: purchase)
            #expect(try till.db.books(of: purchase.id).refunded == .cents(998))
            #expect(try till.db.wallet(of: account) == .init(.cents(1)))
        }
    }

    @Test func `eight at once, while Stripe goes on, end with what Stripe says last`() throws {
        try withFreshDatabase { configuration in
            let till = try Till(Connection(configuration))
            let account = try till.db.insertAccount()
            let purchase = try till.buy("pro", for: account)
            try till.spend(2, of: account)
            let stripe = till.stripe
            _ = try inParallel(8) { index in
                let till = try Till(Connection(configuration), stripe)
                let event =
                    index == 7
                    ? stripe.dispute(purchase.payment, cents: 4799)
                    : stripe.refund(purchase.payment, cents: 100 + index)
                // As Stripe does until it gets a 2xx.
                while true {
                    do {
                        return try till.billing.receive(event)
                    } catch is StaleReading {
                        continue
                    }
                }
            }
            let books = try till.db.books(of: purchase.id)
            #expect(books.refunded == .cents(700 + 21))
            #expect(books.state == .disputed)
            #expect(books.isFrozen)
            let taken = purchase.credit(for: .cents(721))
            #expect(books.wallet == .init(.zero, frozen: .dollars(53) - taken))
            try till.db.expectSound(purchase.id)
        }
    }
}
