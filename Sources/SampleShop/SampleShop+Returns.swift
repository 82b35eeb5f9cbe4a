import Domain
import FoundationEssentials
import Ledger
import Store

// What operators and banks do with money.
extension SampleShop {
    func planMoney() {
        for daysAgo in [71.3, 52.4, 33.5, 20.6, 12.2, 5.1] {
            at(daysAgo: daysAgo) { [self] in try refund(share: nil) }
        }
        for daysAgo in [44.3, 15.7] { at(daysAgo: daysAgo) { [self] in try refund(share: 40) } }
        at(daysAgo: 28.4) { [self] in try refund(share: nil, failing: true, againAfter: 86_400) }
        at(daysAgo: 4.4) { [self] in try refund(share: nil, failing: true) }
        for (daysAgo, end) in [
            (75.2, PaymentDispute.Standing.lost), (60.6, .closed), (41.4, .lost), (25.5, .lost),
        ] {
            at(daysAgo: daysAgo) { [self] in try dispute(.open, until: end, after: 12) }
        }
        for daysAgo in [9.3, 3.2] { at(daysAgo: daysAgo) { [self] in try dispute(.open) } }
        at(daysAgo: 1.1) { [self] in try dispute(.inquiry) }
        for daysAgo in [50.3, 2.3] {
            at(daysAgo: daysAgo) { [self] in try payTooLittle(isOpen: daysAgo < 3) }
        }
        for daysAgo in stride(from: 2.7, to: 80, by: 7) {
            at(daysAgo: daysAgo) { [self] in try give() }
        }
    }

    private func payTooLittle(isOpen: Bool) throws {
        let purchase = try pay(tooLittleFor: "standard", by: pick(customers))
        guard !isOpen else { return }
        later(9 * 3600) { [self] in
            _ = try database.closePurchase(
                purchase.id, by: acting(0, "The payment went back at Stripe by hand"))
        }
    }

    private func give() throws {
        let account = pick(customers).account
        try database.grantCredit(
            Money(micros: 5_000_000), to: account, reason: "Sorry for the wait", policy: policy,
            grant: .new(), by: acting(1, "Sorry for the wait"))
        guard chance(15) else { return }
        later(3600) { [self] in
            do {
                try database.takeCredit(
                    Money(micros: 2_000_000), from: account, reason: "Given twice", take: .new(),
                    by: acting(0, "Given twice"))
            } catch is Conflict {
                // It was spent meanwhile.
            }
        }
    }

    // MARK: Refunds

    /// Sends back what is not spent of a new purchase, or so many per cent of its price.
    private func refund(share: Int64?, failing: Bool = false, againAfter: Double? = nil) throws {
        let candidates = paid.enumerated().filter { time.timeIntervalSince($1.paidAt) > 3600 }
            .suffix(20).reversed()
        for (index, candidate) in candidates {
            let purchase = candidate.purchase
            let amount = share.map { percent in
                Money(micros: purchase.price.micros * percent / 1_000_000 * 10_000)
            }
            do {
                try send(amount, of: purchase, failing: failing, againAfter: againAfter)
            } catch is Conflict {
                // Most of it is spent.
                continue
            }
            paid.remove(at: index)
            return
        }
    }

    private func send(
        _ amount: Money?, of purchase: Purchase, failing: Bool, againAfter: Double?
    ) throws {
        let pending = try database.beginRefund(
            .new(), of: purchase.id, amount: amount,
            by: acting(0, "Asked for it within the first days"))
        let stripeID = name("re")
        try database.finish(pending, stripeRefundID: stripeID)
        try reverse(purchase, refunded: pending.amount, cause: "stripe:refund:\(stripeID)")
        try move(.zero - pending.amount, "refund", of: purchase)
        guard failing else { return }
        later(7 * 3600) { [self] in
            try database.fail(pending.id, problem: "the bank account was closed")
            try reverse(purchase, refunded: .zero, cause: "stripe:refund-failed:\(stripeID)")
            try move(pending.amount, "refund_failure", of: purchase)
        }
        guard let againAfter else { return }
        later(againAfter) { [self] in
            try send(amount, of: purchase, failing: false, againAfter: nil)
        }
    }

    // MARK: Disputes

    /// A bank asks for the money of an older purchase.
    private func dispute(
        _ standing: PaymentDispute.Standing, until end: PaymentDispute.Standing? = nil,
        after days: Double = 0
    ) throws {
        let old = paid.indices.filter { time.timeIntervalSince(paid[$0].paidAt) > 2 * 86_400 }
        guard !old.isEmpty else { return }
        let purchase = paid.remove(at: pick(Array(old.suffix(30)))).purchase
        let id = name("du")
        try tell(standing, id, of: purchase)
        if standing == .open {
            try move(
                .zero - purchase.price, fee: Money(micros: 15_000_000), "adjustment", of: purchase)
        }
        guard let end else { return }
        later(days * 86_400) { [self] in
            try tell(end, id, of: purchase)
            if end == .closed { try move(purchase.price, "adjustment", of: purchase) }
            if end == .lost, chance(50) { try forgive(purchase.accountID) }
        }
    }

    private func tell(
        _ standing: PaymentDispute.Standing, _ id: String, of purchase: Purchase
    ) throws {
        let word =
            switch standing {
            case .inquiry, .open: "open"
            case .closed: "won"
            case .lost: "lost"
            }
        let isAnswered = standing == .open || standing == .inquiry
        let reasons = ["fraudulent", "product_not_received", "product_unacceptable"]
        let dispute = PaymentDispute(
            id: id, amount: purchase.price, standing: standing,
            answer: .init(
                reason: reasons[id.utf8.reduce(0) { $0 + Int($1) } % reasons.count],
                dueAt: isAnswered ? time + 14 * 86_400 : nil))
        try reverse(purchase, dispute: dispute, cause: "stripe:dispute-\(word):\(id)")
    }

    private func forgive(_ account: AccountID) throws {
        later(5 * 3600) { [self] in
            do {
                _ = try database.waive(
                    nil, of: account, by: acting(0, "The card was stolen from them"))
            } catch is Conflict {
                // Nothing is owed.
            }
        }
    }

    private func reverse(
        _ purchase: Purchase, refunded: Money? = nil, dispute: PaymentDispute? = nil, cause: String
    ) throws {
        _ = try database.apply(
            PaymentReversal(refunded: refunded, dispute: dispute, cause: cause), to: purchase.id,
            readAt: database.reversals(of: purchase.id), refundGrace: terms.credit.refundGrace)
    }
}
