import Domain
import FoundationEssentials
import Store
import Stripe

extension StripeComparison {
    /// Disputes come months after their payment, so their purchases are looked up one by one.
    func compare(_ disputes: [StripeDispute]) throws -> Comparison {
        var candidates: [Candidate] = []
        for dispute in disputes {
            guard let payment = dispute.paymentIntent,
                let purchase = try database.purchaseToReconcile(paymentIntent: payment)
            else { continue }
            candidates += try candidate(dispute, of: purchase)
        }
        return try judge(candidates, examined: [.dispute: Set(disputes.map(\.id))])
    }

    /// Open disputes that were opened before the list begins: each is read by itself, the one that
    /// was looked at longest ago first, so that one that cannot be read holds no other back.
    func compareOldDisputes() throws -> Comparison {
        let begin = try database.databaseTime()
        let start = now.addingTimeInterval(86_400 - Self.listed)
        var comparison = Comparison()
        var unread: [String] = []
        while let next = try database.takeOldDispute(
            openedBefore: start, lookedAtBefore: begin)
        {
            guard !isOver else {
                comparison.isDone = false
                break
            }
            guard let dispute = try read({ try stripe.dispute(id: next.id) }) else {
                unread.append(next.id)
                continue
            }
            guard let payment = dispute.paymentIntent,
                let purchase = try database.purchaseToReconcile(paymentIntent: payment)
            else { continue }
            comparison.add(
                try judge(candidate(dispute, of: purchase), examined: [.dispute: [dispute.id]]))
        }
        comparison.problem = Self.problem(unread)
        return comparison
    }

    private func candidate(
        _ dispute: StripeDispute, of purchase: PaidPurchase
    ) throws -> [Candidate] {
        let facts = dispute.facts
        let isOurs = dispute.currency == "usd" && dispute.isLive == purchase.isLive
        guard try !isOurs || database.dispute(dispute.id) != facts.money else { return [] }
        let words =
            isOurs
            ? "is \(facts.standing.rawValue) at Stripe"
            : "is in \(dispute.currency), \(dispute.isLive ? "live" : "test") mode"
        return [
            Candidate(
                difference: Difference(
                    .dispute, subject: dispute.id, purchase: purchase.id, amount: facts.amount,
                    "the dispute \(dispute.id) \(words)"),
                objects: [dispute.id, dispute.paymentIntent])
        ]
    }
}
