package import Domain
package import FoundationEssentials
package import MariaDB

/// What a user has, as it stands while this transaction holds the lock on it.
struct LockedWallet {
    let userID: UserID
    let available: Money
    let shortfall: Money
    /// The database's clock when the lock was taken (invariants D8).
    let now: Date
}

/// What a user has, for showing.
package struct Balance: Hashable, Sendable {
    package let available: Money
    package let reserved: Money
    package let shortfall: Money
}

/// One transfer of the ledger, before it has a key.
struct Transfer {
    enum Kind: String, SQLConvertible {
        case credit, bonus, grant, hold, settle, release, expire, clawback, shortfall, freeze
        case unfreeze, adjust
    }

    enum Account: String, SQLConvertible {
        case available, held, frozen, shortfall
        case payments, promotions, revenue, breakage, returns, adjustments
    }

    let kind: Kind
    let debit: Account
    let credit: Account
    let amount: Money
    let lot: LotID?
}

/// What an effect on the available balance is called in the user's list.
package enum TransactionType: String, CaseIterable, Sendable, SQLConvertible {
    case creditPurchase = "credit_purchase"
    case bonus, charge, refund, expiry, clawback, reinstatement, grant, adjustment
}

package enum LotKind {}
package typealias LotID = ID<LotKind>

/// What an effect belongs to.
struct Subject {
    var job: VideoID?
    var purchase: PurchaseID?

    static let none = Subject()
}

extension Connection {
    /// Locks the user's money for this transaction (D2) and lets credit lapse whose time is over,
    /// so that what follows sees only what can be spent (C2).
    func lockWallet(of user: UserID) throws -> LockedWallet {
        var wallet = try readLockedWallet(of: user)
        if try expireLots(of: wallet) { wallet = try readLockedWallet(of: user) }
        return wallet
    }

    func readLockedWallet(of user: UserID) throws -> LockedWallet {
        let wallet = try first(
            """
            SELECT available_micros, shortfall_micros, UTC_TIMESTAMP(6) AS now
            FROM wallets
            WHERE user_id = \(user)
            FOR UPDATE
            """
        ) { row in
            try LockedWallet(
                userID: user, available: row("available_micros"),
                shortfall: row("shortfall_micros"), now: row("now"))
        }
        guard let wallet else { throw NotFound() }
        return wallet
    }

    /// What a user has now. Credit that has lapsed counts no more, whether or not it was swept.
    package func balance(of user: UserID) throws -> Balance {
        try first(
            """
            SELECT available_micros, held_micros, shortfall_micros,
                (SELECT COALESCE(SUM(remaining_micros), 0)
                 FROM credit_lots
                 WHERE credit_lots.user_id = wallets.user_id AND remaining_micros > 0
                     AND frozen_at IS NULL AND expires_at <= UTC_TIMESTAMP(6)) AS lapsed_micros
            FROM wallets
            WHERE user_id = \(user)
            """
        ) { row in
            let available: Money = try row("available_micros")
            let lapsed: Money = try row("lapsed_micros")
            return try Balance(
                available: available - lapsed, reserved: row("held_micros"),
                shortfall: row("shortfall_micros"))
        } ?? Balance(available: .zero, reserved: .zero, shortfall: .zero)
    }

    /// Moves money between a user's accounts by one guarded statement (L6); a guard that fails
    /// here means that the books are wrong, so the transaction is given up. A balance that rises
    /// above the threshold is low no more; `announceLowBalance` says when it has fallen.
    func move(
        available: Money = .zero, held: Money = .zero, frozen: Money = .zero,
        shortfall: Money = .zero, of user: UserID
    ) throws {
        let changed = try execute(
            """
            UPDATE wallets
            SET available_micros = available_micros + \(available),
                held_micros = held_micros + \(held),
                frozen_micros = frozen_micros + \(frozen),
                shortfall_micros = shortfall_micros + \(shortfall),
                is_low = is_low AND available_micros < \(lowBalanceThreshold)
            WHERE user_id = \(user) AND available_micros + \(available) >= 0
                AND held_micros + \(held) >= 0 AND frozen_micros + \(frozen) >= 0
                AND shortfall_micros + \(shortfall) >= 0
            """)
        guard changed == 1 else { throw BooksDisagree("the wallet of \(user)") }
    }

    /// Adds the legs of one effect to the ledger. The same `opKey` a second time throws
    /// `DatabaseError` of kind `duplicateKey` and adds nothing (L5).
    func post(
        _ transfers: [Transfer], opKey: String, user: UserID, subject: Subject
    ) throws {
        for (leg, transfer) in transfers.enumerated() {
            try execute(
                """
                INSERT INTO ledger_entries
                    (id, op_key, leg, kind, debit_account, credit_account, amount_micros, user_id,
                     lot_id, job_id, purchase_id, created_at)
                VALUES (\(ID<Transfer>.new()), \(opKey), \(leg), \(transfer.kind),
                    \(transfer.debit), \(transfer.credit), \(transfer.amount), \(user),
                    \(transfer.lot), \(subject.job), \(subject.purchase), UTC_TIMESTAMP(6))
                """)
        }
    }

    /// Writes the line that the user reads; call it after the wallet was changed.
    func record(
        _ type: TransactionType, _ amount: Money, _ description: String, opKey: String,
        user: UserID, subject: Subject
    ) throws {
        try execute(
            """
            INSERT INTO transactions
                (id, user_id, type, amount_micros, balance_after_micros, description, op_key,
                 job_id, purchase_id, created_at)
            SELECT \(TransactionID.new()), user_id, \(type), \(amount), available_micros,
                \(description.cut(to: 500)), \(opKey), \(subject.job), \(subject.purchase), UTC_TIMESTAMP(6)
            FROM wallets
            WHERE user_id = \(user)
            """)
    }

    /// Whether the effect is in the ledger.
    package func isPosted(_ opKey: String) throws -> Bool {
        try first(
            "SELECT 1 FROM ledger_entries WHERE op_key = \(opKey) AND leg = 0", { _ in true })
            ?? false
    }
}

/// A guarded statement on money found another number than the ledger has: a defect, never a
/// refusal. The transaction is rolled back.
package struct BooksDisagree: Error, CustomStringConvertible {
    package let description: String

    init(_ place: String) {
        description = "the books disagree: \(place)"
    }
}

package enum TransactionKind {}
package typealias TransactionID = ID<TransactionKind>

/// A line of the user's own list.
package struct TransactionLine: Sendable {
    package let id: TransactionID
    package let type: TransactionType
    package let amount: Money
    package let balanceAfter: Money
    package let description: String
    package let jobID: VideoID?
    package let purchaseID: PurchaseID?
    package let createdAt: Date
}

extension Connection {
    /// The user's lines, newest first, those after `cursor` only.
    package func transactions(
        of user: UserID, before cursor: TransactionID?, limit: Int
    ) throws -> [TransactionLine] {
        let after: SQL = cursor.map { "AND id < \($0)" } ?? ""
        return try query(
            """
            SELECT id, type, amount_micros, balance_after_micros, description, job_id,
                purchase_id, created_at
            FROM transactions
            WHERE user_id = \(user) \(sql: after)
            ORDER BY id DESC
            LIMIT \(limit)
            """
        ) { row in
            try TransactionLine(
                id: row("id"), type: row("type"), amount: row("amount_micros"),
                balanceAfter: row("balance_after_micros"), description: row("description"),
                jobID: row("job_id"), purchaseID: row("purchase_id"),
                createdAt: row("created_at"))
        }
    }
}
