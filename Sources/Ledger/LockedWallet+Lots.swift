import Domain
import FoundationEssentials
import MariaDB

// MARK: - Lapsing

extension LockedWallet {
    /// Reads the account's lots, once, and lets credit lapse whose time is over (C6), so that what
    /// follows sees only what can be spent (C2). What one reading calls over no other does.
    package mutating func lapse() throws {
        guard lots == nil else { return }
        let found = try readLots()
        for lot in found where lot.isOver {
            try perform(
                [
                    Transfer(
                        kind: .expire, debit: .available, credit: .breakage,
                        amount: lot.parts.remaining, lot: lot.id)
                ], opKey: "lot:expire:\(lot.id):\(lot.expiries + 1)", line: .expired)
        }
        lots = found.filter { !$0.isOver }
    }

    /// Ends the time of all credit, which lapses now like other credit (C6); what comes back to a lot
    /// later, as after a dispute that is won, lapses then.
    package mutating func giveUp() throws {
        try database.execute(
            """
            UPDATE credit_lots SET expires_at = UTC_TIMESTAMP(6)
            WHERE account_id = \(account) AND expires_at > UTC_TIMESTAMP(6)
            """)
        lots = nil
        try lapse()
    }

    /// What can be spent, after ``lapse()``.
    mutating func spendable() throws -> [Lot] {
        try lapse()
        return lots ?? []
    }

    /// The index is named because on a small table the optimizer would rather read all of it, and
    /// a locking read waits for every row that it passes, other accounts' too. For the same reason the
    /// expiry is no condition of the search: a range of the index ends at the next row, which is the
    /// next account's, and would be locked with ours until COMMIT.
    private func readLots() throws -> [Lot] {
        try database.query(
            """
            SELECT id, source, remaining_micros, expiries, expires_at <= UTC_TIMESTAMP(6) AS is_over
            FROM credit_lots FORCE INDEX (idx_spend_order)
            WHERE account_id = \(account) AND remaining_micros > 0 AND frozen_at IS NULL
            ORDER BY expires_at, is_bought, id
            FOR UPDATE
            """
        ) { row in
            try Lot(
                id: row("id"), source: row("source"),
                parts: LotParts(remaining: row("remaining_micros")), expiries: row("expiries"),
                isOver: row("is_over"))
        }
    }
}

// MARK: - New lots

/// Why a lot is made, and so which account it comes from.
enum LotOrigin {
    case purchase(PurchaseID)
    case bonus(PurchaseID)
    case promotion
    /// To put the books right.
    case adjustment

    var source: LotSource {
        switch self {
        case .purchase: .purchase
        case .bonus: .bonus
        case .promotion, .adjustment: .grant
        }
    }

    var purchaseID: PurchaseID? {
        switch self {
        case .purchase(let id), .bonus(let id): id
        case .promotion, .adjustment: nil
        }
    }

    func transfer(_ amount: Money, to lot: LotID) -> Transfer {
        let (kind, account): (Transfer.Kind, Transfer.Account) =
            switch self {
            case .purchase: (.credit, .payments)
            case .bonus: (.bonus, .promotions)
            case .promotion: (.grant, .promotions)
            case .adjustment: (.adjust, .adjustments)
            }
        return Transfer(kind: kind, debit: account, credit: .available, amount: amount, lot: lot)
    }
}

extension LockedWallet {
    /// Adds a lot and moves its amount to the available balance. Lots that are added under one lock
    /// lapse at one instant, so that of a purchase the bonus is spent first (C3).
    @discardableResult
    mutating func addLot(
        _ amount: Money, from origin: LotOrigin, policy: CreditPolicy, opKey: String,
        line: LedgerLine?
    ) throws -> LotID {
        let lot: LotID = newID()
        let now = now
        let expiresAt: SQL =
            policy.expiry.map { "\(now) + INTERVAL \($0.microseconds) MICROSECOND" }
            ?? "\(CreditPolicy.never)"
        try database.execute(
            """
            INSERT INTO credit_lots
                (id, account_id, source, purchase_id, granted_micros, remaining_micros, created_at,
                 original_expires_at, expires_at)
            VALUES (\(lot), \(account), \(origin.source), \(origin.purchaseID), \(amount), \(amount),
                \(now), \(sql: expiresAt), \(sql: expiresAt))
            """)
        try perform(
            [origin.transfer(amount, to: lot)], opKey: opKey,
            about: Subject(purchase: origin.purchaseID), line: line)
        return lot
    }
}
