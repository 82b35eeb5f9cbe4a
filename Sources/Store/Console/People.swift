package import Domain
package import FoundationEssentials
package import JSON
import Ledger
package import MariaDB

/// A user as the operator sees them, with what the account that they own has.
package struct Person: Sendable {
    package let user: User
    /// Nil for who owns no account.
    package let accountID: AccountID?
    package let blockedAt: Date?
    package let lastUsedAt: Date?
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

/// What people are looked for by.
package enum PersonSearch: Sendable {
    case all
    /// Of a user, an account, a purchase or a video.
    case id(UUID)
    /// Stripe's name of a payment, a session, a refund or a dispute.
    case reference(String)
    /// A part of the address.
    case text(String)

    package init(_ text: String) {
        let text = text.trimmed
        if text.isEmpty {
            self = .all
        } else if let id = ID<PersonSearch>(text) {
            self = .id(id.uuid)
        } else if ["pi_", "cs_", "re_", "dp_", "du_"].contains(where: text.hasPrefix) {
            self = .reference(text)
        } else {
            self = .text(text.lowercased())
        }
    }
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

extension PersonSearch {
    fileprivate var condition: SQL {
        switch self {
        case .all: return "TRUE"
        case .id(let id):
            let id = ID<PersonSearch>(uuid: id)
            return """
                users.id IN (
                    SELECT id FROM users WHERE id = \(id)
                    UNION SELECT user_id FROM members WHERE account_id = \(id)
                    UNION SELECT user_id FROM purchases WHERE id = \(id)
                    UNION SELECT user_id FROM video_jobs WHERE id = \(id))
                """
        case .reference(let name):
            return """
                users.id IN (
                    SELECT user_id FROM purchases WHERE payment_intent = \(name)
                    UNION SELECT user_id FROM purchases WHERE session_id = \(name)
                    UNION SELECT user_id FROM purchases
                        JOIN refunds ON refunds.purchase_id = purchases.id
                        WHERE stripe_refund_id = \(name)
                    UNION SELECT user_id FROM purchases
                        JOIN disputes ON disputes.purchase_id = purchases.id
                        WHERE disputes.id = \(name))
                """
        case .text(let text): return "users.email LIKE \(text.likePattern)"
        }
    }
}

extension Person {
    /// Each figure is of the account that the user owns, by an index of it.
    fileprivate static let select: SQL = """
        SELECT \(sql: User.columns), users.blocked_at, owned.account_id,
            (SELECT MAX(last_used_at) FROM sessions WHERE sessions.user_id = users.id)
                AS last_used_at,
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
        available = try row("available_micros")
        reserved = try row("held_micros")
        shortfall = try row("shortfall_micros")
        paid = try row("paid_micros")
        spent = try row("spent_micros")
        purchaseCount = try row("purchase_count")
        videoCount = try row("video_count")
    }
}

extension Person: JSONObject {
    package static var schemaName: String? { "Person" }

    package static func list<List: FieldList>(_ fields: inout List) where List.Source == Person {
        fields.include { $0.user }
        fields.field("accountId", "Of the account that they own.") { $0.accountID }
        fields.field("blockedAt") { $0.blockedAt }
        fields.field("lastUsedAt", "When they were last here.") { $0.lastUsedAt }
        fields.field("available", example: "53.14") { $0.available }
        fields.field("reserved", "Held by videos that are being made.") { $0.reserved }
        fields.field("shortfall", "A debt of earlier refunds.") { $0.shortfall }
        fields.field("paid", "What they have paid, before refunds.", example: "47.99") { $0.paid }
        fields.field("spent", "Of all their credit.", example: "1.86") { $0.spent }
        fields.field("purchases", "How many were paid.") { $0.purchaseCount }
        fields.field("videos", "How many were ordered.") { $0.videoCount }
    }
}
