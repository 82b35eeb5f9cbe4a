package import Domain
import FoundationEssentials
package import MariaDB
import Texts

/// The order's reversals have changed since Stripe was read: read again.
package struct StaleReading: Error, Equatable {}

/// An order's reversals, as they stand while its row is locked.
private struct LockedOrder {
    let purchase: Purchase
    let refunded: Money
    let clawback: Money
    let pending: Money
    let owed: Money
    let isFrozen: Bool
    let reversals: Int

    var total: Money { purchase.credits + purchase.bonus }
}

/// A lot of the order, as it stands while it is locked.
private struct OrderLot {
    let id: LotID
    var remaining: Money
    let held: Money
    var expired: Money
    var clawedBack: Money
}

extension PaymentDispute.Standing: SQLConvertible {}

extension Connection {
    package func purchase(paymentIntent: String) throws -> Purchase? {
        try first(
            """
            SELECT \(sql: Purchase.columns)
            FROM purchases
            WHERE payment_intent = \(paymentIntent)
            """, Purchase.init(row:))
    }

    /// How often reversals of the order were applied: to be read before Stripe is, so that an
    /// older reading never undoes a newer one.
    package func reversals(of purchase: PurchaseID) throws -> Int {
        try first("SELECT reversals FROM purchases WHERE id = \(purchase)") { row in
            try row("reversals")
        } ?? 0
    }

    /// Brings an order's credit in line with what went back of its money (P3 to P5).
    ///
    /// Works towards a state, not by events: the credit that should be gone follows from the
    /// running total of refunds and the disputes lost; the difference to what is gone already is
    /// taken, or given back. So the same reading twice, and any order of readings, ends alike.
    /// Throws ``StaleReading`` when `readAt` is not ``reversals(of:)`` any more.
    ///
    /// - Parameter refundGrace: how long credit can be spent, at least, that lapsed while a dispute
    ///   froze it and that comes back.
    package func apply(
        _ reversal: PaymentReversal, to id: PurchaseID, readAt: Int, refundGrace: Duration
    ) throws -> Purchase {
        try transaction {
            guard let owner = try purchase(id)?.userID else { throw NotFound() }
            _ = try lockWallet(of: owner)
            var lots = try lockLots(of: id)
            let order = try lockOrder(id)
            guard order.reversals == readAt else { throw StaleReading() }
            guard order.purchase.paidAt != nil else { return order.purchase }

            if let dispute = reversal.dispute { try write(dispute, of: id) }
            let standings = try disputes(of: id)
            let refunded = min(reversal.refunded ?? order.refunded, order.purchase.price)
            let lost = standings.filter { $0.standing == .lost }.map(\.amount)
                .reduce(.zero, +)
            let isOpen = standings.contains { $0.standing == .open }
            let due = order.purchase.credit(for: min(refunded + lost, order.purchase.price))
            let difference = due - order.clawback - order.pending

            let key = try freshKey(reversal.cause, order.reversals)
            if order.isFrozen, difference != .zero || !isOpen {
                try thaw(
                    lots, order, grace: isOpen ? nil : refundGrace, opKey: "\(key):unfreeze")
            }
            var change = OrderChange()
            if difference > .zero {
                change = try claw(difference, from: &lots, order, opKey: key)
            } else if difference < .zero {
                change = try reinstate(-difference, to: &lots, order, opKey: key)
            }
            if isOpen, !order.isFrozen || difference != .zero {
                try freeze(lots, order, opKey: "\(key):freeze")
            }
            let state: Purchase.State =
                isOpen || lost > .zero
                ? .disputed : refunded >= order.purchase.price ? .refunded : .paid
            try execute(
                """
                UPDATE purchases
                SET state = \(state), refunded_micros = \(refunded), is_frozen = \(isOpen),
                    clawback_micros = clawback_micros + \(change.clawback),
                    pending_micros = pending_micros + \(change.pending),
                    owed_micros = owed_micros + \(change.owed), reversals = reversals + 1
                WHERE id = \(id)
                """)
            return try purchase(id) ?? order.purchase
        }
    }

    private struct OrderChange {
        var clawback = Money.zero
        var pending = Money.zero
        var owed = Money.zero
    }

    private func lockLots(of purchase: PurchaseID) throws -> [OrderLot] {
        try query(
            """
            SELECT id, remaining_micros, held_micros, expired_micros, clawed_back_micros
            FROM credit_lots FORCE INDEX (idx_purchase)
            WHERE purchase_id = \(purchase)
            ORDER BY id
            FOR UPDATE
            """
        ) { row in
            try OrderLot(
                id: row("id"), remaining: row("remaining_micros"), held: row("held_micros"),
                expired: row("expired_micros"), clawedBack: row("clawed_back_micros"))
        }
    }

    private func lockOrder(_ id: PurchaseID) throws -> LockedOrder {
        let order = try first(
            """
            SELECT \(sql: Purchase.columns), refunded_micros, clawback_micros, pending_micros,
                owed_micros, is_frozen, reversals
            FROM purchases
            WHERE id = \(id)
            FOR UPDATE
            """
        ) { row in
            try LockedOrder(
                purchase: Purchase(row: row), refunded: row("refunded_micros"),
                clawback: row("clawback_micros"), pending: row("pending_micros"),
                owed: row("owed_micros"), isFrozen: row("is_frozen"), reversals: row("reversals"))
        }
        guard let order else { throw NotFound() }
        return order
    }

    private func write(_ dispute: PaymentDispute, of purchase: PurchaseID) throws {
        try execute(
            """
            INSERT INTO disputes (id, purchase_id, amount_micros, standing, created_at, changed_at)
            VALUES (\(dispute.id), \(purchase), \(dispute.amount), \(dispute.standing),
                UTC_TIMESTAMP(6), UTC_TIMESTAMP(6))
            ON DUPLICATE KEY UPDATE amount_micros = VALUES(amount_micros),
                standing = VALUES(standing), changed_at = VALUES(changed_at)
            """)
    }

    private func disputes(of purchase: PurchaseID) throws -> [PaymentDispute] {
        try query(
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

    /// The cause itself, or with a number where it had an effect before.
    private func freshKey(_ cause: String, _ reversals: Int) throws -> String {
        let isUsed =
            try first(
                """
                SELECT 1
                FROM ledger_entries
                WHERE op_key IN (\(cause), \("\(cause):freeze"), \("\(cause):unfreeze"),
                    \("\(cause):repaid"), \("\(cause):waived"))
                LIMIT 1
                """, { _ in true }) ?? false
        return isUsed ? "\(cause):\(reversals + 1)" : cause
    }
}

// MARK: - Taking and giving back

extension Connection {
    /// Takes credit of the order: what is left, then what had lapsed; what open jobs hold is
    /// taken when they end (P5), and what is spent becomes a debt (L9).
    private func claw(
        _ amount: Money, from lots: inout [OrderLot], _ order: LockedOrder, opKey: String
    ) throws -> OrderChange {
        let user = order.purchase.userID
        var missing = amount
        var taken = Money.zero
        var transfers: [Transfer] = []
        for index in lots.indices {
            let part = min(lots[index].remaining, missing)
            guard part > .zero else { continue }
            lots[index].remaining -= part
            lots[index].clawedBack += part
            missing -= part
            taken += part
            try shift(lots[index].id, remaining: -part, clawedBack: part)
            transfers.append(.claw(part, from: .available, lots[index].id))
        }
        for index in lots.indices {
            let part = min(lots[index].expired, missing)
            guard part > .zero else { continue }
            lots[index].expired -= part
            lots[index].clawedBack += part
            missing -= part
            try shift(lots[index].id, expired: -part, clawedBack: part)
            transfers.append(.claw(part, from: .breakage, lots[index].id))
        }
        let held = lots.map(\.held).reduce(.zero, +)
        let pending = min(max(held - order.pending, .zero), missing)
        let owed = missing - pending
        if owed > .zero { transfers.append(.claw(owed, from: .shortfall, nil)) }
        try move(available: -taken, shortfall: owed, of: user)
        try post(transfers, opKey: opKey, user: user, subject: order.subject)
        if taken > .zero {
            try record(
                .clawback, -taken, Phrase(.lineClawedBack).text(), opKey: opKey, user: user,
                subject: order.subject)
        }
        return OrderChange(clawback: amount - pending, pending: pending, owed: owed)
    }

    /// Gives credit of the order back, because a refund failed or a lost dispute was decided
    /// anew: first what is only pending, then the debt, then the lots.
    private func reinstate(
        _ amount: Money, to lots: inout [OrderLot], _ order: LockedOrder, opKey: String
    ) throws -> OrderChange {
        let user = order.purchase.userID
        let pending = min(order.pending, amount)
        var missing = amount - pending
        let clawback = missing
        let debt =
            try first(
                "SELECT shortfall_micros FROM wallets WHERE user_id = \(user)"
            ) { row in try row("shortfall_micros") as Money } ?? .zero
        var transfers: [Transfer] = []

        let forgiven = min(order.owed, debt, missing)
        if forgiven > .zero {
            transfers.append(.giveBack(forgiven, to: .shortfall, nil))
            missing -= forgiven
        }
        var given = Money.zero
        for index in lots.indices {
            let part = min(lots[index].clawedBack, missing)
            guard part > .zero else { continue }
            lots[index].clawedBack -= part
            lots[index].remaining += part
            missing -= part
            given += part
            try shift(lots[index].id, remaining: part, clawedBack: -part)
            transfers.append(.giveBack(part, to: .available, lots[index].id))
        }
        try move(available: given, shortfall: -forgiven, of: user)
        try post(transfers, opKey: opKey, user: user, subject: order.subject)
        if given > .zero {
            try record(
                .reinstatement, given, Phrase(.lineGivenBack).text(), opKey: opKey, user: user,
                subject: order.subject)
        }
        // The debt of this order was paid from another purchase: that credit comes back. What was
        // forgiven instead was never the user's.
        let repaid = min(missing, try repayable(user))
        if repaid > .zero { try addRepayment(repaid, order, opKey: "\(opKey):repaid") }
        if missing > repaid {
            try cancelWaiver(missing - repaid, order, opKey: "\(opKey):waived")
        }
        return OrderChange(
            clawback: -clawback, pending: -pending, owed: -min(order.owed, forgiven + missing))
    }

    /// What purchases have paid of the user's debts and was not given back.
    private func repayable(_ user: UserID) throws -> Money {
        try first(
            """
            SELECT COALESCE(SUM(amount_micros * ((kind = 'shortfall')
                - (kind = 'adjust' AND debit_account = 'adjustments'
                    AND credit_account = 'available' AND purchase_id IS NOT NULL))), 0) AS amount
            FROM ledger_entries
            WHERE user_id = \(user)
            """
        ) { row in max(.zero, try row("amount") as Money) } ?? .zero
    }

    /// Cancels a debt that was forgiven: the loss was none.
    private func cancelWaiver(_ amount: Money, _ order: LockedOrder, opKey: String) throws {
        let user = order.purchase.userID
        let waived = try first(
            """
            SELECT COALESCE(SUM(amount_micros * (op_key LIKE 'waive:%')
                - amount_micros * (op_key LIKE 'stripe:%:waived')), 0) AS amount
            FROM ledger_entries
            WHERE user_id = \(user)
            """
        ) { row in try row("amount") as Money }
        guard let waived, amount <= waived else {
            throw BooksDisagree("nobody paid or forgave a debt of \(user)")
        }
        try post(
            [.giveBack(amount, to: .adjustments, nil)], opKey: opKey, user: user,
            subject: order.subject)
    }

    /// Cancels a debt that was paid, which leaves the user what had paid it: a lot that lasts as
    /// long as the credit of that payment would have.
    private func addRepayment(_ amount: Money, _ order: LockedOrder, opKey: String) throws {
        let user = order.purchase.userID
        let lot = LotID.new()
        let made = try execute(
            """
            INSERT INTO credit_lots
                (id, user_id, source, granted_micros, remaining_micros, created_at,
                 original_expires_at, expires_at)
            SELECT \(lot), user_id, 'grant', \(amount), \(amount), UTC_TIMESTAMP(6),
                MAX(original_expires_at), MAX(original_expires_at)
            FROM credit_lots
            WHERE user_id = \(user) AND id IN (
                SELECT lot_id
                FROM ledger_entries
                WHERE user_id = \(user) AND kind = 'shortfall' AND credit_account = 'shortfall')
            GROUP BY user_id
            """)
        guard made == 1 else { throw BooksDisagree("no purchase paid a debt of \(user)") }
        try move(available: amount, of: user)
        // By way of the adjustments: nothing was ever taken back from the new lot.
        try post(
            [
                .giveBack(amount, to: .adjustments, nil),
                Transfer(
                    kind: .adjust, debit: .adjustments, credit: .available, amount: amount,
                    lot: lot),
            ], opKey: opKey, user: user, subject: order.subject)
        try record(
            .reinstatement, amount, Phrase(.lineDebtReturned).text(), opKey: opKey,
            user: user, subject: order.subject)
    }

    private func shift(
        _ lot: LotID, remaining: Money = .zero, expired: Money = .zero, clawedBack: Money
    ) throws {
        let changed = try execute(
            """
            UPDATE credit_lots
            SET remaining_micros = remaining_micros + \(remaining),
                expired_micros = expired_micros + \(expired),
                clawed_back_micros = clawed_back_micros + \(clawedBack)
            WHERE id = \(lot)
            """)
        guard changed == 1 else { throw BooksDisagree("the lot \(lot)") }
    }

    // MARK: Freezing

    private func freeze(_ lots: [OrderLot], _ order: LockedOrder, opKey: String) throws {
        let user = order.purchase.userID
        try execute(
            """
            UPDATE credit_lots
            SET frozen_at = UTC_TIMESTAMP(6)
            WHERE purchase_id = \(order.purchase.id) AND frozen_at IS NULL
            """)
        let amount = lots.map(\.remaining).reduce(.zero, +)
        guard amount > .zero else { return }
        try move(available: -amount, frozen: amount, of: user)
        try post(
            lots.filter { $0.remaining > .zero }.map {
                Transfer(
                    kind: .freeze, debit: .available, credit: .frozen, amount: $0.remaining,
                    lot: $0.id)
            }, opKey: opKey, user: user, subject: order.subject)
        try record(
            .clawback, -amount, Phrase(.lineHeldBack).text(), opKey: opKey,
            user: user, subject: order.subject)
    }

    /// - Parameter grace: how long what lapsed meanwhile can be spent: its owner could not spend it
    ///   in its time, and would lose it at once (C5). Nil where it is frozen again at once.
    private func thaw(
        _ lots: [OrderLot], _ order: LockedOrder, grace: Duration?, opKey: String
    ) throws {
        let user = order.purchase.userID
        if let grace {
            try execute(
                """
                UPDATE credit_lots
                SET expires_at = UTC_TIMESTAMP(6) + INTERVAL \(grace.microseconds) MICROSECOND
                WHERE purchase_id = \(order.purchase.id) AND frozen_at IS NOT NULL
                    AND remaining_micros > 0 AND expires_at <= UTC_TIMESTAMP(6)
                """)
        }
        try execute(
            "UPDATE credit_lots SET frozen_at = NULL WHERE purchase_id = \(order.purchase.id)")
        let amount = lots.map(\.remaining).reduce(.zero, +)
        guard amount > .zero else { return }
        try move(available: amount, frozen: -amount, of: user)
        try post(
            lots.filter { $0.remaining > .zero }.map {
                Transfer(
                    kind: .unfreeze, debit: .frozen, credit: .available, amount: $0.remaining,
                    lot: $0.id)
            }, opKey: opKey, user: user, subject: order.subject)
        try record(
            .reinstatement, amount, Phrase(.lineNoLongerHeldBack).text(), opKey: opKey, user: user,
            subject: order.subject)
    }
}

extension LockedOrder {
    fileprivate var subject: Subject { Subject(purchase: purchase.id) }
}

extension Transfer {
    fileprivate static func claw(_ amount: Money, from account: Account, _ lot: LotID?) -> Transfer
    {
        Transfer(kind: .clawback, debit: account, credit: .returns, amount: amount, lot: lot)
    }

    fileprivate static func giveBack(
        _ amount: Money, to account: Account, _ lot: LotID?
    ) -> Transfer {
        Transfer(kind: .clawback, debit: .returns, credit: account, amount: amount, lot: lot)
    }
}

// MARK: - When a job ends

extension Connection {
    /// The job's legs whose lots wait for a clawback or are frozen; mostly none.
    func encumberedLegs(of job: VideoID) throws -> [EncumberedLeg] {
        try query(
            """
            SELECT lot_id, amount_micros, purchase_id, pending_micros,
                frozen_at IS NOT NULL AS frozen
            FROM (SELECT ledger_entries.lot_id, ledger_entries.amount_micros,
                      purchases.id AS purchase_id, pending_micros, frozen_at
                  FROM ledger_entries
                  JOIN credit_lots ON credit_lots.id = ledger_entries.lot_id
                  JOIN purchases ON purchases.id = credit_lots.purchase_id
                  WHERE op_key = \("job:hold:\(job)")
                      AND (pending_micros > 0 OR frozen_at IS NOT NULL)) AS legs
            ORDER BY lot_id
            """
        ) { row in
            try EncumberedLeg(
                lot: row("lot_id"), amount: row("amount_micros"), purchase: row("purchase_id"),
                isFrozen: row("frozen"))
        }
    }

    /// A job was settled: what a clawback waits for and the order's other holds no longer cover is
    /// spent, and becomes a debt. So the order in which jobs end changes nothing (P5).
    func collectPendingAsDebt(of job: VideoID, user: UserID) throws {
        for leg in try encumberedLegs(of: job) {
            let held = try lockLots(of: leg.purchase).map(\.held).reduce(.zero, +)
            let part = try takePending(of: leg, beyond: held)
            guard part > .zero else { continue }
            try execute(
                """
                UPDATE purchases
                SET owed_micros = owed_micros + \(part)
                WHERE id = \(leg.purchase)
                """
            )
            try move(shortfall: part, of: user)
            try post(
                [.claw(part, from: .shortfall, nil)],
                opKey: "job:settle:\(job):clawback:\(leg.lot)",
                user: user, subject: Subject(job: job, purchase: leg.purchase))
        }
    }

    /// A job was released: a clawback that waited takes its part first, and what went to a frozen
    /// lot is held back with it (P5).
    func collectPending(of job: VideoID, user: UserID) throws {
        for leg in try encumberedLegs(of: job) {
            let subject = Subject(job: job, purchase: leg.purchase)
            let part = try takePending(of: leg)
            if part > .zero {
                let opKey = "job:release:\(job):clawback:\(leg.lot)"
                try shift(leg.lot, remaining: -part, clawedBack: part)
                try move(available: -part, of: user)
                try post(
                    [.claw(part, from: .available, leg.lot)], opKey: opKey, user: user,
                    subject: subject)
                try record(
                    .clawback, -part, Phrase(.lineClawedBack).text(), opKey: opKey, user: user,
                    subject: subject)
            }
            let rest = leg.amount - part
            if leg.isFrozen, rest > .zero {
                let opKey = "job:release:\(job):freeze:\(leg.lot)"
                try move(available: -rest, frozen: rest, of: user)
                try post(
                    [
                        Transfer(
                            kind: .freeze, debit: .available, credit: .frozen, amount: rest,
                            lot: leg.lot)
                    ], opKey: opKey, user: user, subject: subject)
                try record(
                    .clawback, -rest, Phrase(.lineHeldBack).text(), opKey: opKey,
                    user: user, subject: subject)
            }
        }
    }

    /// Turns as much of the order's pending clawback as the leg covers into a done one, but leaves
    /// what other holds of the order cover (`beyond`) waiting.
    private func takePending(
        of leg: EncumberedLeg, beyond covered: Money = .zero
    ) throws -> Money {
        let pending =
            try first(
                "SELECT pending_micros FROM purchases WHERE id = \(leg.purchase) FOR UPDATE"
            ) { row in try row("pending_micros") as Money } ?? .zero
        let part = min(pending - covered, leg.amount)
        guard part > .zero else { return .zero }
        try execute(
            """
            UPDATE purchases
            SET pending_micros = pending_micros - \(part),
                clawback_micros = clawback_micros + \(part)
            WHERE id = \(leg.purchase)
            """)
        return part
    }

    /// A purchase pays a debt first (L9), from its own lot. The caller has locked the wallet and
    /// added the lot.
    func payDebt(_ debt: Money, from order: Purchase, opKey: String) throws {
        let subject = Subject(purchase: order.id)
        let lot = try first(
            """
            SELECT id
            FROM credit_lots
            WHERE purchase_id = \(order.id) AND source = 'purchase'
            """
        ) { row in try row("id") as LotID }
        guard let lot else { throw BooksDisagree("the purchase \(order.id) has no lot") }
        let part = min(debt, order.credits)
        try execute(
            """
            UPDATE credit_lots
            SET remaining_micros = remaining_micros - \(part), spent_micros = spent_micros + \(part)
            WHERE id = \(lot) AND remaining_micros >= \(part)
            """)
        try move(available: -part, shortfall: -part, of: order.userID)
        try post(
            [
                Transfer(
                    kind: .shortfall, debit: .available, credit: .shortfall, amount: part, lot: lot)
            ], opKey: opKey, user: order.userID, subject: subject)
        try record(
            .clawback, -part, Phrase(.lineDebtPaid).text(), opKey: opKey,
            user: order.userID, subject: subject)
    }
}

struct EncumberedLeg {
    let lot: LotID
    let amount: Money
    let purchase: PurchaseID
    let isFrozen: Bool
}
