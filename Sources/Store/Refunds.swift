package import Domain
import Ledger
package import MariaDB
import Texts

package enum RefundKind {}
package typealias RefundID = ID<RefundKind>

/// Money that is to be sent back, as Stripe is asked for it.
package struct PendingRefund: Sendable {
    package let id: RefundID
    package let purchaseID: PurchaseID
    package let paymentIntent: String
    package let amount: Money
    /// Whether Stripe may take the refund's key for a new one: it keeps keys for 24 hours.
    package let isKeyForgotten: Bool
    /// Whether Stripe has made it.
    package let isFinished: Bool
    /// Why it was not made, or did not arrive.
    package let problem: String?
}

extension Connection {
    /// Writes a refund down before Stripe is asked. Throws ``Conflict`` when the purchase is not paid,
    /// when the books of its account are wrong (A3), or when `amount` is more than what is not
    /// spent of it; nil is all of that. The same `id` again
    /// is the same refund, and so is the same key of the operator's.
    package func beginRefund(
        _ id: RefundID, of purchase: PurchaseID, amount: Money?, by actor: Operator
    ) throws -> PendingRefund {
        guard let paid = try self.purchase(purchase) else { throw NotFound() }
        return try withWallet(of: paid.accountID) { wallet in
            try wallet.lapse()
            // A COMMIT whose answer was lost ran again.
            if let written = try refunds("refunds.id = \(id)").first { return written }
            let before = try claim(
                "purchase.refund", "\(purchase)", arguments: amount.map { "\($0)" } ?? "all",
                result: "\(id)", by: actor)
            if let before {
                guard let written = try refunds("refunds.id = \(before)").first else {
                    throw NotFound()
                }
                return written
            }
            do {
                try checkFindings(about: paid.accountID)
            } catch is AccountHeld {
                throw Conflict(.purchaseOfHeldAccount)
            } catch is IntakeStopped {
                // A person sends it, and its account is not the one that is wrong.
            }
            guard let refundable = try lockRefundable(of: paid) else {
                throw Conflict(.purchaseNotPaid)
            }
            let wanted = amount ?? refundable.most
            guard wanted > .zero, wanted <= refundable.most, wanted.cents != nil else {
                throw Conflict(.purchaseRefundable, ["amount": .money(max(refundable.most, .zero))])
            }
            try requireLeft(of: actor, for: wanted)
            try execute(
                """
                INSERT INTO refunds
                    (id, purchase_id, amount_micros, reason, requested_by, created_at)
                VALUES (\(id), \(purchase), \(wanted), \(actor.reason), \(actor.userID),
                    UTC_TIMESTAMP(6))
                """)
            try log("purchase.refund", "\(purchase)", detail: "\(wanted)", by: actor)
            return PendingRefund(
                id: id, purchaseID: purchase, paymentIntent: refundable.intent, amount: wanted,
                isKeyForgotten: false, isFinished: false, problem: nil)
        }
    }

    /// Throws ``Conflict`` when it is more than is left of what the operator may send back within 24
    /// hours: whatever became of what they sent, unless it was not made.
    private func requireLeft(of actor: Operator, for amount: Money) throws {
        guard let limit = actor.refundLimit, let user = actor.userID else { return }
        // One refund of theirs after the other, or two at once would have the same rest.
        _ = try first("SELECT 1 FROM users WHERE id = \(user) FOR UPDATE") { _ in true }
        let sent =
            try first(
                """
                SELECT COALESCE(SUM(amount_micros), 0) AS sent_micros
                FROM refunds
                WHERE requested_by = \(user) AND created_at > UTC_TIMESTAMP(6) - INTERVAL 24 HOUR
                    AND (stripe_refund_id IS NOT NULL OR problem IS NULL)
                """
            ) { row in try row("sent_micros") as Money } ?? .zero
        guard sent + amount <= limit else {
            throw Conflict(
                .refundAboveLimit,
                ["amount": .money(limit), "left": .money(max(limit - sent, .zero))])
        }
    }

    /// Locks a paid purchase. The most of its money that can go back is what the credit is worth that
    /// is not spent or was taken with money before, without the money that went back, was lost to
    /// the bank or is on its way; nil when the purchase is not paid.
    private func lockRefundable(of purchase: Purchase) throws -> (intent: String, most: Money)? {
        try first(
            """
            SELECT payment_intent, clawback_micros + pending_micros
                    + (SELECT COALESCE(SUM(remaining_micros), 0)
                       FROM credit_lots
                       WHERE purchase_id = purchases.id) AS credit_micros,
                refunded_micros
                    + (SELECT COALESCE(SUM(amount_micros), 0)
                       FROM disputes
                       WHERE purchase_id = purchases.id AND standing = 'lost')
                    + (SELECT COALESCE(SUM(amount_micros), 0)
                       FROM refunds
                       WHERE purchase_id = purchases.id AND stripe_refund_id IS NULL
                           AND problem IS NULL) AS gone_micros
            FROM purchases
            WHERE id = \(purchase.id) AND paid_at IS NOT NULL
            FOR UPDATE
            """
        ) { row in
            let gone: Money = try row("gone_micros")
            return (
                intent: try row("payment_intent"),
                most: purchase.money(for: try row("credit_micros")) - gone
            )
        }
    }

    package func finish(_ refund: PendingRefund, stripeRefundID: String) throws {
        try execute(
            "UPDATE refunds SET stripe_refund_id = \(stripeRefundID) WHERE id = \(refund.id)")
    }

    /// Notes that a refund was not made, or did not arrive, in words for the operator.
    package func fail(_ refund: RefundID, problem: String) throws {
        try execute(
            """
            UPDATE refunds
            SET problem = \(problem.cut(to: 500))
            WHERE id = \(refund)
            """)
    }

    /// The refund that an operator has sent and that Stripe gave this id; nil when nobody has.
    package func refund(stripeID: String) throws -> RefundID? {
        try first("SELECT id FROM refunds WHERE stripe_refund_id = \(stripeID)") { row in
            try row("id")
        }
    }

    /// Takes refunds whose answer was lost, a minute ago or longer: those first that were tried
    /// longest ago, so that all have their turn.
    package func takeUnfinishedRefunds(limit: Int) throws -> [PendingRefund] {
        try transaction {
            let due = try refunds(
                """
                stripe_refund_id IS NULL AND refunds.problem IS NULL
                    AND refunds.created_at < UTC_TIMESTAMP(6) - INTERVAL 60 SECOND
                """, order: "refunds.tried_at, refunds.id LIMIT \(limit)")
            for refund in due {
                try execute(
                    "UPDATE refunds SET tried_at = UTC_TIMESTAMP(6) WHERE id = \(refund.id)")
            }
            return due
        }
    }

    private func refunds(
        _ condition: SQL, order: SQL = "refunds.id"
    ) throws -> [PendingRefund] {
        try query(
            """
            SELECT refunds.id, purchase_id, payment_intent, amount_micros,
                stripe_refund_id IS NOT NULL AS is_finished, refunds.problem,
                refunds.created_at < UTC_TIMESTAMP(6) - INTERVAL 23 HOUR AS is_key_forgotten
            FROM refunds
            JOIN purchases ON purchases.id = refunds.purchase_id
            WHERE \(sql: condition)
            ORDER BY \(sql: order)
            """
        ) { row in
            try PendingRefund(
                id: row("id"), purchaseID: row("purchase_id"),
                paymentIntent: row("payment_intent"), amount: row("amount_micros"),
                isKeyForgotten: row("is_key_forgotten"), isFinished: row("is_finished"),
                problem: row("problem"))
        }
    }
}
