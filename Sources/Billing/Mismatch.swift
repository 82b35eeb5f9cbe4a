package import Domain
import Ledger
import MariaDB
package import Store
import Stripe
import Texts

extension Billing {
    /// Credits a purchase by a person's word although its payment does not fit it, or again what
    /// the ledger lacks of one that is paid (A4). Stripe is asked first: what is not paid there is
    /// never credited. Throws ``NotFound``, ``Conflict`` and `StripeError`.
    package func creditByHand(
        _ id: PurchaseID, by actor: Operator, isRehearsal: Bool
    ) throws -> CommandReport {
        guard let purchase = try database.purchase(id) else { throw NotFound() }
        guard let session = purchase.sessionID else {
            throw Conflict(.purchaseWithoutPage)
        }
        let facts = try stripe.checkoutSession(id: session).facts(hasFailed: false)
        guard facts.progress == .paid, let intent = facts.paymentIntent, !intent.isEmpty else {
            throw Conflict(.purchaseNotPaidAtStripe)
        }
        return try database.creditByHand(
            id, paymentIntent: intent, policy: policy, by: actor, isRehearsal: isRehearsal)
    }

    /// Reads what went back of a paid purchase from Stripe anew, and brings its credit in line
    /// (A4). Throws ``NotFound``, ``Conflict`` and `StripeError`.
    package func refresh(
        _ id: PurchaseID, by actor: Operator, isRehearsal: Bool
    ) throws -> CommandReport {
        var tries = 0
        while true {
            guard let purchase = try database.purchase(id) else { throw NotFound() }
            let readAt = try database.reversals(of: id)
            guard let payment = try database.paymentIntent(of: id),
                let charge = try paidCharge(payment, of: purchase)
            else { throw Conflict(.purchaseWithoutPayment) }
            do {
                return try database.apply(
                    .refunded(charge, cause: "stripe:refund:\(charge.id)"), to: purchase,
                    readAt: readAt, refundGrace: policy.refundGrace, by: actor,
                    isRehearsal: isRehearsal)
            } catch is StaleReading where tries < 8 {
                tries += 1
            }
        }
    }
}
