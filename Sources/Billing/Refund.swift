package import Domain
import Ledger
import Logging
import MariaDB
package import Store
import Stripe
import Texts

/// What became of a refund is not known yet: it is being finished, and is not to be repeated.
package struct UnfinishedRefund: Error, Equatable {
    package let id: RefundID
}

extension Billing {
    /// Sends money of a purchase back by hand: `amount` of it, or all that is not spent. The credit
    /// goes with it.
    ///
    /// Returns the purchase; of one that changes all the while the credit is taken by
    /// ``finishRefunds()``, as when Stripe's answer is lost. The same key of the operator's again
    /// is the same refund. Throws ``NotFound``, ``Conflict`` when more is asked for than is left or
    /// Stripe refuses it, and ``UnfinishedRefund`` when it is not known what became of it: then
    /// ``finishRefunds(limit:until:)`` goes on with it.
    package func refund(
        _ purchase: PurchaseID, amount: Money?, by actor: Operator
    ) throws -> Purchase {
        let refund = try database.beginRefund(.new(), of: purchase, amount: amount, by: actor)
        if let problem = refund.problem {
            throw Conflict(.refundNotMade, ["problem": .text(problem)])
        }
        if refund.isFinished {
            guard let purchase = try database.purchase(purchase) else { throw NotFound() }
            return purchase
        }
        do {
            guard let purchase = try refund.isKeyForgotten ? lookUp(refund) : send(refund) else {
                throw Conflict(.refundNotSent)
            }
            return purchase
        } catch let error as Conflict {
            throw error
        } catch {
            // From here on the money may have moved, whatever went wrong, the database too (P7).
            log.error(
                "a refund is not finished yet",
                metadata: ["refund": "\(refund.id)", "error": "\(error)"])
            throw UnfinishedRefund(id: refund.id)
        }
    }

    /// Sends refunds again whose answer was lost: with the same key, so that each is made once.
    /// After a day Stripe knows the key no more (P2); then the refund is looked up. Returns how
    /// many were due.
    @discardableResult
    package func finishRefunds(
        limit: Int = 20, until end: ContinuousClock.Instant = .now + .seconds(300)
    ) throws -> Int {
        let due = try database.takeUnfinishedRefunds(limit: limit)
        for refund in due where ContinuousClock.now < end {
            do {
                _ = try refund.isKeyForgotten ? lookUp(refund) : send(refund)
            } catch let error as DatabaseError where error.isPassing {
                throw error
            } catch {
                log.error(
                    "a refund waits on",
                    metadata: ["refund": "\(refund.id)", "error": "\(error)"])
            }
        }
        return due.count
    }

    private static let reference = "refund_id"

    private func send(_ refund: PendingRefund) throws -> Purchase {
        guard let cents = refund.amount.cents else {
            preconditionFailure("the schema holds whole cents only")
        }
        var metadata = try mark().metadata
        metadata[Self.reference] = "\(refund.id)"
        let made: StripeRefund
        do throws(StripeError) {
            made = try stripe.refund(
                paymentIntent: refund.paymentIntent, amountCents: Int(cents),
                reason: .requestedByCustomer, metadata: metadata,
                idempotencyKey: "refund:\(refund.id)")
        } catch {
            if case .refused(let failure) = error {
                try database.fail(refund.id, problem: failure.message)
                throw Conflict(.stripeRefuses, ["problem": .text(failure.message)])
            }
            throw error
        }
        return try follow(refund, as: made)
    }

    private func lookUp(_ refund: PendingRefund) throws -> Purchase? {
        let made = try stripe.refunds(ofPaymentIntent: refund.paymentIntent).data
            .first { $0.metadata[Self.reference] == "\(refund.id)" }
        guard let made else {
            try database.fail(refund.id, problem: "Stripe was not reached for a day.")
            return nil
        }
        return try follow(refund, as: made)
    }

    /// Takes the credit with the money. The webhook would do it too; but the operator should see
    /// it at once, and until then the money must not look as if it could be sent again.
    private func follow(_ refund: PendingRefund, as made: StripeRefund) throws -> Purchase {
        for attempt in 1...8 {
            let readAt = try database.reversals(of: refund.purchaseID)
            let charge = try database.purchase(refund.purchaseID).flatMap {
                try paidCharge(refund.paymentIntent, of: $0)
            }
            let cause = "stripe:refund:\(refund.id)"
            do {
                let purchase = try database.transaction {
                    let purchase = try database.apply(
                        charge.map { .refunded($0, cause: cause) }
                            ?? PaymentReversal(refunded: nil, dispute: nil, cause: cause),
                        to: refund.purchaseID, readAt: readAt, refundGrace: policy.refundGrace)
                    try database.finish(refund, stripeRefundID: made.id)
                    return purchase
                }
                log.notice(
                    "refunded",
                    metadata: [
                        "purchase": "\(refund.purchaseID)", "amount": "\(refund.amount)",
                    ])
                return purchase
            } catch is StaleReading {
                // Others read the same purchase. Not all at once again.
                Connection.sleep(
                    Backoff.delay(
                        afterTry: attempt, base: .milliseconds(20), ceiling: .milliseconds(500),
                        jitter: .random(in: 0...1)))
            }
        }
        guard let purchase = try database.purchase(refund.purchaseID) else { throw NotFound() }
        log.warning(
            "refunded; its credit is taken later", metadata: ["purchase": "\(purchase.id)"])
        return purchase
    }

    // MARK: Refunds that fail later

    /// What went wrong with a refund that an operator has sent, should the event be about one that
    /// did not arrive.
    func failure(of event: StripeEvent, _ payment: String) throws -> (RefundID, problem: String)? {
        guard event.objectKind == "refund", let id = event.objectID,
            let refund = try database.refund(stripeID: id),
            let made = try stripe.refunds(ofPaymentIntent: payment).data.first(where: {
                $0.id == id
            }), let status = made.status, [.failed, .canceled].contains(status)
        else { return nil }
        return (refund, "\(status.text): \(made.failureReason ?? "no reason given")")
    }
}
