package import Domain
package import FoundationEssentials
import Ledger
package import MariaDB

/// A purchase as the operator sees it, with what became of its money.
package struct PurchaseRecord: Sendable {
    package let purchase: Purchase
    package let email: String
    package let paymentIntent: String?
    package let problem: String?
    /// Stripe's running total.
    package let refunded: Money
    /// The credit that was taken for it, and the part of that which was spent and became a debt.
    package let clawedBack: Money
    package let owed: Money
    package let isFrozen: Bool
    package let closedAt: Date?
}

/// Which purchases are listed.
package struct PurchaseFilter: Sendable {
    package var state: Purchase.State?
    package var account: AccountID?
    /// Those whose payment does not fit, and that nobody has closed.
    package var isProblem = false
    package var from: Date?
    package var to: Date?

    package init() {}
}

/// Money that was sent back, or is to be.
package struct RefundRecord: Sendable {
    package let id: RefundID
    package let amount: Money
    package let reason: String
    package let stripeRefundID: String?
    package let problem: String?
    package let createdAt: Date
}

/// A dispute, as it was last read from Stripe.
package struct DisputeRecord: Sendable {
    package let id: String
    package let amount: Money
    package let standing: String
    /// The bank's word for why.
    package let reason: String?
    /// Until when the bank takes evidence; nil when it takes none, or it was not told.
    package let dueAt: Date?
    /// How often evidence was submitted.
    package let submissions: Int
    package let createdAt: Date
    package let changedAt: Date
}

extension Connection {
    /// Purchases of everybody, newest first, those before `cursor` only.
    package func purchases(
        matching filter: PurchaseFilter, before cursor: PurchaseID?, limit: Int
    ) throws -> [PurchaseRecord] {
        var conditions: SQL = "TRUE"
        if let state = filter.state { conditions = "\(sql: conditions) AND state = \(state)" }
        if let account = filter.account {
            conditions = "\(sql: conditions) AND purchases.account_id = \(account)"
        }
        if filter.isProblem {
            conditions = "\(sql: conditions) AND problem IS NOT NULL AND closed_at IS NULL"
        }
        // An id begins with the instant at which it was made.
        if let from = filter.from {
            conditions = "\(sql: conditions) AND purchases.id >= \(PurchaseID.first(at: from))"
        }
        if let to = filter.to {
            conditions = "\(sql: conditions) AND purchases.id < \(PurchaseID.first(at: to))"
        }
        if let cursor { conditions = "\(sql: conditions) AND purchases.id < \(cursor)" }
        return try query(
            """
            \(sql: PurchaseRecord.select)
            WHERE \(sql: conditions)
            ORDER BY purchases.id DESC
            LIMIT \(limit)
            """, PurchaseRecord.init(row:))
    }

    package func purchaseRecord(_ id: PurchaseID) throws -> PurchaseRecord? {
        try first(
            "\(sql: PurchaseRecord.select) WHERE purchases.id = \(id)", PurchaseRecord.init(row:))
    }

    package func refunds(of purchase: PurchaseID) throws -> [RefundRecord] {
        try query(
            """
            SELECT id, amount_micros, reason, stripe_refund_id, problem, created_at
            FROM refunds WHERE purchase_id = \(purchase) ORDER BY id
            """
        ) { row in
            try RefundRecord(
                id: row("id"), amount: row("amount_micros"), reason: row("reason"),
                stripeRefundID: row("stripe_refund_id"), problem: row("problem"),
                createdAt: row("created_at"))
        }
    }

    package func disputes(of purchase: PurchaseID) throws -> [DisputeRecord] {
        try query(
            """
            \(sql: DisputeRecord.select)
            WHERE purchase_id = \(purchase) ORDER BY created_at, id
            """, DisputeRecord.init(row:))
    }
}

extension DisputeRecord {
    static let select: SQL = """
        SELECT id, amount_micros, standing, reason, due_at, submissions, created_at, changed_at
        FROM disputes
        """

    init(row: Row) throws {
        id = try row("id")
        amount = try row("amount_micros")
        standing = try row("standing")
        reason = try row("reason")
        dueAt = try row("due_at")
        submissions = try row("submissions")
        createdAt = try row("created_at")
        changedAt = try row("changed_at")
    }
}

extension PurchaseRecord {
    fileprivate static let select: SQL = """
        SELECT purchases.id, purchases.account_id, purchases.user_id, package_id, price_micros,
            credits_micros, bonus_micros, state, session_id, checkout_url, is_live,
            purchases.created_at, paid_at, payment_intent, problem, refunded_micros,
            clawback_micros, owed_micros, is_frozen, closed_at, users.email
        FROM purchases
        JOIN users ON users.id = purchases.user_id
        """

    fileprivate init(row: Row) throws {
        purchase = try Purchase(row: row)
        email = try row("email")
        paymentIntent = try row("payment_intent")
        problem = try row("problem")
        refunded = try row("refunded_micros")
        clawedBack = try row("clawback_micros")
        owed = try row("owed_micros")
        isFrozen = try row("is_frozen")
        closedAt = try row("closed_at")
    }
}
