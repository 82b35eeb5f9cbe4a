import Domain
import FoundationEssentials
import Store
import Stripe

extension StripeComparison {
    /// Keeps what Stripe says that our purchases cost us. What belongs to no purchase of ours, such as
    /// a payout or another shop's payment, is nobody's here.
    func keep(_ transactions: [StripeBalanceTransaction]) throws -> Comparison {
        var kept: [StripeTransaction] = []
        var unread: [String] = []
        for transaction in transactions {
            guard let payment = transaction.source?.paymentIntent,
                let purchase = try database.purchaseToReconcile(paymentIntent: payment)
            else { continue }
            guard let fact = fact(transaction, of: purchase.id) else {
                unread.append(transaction.id)
                continue
            }
            kept.append(fact)
        }
        try database.note(kept)
        return Comparison(problem: Self.problem(unread))
    }

    /// Nil when something of it is not there, or cannot be.
    private func fact(
        _ transaction: StripeBalanceTransaction, of purchase: PurchaseID
    ) -> StripeTransaction? {
        guard transaction.id.utf8.count <= 255, transaction.source?.currency == "usd",
            let type = transaction.type,
            let createdAt = transaction.createdAt, createdAt <= now.addingTimeInterval(86_400),
            createdAt >= now.addingTimeInterval(-2 * Self.listed),
            let (amount, fee) = transaction.inPaymentCurrency
        else { return nil }
        return StripeTransaction(
            id: transaction.id, purchaseID: purchase, type: type,
            amount: Money(cents: Int64(amount)), fee: Money(cents: Int64(fee)),
            createdAt: createdAt)
    }
}
