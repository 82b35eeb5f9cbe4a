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
import Store
import Stripe
import Testing

@Suite struct `J12 Stripe is asked outside of transactions` {
    @Test func `nothing is locked while Stripe is asked, whatever for`() throws {
        try withFreshDatabase { configuration in
            let till = try Till(Connection(configuration))
            let observer = Connection(configuration)
            var paths: Set<String> = []
            var locked: [String] = []
            let client = StripeClient(secretKey: "sk_test_key", base: "https://stripe.example") {
                (request) throws(TransportError) in
                paths.insert("\(request.method.rawValue) \(request.path)")
                locked += (try? observer.lockedTables()) ?? ["unknown"]
                return try till.stripe.send(request)
            }
            let billing = try Billing(
                database: till.db, stripe: client, policy: .test, seller: .test,
                log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
            let account = try till.db.insertAccount()
            let first = try till.purchase(for: account)
            let second = try till.purchase(for: account)
            try billing.receive(till.stripe.complete(first.session))
            try billing.receive(till.stripe.refund(first.payment, cents: 100))
            try billing.receive(till.stripe.failRefund(of: first.payment))
            _ = try billing.refund(
                first.id, amount: .cents(500), by: Operator(userID: nil, reason: "for a test"))
            try billing.receive(till.stripe.dispute(first.payment, cents: 100))
            try billing.receive(till.stripe.decide(first.payment, "won"))
            _ = till.stripe.complete(second.session)
            try till.db.execute("UPDATE purchases SET next_check_at = UTC_TIMESTAMP(6)")
            try billing.sweepPurchases(limit: 9, appURL: "https://shop.example")
            #expect(try till.state(of: second) == .paid)
            #expect(try billing.sweepEvents(since: nil, now: Date()))
            #expect(paths.count >= 6)
            #expect(locked == [])
            try expectCleanBooks(till.db)
        }
    }
}
