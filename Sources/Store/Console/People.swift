package import Domain
package import FoundationEssentials
import Ledger
package import MariaDB

/// A user as the operator sees them, with what the account that they own has.
package struct Person: Sendable {
    package let user: User
    /// Nil for who owns no account.
    package let accountID: AccountID?
    package let blockedAt: Date?
    package let lastUsedAt: Date?
    /// Whether their sign-ins take a code.
    package let hasSecondFactor: Bool
    /// Nil, like the two below, without an account.
    package let available: Money?
    /// Held by videos that are being made.
    package let reserved: Money?
    /// A debt of earlier refunds.
    package let shortfall: Money?
    /// What was paid for, and what is spent of all credit.
    package let paid: Money
    package let spent: Money
    package let purchaseCount: Int
    package let videoCount: Int
}

extension Connection {
    /// Users, newest first, those before `cursor` only.
    package func people(
        _ search: PersonSearch, before cursor: UserID?, limit: Int
    ) throws -> [Person] {
        let before: SQL = cursor.map { "AND users.id < \($0)" } ?? ""
        return try query(
            """
            \(sql: Person.select)
            WHERE \(sql: search.condition) \(sql: before)
            ORDER BY users.id DESC
            LIMIT \(limit)
            """, Person.init(row:))
    }

    package func person(_ id: UserID) throws -> Person? {
        try first("\(sql: Person.select) WHERE users.id = \(id)", Person.init(row:))
    }

    /// The user who stands for an account.
    package func person(of account: AccountID) throws -> Person? {
        try first(
            "\(sql: Person.select) WHERE users.id = \(sql: .owner(of: account))",
            Person.init(row:))
    }
}

extension Person {
    /// Each figure is of the account that the user owns, by an index of it.
    fileprivate static let select: SQL = """
        SELECT \(sql: User.columns), users.blocked_at, owned.account_id,
            (SELECT MAX(last_used_at) FROM sessions WHERE sessions.user_id = users.id)
                AS last_used_at,
            EXISTS (SELECT 1 FROM second_factors WHERE second_factors.user_id = users.id
                    AND turned_on_at IS NOT NULL) AS has_second_factor,
            available_micros, held_micros, shortfall_micros,
            COALESCE((SELECT SUM(price_micros) FROM purchases
                      WHERE purchases.account_id = owned.account_id AND paid_at IS NOT NULL), 0)
                AS paid_micros,
            COALESCE((SELECT SUM(spent_micros) FROM credit_lots
                      WHERE credit_lots.account_id = owned.account_id), 0) AS spent_micros,
            (SELECT COUNT(*) FROM purchases
             WHERE purchases.account_id = owned.account_id AND paid_at IS NOT NULL)
                AS purchase_count,
            (SELECT COUNT(*) FROM video_jobs WHERE video_jobs.account_id = owned.account_id)
                AS video_count
        FROM users
        LEFT JOIN members AS owned ON owned.user_id = users.id AND owned.role = 'owner'
            AND owned.account_id = (
                SELECT account_id FROM members
                WHERE members.user_id = users.id AND members.role = 'owner'
                ORDER BY created_at, account_id
                LIMIT 1)
        LEFT JOIN wallets ON wallets.account_id = owned.account_id
        """

    fileprivate init(row: Row) throws {
        user = try User(row: row)
        accountID = try row("account_id")
        blockedAt = try row("blocked_at")
        lastUsedAt = try row("last_used_at")
        hasSecondFactor = try row("has_second_factor")
        available = try row("available_micros")
        reserved = try row("held_micros")
        shortfall = try row("shortfall_micros")
        paid = try row("paid_micros")
        spent = try row("spent_micros")
        purchaseCount = try row("purchase_count")
        videoCount = try row("video_count")
    }
}
