package import Domain
package import MariaDB

package enum RefundKind {}
package typealias RefundID = ID<RefundKind>

/// Money that is to be sent back, as Stripe is asked for it.
package struct PendingRefund: Sendable {
    package let id: RefundID
    package let purchaseID: PurchaseID
    package let paymentIntent: String
    package let amount: Money
}

extension Connection {
    /// Writes a refund down before Stripe is asked. Throws ``Conflict`` when the order is not paid
    /// or `amount` is more than what is not spent of it; nil is all of that.
    package func beginRefund(
        _ id: RefundID, of purchase: PurchaseID, amount: Money?, by actor: Operator
    ) throws -> PendingRefund {
        try transaction {
            guard let order = try self.purchase(purchase) else { throw NotFound() }
            _ = try lockWallet(of: order.userID)
            let payment = try first(
                """
                SELECT payment_intent, refunded_micros,
                    (SELECT COALESCE(SUM(remaining_micros), 0)
                     FROM credit_lots
                     WHERE purchase_id = purchases.id) AS unspent_micros,
                    (SELECT COALESCE(SUM(amount_micros), 0)
                     FROM refunds
                     WHERE purchase_id = purchases.id AND stripe_refund_id IS NULL
                         AND problem IS NULL) AS requested_micros
                FROM purchases
                WHERE id = \(purchase) AND paid_at IS NOT NULL
                FOR UPDATE
                """
            ) { row in
                (
                    intent: try row("payment_intent") as String,
                    refunded: try row("refunded_micros") as Money,
                    unspent: try row("unspent_micros") as Money,
                    requested: try row("requested_micros") as Money
                )
            }
            guard let payment else { throw Conflict("This order is not paid.") }
            let left = order.price - payment.refunded - payment.requested
            let most = min(left, order.money(for: payment.unspent) - payment.requested)
            let wanted = amount ?? most
            guard wanted > .zero, wanted <= most, wanted.cents != nil else {
                throw Conflict("Of this order \(max(most, .zero)) can be refunded.")
            }
            if try !isWritten(id) {
                try execute(
                    """
                    INSERT INTO refunds
                        (id, purchase_id, amount_micros, reason, requested_by, created_at)
                    VALUES (\(id), \(purchase), \(wanted), \(actor.reason), \(actor.userID),
                        UTC_TIMESTAMP(6))
                    """)
                try log("purchase.refund", "\(purchase)", detail: "\(wanted)", by: actor)
            }
            return PendingRefund(
                id: id, purchaseID: purchase, paymentIntent: payment.intent, amount: wanted)
        }
    }

    private func isWritten(_ id: RefundID) throws -> Bool {
        try first("SELECT 1 FROM refunds WHERE id = \(id)", { _ in true }) ?? false
    }

    package func finish(_ refund: PendingRefund, stripeRefundID: String) throws {
        try execute(
            "UPDATE refunds SET stripe_refund_id = \(stripeRefundID) WHERE id = \(refund.id)")
    }

    package func fail(_ refund: PendingRefund, problem: String) throws {
        try execute(
            """
            UPDATE refunds SET problem = \(String(problem.prefix(500))) WHERE id = \(refund.id)
            """)
    }

    /// Refunds whose answer was lost, while Stripe still knows their key (24 hours).
    package func unfinishedRefunds() throws -> [PendingRefund] {
        try query(
            """
            SELECT refunds.id, purchase_id, payment_intent, amount_micros
            FROM refunds
            JOIN purchases ON purchases.id = refunds.purchase_id
            WHERE stripe_refund_id IS NULL AND refunds.problem IS NULL
                AND refunds.created_at BETWEEN UTC_TIMESTAMP(6) - INTERVAL 23 HOUR
                    AND UTC_TIMESTAMP(6) - INTERVAL 60 SECOND
            """
        ) { row in
            try PendingRefund(
                id: row("id"), purchaseID: row("purchase_id"),
                paymentIntent: row("payment_intent"), amount: row("amount_micros"))
        }
    }
}
