import Domain
import FoundationEssentials
import Store
import Stripe

extension StripeComparison {
    func compare(_ sessions: [CheckoutSession]) throws -> Comparison {
        let mark = try StripeMark(installation: "\(database.installation())")
        var candidates: [Candidate] = []
        var listed: [PurchaseID] = []
        var examined = Set(sessions.map(\.id))
        for session in sessions where session.paymentStatus == .paid && mark.isOn(session.metadata)
        {
            guard let reference = session.clientReferenceID else { continue }
            let amount = Money(cents: Int64(session.amountTotal ?? 0))
            guard
                let purchase = try PurchaseID(reference).flatMap({
                    try database.purchaseToReconcile($0)
                })
            else {
                // A purchase is written before its session is made: it will not come any more.
                candidates.append(
                    Candidate(
                        difference: Difference(
                            .payment, subject: session.id, amount: amount,
                            "Stripe has the paid session \(session.id) of a purchase that is not here"
                        ),
                        objects: [], isCertain: true))
                continue
            }
            listed.append(purchase.id)
            examined.insert("\(purchase.id)")
            let difference: Difference
            if !purchase.isPaid {
                difference = Difference(
                    .payment, purchase: purchase.id, amount: amount,
                    "paid at Stripe by \(session.id), not credited")
            } else if amount != purchase.price {
                difference = Difference(
                    .payment, purchase: purchase.id, amount: amount - purchase.price,
                    "paid \(amount) for a price of \(purchase.price)")
            } else {
                continue
            }
            candidates.append(
                Candidate(difference: difference, objects: [session.id, session.paymentIntent]))
        }
        try database.noteListed(listed)
        return try judge(candidates, examined: [.payment: examined])
    }

    /// Purchases that are paid in the books and whose session no page has had. A session is made after
    /// its purchase, so that of an older purchase may not be on the list.
    func compareUnlisted(since start: Date, before end: Date) throws -> Comparison {
        let purchases = try database.unlistedPurchases(
            since: start, paidBefore: end.addingTimeInterval(-Self.settling))
        return Comparison(
            found: purchases.map { purchase in
                Difference(
                    .payment, purchase: purchase.id, amount: -purchase.price,
                    "credited, but Stripe lists no paid session")
            })
    }
}
