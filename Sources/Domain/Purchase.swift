package import FoundationEssentials

package enum PurchaseKind {}
package typealias PurchaseID = ID<PurchaseKind>

/// One credit package that somebody buys, paid through one Checkout Session.
package struct Purchase: Sendable {
    package enum State: String, CaseIterable, Sendable {
        case pending, paid, failed, expired, refunded, disputed
    }

    package let id: PurchaseID
    package let accountID: AccountID
    /// Who buys it.
    package let userID: UserID
    package let packageID: String
    package let price: Money
    package let credits: Money
    package let bonus: Money
    package let state: State
    /// The Stripe Checkout Session; nil until Stripe has answered.
    package let sessionID: String?
    /// Where the buyer pays; nil until Stripe has answered.
    package let checkoutURL: String?
    package let isLive: Bool
    package let createdAt: Date
    package let paidAt: Date?

    package init(
        id: PurchaseID, accountID: AccountID, userID: UserID, packageID: String, price: Money,
        credits: Money, bonus: Money, state: State, sessionID: String?, checkoutURL: String?,
        isLive: Bool,
        createdAt: Date, paidAt: Date?
    ) {
        self.id = id
        self.accountID = accountID
        self.userID = userID
        self.packageID = packageID
        self.price = price
        self.credits = credits
        self.bonus = bonus
        self.state = state
        self.sessionID = sessionID
        self.checkoutURL = checkoutURL
        self.isLive = isLive
        self.createdAt = createdAt
        self.paidAt = paidAt
    }
}

/// What Stripe says now of a Checkout Session, in our words.
package struct PaymentFacts: Hashable, Sendable {
    package enum Progress: Hashable, Sendable {
        /// The buyer has not finished.
        case open
        /// The funds are there.
        case paid
        /// The buyer is done, the funds are still on their way.
        case unpaid
        /// The delayed payment failed.
        case failed
        /// The page was never used and is closed.
        case expired
    }

    package let sessionID: String
    package let progress: Progress
    package let isPaymentMode: Bool
    package let subtotal: Money
    package let total: Money
    package let currency: String
    package let isLive: Bool
    /// Our purchase id as we gave it.
    package let reference: String?
    package let paymentIntent: String?

    package init(
        sessionID: String, progress: Progress, isPaymentMode: Bool, subtotal: Money, total: Money,
        currency: String, isLive: Bool, reference: String?, paymentIntent: String?
    ) {
        self.sessionID = sessionID
        self.progress = progress
        self.isPaymentMode = isPaymentMode
        self.subtotal = subtotal
        self.total = total
        self.currency = currency
        self.isLive = isLive
        self.reference = reference
        self.paymentIntent = paymentIntent
    }
}

extension Purchase {
    package enum Outcome: Hashable, Sendable {
        /// Grant the credit, once, under the payment intent's key.
        case grant(paymentIntent: String)
        /// Nothing to do yet.
        case wait
        case fail
        case expire
        /// The session is not this purchase's: grant nothing and tell the operator.
        case mismatch(String)
    }

    /// What follows from what Stripe says (P1). Reads no event: only the session as it is now.
    package func outcome(of facts: PaymentFacts) -> Outcome {
        if let sessionID, sessionID != facts.sessionID { return .mismatch("another session") }
        guard facts.reference == id.description else { return .mismatch("another order") }
        guard facts.isLive == isLive else { return .mismatch("live and test mode are mixed") }
        switch facts.progress {
        case .open, .unpaid: return .wait
        case .failed: return .fail
        case .expired: return .expire
        case .paid: break
        }
        guard facts.isPaymentMode else { return .mismatch("not a payment") }
        guard facts.currency == "usd" else { return .mismatch("currency \(facts.currency)") }
        guard facts.subtotal == price, facts.total == price else {
            return .mismatch("paid \(facts.total) for an order of \(price)")
        }
        guard let paymentIntent = facts.paymentIntent, !paymentIntent.isEmpty else {
            return .mismatch("paid without a payment intent")
        }
        return .grant(paymentIntent: paymentIntent)
    }
}
