import Billing
import BooksSupport
import DatabaseSupport
import Domain
import FoundationEssentials
import HTTP
import HTTPTypes
import Ledger
import Logging
import MariaDB
import PaymentSupport
import Sandbox
import Store
import Stripe
import Testing

@Suite struct `W6 events that never came` {
    private func makeDue(_ till: Till, after seconds: Int = 1000) throws {
        try till.db.execute(
            """
            UPDATE schedules
            SET due_at = UTC_TIMESTAMP(6), done_at = UTC_TIMESTAMP(6) - INTERVAL \(seconds) SECOND
            WHERE name = 'events'
            """)
    }

    /// Runs `body` in a shop that has a database of its own: the sweep is the whole shop's.
    private func withFreshTill(_ body: (Till) throws -> Void) throws {
        try withFreshDatabase { configuration in try body(Till(Connection(configuration))) }
    }

    @Test func `all kinds of events are found in Stripe's list`() throws {
        try withFreshTill { till in
            let account = try till.db.insertAccount()
            let paid = try till.purchase(for: account)
            let refunded = try till.purchase(for: account)
            let disputed = try till.purchase("pro", for: account)
            let expired = try till.purchase(for: account)
            _ = till.stripe.complete(paid.session)
            _ = till.stripe.complete(refunded.session)
            _ = till.stripe.refund(refunded.payment, cents: 500)
            _ = till.stripe.complete(disputed.session)
            _ = till.stripe.dispute(disputed.payment, cents: 4799)
            _ = till.stripe.expire(expired.session)
            try till.sweepEvents(now: Date())
            #expect(try till.state(of: paid) == .paid)
            #expect(try till.db.books(of: refunded.id).refunded == .cents(500))
            #expect(try till.state(of: disputed) == .disputed)
            #expect(try till.state(of: expired) == .expired)
            #expect(
                try till.db.wallet(of: account)
                    == .init(.dollars(10) + .cents(499), frozen: .dollars(55)))
            for purchase in [paid, refunded, disputed, expired] {
                try till.db.expectSound(purchase.id)
            }
            let check = try till.db.healthChecks().first { $0.name == "stripe_events" }
            #expect(check?.isHealthy == true)
            #expect(check?.detail == "6 events read, 0 failed")
        }
    }

    @Test func `the list is read every fifteen minutes, by one`() throws {
        try withFreshDatabase { configuration in
            let till = try Till(Connection(configuration))
            try till.sweepEvents(now: Date())
            #expect(till.stripe.calls == ["GET /v1/events"])
            try till.sweepEvents(now: Date())
            #expect(till.stripe.calls.count == 1)
            try makeDue(till)
            let stripe = till.stripe
            _ = try inParallel(8) { _ in
                try Till(Connection(configuration), stripe).sweepEvents(now: Date())
            }
            #expect(till.stripe.calls.count == 2)
        }
    }

    private func start(_ till: Till) throws -> Int {
        let call = try till.stripe.requests.last { $0.path == "/v1/events" }.orThrow("a call")
        let text = call.url.split(separator: "created[gte]=").last?.prefix { $0.isNumber }
        return try text.flatMap { Int($0) }.orThrow("a start")
    }

    @Test func `the list is read from an hour before the last look, at first for 30 days`() throws {
        try withFreshTill { till in
            let now = Date()
            let seconds = Int(now.timeIntervalSince1970)
            try till.sweepEvents(now: now)
            #expect(try start(till) == seconds - 30 * 86_400)
            try makeDue(till, after: 1000)
            try till.sweepEvents(now: now)
            #expect(abs(try start(till) - (seconds - 4600)) <= 60)
            try makeDue(till, after: 40 * 86_400)
            try till.sweepEvents(now: now)
            #expect(try start(till) == seconds - 30 * 86_400)
        }
    }

    /// Time passes by moving the looks into the past.
    private func wait(_ till: Till, seconds: Int) throws {
        try till.db.execute(
            """
            UPDATE schedules
            SET due_at = due_at - INTERVAL \(seconds) SECOND,
                done_at = done_at - INTERVAL \(seconds) SECOND
            WHERE name = 'events'
            """)
    }

    @Test func `looks that failed are made up for, however long Stripe was away`() throws {
        try withFreshDatabase { configuration in
            // Five hours ago somebody paid, just after a look.
            let now = Date()
            let stripe = TinyStripe(now: now - 19_500)
            let till = try Till(Connection(configuration), stripe)
            try till.sweepEvents(now: now - 20_000)
            let purchase = try till.purchase(for: till.db.insertAccount())
            _ = stripe.complete(purchase.session)
            for number in 1...20 {
                try wait(till, seconds: 1000)
                stripe.meet(.notSent, "/v1/events")
                #expect(throws: StripeError.self) {
                    try till.sweepEvents(now: now - Double(20_000 - number * 1000))
                }
                let check = try till.db.healthChecks().first { $0.name == "stripe_events" }
                #expect(check?.isHealthy == false)
            }
            try wait(till, seconds: 1000)
            try till.sweepEvents(now: now)
            #expect(try till.state(of: purchase) == .paid)
            let check = try till.db.healthChecks().first { $0.name == "stripe_events" }
            #expect(check?.isHealthy == true)
        }
    }

    private func makeKeptDue(_ till: Till) throws {
        try till.db.execute(
            "UPDATE vendor_events SET next_at = UTC_TIMESTAMP(6) WHERE next_at IS NOT NULL")
    }

    @Test func `an event that fails is kept apart, tried again later and later, and shown (J17)`()
        throws
    {
        try withFreshDatabase { configuration in
            let now = Date()
            let till = try Till(Connection(configuration), TinyStripe(now: now - 7200))
            let account = try till.db.insertAccount()
            let first = try till.purchase(for: account)
            let second = try till.purchase(for: account)
            _ = till.stripe.complete(first.session)
            _ = till.stripe.complete(second.session)
            let path = "/v1/checkout/sessions/\(first.session)"
            till.stripe.meet(.answer(status: 500), path, count: 2)
            try till.sweepEvents(now: now)
            #expect(try till.state(of: first) == .pending)
            #expect(try till.state(of: second) == .paid)
            let check = try till.db.healthChecks().first { $0.name == "stripe_events" }
            #expect(check?.isHealthy == true)
            #expect(check?.detail == "2 events read, 1 failed")
            #expect(try till.db.attention().map(\.kind) == [.event])
            // The next look begins where it would without it, and asks nothing about it.
            try wait(till, seconds: 1000)
            try till.sweepEvents(now: now)
            #expect(abs(try start(till) - (Int(now.timeIntervalSince1970) - 4600)) <= 5)
            try till.billing.retryEvents(limit: 9)
            #expect(till.stripe.calls.count { $0 == "GET \(path)" } == 1)
            // It fails again, and then does not.
            try makeKeptDue(till)
            try till.billing.retryEvents(limit: 9)
            try till.billing.retryEvents(limit: 9)
            #expect(till.stripe.calls.count { $0 == "GET \(path)" } == 2)
            let pause = try till.db.count(
                """
                SELECT TIMESTAMPDIFF(SECOND, UTC_TIMESTAMP(6), next_at) FROM vendor_events
                WHERE problem IS NOT NULL
                """)
            #expect((90...125).contains(pause))
            try makeKeptDue(till)
            try till.billing.retryEvents(limit: 9)
            #expect(try till.state(of: first) == .paid)
            #expect(try till.db.attention().isEmpty)
            try till.db.expectSound(first.id)
        }
    }

    @Test func `a refund's event that failed has its effect later`() throws {
        try withFreshTill { till in
            let purchase = try till.buy(for: till.db.insertAccount())
            _ = till.stripe.refund(purchase.payment, cents: 500)
            till.stripe.meet(.answer(status: 500), "/v1/payment_intents/\(purchase.payment)")
            try till.sweepEvents(now: Date())
            #expect(try till.db.books(of: purchase.id).refunded == .zero)
            try makeKeptDue(till)
            try till.billing.retryEvents(limit: 9)
            #expect(try till.db.books(of: purchase.id).refunded == .cents(500))
            try till.db.expectSound(purchase.id)
        }
    }

    @Test func `while Stripe does not answer no event is blamed, and the look is made again`()
        throws
    {
        try withFreshTill { till in
            let purchase = try till.purchase(for: till.db.insertAccount())
            _ = till.stripe.complete(purchase.session)
            till.stripe.meet(.answerLost, "/v1/checkout/sessions/")
            #expect(throws: StripeError.self) { try till.sweepEvents(now: Date()) }
            #expect(try till.db.count("SELECT COUNT(*) FROM vendor_events") == 0)
            try makeDue(till)
            try till.sweepEvents(now: Date())
            #expect(try till.state(of: purchase) == .paid)
        }
    }

    @Test func `loops over what is due at Stripe end with their time (J17)`() throws {
        try withFreshTill { till in
            let account = try till.db.insertAccount()
            for _ in 1...3 { _ = try till.purchase(for: account) }
            _ = try till.stripe.complete(till.purchase(for: account).session)
            try till.db.execute("UPDATE purchases SET next_check_at = UTC_TIMESTAMP(6)")
            let due = try till.billing.sweepPurchases(
                limit: 9, appURL: "https://shop.example", until: .now)
            #expect(due == 4)
            try till.sweepEvents(now: Date(), until: .now)
            #expect(till.stripe.calls.isEmpty)
            let check = try till.db.healthChecks().first { $0.name == "stripe_events" }
            #expect(check?.isHealthy == false)
        }
    }

    @Test func `every page of the list is read`() throws {
        try withFreshTill { till in
            let account = try till.db.insertAccount()
            let oldest = try till.purchase(for: account)
            _ = till.stripe.complete(oldest.session)
            let noise = try till.db.insertPurchase(of: account)
            till.stripe.open(noise)
            for _ in 1...250 { _ = till.stripe.complete(noise.session, isPaid: false) }
            try till.sweepEvents(now: Date())
            #expect(till.stripe.calls.count { $0 == "GET /v1/events" } == 3)
            #expect(try till.state(of: oldest) == .paid)
            #expect(try till.db.count("SELECT COUNT(*) FROM vendor_events") == 251)
        }
    }
}

extension Till {
    /// Reads the list of events if it is time, as the lane does.
    fileprivate func sweepEvents(
        now: Date, until end: ContinuousClock.Instant = .now + .seconds(300)
    ) throws {
        try db.takeTurn("events", every: .seconds(900), lasting: .seconds(360)) { turn in
            let isComplete = try billing.sweepEvents(since: turn.doneAt, now: now, until: end)
            return isComplete ? .done : .unfinished
        }
    }
}
