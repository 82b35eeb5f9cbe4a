import Domain
import FoundationEssentials
import Ledger
import Store

/// A purchase that was paid, to send money back of.
struct PaidSample {
    let purchase: Purchase
    let paymentIntent: String
    let paidAt: Date
}

extension SampleShop {
    /// Buys a pack and pays a minute later.
    func buy(_ package: String, for customer: Customer) throws {
        let purchase = try begin(buying: package, by: customer)
        later(75) { [self] in try pay(purchase) }
    }

    /// Leaves the page, or pays in a way that fails some days later.
    func giveUp(buying package: String, by customer: Customer) throws {
        let purchase = try begin(buying: package, by: customer)
        let failsLater = chance(25) && fits(4 * 86_400)
        later(failsLater ? 3 * 86_400 : 86_460) { [self] in
            try tell(failsLater ? .failed : .expired, of: purchase)
        }
    }

    /// A payment of another amount than the pack's, which a person has to decide about.
    func pay(tooLittleFor package: String, by customer: Customer) throws -> Purchase {
        let purchase = try begin(buying: package, by: customer)
        try tell(
            .paid, of: purchase, amount: Money(cents: 999), paymentIntent: name("pi"))
        return purchase
    }

    private func begin(buying id: String, by customer: Customer) throws -> Purchase {
        guard let package = catalog.package(id) else { throw NotFound() }
        let purchase = PurchaseID.new()
        try database.insertPurchase(
            purchase, of: package, catalogVersion: catalog.version, for: customer.account,
            by: customer.user, isLive: false)
        let session = name("cs_test")
        try database.setSession(
            session, url: "https://checkout.stripe.com/c/pay/\(session)", of: purchase)
        guard let made = try database.purchase(purchase) else { throw NotFound() }
        return made
    }

    private func tell(
        _ progress: PaymentFacts.Progress, of purchase: Purchase, amount: Money? = nil,
        paymentIntent: String? = nil
    ) throws {
        let facts = PaymentFacts(
            sessionID: purchase.sessionID ?? "", progress: progress, isPaymentMode: true,
            subtotal: amount ?? purchase.price, total: amount ?? purchase.price, currency: "usd",
            isLive: false, reference: "\(purchase.id)", paymentIntent: paymentIntent)
        _ = try database.apply(facts, to: purchase.id, policy: policy)
    }

    private func pay(_ purchase: Purchase) throws {
        let paymentIntent = name("pi")
        try tell(.paid, of: purchase, paymentIntent: paymentIntent)
        // As when the lists of Stripe have been compared since.
        try database.noteListed([purchase.id])
        let fee = purchase.price.micros * 29 / 1000 / 10_000 * 10_000 + 300_000
        try move(purchase.price, fee: Money(micros: fee), "charge", of: purchase)
        paid.append(
            PaidSample(purchase: purchase, paymentIntent: paymentIntent, paidAt: time))
    }

    /// What moves our balance at Stripe.
    func move(_ amount: Money, fee: Money = .zero, _ type: String, of purchase: Purchase) throws {
        try database.note([
            StripeTransaction(
                id: name("txn"), purchaseID: purchase.id, type: type, amount: amount, fee: fee,
                createdAt: time)
        ])
    }
}
