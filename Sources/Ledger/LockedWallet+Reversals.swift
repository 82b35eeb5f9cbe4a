package import Domain
package import MariaDB

/// The purchase's reversals have changed since Stripe was read: read again.
package struct StaleReading: Error, Equatable {}

/// A purchase and what went back of it, as it stands while its row is locked.
private struct LockedPurchase {
    let purchase: Purchase
    let refunded: Money
    let reversed: Reversed
    let reversals: Int
}

extension Connection {
    /// How often reversals of the purchase were applied: to be read before Stripe is, so that an
    /// older reading never undoes a newer one.
    package func reversals(of purchase: PurchaseID) throws -> Int {
        try first("SELECT reversals FROM purchases WHERE id = \(purchase)") { row in
            try row("reversals")
        } ?? 0
    }

    /// Brings a purchase's credit in line with what went back of its money, as
    /// ``LockedWallet/apply(_:to:readAt:refundGrace:)`` does.
    package func apply(
        _ reversal: PaymentReversal, to id: PurchaseID, readAt: Int, refundGrace: Duration
    ) throws -> Purchase {
        guard let purchase = try purchase(id) else { throw NotFound() }
        return try withWallet(of: purchase.accountID) { wallet in
            try wallet.apply(reversal, to: id, readAt: readAt, refundGrace: refundGrace)
        }
    }

    /// The lots of a purchase, locked.
    func lockLots(of purchase: PurchaseID) throws -> [Lot] {
        try query(
            """
            SELECT id, source, granted_micros, remaining_micros, held_micros, spent_micros,
                expired_micros, clawed_back_micros, taken_micros
            FROM credit_lots FORCE INDEX (idx_purchase)
            WHERE purchase_id = \(purchase)
            ORDER BY id
            FOR UPDATE
            """
        ) { row in try Lot(id: row("id"), source: row("source"), parts: LotParts(row: row)) }
    }
}

extension LockedWallet {
    /// Brings a purchase's credit in line with what went back of its money (P3 to P5), as
    /// ``Domain/ReversalPlan`` has it. Throws ``StaleReading`` when `readAt` is not
    /// ``MariaDB/Connection/reversals(of:)`` any more.
    ///
    /// - Parameter refundGrace: how long credit can be spent, at least, that lapsed while a dispute
    ///   froze it and that comes back.
    package mutating func apply(
        _ reversal: PaymentReversal, to id: PurchaseID, readAt: Int, refundGrace: Duration
    ) throws -> Purchase {
        try lapse()
        let lots = try database.lockLots(of: id)
        let locked = try lock(id)
        let purchase = locked.purchase
        guard locked.reversals == readAt else { throw StaleReading() }
        guard purchase.paidAt != nil else { return purchase }

        if let dispute = reversal.dispute { try write(dispute, of: id) }
        let disputes = try disputes(of: id)
        let refunded = min(reversal.refunded ?? locked.refunded, purchase.price)
        let lost = disputes.filter { $0.standing == .lost }.map(\.amount).reduce(.zero, +)
        let plan = ReversalPlan(
            lots: lots, reversed: locked.reversed,
            due: purchase.credit(for: min(refunded + lost, purchase.price)),
            isDisputed: disputes.contains { $0.standing == .open }, debt: balances.shortfall)
        try carryOut(
            plan, of: id, opKey: freshKey(reversal.cause, locked.reversals), grace: refundGrace)
        let state: Purchase.State =
            plan.reversed.isFrozen || lost > .zero
            ? .disputed : refunded >= purchase.price ? .refunded : .paid
        try write(plan.reversed, refunded: refunded, state, of: id)
        try issueNote(
            of: id, refundedBefore: locked.refunded, now: refunded,
            opKey: "note:\(id):\(locked.reversals + 1)")
        return try database.purchase(id) ?? purchase
    }

    private mutating func carryOut(
        _ plan: ReversalPlan, of purchase: PurchaseID, opKey: String, grace: Duration
    ) throws {
        for (step, transfers) in plan.steps {
            switch step {
            case .thaw(let isOver): try thaw(purchase, grace: isOver ? grace : nil)
            case .freeze: try freeze(purchase)
            case .claw, .giveBack: break
            }
            try perform(
                transfers, opKey: opKey + step.suffix, about: Subject(purchase: purchase),
                line: step.line)
        }
        // The debt of this purchase was paid from another: that credit comes back. What was
        // forgiven instead was never the account's.
        guard plan.settled > .zero else { return }
        let repaid = min(plan.settled, try repayable())
        if repaid > .zero { try addRepayment(repaid, purchase, opKey: "\(opKey):repaid") }
        if plan.settled > repaid {
            try cancelWaiver(plan.settled - repaid, purchase, opKey: "\(opKey):waived")
        }
    }

    /// The cause itself, or with a number where it had an effect before.
    private func freshKey(_ cause: String, _ reversals: Int) throws -> String {
        let isUsed =
            try database.first(
                """
                SELECT 1
                FROM ledger_entries
                WHERE op_key IN (\(cause), \("\(cause):freeze"), \("\(cause):unfreeze"),
                    \("\(cause):repaid"), \("\(cause):waived"))
                LIMIT 1
                """, { _ in true }) ?? false
        return isUsed ? "\(cause):\(reversals + 1)" : cause
    }

    // MARK: Rows

    private func lock(_ id: PurchaseID) throws -> LockedPurchase {
        let locked = try database.first(
            """
            SELECT \(sql: Purchase.columns), refunded_micros, clawback_micros, pending_micros,
                owed_micros, is_frozen, reversals
            FROM purchases
            WHERE id = \(id)
            FOR UPDATE
            """
        ) { row in
            try LockedPurchase(
                purchase: Purchase(row: row), refunded: row("refunded_micros"),
                reversed: Reversed(
                    clawback: row("clawback_micros"), pending: row("pending_micros"),
                    owed: row("owed_micros"), isFrozen: row("is_frozen")),
                reversals: row("reversals"))
        }
        guard let locked else { throw NotFound() }
        return locked
    }

    private func write(
        _ reversed: Reversed, refunded: Money, _ state: Purchase.State, of id: PurchaseID
    ) throws {
        try database.execute(
            """
            UPDATE purchases
            SET state = \(state), refunded_micros = \(refunded), is_frozen = \(reversed.isFrozen),
                clawback_micros = \(reversed.clawback), pending_micros = \(reversed.pending),
                owed_micros = \(reversed.owed), reversals = reversals + 1
            WHERE id = \(id)
            """)
    }

    private func write(_ dispute: PaymentDispute, of purchase: PurchaseID) throws {
        try database.execute(
            """
            INSERT INTO disputes (id, purchase_id, amount_micros, standing, reason, due_at,
                submissions, created_at, changed_at)
            VALUES (\(dispute.id), \(purchase), \(dispute.amount), \(dispute.standing),
                \(dispute.answer.reason?.cut(to: 64)), \(dispute.answer.dueAt),
                \(dispute.answer.submissions), UTC_TIMESTAMP(6), UTC_TIMESTAMP(6))
            ON DUPLICATE KEY UPDATE amount_micros = VALUES(amount_micros),
                standing = VALUES(standing), reason = VALUES(reason), due_at = VALUES(due_at),
                submissions = VALUES(submissions), changed_at = VALUES(changed_at)
            """)
    }

    private func disputes(of purchase: PurchaseID) throws -> [PaymentDispute] {
        try database.query(
            """
            SELECT id, amount_micros, standing
            FROM disputes
            WHERE purchase_id = \(purchase)
            """
        ) { row in
            try PaymentDispute(
                id: row("id"), amount: row("amount_micros"), standing: row("standing"))
        }
    }

    private func freeze(_ purchase: PurchaseID) throws {
        try database.execute(
            """
            UPDATE credit_lots
            SET frozen_at = UTC_TIMESTAMP(6)
            WHERE purchase_id = \(purchase) AND frozen_at IS NULL
            """)
    }

    /// - Parameter grace: how long what lapsed meanwhile can be spent: its owner could not spend it
    ///   in its time, and would lose it at once (C5). Nil where it is frozen again at once.
    private func thaw(_ purchase: PurchaseID, grace: Duration?) throws {
        if let grace {
            try database.execute(
                """
                UPDATE credit_lots
                SET expires_at = UTC_TIMESTAMP(6) + INTERVAL \(grace.microseconds) MICROSECOND
                WHERE purchase_id = \(purchase) AND frozen_at IS NOT NULL
                    AND remaining_micros > 0 AND expires_at <= UTC_TIMESTAMP(6)
                """)
        }
        try database.execute(
            "UPDATE credit_lots SET frozen_at = NULL WHERE purchase_id = \(purchase)")
    }

    // MARK: A debt that was paid, or forgiven

    /// What purchases have paid of the account's debts and was not given back.
    private func repayable() throws -> Money {
        try database.first(
            """
            SELECT COALESCE(SUM(amount_micros * ((kind = 'shortfall')
                - (kind = 'adjust' AND debit_account = 'adjustments'
                    AND credit_account = 'available' AND purchase_id IS NOT NULL))), 0) AS amount
            FROM ledger_entries
            WHERE account_id = \(account)
            """
        ) { row in max(.zero, try row("amount") as Money) } ?? .zero
    }

    /// Cancels a debt that was forgiven: the loss was none.
    private mutating func cancelWaiver(
        _ amount: Money, _ purchase: PurchaseID, opKey: String
    ) throws {
        let waived = try database.first(
            """
            SELECT COALESCE(SUM(amount_micros * (op_key LIKE 'waive:%')
                - amount_micros * (op_key LIKE 'stripe:%:waived')), 0) AS amount
            FROM ledger_entries
            WHERE account_id = \(account)
            """
        ) { row in try row("amount") as Money }
        guard let waived, amount <= waived else {
            throw BooksDisagree("nobody paid or forgave a debt of \(account)")
        }
        try perform(
            [.giveBack(amount, to: .adjustments)], opKey: opKey,
            about: Subject(purchase: purchase), line: nil)
    }

    /// Cancels a debt that was paid, which leaves the account what had paid it: a lot that lasts as
    /// long as the credit of that payment would have.
    private mutating func addRepayment(
        _ amount: Money, _ purchase: PurchaseID, opKey: String
    ) throws {
        let lot: LotID = newID()
        let made = try database.execute(
            """
            INSERT INTO credit_lots
                (id, account_id, source, granted_micros, remaining_micros, created_at,
                 original_expires_at, expires_at)
            SELECT \(lot), account_id, 'grant', \(amount), \(amount), UTC_TIMESTAMP(6),
                MAX(original_expires_at), MAX(original_expires_at)
            FROM credit_lots
            WHERE account_id = \(account) AND id IN (
                SELECT lot_id
                FROM ledger_entries
                WHERE account_id = \(account) AND kind = 'shortfall' AND credit_account = 'shortfall')
            GROUP BY account_id
            """)
        guard made == 1 else { throw BooksDisagree("no purchase paid a debt of \(account)") }
        // By way of the adjustments: nothing was ever taken back from the new lot.
        try perform(
            [
                .giveBack(amount, to: .adjustments),
                LotOrigin.adjustment.transfer(amount, to: lot),
            ], opKey: opKey, about: Subject(purchase: purchase), line: .debtReturned)
    }
}
