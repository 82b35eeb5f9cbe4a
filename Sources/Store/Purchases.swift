package import Domain
import FoundationEssentials
import Ledger
package import MariaDB

extension Connection {
    /// Writes a purchase before Stripe is asked for its page: `user` buys it for the account, from
    /// `address` of the network, if that is known, and agrees to `terms` by it where a page said so.
    package func insertPurchase(
        _ id: PurchaseID, of package: Package, catalogVersion: Int, for account: AccountID,
        by user: UserID, from address: String? = nil, under terms: PurchaseTerms = .unknown,
        isLive: Bool
    ) throws {
        try execute(
            """
            INSERT INTO purchases
                (id, account_id, user_id, package_id, catalog_version, price_micros, credits_micros,
                 bonus_micros, state, is_live, address, terms_version, next_check_at, created_at)
            VALUES (\(id), \(account), \(user), \(package.id), \(catalogVersion),
                \(package.price), \(package.credits), \(package.bonus), 'pending', \(isLive),
                \(address?.cut(to: 45)), \(terms.version),
                UTC_TIMESTAMP(6) + INTERVAL 30 SECOND, UTC_TIMESTAMP(6))
            """)
        if terms.isAgreedTo, let version = terms.version {
            try noteAcceptance(of: version, by: user, from: address)
        }
    }

    /// Notes the page that Stripe made for the purchase. Doing it again changes nothing.
    package func setSession(_ session: String, url: String, of purchase: PurchaseID) throws {
        try execute(
            """
            UPDATE purchases
            SET session_id = \(session), checkout_url = \(url)
            WHERE id = \(purchase) AND session_id IS NULL
            """)
    }

    /// Applies what Stripe says now of the purchase's session, once, however often and from however
    /// many places this is called (P1, L5). Returns the purchase as it is afterwards, and what was
    /// found.
    package func apply(
        _ facts: PaymentFacts, to id: PurchaseID, policy: CreditPolicy
    ) throws -> (purchase: Purchase, outcome: Purchase.Outcome) {
        guard let purchase = try purchase(id) else { throw NotFound() }
        return try withWallet(of: purchase.accountID) { wallet in
            try wallet.lapse()
            let locked = try lockPurchase(id)
            let outcome = locked.outcome(of: facts)
            switch outcome {
            case .wait:
                break
            case .grant(let paymentIntent):
                guard locked.paidAt == nil else { break }
                try credit(locked, paymentIntent: paymentIntent, to: &wallet, policy: policy)
            case .fail:
                try close(id, as: .failed)
            case .expire:
                try close(id, as: .expired)
            case .mismatch(let problem):
                // Stripe says the same however often it is asked: a person decides (A4).
                try execute(
                    """
                    UPDATE purchases
                    SET problem = \(problem.cut(to: 500)),
                        next_check_at = IF(\(facts.progress == .paid), NULL, next_check_at)
                    WHERE id = \(id) AND closed_at IS NULL
                    """)
            }
            return (try self.purchase(id) ?? locked, outcome)
        }
    }

    /// Notes what does not fit about a purchase, in words for the operator. It moves nothing.
    package func note(problem: String, of id: PurchaseID) throws {
        try execute(
            "UPDATE purchases SET problem = \(problem.cut(to: 500)) WHERE id = \(id)")
    }

    private func close(_ id: PurchaseID, as state: Purchase.State) throws {
        try execute(
            """
            UPDATE purchases
            SET state = \(state), next_check_at = NULL
            WHERE id = \(id) AND state IN ('pending', 'failed', 'expired')
            """)
    }

    /// Gives a purchase's credit, and tells its buyer.
    func credit(
        _ purchase: Purchase, paymentIntent: String, to wallet: inout LockedWallet,
        policy: CreditPolicy
    ) throws {
        try wallet.credit(purchase, paymentIntent: paymentIntent, policy: policy)
        try tell(
            .receipt(purchase.id), to: purchase.userID, opKey: "mail:receipt:\(purchase.id)")
    }

    /// Open purchases whose session is due to be looked at again (W6). Each look moves the next one
    /// further away: half a minute after its beginning, then 2 and 15 minutes, 2 and 10 hours later,
    /// then when its page is closed for certain, and afterwards about once a day. One that nobody
    /// pays costs these few reads; what is paid meanwhile is told of by its event, or by the list
    /// of events.
    package func takePurchasesToCheck(limit: Int) throws -> [Purchase] {
        try transaction {
            let due = try query(
                """
                SELECT \(sql: Purchase.columns)
                FROM purchases
                WHERE next_check_at <= UTC_TIMESTAMP(6)
                ORDER BY next_check_at
                LIMIT \(limit)
                FOR UPDATE SKIP LOCKED
                """, Purchase.init(row:))
            for purchase in due {
                try execute(
                    """
                    UPDATE purchases
                    SET checks = checks + 1,
                        next_check_at = CASE
                            WHEN session_id IS NULL
                                THEN UTC_TIMESTAMP(6)
                                    + INTERVAL LEAST(30 * POW(2, LEAST(checks, 9)), 3600) SECOND
                            WHEN checks <= 4
                                THEN UTC_TIMESTAMP(6)
                                    + INTERVAL ELT(checks, 120, 900, 7200, 36000) SECOND
                            WHEN checks = 5
                                THEN GREATEST(created_at + INTERVAL 1450 MINUTE,
                                    UTC_TIMESTAMP(6) + INTERVAL 1 MINUTE)
                            ELSE UTC_TIMESTAMP(6) + INTERVAL 25 HOUR
                            END
                    WHERE id = \(purchase.id)
                    """)
            }
            return due
        }
    }

    /// Whether Stripe may be asked about the purchase for a person who waits: every two seconds at
    /// most, however many pages wait for it, and less and less often for a page that is left open.
    package func mayAskStripe(about id: PurchaseID) throws -> Bool {
        try execute(
            """
            UPDATE purchases
            SET asked_at = UTC_TIMESTAMP(6)
            WHERE id = \(id)
                AND (asked_at IS NULL OR asked_at < UTC_TIMESTAMP(6)
                    - INTERVAL GREATEST(2, TIMESTAMPDIFF(SECOND, created_at, UTC_TIMESTAMP(6)) / 60)
                        SECOND)
            """) == 1
    }

    /// Gives a purchase up for which Stripe never made a page, before Stripe forgets the key that
    /// makes it one page (P2). Returns whether it was time.
    @discardableResult
    package func expirePurchaseWithoutSession(_ id: PurchaseID) throws -> Bool {
        try execute(
            """
            UPDATE purchases
            SET state = 'expired', next_check_at = NULL
            WHERE id = \(id) AND state = 'pending' AND session_id IS NULL
                AND created_at < UTC_TIMESTAMP(6) - INTERVAL 23 HOUR
            """) == 1
    }
}
