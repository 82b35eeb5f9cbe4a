import Billing
import BooksSupport
import Domain
import FoundationEssentials
import HTTP
import HTTPTypes
import Ledger
import MariaDB
import PaymentSupport
import Store
import Stripe
import Testing

/// Another application takes payments on the same Stripe account.
@Suite struct `P8 what is not ours` {
    private static let others: [[String: String]] = [
        [:], ["order_id": "42"], [StripeMark.name: ""],
        [StripeMark.name: "\(InstallationID.new())"],
    ]

    /// A session of another application, of the same price as the purchase, and its payment.
    private func open(
        _ till: Till, like purchase: Purchase, reference: String, _ metadata: [String: String]
    ) -> String {
        till.stripe.open(
            purchase, session: "cs_foreign_\(AccountID.new())", reference: reference,
            metadata: metadata)
    }

    @Test(arguments: others)
    func `a payment whose reference looks like a purchase's is noted, and waits for nothing`(
        metadata: [String: String]
    ) throws {
        try withTill { till in
            let purchase = try till.purchase(for: till.db.insertAccount())
            let session = open(till, like: purchase, reference: "\(PurchaseID.new())", metadata)
            let event = till.stripe.complete(session)
            try till.billing.receive(event)
            #expect(try till.db.isProcessed(event.id, from: .stripe))
            #expect(try till.state(of: purchase) == .pending)
        }
    }

    @Test(arguments: others)
    func `none of its events moves anything, not even with the reference of a purchase of ours`(
        metadata: [String: String]
    ) throws {
        try withTill { till in
            let account = try till.db.insertAccount()
            let bought = try till.buy(for: account)
            let opened = try till.purchase(for: account)
            for purchase in [bought, opened] {
                let state = try till.state(of: purchase)
                let paid = open(till, like: purchase, reference: "\(purchase.id)", metadata)
                let failed = open(till, like: purchase, reference: "\(purchase.id)", metadata)
                let expired = open(till, like: purchase, reference: "\(purchase.id)", metadata)
                let events = [
                    till.stripe.complete(paid), till.stripe.complete(failed, isPaid: false),
                    till.stripe.failLater(failed), till.stripe.expire(expired),
                    till.stripe.refund("pi_\(paid)", cents: 100),
                    till.stripe.failRefund(of: "pi_\(paid)"),
                    till.stripe.dispute("pi_\(paid)", cents: 999),
                    till.stripe.decide("pi_\(paid)", "lost"),
                ]
                for event in events {
                    try till.billing.receive(event)
                    #expect(try till.db.isProcessed(event.id, from: .stripe))
                }
                #expect(try till.state(of: purchase) == state)
                let problem = try till.db.first(
                    "SELECT problem FROM purchases WHERE id = \(purchase.id)"
                ) { row in try row("problem") as String? }
                #expect(problem == .some(nil))
            }
            #expect(try till.available(to: account) == .dollars(10))
            try till.db.expectSound(bought.id)
        }
    }

    @Test func `a refund made in the Dashboard has no mark, and is ours by its payment`() throws {
        try withTill { till in
            let account = try till.db.insertAccount()
            let purchase = try till.purchase(for: account)
            _ = till.stripe.complete(purchase.session)
            // Told of before its payment, too.
            try till.receive(till.stripe.refund(purchase.payment, cents: 999), of: purchase)
            #expect(try till.state(of: purchase) == .refunded)
            #expect(try till.available(to: account) == .zero)
        }
    }

    @Test func `what we make carries our mark`() throws {
        try withTill { till in
            let purchase = try till.buy(for: till.db.insertAccount())
            _ = try till.billing.refund(
                purchase.id, amount: .cents(100), by: Operator(userID: nil, reason: "for a test"))
            let made = try till.stripe.requests.last { $0.method == .post }.orThrow("a refund")
            let body = String(decoding: made.body ?? [], as: UTF8.self)
            #expect(body.contains("metadata[rushes_installation]=\(try till.db.installation())"))
        }
    }
}
