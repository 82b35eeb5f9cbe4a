import Domain
import MariaDB

extension LotParts {
    /// What differs, in words for the operator.
    fileprivate func changes(to other: LotParts, of lot: LotID) -> String {
        let parts = [
            ("granted", granted, other.granted), ("remaining", remaining, other.remaining),
            ("held", held, other.held), ("spent", spent, other.spent),
            ("expired", expired, other.expired), ("clawed back", clawedBack, other.clawedBack),
            ("taken", taken, other.taken),
        ].filter { $0.1 != $0.2 }.map { "\($0.0) \($0.1) -> \($0.2)" }
        return "lot \(lot): \(parts.joined(separator: ", "))"
    }
}

/// A purchase as its row has it and as the ledger does.
private struct ComparedPurchase {
    /// What of a purchase follows from the ledger, from Stripe's running total and from its disputes.
    struct Facts: Equatable {
        let credits, bonus: Money
        let reversed: Reversed
    }

    let id: PurchaseID
    let cached: Facts
    let ledger: Facts

    init(row: Row) throws {
        let purchase = try Purchase(row: row)
        let credited: Money = try row("credited")
        // One that brought nothing is credited by its own command.
        let isCredited = credited > .zero
        let clawback: Money = try row("clawed_back")
        let gone: Money = try (row("refunded_micros") as Money) + row("lost")
        let due = purchase.credit(for: min(gone, purchase.price))
        id = purchase.id
        cached = try Facts(
            credits: purchase.credits, bonus: purchase.bonus,
            reversed: Reversed(
                clawback: row("clawback_micros"), pending: row("pending_micros"),
                owed: row("owed_micros"), isFrozen: row("is_frozen")))
        ledger = try Facts(
            credits: isCredited ? credited : purchase.credits,
            bonus: isCredited ? row("given") : purchase.bonus,
            reversed: Reversed(
                clawback: clawback, pending: max(due - clawback, .zero), owed: row("owed"),
                isFrozen: row("is_disputed")))
    }

    /// What differs, in words for the operator.
    var changes: String {
        let (old, new) = (cached.reversed, ledger.reversed)
        var parts = [
            ("credit", cached.credits, ledger.credits), ("bonus", cached.bonus, ledger.bonus),
            ("clawed back", old.clawback, new.clawback), ("waiting", old.pending, new.pending),
            ("owed", old.owed, new.owed),
        ].filter { $0.1 != $0.2 }.map { "\($0.0) \($0.1) -> \($0.2)" }
        if old.isFrozen != new.isFrozen { parts.append(new.isFrozen ? "frozen" : "not frozen") }
        return "purchase \(id): \(parts.joined(separator: ", "))"
    }
}

extension LockedWallet {
    func rebuildLots() throws -> [String] {
        let lots = try database.query(
            """
            SELECT id, granted_micros, remaining_micros, held_micros, spent_micros,
                expired_micros, clawed_back_micros, taken_micros,
                COALESCE(granted, 0) AS granted, COALESCE(remaining, 0) AS remaining,
                COALESCE(held, 0) AS held, COALESCE(spent, 0) AS spent,
                COALESCE(expired, 0) AS expired, COALESCE(clawed_back, 0) AS clawed_back,
                COALESCE(taken, 0) AS taken
            FROM credit_lots
            LEFT JOIN (
                SELECT lot_id, \(sql: .ledgerParts)
                FROM ledger_entries
                WHERE account_id = \(account) AND lot_id IS NOT NULL
                GROUP BY lot_id
            ) AS ledger ON ledger.lot_id = credit_lots.id
            WHERE account_id = \(account)
            ORDER BY id
            FOR UPDATE
            """
        ) { row in
            try (
                id: row("id") as LotID, cached: LotParts(row: row),
                ledger: LotParts(
                    granted: row("granted"), remaining: row("remaining"), held: row("held"),
                    spent: row("spent"), expired: row("expired"), clawedBack: row("clawed_back"),
                    taken: row("taken"))
            )
        }
        var changes: [String] = []
        for lot in lots where lot.cached != lot.ledger {
            try database.write(lot.ledger, of: lot.id)
            changes.append(lot.cached.changes(to: lot.ledger, of: lot.id))
        }
        return changes
    }

    /// Credit, bonus, what was clawed back and is owed follow from the ledger; what waits, from
    /// them and the money that went back; and whether it is frozen, from its disputes.
    func rebuildPurchases() throws -> [String] {
        var changes: [String] = []
        for purchase in try comparedPurchases() {
            if purchase.cached != purchase.ledger {
                try database.write(purchase.ledger, of: purchase.id)
                changes.append(purchase.changes)
            }
            let isFrozen = purchase.ledger.reversed.isFrozen
            let frozen: SQL = isFrozen ? "NULL" : "NOT NULL"
            let lots = try database.execute(
                """
                UPDATE credit_lots
                SET frozen_at = IF(\(isFrozen), UTC_TIMESTAMP(6), NULL)
                WHERE purchase_id = \(purchase.id) AND frozen_at IS \(sql: frozen)
                """)
            if lots > 0 {
                let word = isFrozen ? "frozen" : "not frozen any more"
                changes.append("purchase \(purchase.id): \(lots) lots \(word)")
            }
        }
        // A grant is never frozen.
        let grants = try database.execute(
            """
            UPDATE credit_lots
            SET frozen_at = NULL
            WHERE account_id = \(account) AND purchase_id IS NULL AND frozen_at IS NOT NULL
            """)
        return grants > 0 ? changes + ["\(grants) grants not frozen any more"] : changes
    }

    private func comparedPurchases() throws -> [ComparedPurchase] {
        try database.query(
            """
            SELECT \(sql: Purchase.columns), clawback_micros, pending_micros, owed_micros,
                is_frozen, refunded_micros,
                COALESCE((
                    SELECT SUM(amount_micros)
                    FROM disputes
                    WHERE purchase_id = purchases.id AND standing = 'lost'), 0) AS lost,
                EXISTS (
                    SELECT 1
                    FROM disputes
                    WHERE purchase_id = purchases.id AND standing = 'open') AS is_disputed,
                COALESCE(credited, 0) AS credited, COALESCE(given, 0) AS given,
                COALESCE(clawed_back, 0) AS clawed_back, COALESCE(owed, 0) AS owed
            FROM purchases
            LEFT JOIN (
                SELECT purchase_id, \(sql: .ledgerCredits), \(sql: .ledgerReversals)
                FROM ledger_entries
                WHERE account_id = \(account) AND purchase_id IS NOT NULL
                GROUP BY purchase_id
            ) AS ledger ON ledger.purchase_id = purchases.id
            WHERE account_id = \(account) AND paid_at IS NOT NULL
            ORDER BY id
            FOR UPDATE
            """, ComparedPurchase.init(row:))
    }
}

extension Connection {
    fileprivate func write(_ parts: LotParts, of lot: LotID) throws {
        try execute(
            """
            UPDATE credit_lots
            SET granted_micros = \(parts.granted), remaining_micros = \(parts.remaining),
                held_micros = \(parts.held), spent_micros = \(parts.spent),
                expired_micros = \(parts.expired), clawed_back_micros = \(parts.clawedBack),
                taken_micros = \(parts.taken)
            WHERE id = \(lot)
            """)
    }

    fileprivate func write(_ facts: ComparedPurchase.Facts, of purchase: PurchaseID) throws {
        let reversed = facts.reversed
        try execute(
            """
            UPDATE purchases
            SET credits_micros = \(facts.credits), bonus_micros = \(facts.bonus),
                clawback_micros = \(reversed.clawback), pending_micros = \(reversed.pending),
                owed_micros = \(reversed.owed), is_frozen = \(reversed.isFrozen)
            WHERE id = \(purchase)
            """)
    }
}
