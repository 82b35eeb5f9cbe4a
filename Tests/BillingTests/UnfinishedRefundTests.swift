import Billing
import BooksSupport
import DatabaseSupport
import Domain
import HTTP
import HTTPTypes
import MariaDB
import PaymentSupport
import Sandbox
import Store
import Stripe
import Testing
import Texts

extension `P2 refunds by an operator` {
    /// What is between the call and its answer, and how old the refund is when it is tried again.
    @Test(arguments: [TinyStripe.Mishap.answerLost, .notSent, .answer(status: 503)])
    func `a refund whose answer is lost is finished later with the same key, once`(
        mishap: TinyStripe.Mishap
    ) throws {
        try withTill { till in
            let account = try till.db.insertAccount()
            let purchase = try till.buy(for: account)
            till.stripe.meet(mishap, "/v1/refunds")
            #expect(throws: UnfinishedRefund.self) {
                try till.billing.refund(purchase.id, amount: .cents(500), by: actor())
            }
            // What is under way is not refunded again by hand.
            #expect(throws: Conflict(.purchaseRefundable, ["amount": .money(micros: 4_990_000)])) {
                try till.billing.refund(purchase.id, amount: .cents(500), by: actor())
            }
            // Not yet: its own call may still be running.
            try till.billing.finishRefunds()
            #expect(posts(till) == 1)
            try age(till, purchase, minutes: 2)
            try till.billing.finishRefunds()
            try till.billing.finishRefunds()
            #expect(posts(till) == 2)
            let keys = till.stripe.requests.filter { $0.method == .post }
                .map { $0.field("idempotency-key") }
            #expect(Set(keys).count == 1)
            #expect(till.stripe.refundCount(of: purchase.payment) == 1)
            #expect(try till.db.wallet(of: account) == .init(.cents(499)))
            try till.db.expectSound(purchase.id)
        }
    }

    private func posts(_ till: Till) -> Int {
        till.stripe.calls.count { $0 == "POST /v1/refunds" }
    }

    private func age(_ till: Till, _ purchase: Purchase, minutes: Int) throws {
        try till.db.execute(
            """
            UPDATE refunds SET created_at = UTC_TIMESTAMP(6) - INTERVAL \(minutes) MINUTE
            WHERE purchase_id = \(purchase.id)
            """)
    }

    /// Not even a refusal of what is read then is one of the refund.
    @Test(arguments: [
        TinyStripe.Mishap.notSent, .answer(status: 403, body: #"{"error":{"message":"no"}}"#),
    ])
    func `a refund that was made is followed although Stripe then was not reached`(
        mishap: TinyStripe.Mishap
    ) throws {
        try withTill { till in
            let account = try till.db.insertAccount()
            let purchase = try till.buy(for: account)
            try till.spend(5, of: account)
            till.stripe.meet(mishap, "/v1/payment_intents")
            #expect(throws: UnfinishedRefund.self) {
                try till.billing.refund(purchase.id, amount: nil, by: actor())
            }
            #expect(till.stripe.refundCount(of: purchase.payment) == 1)
            // The money is gone, the credit not yet: it must not go back twice.
            #expect(throws: Conflict.self) {
                try till.billing.refund(purchase.id, amount: .cents(100), by: actor())
            }
            try age(till, purchase, minutes: 2)
            try till.billing.finishRefunds()
            #expect(till.stripe.refundCount(of: purchase.payment) == 1)
            #expect(try till.db.books(of: purchase.id).refunded == .cents(499))
            try till.db.expectSound(purchase.id)
        }
    }

    @Test func `a refund that Stripe refuses is noted, shown and not tried again`() throws {
        try withTill { till in
            let account = try till.db.insertAccount()
            let purchase = try till.buy(for: account)
            // Somebody was quicker in the Dashboard, and no event has come yet.
            _ = till.stripe.refund(purchase.payment, cents: 999)
            let error = #expect(throws: Conflict.self) {
                try till.billing.refund(purchase.id, amount: .cents(500), by: actor())
            }
            let words = "Charge \(purchase.payment.charge) has already been refunded."
            #expect(error?.phrase.text() == "Stripe refuses it: \(words)")
            let item = try till.db.attention().first { $0.kind == .refundFailed }
            #expect(item?.subject == "\(purchase.id)")
            #expect(item?.amount == .cents(500))
            #expect(item?.detail == words)
            try age(till, purchase, minutes: 2)
            try till.billing.finishRefunds()
            #expect(posts(till) == 1)
            #expect(try till.db.wallet(of: account) == .init(.dollars(10)))
            try till.db.expectSound(purchase.id)
        }
    }

    @Test func `once a refund went through, the one that failed before is no news`() throws {
        try withTill { till in
            let purchase = try till.buy(for: till.db.insertAccount())
            till.stripe.meet(
                .answer(status: 400, body: #"{"error":{"message":"Insufficient funds"}}"#),
                "/v1/refunds")
            #expect(throws: Conflict.self) {
                try till.billing.refund(purchase.id, amount: nil, by: actor())
            }
            #expect(try till.db.attention().contains { $0.kind == .refundFailed })
            _ = try till.billing.refund(purchase.id, amount: nil, by: actor())
            #expect(try !till.db.attention().contains { $0.kind == .refundFailed })
        }
    }

    @Test func `a refund that fails at the bank later is shown, and its credit given back`() throws
    {
        try withTill { till in
            let account = try till.db.insertAccount()
            let purchase = try till.buy(for: account)
            _ = try till.billing.refund(purchase.id, amount: nil, by: actor())
            #expect(try till.db.wallet(of: account) == .init(.zero))
            try till.receive(till.stripe.failRefund(of: purchase.payment), of: purchase)
            #expect(try till.db.wallet(of: account) == .init(.dollars(10)))
            let item = try till.db.attention().first { $0.kind == .refundFailed }
            #expect(item?.subject == "\(purchase.id)")
            #expect(item?.detail.contains("lost_or_stolen_card") == true)
        }
    }

    @Test func `a refund that fails is shown although no charge that fits is read`() throws {
        try withTill { till in
            let account = try till.db.insertAccount()
            let purchase = try till.buy(for: account)
            _ = try till.billing.refund(purchase.id, amount: .cents(500), by: actor())
            let failed = till.stripe.failRefund(of: purchase.payment)
            // Stripe shows the payment without a charge that succeeded.
            till.stripe.meet(
                .answer(status: 200, body: #"{"id": "pi", "latest_charge": null}"#),
                "/v1/payment_intents/\(purchase.payment)")
            try till.receive(failed, of: purchase)
            // Nothing moved, since nothing is known of the total; but somebody is told.
            #expect(try till.db.wallet(of: account) == .init(.cents(499)))
            let item = try till.db.attention().first { $0.kind == .refundFailed }
            #expect(item?.subject == "\(purchase.id)")
            #expect(item?.detail.contains("lost_or_stolen_card") == true)
            #expect(try till.db.isProcessed(failed.id, from: .stripe))
            // The next event of the payment finds the credit that is to come back.
            try till.receive(till.stripe.repeated(failed), of: purchase)
            #expect(try till.db.wallet(of: account) == .init(.dollars(10)))
        }
    }

    @Test func `a refund that the database lost after Stripe had made it is being finished (P7)`()
        throws
    {
        try withFreshDatabase { configuration in
            let till = try Till(Connection(configuration))
            let purchase = try till.buy(for: till.db.insertAccount())
            till.stripe.afterNext("/v1/refunds") {
                _ = try? Connection(configuration).execute("RENAME TABLE refunds TO refunds_away")
            }
            #expect(throws: UnfinishedRefund.self) {
                try till.billing.refund(purchase.id, amount: nil, by: actor())
            }
            try till.db.execute("RENAME TABLE refunds_away TO refunds")
            try age(till, purchase, minutes: 2)
            try till.billing.finishRefunds()
            #expect(try till.state(of: purchase) == .refunded)
            #expect(till.stripe.refundCount(of: purchase.payment) == 1)
            try expectCleanBooks(till.db)
        }
    }

    @Test func `of refunds that wait all have their turn`() throws {
        try withTill { till in
            let purchase = try till.buy("pro", for: till.db.insertAccount())
            till.stripe.meet(.notSent, "/v1/refunds", count: 7)
            for cents: Int64 in [100, 200, 300] {
                #expect(throws: UnfinishedRefund.self) {
                    try till.billing.refund(purchase.id, amount: .cents(cents), by: actor())
                }
            }
            try age(till, purchase, minutes: 2)
            for _ in 1...2 { try till.billing.finishRefunds(limit: 2) }
            let bodies = till.stripe.requests.suffix(4).map {
                String(decoding: $0.body ?? [], as: UTF8.self)
            }
            #expect(
                [100, 200, 300].allSatisfy { cents in
                    bodies.contains { $0.contains("amount=\(cents)&") }
                })
        }
    }

    /// After a day Stripe knows the key no more, so the refund is looked up.
    @Test(arguments: [true, false])
    func `a refund whose answer was lost for a day is looked up, never sent again`(
        isMade: Bool
    ) throws {
        try withTill { till in
            let account = try till.db.insertAccount()
            let purchase = try till.buy(for: account)
            till.stripe.meet(isMade ? .answerLost : .notSent, "/v1/refunds")
            #expect(throws: UnfinishedRefund.self) {
                try till.billing.refund(purchase.id, amount: .cents(500), by: actor())
            }
            try age(till, purchase, minutes: 25 * 60)
            try till.billing.finishRefunds()
            #expect(posts(till) == 1)
            #expect(
                try till.db.wallet(of: account) == .init(isMade ? .cents(499) : .dollars(10)))
            #expect(
                try till.db.attention().contains { $0.kind == .refundFailed } == !isMade)
            try till.db.expectSound(purchase.id)
            try till.billing.finishRefunds()
            #expect(posts(till) == 1)
        }
    }

    /// The COMMIT before Stripe is asked, or the one after.
    @Test(arguments: CuttingProxy.Cut.allCases, [false, true])
    func `a refund whose COMMIT was cut is made once, and its caller told so`(
        cut: CuttingProxy.Cut, isLast: Bool
    ) throws {
        try withFreshDatabase { configuration in
            let till = try Till(Connection(configuration))
            let account = try till.db.insertAccount()
            let purchase = try till.buy(for: account)
            let proxy = try CuttingProxy(before: configuration)
            let cutting = try Till(Connection(proxy.configuration(configuration)), till.stripe)
            try cutting.db.execute("DO 1")
            if isLast {
                till.stripe.afterNext("/v1/payment_intents") { proxy.arm(cut, at: "COMMIT") }
            } else {
                proxy.arm(cut, at: "COMMIT")
            }
            let changed = try cutting.billing.refund(purchase.id, amount: nil, by: actor())
            #expect(proxy.cutCount == 1)
            #expect(changed.state == .refunded)
            #expect(till.stripe.refundCount(of: purchase.payment) == 1)
            #expect(
                try till.db.count(
                    "SELECT COUNT(*) FROM refunds WHERE stripe_refund_id IS NOT NULL") == 1)
            #expect(try till.db.count("SELECT COUNT(*) FROM refunds") == 1)
            #expect(try till.db.count("SELECT COUNT(*) FROM audit_log") == 1)
            try till.db.expectSound(purchase.id)
        }
    }

    @Test func `eight operators at once send no more back than there is`() throws {
        try withFreshDatabase { configuration in
            let till = try Till(Connection(configuration))
            let account = try till.db.insertAccount()
            let purchase = try till.buy(for: account)
            let stripe = till.stripe
            let made = try inParallel(8) { _ in
                let till = try Till(Connection(configuration), stripe)
                do {
                    _ = try till.billing.refund(
                        purchase.id, amount: .cents(400),
                        by: Operator(userID: nil, reason: "at once"))
                    return 1
                } catch is Conflict {
                    return 0
                }
            }
            #expect(made.reduce(0, +) == 2)
            #expect(stripe.refundCount(of: purchase.payment) == 2)
            try till.db.expectSound(purchase.id)
        }
    }

    @Test func `of a disputed payment Stripe sends nothing back, and says why`() throws {
        try withTill { till in
            let account = try till.db.insertAccount()
            let purchase = try till.buy(for: account)
            try till.receive(till.stripe.dispute(purchase.payment, cents: 999), of: purchase)
            #expect(throws: Conflict.self) {
                try till.billing.refund(purchase.id, amount: nil, by: actor())
            }
            try till.receive(till.stripe.decide(purchase.payment, "lost"), of: purchase)
            // The bank has taken it: there is nothing left to send.
            #expect(throws: Conflict(.purchaseRefundable, ["amount": .money(micros: 0)])) {
                try till.billing.refund(purchase.id, amount: nil, by: actor())
            }
        }
    }
}
