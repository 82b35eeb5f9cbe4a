package import Domain
import Logging
package import Store
import Stripe

extension Billing {
    /// Sends money of an order back by hand: `amount` of it, or all that is not spent. The credit
    /// goes with it.
    ///
    /// Throws ``NotFound``, ``Conflict`` when more is asked for than is left, and `StripeError`.
    /// When Stripe's answer is lost, the refund is finished by ``finishRefunds()``.
    package func refund(
        _ purchase: PurchaseID, amount: Money?, by actor: Operator
    ) throws -> Purchase {
        let refund = try database.beginRefund(.new(), of: purchase, amount: amount, by: actor)
        return try send(refund)
    }

    /// Sends refunds again whose answer was lost: with the same key, so that each is made once.
    package func finishRefunds() throws {
        for refund in try database.unfinishedRefunds() {
            do {
                _ = try send(refund)
            } catch {
                log.error(
                    "a refund waits on",
                    metadata: ["refund": "\(refund.id)", "error": "\(error)"])
            }
        }
    }

    private func send(_ refund: PendingRefund) throws -> Purchase {
        guard let cents = refund.amount.cents else {
            preconditionFailure("the schema holds whole cents only")
        }
        do {
            let made = try stripe.refund(
                paymentIntent: refund.paymentIntent, amountCents: Int(cents),
                reason: .requestedByCustomer, idempotencyKey: "refund:\(refund.id)")
            try database.finish(refund, stripeRefundID: made.id)
            log.notice(
                "refunded",
                metadata: ["purchase": "\(refund.purchaseID)", "amount": "\(refund.amount)"])
        } catch let error as StripeError where !error.isWorthRetrying {
            try database.fail(refund, problem: error.failure.message)
            throw error
        }
        // The webhook would do it too; the operator should see it at once.
        return try follow(refund)
    }

    private func follow(_ refund: PendingRefund) throws -> Purchase {
        for _ in 0..<8 {
            let readAt = try database.reversals(of: refund.purchaseID)
            let charge = try stripe.latestCharge(ofPaymentIntent: refund.paymentIntent)
            do {
                return try database.apply(
                    PaymentReversal(
                        refunded: charge.map { Money(cents: Int64($0.amountRefunded)) },
                        dispute: nil, cause: "stripe:refund:\(refund.id)"),
                    to: refund.purchaseID, readAt: readAt)
            } catch is StaleReading {
                continue
            }
        }
        throw Conflict("The order is changing. Look again.")
    }
}
