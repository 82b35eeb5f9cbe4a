import Domain
import FoundationEssentials
import PaymentSupport
import Store
import Testing

@testable import Reconciliation

@Suite struct `What Stripe takes` {
    private func cents(_ office: Office, _ purchase: Purchase) throws -> [[Int64]] {
        try office.db.transactions(of: purchase.id).map {
            [$0.amount.cents ?? 0, $0.fee.cents ?? 0]
        }
    }

    @Test func `of a payment, a refund, its failure and a dispute is kept once each`() throws {
        try withOffice { office in
            let plain = try office.buy()
            let refunded = try office.buy()
            _ = office.stripe.refund(refunded.payment, cents: 500)
            _ = office.stripe.failRefund(of: refunded.payment)
            let disputed = try office.buy("pro")
            _ = office.stripe.dispute(disputed.payment, cents: 4799)
            _ = office.stripe.decide(disputed.payment, "won")
            for _ in 1...2 {
                _ = try office.run()
                #expect(try cents(office, plain) == [[999, 59]])
                #expect(
                    Set(try cents(office, refunded)) == [[999, 59], [-500, 0], [500, 0]])
                #expect(
                    Set(try cents(office, disputed)) == [[4799, 169], [-4799, 1500], [4799, 0]])
            }
        }
    }

    @Test func `of an account in another currency is told in dollars`() throws {
        try withOffice { office in
            office.stripe.settle(in: "eur", rate: 0.92)
            let purchase = try office.buy("pro")
            _ = try office.run()
            #expect(try cents(office, purchase) == [[4799, 168]])
        }
    }

    @Test func `of another shop's payment is nobody's here, and of one in euros is not guessed`()
        throws
    {
        try withOffice { office in
            let purchase = try office.buy()
            office.stripe.open(purchase, session: "cs_other", reference: "order_7", metadata: [:])
            _ = office.stripe.complete("cs_other")
            let before = try office.reconciliation.run(now: office.later)
            #expect(before.unread == [])
            #expect(try cents(office, purchase) == [[999, 59]])
            // A dispute in euros of a payment in dollars.
            _ = office.stripe.dispute(purchase.payment, cents: 900, currency: "eur")
            let after = try office.reconciliation.run(now: office.later)
            #expect(after.unread.map(\.part) == [.stripe])
            #expect(after.unread.first?.problem.contains("cannot be read") == true)
            #expect(try cents(office, purchase) == [[999, 59]])
        }
    }
}
