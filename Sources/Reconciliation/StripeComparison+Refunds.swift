import Domain
import FoundationEssentials
import Store
import Stripe

extension StripeComparison {
    /// A card that was declined before the one that paid is a charge too, of which nothing can go
    /// back (P6).
    func compare(_ charges: [StripeCharge]) throws -> Comparison {
        var candidates: [Candidate] = []
        var examined: Set<String> = []
        for charge in charges where charge.status == .succeeded {
            guard let payment = charge.paymentIntent,
                let purchase = try database.purchaseToReconcile(paymentIntent: payment)
            else { continue }
            examined.insert("\(purchase.id)")
            candidates += candidate(charge, purchase, payment)
        }
        return try judge(candidates, examined: [.refund: examined])
    }

    /// Refunds of older payments, whose charges are therefore not on the list of charges.
    func compare(_ refunds: [StripeRefund], listedSince start: Date) throws -> Comparison {
        var candidates: [Candidate] = []
        var examined: Set<String> = []
        var unread: [String] = []
        for payment in Set(refunds.compactMap(\.paymentIntent)).sorted() {
            // A day, because a purchase is older than its charge.
            guard let purchase = try database.purchaseToReconcile(paymentIntent: payment),
                purchase.createdAt < start.addingTimeInterval(86_400)
            else { continue }
            guard let charge = try read({ try stripe.paidCharge(ofPaymentIntent: payment) }) else {
                unread.append(payment)
                continue
            }
            examined.insert("\(purchase.id)")
            candidates += candidate(charge, purchase, payment)
        }
        var comparison = try judge(candidates, examined: [.refund: examined])
        comparison.problem = Self.problem(unread)
        return comparison
    }

    private func candidate(
        _ charge: StripeCharge, _ purchase: PaidPurchase, _ payment: String
    ) -> [Candidate] {
        let refunded = Money(cents: Int64(charge.amountRefunded))
        guard refunded != purchase.refunded else { return [] }
        return [
            Candidate(
                difference: Difference(
                    .refund, purchase: purchase.id, amount: refunded - purchase.refunded,
                    "Stripe has refunded \(refunded), we know of \(purchase.refunded)"),
                objects: [payment])
        ]
    }
}
