import Domain
import FoundationEssentials
import Testing

@Suite struct `P1 what follows from what Stripe says` {
    private static let now = Date(timeIntervalSince1970: 1_767_225_600)
    private static let id = PurchaseID(at: now, random: (1, 2))

    private func order(
        session: String? = "cs_1", state: Purchase.State = .pending, isLive: Bool = false
    ) -> Purchase {
        Purchase(
            id: Self.id, accountID: AccountID(at: Self.now, random: (5, 6)),
            userID: UserID(at: Self.now, random: (3, 4)), packageID: "pro",
            price: Money(cents: 4799), credits: Money(cents: 5000), bonus: Money(cents: 500),
            state: state, sessionID: session, checkoutURL: nil, isLive: isLive,
            createdAt: Self.now, paidAt: nil)
    }

    private func facts(
        session: String = "cs_1", _ progress: PaymentFacts.Progress = .paid,
        isPaymentMode: Bool = true, subtotal: Int64 = 4799, total: Int64 = 4799,
        currency: String = "usd", isLive: Bool = false, reference: String? = id.description,
        paymentIntent: String? = "pi_1"
    ) -> PaymentFacts {
        PaymentFacts(
            sessionID: session, progress: progress, isPaymentMode: isPaymentMode,
            subtotal: Money(cents: subtotal), total: Money(cents: total), currency: currency,
            isLive: isLive, reference: reference, paymentIntent: paymentIntent)
    }

    @Test(arguments: Purchase.State.allCases)
    func `a paid session of this order grants under its payment`(state: Purchase.State) {
        #expect(order(state: state).outcome(of: facts()) == .grant(paymentIntent: "pi_1"))
    }

    @Test func `an order whose session we never learned is known by its reference`() {
        #expect(order(session: nil).outcome(of: facts()) == .grant(paymentIntent: "pi_1"))
    }

    @Test(
        arguments: [
            (.open, .wait), (.unpaid, .wait), (.failed, .fail), (.expired, .expire),
        ] as [(PaymentFacts.Progress, Purchase.Outcome)])
    func `a session that is not paid grants nothing`(
        progress: PaymentFacts.Progress, outcome: Purchase.Outcome
    ) {
        #expect(order().outcome(of: facts(progress)) == outcome)
    }

    /// Each of them differs from the order in one thing alone.
    private var strangers: [PaymentFacts] {
        [
            facts(session: "cs_2"), facts(reference: nil), facts(reference: "other"),
            facts(reference: Self.id.description.uppercased()), facts(isLive: true),
            facts(isPaymentMode: false), facts(currency: "eur"), facts(currency: "USD"),
            facts(currency: ""), facts(subtotal: 4798), facts(subtotal: 4800),
            facts(total: 4798), facts(total: 0), facts(total: 4800), facts(subtotal: 0, total: 0),
            facts(paymentIntent: nil), facts(paymentIntent: ""),
        ]
    }

    @Test func `a paid session that differs from the order in one thing grants nothing`() {
        for facts in strangers {
            guard case .mismatch = order().outcome(of: facts) else {
                Issue.record("\(facts) was taken for the order's")
                continue
            }
        }
    }

    @Test func `a payment in test mode grants nothing for a live order`() {
        #expect(
            order(isLive: true).outcome(of: facts(isLive: false))
                == .mismatch("live and test mode are mixed"))
        #expect(
            order(isLive: true).outcome(of: facts(isLive: true)) == .grant(paymentIntent: "pi_1"))
    }

    @Test(arguments: [PaymentFacts.Progress.failed, .expired])
    func `the end of another order's session does not close this order`(
        progress: PaymentFacts.Progress
    ) {
        #expect(
            order().outcome(of: facts(session: "cs_2", progress)) == .mismatch("another session"))
        #expect(
            order().outcome(of: facts(progress, reference: nil)) == .mismatch("another order"))
    }
}
