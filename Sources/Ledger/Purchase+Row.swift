package import Domain
package import MariaDB

extension Purchase {
    package static let columns: SQL = """
        id, account_id, user_id, package_id, price_micros, credits_micros, bonus_micros, state,
        session_id, checkout_url, is_live, created_at, paid_at
        """

    package init(row: Row) throws {
        try self.init(
            id: row("id"), accountID: row("account_id"), userID: row("user_id"),
            packageID: row("package_id"), price: row("price_micros"),
            credits: row("credits_micros"),
            bonus: row("bonus_micros"), state: row("state"), sessionID: row("session_id"),
            checkoutURL: row("checkout_url"), isLive: row("is_live"),
            createdAt: row("created_at"), paidAt: row("paid_at"))
    }
}

extension LotParts {
    /// Of all seven columns of a lot.
    init(row: Row) throws {
        try self.init(
            granted: row("granted_micros"), remaining: row("remaining_micros"),
            held: row("held_micros"), spent: row("spent_micros"), expired: row("expired_micros"),
            clawedBack: row("clawed_back_micros"), taken: row("taken_micros"))
    }
}

extension Connection {
    package func purchase(_ id: PurchaseID) throws -> Purchase? {
        try first(
            "SELECT \(sql: Purchase.columns) FROM purchases WHERE id = \(id)",
            Purchase.init(row:))
    }

    package func purchase(_ id: PurchaseID, of account: AccountID) throws -> Purchase? {
        try first(
            """
            SELECT \(sql: Purchase.columns)
            FROM purchases
            WHERE id = \(id) AND account_id = \(account)
            """, Purchase.init(row:))
    }

    /// The account's purchases, newest first, those before `cursor` only, in one state or in any.
    package func purchases(
        of account: AccountID, in state: Purchase.State?, before cursor: PurchaseID?, limit: Int
    ) throws -> [Purchase] {
        var condition: SQL = "account_id = \(account)"
        if let state { condition = "\(sql: condition) AND state = \(state)" }
        if let cursor { condition = "\(sql: condition) AND id < \(cursor)" }
        return try query(
            """
            SELECT \(sql: Purchase.columns)
            FROM purchases
            WHERE \(sql: condition)
            ORDER BY id DESC
            LIMIT \(limit)
            """, Purchase.init(row:))
    }

    package func purchase(_ id: PurchaseID, boughtBy user: UserID) throws -> Purchase? {
        try first(
            """
            SELECT \(sql: Purchase.columns)
            FROM purchases
            WHERE id = \(id) AND user_id = \(user)
            """, Purchase.init(row:))
    }

    package func purchase(session: String) throws -> Purchase? {
        try first(
            "SELECT \(sql: Purchase.columns) FROM purchases WHERE session_id = \(session)",
            Purchase.init(row:))
    }

    package func purchase(paymentIntent: String) throws -> Purchase? {
        try first(
            """
            SELECT \(sql: Purchase.columns)
            FROM purchases
            WHERE payment_intent = \(paymentIntent)
            """, Purchase.init(row:))
    }

    /// The purchase, locked. The caller has locked its wallet.
    package func lockPurchase(_ id: PurchaseID) throws -> Purchase {
        let purchase = try first(
            """
            SELECT \(sql: Purchase.columns)
            FROM purchases
            WHERE id = \(id)
            FOR UPDATE
            """, Purchase.init(row:))
        guard let purchase else { throw NotFound() }
        return purchase
    }
}
