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

@Suite struct `W6 purchases whose webhook is late` {
    private func makeDue(_ db: Connection) throws {
        try db.execute(
            """
            UPDATE purchases SET next_check_at = UTC_TIMESTAMP(6) - INTERVAL 1 SECOND
            WHERE next_check_at IS NOT NULL
            """)
    }

    @Test func `open purchases are looked at, and one that cannot be keeps no other back`() throws {
        try withFreshDatabase { configuration in
            let till = try Till(Connection(configuration))
            let account = try till.db.insertAccount()
            let purchases = try (1...3).map { _ in try till.purchase(for: account) }
            for purchase in purchases { _ = till.stripe.complete(purchase.session) }
            till.stripe.meet(.notSent, "/v1/checkout/sessions/\(purchases[1].session)")
            try till.billing.sweepPurchases(limit: 9, appURL: "https://shop.example")
            #expect(till.stripe.calls.isEmpty)
            try makeDue(till.db)
            try till.billing.sweepPurchases(limit: 9, appURL: "https://shop.example")
            #expect(try purchases.map { try till.state(of: $0) } == [.paid, .pending, .paid])
            try makeDue(till.db)
            try till.billing.sweepPurchases(limit: 9, appURL: "https://shop.example")
            #expect(try till.state(of: purchases[1]) == .paid)
            #expect(try till.available(to: account) == .dollars(30))
            try expectCleanBooks(till.db)
        }
    }

    @Test func `a purchase that nobody pays costs a few reads`() throws {
        try withFreshDatabase { configuration in
            let till = try Till(Connection(configuration))
            let purchase = try till.purchase(for: till.db.insertAccount())
            var looks = 0
            func age() throws -> Int {
                try till.db.count(
                    "SELECT TIMESTAMPDIFF(HOUR, created_at, next_check_at) FROM purchases")
            }
            // Until its page is closed for certain, which the last look finds.
            while looks < 20, try age() < 25 {
                if try age() == 24 { _ = till.stripe.expire(purchase.session) }
                // Time passes by moving the purchase into the past.
                try till.db.execute(
                    """
                    UPDATE purchases
                    SET created_at = created_at
                            - INTERVAL TIMESTAMPDIFF(SECOND, UTC_TIMESTAMP(6), next_check_at) SECOND,
                        next_check_at = UTC_TIMESTAMP(6)
                    """)
                looks += try till.billing.sweepPurchases(
                    limit: 9, appURL: "https://shop.example")
                guard try till.state(of: purchase) == .pending else { break }
            }
            #expect(try till.state(of: purchase) == .expired)
            #expect(looks == 6)
            #expect(till.stripe.calls.count == looks)
        }
    }

    @Test func `a page that Stripe was too slow for is made later, once`() throws {
        try withFreshDatabase { configuration in
            let db = Connection(configuration)
            var keys: [String?] = []
            let stripe = StripeClient(secretKey: "sk_test_key", base: "https://stripe.example") {
                request in
                keys.append(
                    request.fields.first { $0.name.canonicalName == "idempotency-key" }?.value)
                let body = """
                    {"id": "cs_1", "object": "checkout.session", "url": "https://pay.example/1",
                     "status": "open", "payment_status": "unpaid", "mode": "payment",
                     "amount_subtotal": 4799, "amount_total": 4799, "currency": "usd",
                     "client_reference_id": null, "payment_intent": null, "expires_at": 2,
                     "created": 1, "livemode": false}
                    """
                return InboundResponse(status: .ok, body: Array(body.utf8))
            }
            let billing = try Billing(
                database: db, stripe: stripe, policy: .test, seller: .test,
                log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
            let id = PurchaseID.new()
            let package = try db.catalog(version: 1).package("pro").orThrow("pro")
            let account = try db.insertAccount()
            try db.insertPurchase(
                id, of: package, catalogVersion: 1, for: account, by: db.owner(of: account),
                isLive: false)
            try makeDue(db)
            try billing.sweepPurchases(limit: 9, appURL: "https://shop.example")
            let made = try db.purchase(id).orThrow("the purchase")
            #expect(made.state == .pending)
            #expect(made.sessionID == "cs_1")
            #expect(made.checkoutURL == "https://pay.example/1")
            // The key that the buyer's own call had, so that both are one page.
            #expect(keys == ["purchase:\(id)"])
        }
    }

    @Test func `a purchase without a page is given up before Stripe forgets its key`() throws {
        try withFreshDatabase { configuration in
            let till = try Till(Connection(configuration))
            let id = PurchaseID.new()
            let package = try till.db.catalog(version: 1).package("pro").orThrow("pro")
            let account = try till.db.insertAccount()
            try till.db.insertPurchase(
                id, of: package, catalogVersion: 1, for: account, by: till.db.owner(of: account),
                isLive: false)
            try till.db.execute(
                "UPDATE purchases SET created_at = UTC_TIMESTAMP(6) - INTERVAL 23 HOUR")
            try makeDue(till.db)
            try till.billing.sweepPurchases(limit: 9, appURL: "https://shop.example")
            #expect(try till.db.purchase(id)?.state == .expired)
            #expect(till.stripe.calls.isEmpty)
        }
    }
}
