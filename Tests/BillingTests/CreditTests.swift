import Billing
import BooksSupport
import DatabaseSupport
import Domain
import Ledger
import Logging
import MariaDB
import PaymentSupport
import Sandbox
import Store
import Stripe
import Testing

@Suite struct `P1 credit for what is paid` {
    @Test func `a payment is credited by its event, and by a look at its purchase`() throws {
        try withTill { till in
            let account = try till.db.insertAccount()
            let purchase = try till.purchase(for: account)
            #expect(try till.billing.refresh(purchase).state == .pending)
            let event = till.stripe.complete(purchase.session)
            #expect(try till.billing.refresh(purchase).state == .paid)
            #expect(try till.available(to: account) == .dollars(10))
            try till.receive(event, of: purchase)
            #expect(try till.available(to: account) == .dollars(10))
        }
    }

    @Test func `a receipt names who sells by the settings of whoever credits`() throws {
        try withTill { till in
            let account = try till.db.insertAccount()
            let moved = Seller(name: "Test Films", address: "2 High St", taxID: "", taxLine: "")
            for seller in [Seller.test, moved, moved] {
                let billing = try Billing(
                    database: till.db, stripe: till.stripe.client, policy: .test, seller: seller,
                    log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
                let purchase = try till.purchase(for: account)
                try billing.receive(till.stripe.complete(purchase.session))
                let documents = try till.db.documents(of: purchase.id, of: account)
                #expect(documents.map(\.seller) == [seller])
            }
            #expect(try till.db.count("SELECT COUNT(*) FROM sellers") == 2)
        }
    }

    @Test func `a purchase whose session is not known yet is left alone`() throws {
        try withTill { till in
            let account = try till.db.insertAccount()
            let id = PurchaseID.new()
            let package = try till.db.catalog(version: 1).package("pro").orThrow("pro")
            try till.db.insertPurchase(
                id, of: package, catalogVersion: 1, for: account, by: till.db.owner(of: account),
                isLive: false)
            let purchase = try till.db.purchase(id).orThrow("the purchase")
            #expect(try till.billing.refresh(purchase).state == .pending)
            #expect(till.stripe.calls.isEmpty)
            // Its event finds it by the reference that we gave Stripe.
            let session = till.stripe.open(purchase)
            try till.receive(till.stripe.complete(session), of: purchase)
            #expect(try till.available(to: account) == .dollars(55))
        }
    }

    @Test func `what is completed and not paid gives nothing until it is`() throws {
        try withTill { till in
            let account = try till.db.insertAccount()
            let purchase = try till.purchase(for: account)
            try till.receive(till.stripe.complete(purchase.session, isPaid: false), of: purchase)
            #expect(try till.state(of: purchase) == .pending)
            #expect(try till.available(to: account) == .zero)
            try till.receive(till.stripe.succeedLater(purchase.session), of: purchase)
            #expect(try till.state(of: purchase) == .paid)
            #expect(try till.available(to: account) == .dollars(10))
        }
    }

    @Test(arguments: [false, true])
    func `what is completed, not paid and then fails gives nothing`(isReordered: Bool) throws {
        try withTill { till in
            let account = try till.db.insertAccount()
            let purchase = try till.purchase(for: account)
            let completed = till.stripe.complete(purchase.session, isPaid: false)
            let failed = till.stripe.failLater(purchase.session)
            for event in isReordered ? [failed, completed] : [completed, failed] {
                try till.receive(event, of: purchase)
            }
            #expect(try till.state(of: purchase) == .failed)
            #expect(try till.available(to: account) == .zero)
            #expect(try till.db.transactions(of: account, before: nil, limit: 9).isEmpty)
        }
    }

    @Test func `a session that was never used leaves an expired purchase`() throws {
        try withTill { till in
            let purchase = try till.purchase(for: till.db.insertAccount())
            try till.receive(till.stripe.expire(purchase.session), of: purchase)
            #expect(try till.state(of: purchase) == .expired)
        }
    }

    /// What is wrong with a session that says it is paid.
    enum Mismatch: CaseIterable {
        case less, more, discounted, currency, live, otherPurchase, noReference, subscription

        func open(_ purchase: Purchase, at stripe: TinyStripe, other: Purchase) {
            switch self {
            case .less: stripe.open(purchase, cents: purchase.cents - 1)
            case .more: stripe.open(purchase, cents: purchase.cents + 1)
            case .discounted:
                stripe.open(purchase, cents: purchase.cents - 100, subtotal: purchase.cents)
            case .currency: stripe.open(purchase, currency: "jpy")
            case .live: stripe.open(purchase, isLive: !purchase.isLive)
            case .otherPurchase: stripe.open(purchase, reference: "\(other.id)")
            case .noReference: stripe.open(purchase, reference: "")
            case .subscription: stripe.open(purchase, mode: "subscription")
            }
        }
    }

    @Test(arguments: Mismatch.allCases)
    func `a payment that differs from its purchase gives nothing and is shown to the operator`(
        mismatch: Mismatch
    ) throws {
        try withTill { till in
            let account = try till.db.insertAccount()
            let stranger = try till.db.insertAccount()
            let other = try till.db.insertPurchase(of: stranger)
            let purchase = try till.db.insertPurchase(of: account)
            mismatch.open(purchase, at: till.stripe, other: other)
            try till.receive(till.stripe.complete(purchase.session), of: purchase)
            #expect(try till.billing.refresh(purchase).state == .pending)
            #expect(try till.available(to: account) == .zero)
            #expect(try till.available(to: stranger) == .zero)
            #expect(try till.state(of: other) == .pending)
            let shown = try till.db.attention().filter { $0.kind == .purchaseProblem }
            #expect(shown.map(\.subject) == ["\(purchase.id)"])
            #expect(shown.first?.amount == purchase.price)
        }
    }

    @Test func `twenty copies of an event at once have one effect`() throws {
        try withFreshDatabase { configuration in
            let till = try Till(Connection(configuration))
            let account = try till.db.insertAccount()
            let purchase = try till.purchase(for: account)
            let event = till.stripe.complete(purchase.session)
            let stripe = till.stripe
            _ = try inParallel(20) { _ in
                try Till(Connection(configuration), stripe).billing.receive(event)
            }
            #expect(try till.available(to: account) == .dollars(10))
            #expect(try till.db.legs("stripe:credit:\(purchase.payment)") == 1)
            #expect(try till.db.count("SELECT COUNT(*) FROM vendor_events") == 1)
            try till.db.expectSound(purchase.id)
        }
    }

    @Test func `two events of one payment at once have one effect (W4)`() throws {
        try withFreshDatabase { configuration in
            let till = try Till(Connection(configuration))
            let account = try till.db.insertAccount()
            let purchase = try till.purchase(for: account)
            let completed = till.stripe.complete(purchase.session, isPaid: false)
            let succeeded = till.stripe.succeedLater(purchase.session)
            let stripe = till.stripe
            _ = try inParallel(16) { index in
                try Till(Connection(configuration), stripe).billing
                    .receive(index.isMultiple(of: 2) ? completed : succeeded)
            }
            #expect(try till.available(to: account) == .dollars(10))
            try till.db.expectSound(purchase.id)
        }
    }
}

@Suite struct `W2 an event and its effect are one` {
    @Test func `an error of the database leaves neither, and the next delivery has both`() throws {
        try withFreshDatabase { configuration in
            let till = try Till(Connection(configuration))
            let account = try till.db.insertAccount()
            let purchase = try till.purchase(for: account)
            let event = till.stripe.complete(purchase.session)
            try till.db.execute(
                """
                ALTER TABLE transactions ADD CONSTRAINT transactions_broken CHECK (amount_micros < 0)
                """)
            #expect(throws: DatabaseError.self) { try till.billing.receive(event) }
            #expect(try till.db.count("SELECT COUNT(*) FROM vendor_events") == 0)
            #expect(try till.db.count("SELECT COUNT(*) FROM ledger_entries") == 0)
            #expect(try till.state(of: purchase) == .pending)
            try till.db.execute("ALTER TABLE transactions DROP CONSTRAINT transactions_broken")
            try till.receive(event, of: purchase)
            #expect(try till.available(to: account) == .dollars(10))
            #expect(try till.db.isProcessed(event.id, from: .stripe))
        }
    }

    @Test(arguments: [
        TinyStripe.Mishap.notSent, .answerLost, .answer(status: 500),
        .answer(status: 429, shouldRetry: true), .answer(status: 401),
    ])
    func `while Stripe cannot be asked nothing is written down`(
        mishap: TinyStripe.Mishap
    ) throws {
        try withTill { till in
            let account = try till.db.insertAccount()
            let purchase = try till.purchase(for: account)
            let event = till.stripe.complete(purchase.session)
            till.stripe.meet(mishap, "/v1/checkout/sessions")
            #expect(throws: StripeError.self) { try till.billing.receive(event) }
            #expect(
                try till.db.count(
                    "SELECT COUNT(*) FROM vendor_events WHERE event_id = \(event.id)") == 0)
            try till.receive(event, of: purchase)
            #expect(try till.available(to: account) == .dollars(10))
        }
    }

    @Test func `an event that had its effect costs no call to Stripe`() throws {
        try withTill { till in
            let purchase = try till.purchase(for: till.db.insertAccount())
            let event = till.stripe.complete(purchase.session)
            try till.receive(event, of: purchase)
            let calls = till.stripe.calls.count
            try till.receive(event, of: purchase)
            #expect(till.stripe.calls.count == calls)
            try till.receive(till.stripe.repeated(event), of: purchase)
            #expect(till.stripe.calls.count == calls + 1)
        }
    }

    @Test(arguments: ["customer.created", "payout.paid"])
    func `an event that means nothing to us is written down and no more`(type: String) throws {
        try withTill { till in
            let id = "evt_\(AccountID.new())"
            let body = """
                {"id":"\(id)","type":"\(type)","livemode":false,"created":1,
                "data":{"object":{"id":"x_1","object":"x"}}}
                """
            try till.billing.receive(StripeEvent(Array(body.utf8)).orThrow("an event"))
            #expect(try till.db.isProcessed(id, from: .stripe))
            #expect(till.stripe.calls.isEmpty)
        }
    }
}

@Suite struct `W5 events of what is not known` {
    @Test func `a session of a purchase that is not here yet is kept and tried again`() throws {
        try withFreshDatabase { configuration in
            let till = try Till(Connection(configuration))
            let account = try till.db.insertAccount()
            let purchase = try till.purchase(for: account)
            // As after a backup was restored that does not hold the purchase yet.
            try till.db.execute("UPDATE purchases SET id = \(PurchaseID.new()), session_id = NULL")
            let lost = try till.db.first("SELECT id FROM purchases") { row in
                try row("id") as PurchaseID
            }.orThrow("the purchase")
            let event = till.stripe.complete(purchase.session)
            try till.billing.receive(event)
            #expect(try !till.db.isProcessed(event.id, from: .stripe))
            #expect(try till.available(to: account) == .zero)
            try till.db.execute("UPDATE purchases SET id = \(purchase.id) WHERE id = \(lost)")
            // The first pause is over.
            try till.db.execute(
                "UPDATE vendor_events SET received_at = UTC_TIMESTAMP(6) - INTERVAL 1 MINUTE")
            try till.billing.retryEvents(limit: 9)
            #expect(try till.db.isProcessed(event.id, from: .stripe))
            #expect(try till.available(to: account) == .dollars(10))
            try till.db.expectSound(purchase.id)
        }
    }

    @Test func `a session of another shop is none of ours and waits for nothing`() throws {
        try withTill { till in
            let purchase = try till.db.insertPurchase(of: till.db.insertAccount())
            for reference in ["", "order_42"] {
                let session = "cs_foreign_\(AccountID.new())"
                till.stripe.open(purchase, session: session, reference: reference)
                let event = till.stripe.complete(session)
                try till.billing.receive(event)
                #expect(try till.db.isProcessed(event.id, from: .stripe))
            }
            #expect(try till.state(of: purchase) == .pending)
        }
    }

    @Test func `a session that Stripe does not know is none of ours`() throws {
        try withTill { till in
            let purchase = try till.purchase(for: till.db.insertAccount())
            let event = till.stripe.complete(purchase.session)
            let other = try Till(till.db)
            try other.billing.receive(event)
            #expect(try till.db.isProcessed(event.id, from: .stripe))
            #expect(try till.state(of: purchase) == .pending)
        }
    }

    @Test func `a refund or dispute of another shop's payment is none of ours`() throws {
        try withTill { till in
            let account = try till.db.insertAccount()
            let purchase = try till.buy(for: account)
            let foreign = "cs_foreign_\(AccountID.new())"
            till.stripe.open(purchase, session: foreign, reference: "order_42")
            _ = till.stripe.complete(foreign)
            let events = [
                till.stripe.refund("pi_\(foreign)", cents: 999),
                till.stripe.dispute("pi_\(foreign)", cents: 999),
            ]
            for event in events {
                try till.receive(event, of: purchase)
                #expect(try till.db.isProcessed(event.id, from: .stripe))
            }
            #expect(try till.available(to: account) == .dollars(10))
        }
    }
}
