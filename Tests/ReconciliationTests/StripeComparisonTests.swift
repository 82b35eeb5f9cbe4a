import Billing
import BooksSupport
import DatabaseSupport
import Domain
import FoundationEssentials
import JSON
import Ledger
import Logging
import MariaDB
import PaymentSupport
import Pollo
import Sandbox
import Store
import Stripe
import Testing

@testable import Reconciliation

@Suite struct `What is compared with Stripe` {
    @Test func `books that agree have no differences, and that is stored`() throws {
        try withOffice { office in
            _ = try office.purchase()
            _ = try office.buy()
            let refunded = try office.buy()
            try office.receive(office.stripe.refund(refunded.payment, cents: 500))
            let disputed = try office.buy("pro")
            try office.receive(office.stripe.dispute(disputed.payment, cents: 4799))
            let inquired = try office.buy("pro")
            try office.receive(
                office.stripe.dispute(
                    inquired.payment, cents: 4799, status: "warning_needs_response"))
            let lost = try office.buy()
            try office.receive(office.stripe.dispute(lost.payment, cents: 999))
            try office.receive(office.stripe.decide(lost.payment, "lost"))
            _ = try office.video(.delivered, vendor: .succeeded(), hundredths: 500)
            _ = try office.video(.refunded, vendor: .failed(""))
            #expect(try office.run() == [])
            let report = try office.db.lastReconciliation()
            #expect(report?.differences == 0)
            #expect(report?.report == "[]")
        }
    }

    @Test func `a payment that was not credited is found`() throws {
        try withOffice { office in
            let purchase = try office.purchase()
            let event = office.stripe.complete(purchase.session)
            #expect(
                try office.run() == [
                    Difference(
                        .payment, purchase: purchase.id, amount: purchase.price,
                        "paid at Stripe by \(purchase.session), not credited")
                ])
            // It moves no money itself.
            #expect(try office.db.balance(of: purchase.accountID).available == .zero)
            try office.receive(event)
            #expect(try office.run() == [])
        }
    }

    @Test func `a credit that Stripe knows no payment of is found`() throws {
        try withOffice { office in
            let purchase = try office.buy()
            let other = Reconciliation(
                database: office.db, stripe: TinyStripe().client, pollo: office.pollo.client,
                vendorCredit: Money(cents: 7),
                log: Logger(label: "test") { _ in
                    SwiftLogNoOpLogHandler()
                })
            #expect(
                try other.run(now: office.later).found == [
                    Difference(
                        .payment, purchase: purchase.id, amount: -purchase.price,
                        "credited, but Stripe lists no paid session")
                ])
        }
    }

    /// Stripe is asked for 30 days (an hour from now), and a purchase is a moment older than its
    /// session.
    @Test(arguments: [(minutes: 29 * 1440 + 1385, isCompared: false), (29 * 1440 + 1375, true)])
    func `a purchase at the edge of what Stripe is asked for is no difference`(
        minutes: Int, isCompared: Bool
    ) throws {
        try withOffice { office in
            let purchase = try office.db.insertPurchase(of: office.db.insertAccount())
            let createdAt = office.stripe.now - minutes * 60
            office.stripe.open(purchase, createdAt: createdAt)
            try office.receive(office.stripe.complete(purchase.session))
            try office.db.execute(
                """
                UPDATE purchases SET created_at = UTC_TIMESTAMP(6) - INTERVAL \(minutes) MINUTE
                WHERE id = \(purchase.id)
                """)
            #expect(try office.run() == [])
            if isCompared {
                try office.db.execute(
                    "UPDATE purchases SET price_micros = 9980000 WHERE id = \(purchase.id)")
                #expect(try office.run().map(\.amount) == [Money(cents: 1)])
            }
        }
    }

    @Test func `a payment of another amount is found`() throws {
        try withOffice { office in
            let purchase = try office.buy()
            try office.db.execute(
                "UPDATE purchases SET price_micros = 9000000 WHERE id = \(purchase.id)")
            #expect(
                try office.run() == [
                    Difference(
                        .payment, purchase: purchase.id, amount: Money(cents: 99),
                        "paid $9.99 for a price of $9.00")
                ])
        }
    }

    @Test func `a payment of a purchase that is not here is found, another shop's is not`() throws {
        try withOffice { office in
            let purchase = try office.purchase()
            let lost = PurchaseID.new()
            for reference in ["\(lost)", "order_42", ""] {
                office.stripe.open(
                    purchase, session: "cs_x\(reference)", reference: reference,
                    metadata: reference == "\(lost)" ? nil : [:])
                _ = office.stripe.complete("cs_x\(reference)")
            }
            #expect(
                try office.run() == [
                    Difference(
                        .payment, subject: "cs_x\(lost)", amount: purchase.price,
                        "Stripe has the paid session cs_x\(lost) of a purchase that is not here")
                ])
        }
    }

    @Test(arguments: [0, 60])
    func `refunds that are not in the books are found, however old their payment`(
        days: Int
    ) throws {
        try withOffice { office in
            let purchase = try office.buy(daysAgo: days)
            let events = [200, 300].map { office.stripe.refund(purchase.payment, cents: $0) }
            #expect(
                try office.run() == [
                    Difference(
                        .refund, purchase: purchase.id, amount: Money(cents: 500),
                        "Stripe has refunded $5.00, we know of $0.00")
                ])
            try office.receive(events[1])
            #expect(try office.run() == [])
            let failed = office.stripe.failRefund(of: purchase.payment)
            #expect(try office.run().map(\.amount) == [Money(cents: -300)])
            try office.receive(failed)
            #expect(try office.run() == [])
        }
    }

    @Test(arguments: [0, 60])
    func `disputes that are not in the books are found, however old their payment`(
        days: Int
    ) throws {
        try withOffice { office in
            let purchase = try office.buy(daysAgo: days)
            let opened = office.stripe.dispute(purchase.payment, cents: 999)
            let id = try opened.objectID.orThrow("a dispute")
            #expect(
                try office.run() == [
                    Difference(
                        .dispute, subject: id, purchase: purchase.id, amount: Money(cents: 999),
                        "the dispute \(id) is open at Stripe")
                ])
            try office.receive(opened)
            #expect(try office.run() == [])
            let lost = office.stripe.decide(purchase.payment, "lost")
            #expect(
                try office.run().map(\.detail) == ["the dispute \(id) is lost at Stripe"])
            try office.receive(lost)
            #expect(try office.run() == [])
        }
    }

    @Test func `another application's payments are no differences, whatever their reference (P8)`()
        throws
    {
        try withOffice { office in
            let purchase = try office.purchase()
            for (number, reference) in [purchase.id, PurchaseID.new(), PurchaseID.new()]
                .enumerated()
            {
                let session = "cs_foreign_\(number)_\(purchase.id)"
                office.stripe.open(
                    purchase, session: session, reference: "\(reference)",
                    metadata: number == 2 ? [StripeMark.name: "\(InstallationID.new())"] : [:])
                _ = office.stripe.complete(session)
                _ = office.stripe.refund("pi_\(session)", cents: 100)
                _ = office.stripe.dispute("pi_\(session)", cents: 100)
            }
            #expect(try office.run() == [])
            // One of ours whose purchase is gone is one.
            office.stripe.open(purchase, session: "cs_ours", reference: "\(PurchaseID.new())")
            _ = office.stripe.complete("cs_ours")
            #expect(try office.run().count == 1)
        }
    }
}
