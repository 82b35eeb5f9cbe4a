package import Domain
package import Ledger
package import MariaDB
import Texts

extension Connection {
    /// Makes all of an account that follows from the ledger anew: its wallet, its lots, what its
    /// purchases and jobs have of it, ends of jobs that were not posted, and the sum of the lines
    /// that its users read, by a line for the difference (A4). No entry is changed.
    ///
    /// Throws ``NotFound``, and ``Conflict`` when the ledger itself says what cannot be.
    package func rebuild(
        _ account: AccountID, rebuild: ID<Violation> = .new(), by actor: Operator,
        isRehearsal: Bool = false
    ) throws -> CommandReport {
        try repair(
            "ledger.rebuild", "\(account)", of: account, result: "rebuild:\(rebuild)", by: actor,
            isRehearsal: isRehearsal
        ) { wallet in
            let jobs = try rebuildJobs(of: account)
            return try jobs.changes
                + wallet.rebuild(posting: jobs.ends, opKey: "rebuild:\(rebuild)")
        }
    }

    /// Gives credit from the adjustments, or takes credit that was given and is not spent (A4).
    ///
    /// - Parameter amount: below zero, it is taken. Throws ``Conflict`` when there is less.
    package func adjust(
        _ amount: Money, of account: AccountID, policy: CreditPolicy,
        adjustment: ID<CreditLot> = .new(), by actor: Operator, isRehearsal: Bool = false
    ) throws -> CommandReport {
        let opKey = "adjust:\(adjustment)"
        return try repair(
            "ledger.adjust", "\(account)", of: account, arguments: "\(amount)",
            amount: amount < .zero ? -amount : amount, result: opKey, by: actor,
            isRehearsal: isRehearsal
        ) { wallet in
            try wallet.adjust(amount, policy: policy, opKey: opKey, reason: actor.reason)
            return []
        }
    }

    /// Takes an effect back that should not be in the ledger, by the opposite of each of its legs
    /// (L2), and brings the caches in line. Throws ``Conflict`` when the account has no such effect,
    /// or when it was taken back already.
    package func reverse(
        _ wrong: String, of account: AccountID, by actor: Operator, isRehearsal: Bool = false
    ) throws -> CommandReport {
        guard let effect = try effect(wrong, of: account) else {
            throw Conflict(.effectMissing, ["effect": .text(wrong)])
        }
        return try repair(
            "ledger.reverse", "\(account)", of: account, arguments: wrong, amount: effect.total,
            result: "reverse:\(wrong)", by: actor, isRehearsal: isRehearsal
        ) { wallet in try wallet.takeBack(effect, reason: actor.reason) }
    }

    /// Takes credit back that was given and is not spent, the latest first, with the reason that
    /// its users read (A4). The same `take` twice takes it once.
    ///
    /// Throws ``Conflict`` and takes nothing when less than `amount` is left of what was given:
    /// bought credit goes back with its money alone.
    @discardableResult
    package func takeCredit(
        _ amount: Money, from account: AccountID, reason: String, take: ID<CreditLot>,
        by actor: Operator, isRehearsal: Bool = false
    ) throws -> CommandReport {
        let opKey = "take:\(take)"
        return try repair(
            "credit.take", "\(account)", of: account, arguments: "\(amount)", amount: amount,
            result: opKey, by: actor, isRehearsal: isRehearsal
        ) { wallet in
            guard try !isPosted(opKey) else { return [] }
            try wallet.take(amount, opKey: opKey, reason: reason)
            return []
        }
    }

    /// Forgives a debt, or a part of it (A4, L9). Throws ``Conflict`` when less is owed.
    ///
    /// - Parameter amount: all of it when nil.
    package func waive(
        _ amount: Money?, of account: AccountID, waiver: ID<CreditLot> = .new(), by actor: Operator,
        isRehearsal: Bool = false
    ) throws -> CommandReport {
        let opKey = "waive:\(waiver)"
        let owed = try debt(of: account)
        return try repair(
            "debt.waive", "\(account)", of: account, arguments: amount.map { "\($0)" } ?? "all",
            amount: amount ?? owed, result: opKey, by: actor, isRehearsal: isRehearsal
        ) { wallet in
            try wallet.waive(amount, opKey: opKey)
            return []
        }
    }

    // MARK: Purchases that do not fit

    /// Credits a purchase as it was ordered, by a person's word, although its payment does not fit
    /// it; or posts again what of its credit the ledger lacks (A4).
    ///
    /// - Parameter paymentIntent: of the payment that Stripe says is paid.
    package func creditByHand(
        _ id: PurchaseID, paymentIntent: String, policy: CreditPolicy, by actor: Operator,
        isRehearsal: Bool = false
    ) throws -> CommandReport {
        guard let purchase = try purchase(id) else { throw NotFound() }
        return try repair(
            "purchase.credit", "\(id)", of: purchase.accountID,
            amount: purchase.credits + purchase.bonus,
            result: "stripe:credit:\(paymentIntent)", by: actor, isRehearsal: isRehearsal
        ) { wallet in
            let locked = try lockPurchase(id)
            guard locked.paidAt == nil else {
                return try wallet.creditAgain(
                    locked, paymentIntent: paymentIntent, policy: policy)
            }
            try credit(locked, paymentIntent: paymentIntent, to: &wallet, policy: policy)
            return ["\(locked.credits + locked.bonus) of credit for \(locked.price)"]
        }
    }

    /// Closes a purchase whose payment does not fit it: nothing is credited, and Stripe is asked
    /// about it no more (A4). Also one that is called paid, and brought nothing. What was paid all
    /// the same goes back at Stripe.
    package func closePurchase(
        _ id: PurchaseID, by actor: Operator, isRehearsal: Bool = false
    ) throws -> CommandReport {
        guard let purchase = try purchase(id) else { throw NotFound() }
        return try repair(
            "purchase.close", "\(id)", of: purchase.accountID, result: "", by: actor,
            isRehearsal: isRehearsal
        ) { _ in
            let changed = try execute(
                """
                UPDATE purchases
                SET state = IF(paid_at IS NULL AND state = 'expired', state, 'failed'),
                    paid_at = NULL, payment_intent = IF(paid_at IS NULL, payment_intent, NULL),
                    next_check_at = NULL, closed_at = UTC_TIMESTAMP(6)
                WHERE id = \(id) AND (paid_at IS NULL OR NOT EXISTS (
                    SELECT 1
                    FROM ledger_entries
                    WHERE purchase_id = \(id) AND kind IN ('credit', 'bonus')))
                """)
            guard changed == 1 else {
                throw Conflict(.purchaseCreditedNeedsRefund)
            }
            return ["purchase \(id): closed, nothing is credited"]
        }
    }

    package func paymentIntent(of purchase: PurchaseID) throws -> String? {
        try first("SELECT payment_intent FROM purchases WHERE id = \(purchase)") { row in
            try row("payment_intent") as String?
        } ?? nil
    }

    /// Applies a reading of a paid purchase's way back by an operator's hand.
    package func apply(
        _ reversal: PaymentReversal, to purchase: Purchase, readAt: Int, refundGrace: Duration,
        by actor: Operator, isRehearsal: Bool
    ) throws -> CommandReport {
        try repair(
            "purchase.refresh", "\(purchase.id)", of: purchase.accountID, result: "", by: actor,
            isRehearsal: isRehearsal
        ) { wallet in
            let state = try wallet.apply(
                reversal, to: purchase.id, readAt: readAt, refundGrace: refundGrace
            ).state
            return ["purchase \(purchase.id): \(state.rawValue)"]
        }
    }
}
