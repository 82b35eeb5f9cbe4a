package import Domain
package import FoundationEssentials
package import MariaDB

/// What moved our balance at Stripe for a purchase.
package struct StripeTransaction: Sendable {
    package let id: String
    package let purchaseID: PurchaseID
    /// Stripe's word: `charge`, `refund`, `adjustment` and others.
    package let type: String
    /// Negative where money went back.
    package let amount: Money
    package let fee: Money
    package let createdAt: Date

    package init(
        id: String, purchaseID: PurchaseID, type: String, amount: Money, fee: Money,
        createdAt: Date
    ) {
        self.id = id
        self.purchaseID = purchaseID
        self.type = type
        self.amount = amount
        self.fee = fee
        self.createdAt = createdAt
    }
}

extension Connection {
    /// Keeps those that are not kept yet, and counts anew what their days cost us.
    package func note(_ transactions: [StripeTransaction]) throws {
        guard !transactions.isEmpty else { return }
        try transaction {
            for one in transactions {
                try execute(
                    """
                    INSERT INTO stripe_transactions
                        (id, purchase_id, type, amount_micros, fee_micros, created_at)
                    VALUES (\(one.id), \(one.purchaseID), \(one.type.cut(to: 64)), \(one.amount),
                        \(one.fee), \(one.createdAt))
                    ON DUPLICATE KEY UPDATE id = id
                    """)
            }
            for day in Set(transactions.map { DayRange.name(of: $0.createdAt) }).sorted() {
                try countFees(of: "CAST(\(day) AS DATE)")
            }
        }
    }

    /// What moved our balance at Stripe for a purchase, oldest first.
    package func transactions(of purchase: PurchaseID) throws -> [StripeTransaction] {
        try query(
            """
            SELECT id, type, amount_micros, fee_micros, created_at
            FROM stripe_transactions
            WHERE purchase_id = \(purchase)
            ORDER BY created_at, id
            """
        ) { row in
            try StripeTransaction(
                id: row("id"), purchaseID: purchase, type: row("type"),
                amount: row("amount_micros"), fee: row("fee_micros"),
                createdAt: row("created_at"))
        }
    }
}
