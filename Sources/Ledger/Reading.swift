package import Domain
package import FoundationEssentials
package import MariaDB

/// What an account has, for showing.
package struct Balance: Hashable, Sendable {
    package let available: Money
    package let reserved: Money
    package let shortfall: Money
}

/// The credit of one purchase, bonus or grant, for showing.
package struct CreditLot: Sendable {
    package typealias Source = LotSource

    package let id: LotID
    package let source: Source
    package let remaining: Money
    /// Nil when it never lapses.
    package let expiresAt: Date?
}

package enum TransactionKind {}
package typealias TransactionID = ID<TransactionKind>

/// A line of an account's list.
package struct TransactionLine: Sendable {
    package let id: TransactionID
    package let type: TransactionType
    package let amount: Money
    package let balanceAfter: Money
    /// In English.
    package let description: String
    /// What ``Domain/LedgerLine/json(reasonUpTo:)`` made of it.
    package let detail: String
    package let jobID: VideoID?
    package let purchaseID: PurchaseID?
    package let createdAt: Date
}

/// Which of an account's lines are listed.
package struct TransactionFilter: Sendable {
    package var type: TransactionType?
    package var from: Date?
    package var to: Date?

    package init(type: TransactionType? = nil, from: Date? = nil, to: Date? = nil) {
        self.type = type
        self.from = from
        self.to = to
    }

    /// A line's id tells when it was made, by the clock of the host that made it: within a day of the
    /// database's.
    fileprivate var condition: SQL {
        var condition: SQL = ""
        if let type { condition = "\(sql: condition) AND type = \(type)" }
        if let from {
            let first = TransactionID.first(at: from.addingTimeInterval(-86_400))
            condition = "\(sql: condition) AND id >= \(first) AND created_at >= \(from)"
        }
        if let to {
            let end = TransactionID.first(at: to.addingTimeInterval(86_400))
            condition = "\(sql: condition) AND id < \(end) AND created_at < \(to)"
        }
        return condition
    }
}

extension CreditPolicy {
    /// The expiry of credit that never lapses: 9999-12-31 00:00 UTC.
    static let never = Date(timeIntervalSince1970: 253_402_214_400)
}

extension Connection {
    /// What an account has now. Credit that has lapsed counts no more, whether or not it was swept.
    package func balance(of account: AccountID) throws -> Balance {
        try first(
            """
            SELECT available_micros, held_micros, shortfall_micros,
                (SELECT COALESCE(SUM(remaining_micros), 0)
                 FROM credit_lots
                 WHERE credit_lots.account_id = wallets.account_id AND remaining_micros > 0
                     AND frozen_at IS NULL AND expires_at <= UTC_TIMESTAMP(6)) AS lapsed_micros
            FROM wallets
            WHERE account_id = \(account)
            """
        ) { row in
            let available: Money = try row("available_micros")
            let lapsed: Money = try row("lapsed_micros")
            return try Balance(
                available: available - lapsed, reserved: row("held_micros"),
                shortfall: row("shortfall_micros"))
        } ?? Balance(available: .zero, reserved: .zero, shortfall: .zero)
    }

    /// What the account owes.
    package func debt(of account: AccountID) throws -> Money {
        try first("SELECT shortfall_micros FROM wallets WHERE account_id = \(account)") { row in
            try row("shortfall_micros")
        } ?? .zero
    }

    /// The account's lots that can be spent, in the order in which they will be (C3).
    package func lots(of account: AccountID) throws -> [CreditLot] {
        try query(
            """
            SELECT id, source, remaining_micros, expires_at
            FROM credit_lots
            WHERE account_id = \(account) AND remaining_micros > 0 AND frozen_at IS NULL
                AND expires_at > UTC_TIMESTAMP(6)
            ORDER BY expires_at, is_bought, id
            """
        ) { row in
            let expiresAt: Date = try row("expires_at")
            return try CreditLot(
                id: row("id"), source: row("source"), remaining: row("remaining_micros"),
                expiresAt: expiresAt >= CreditPolicy.never ? nil : expiresAt)
        }
    }

    /// The account's lines that fit, newest first, those after `cursor` only.
    package func transactions(
        of account: AccountID, matching filter: TransactionFilter = TransactionFilter(),
        before cursor: TransactionID?, limit: Int
    ) throws -> [TransactionLine] {
        let after: SQL = cursor.map { "AND id < \($0)" } ?? ""
        return try query(
            """
            SELECT id, type, amount_micros, balance_after_micros, description, detail, job_id,
                purchase_id, created_at
            FROM transactions
            WHERE account_id = \(account) \(sql: after)\(sql: filter.condition)
            ORDER BY id DESC
            LIMIT \(limit)
            """
        ) { row in
            try TransactionLine(
                id: row("id"), type: row("type"), amount: row("amount_micros"),
                balanceAfter: row("balance_after_micros"), description: row("description"),
                detail: row("detail"), jobID: row("job_id"), purchaseID: row("purchase_id"),
                createdAt: row("created_at"))
        }
    }

    /// Whether the effect is in the ledger.
    package func isPosted(_ opKey: String) throws -> Bool {
        try first(
            "SELECT 1 FROM ledger_entries WHERE op_key = \(opKey) AND leg = 0", { _ in true })
            ?? false
    }

    /// Runs `effect` in a transaction unless `opKey` is in the ledger already (L5). Returns
    /// whether it ran now.
    @discardableResult
    package func once(_ opKey: String, _ effect: () throws -> Void) throws -> Bool {
        do {
            return try transaction {
                guard try !isPosted(opKey) else { return false }
                try effect()
                return true
            }
        } catch let error as DatabaseError {
            guard case .duplicateKey = error.kind, try isPosted(opKey) else { throw error }
            return false
        }
    }
}
