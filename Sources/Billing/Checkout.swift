package import Domain
import Logging
import MariaDB
import Store
import Stripe

extension Billing {
    /// How often Stripe is asked for one page.
    private static let largestTryCount = 4

    /// Has Stripe make the purchase's page, and notes it. Asked again where Stripe says that the
    /// same call is worth it, as long as the client's deadline allows: the key was stored with the
    /// purchase before, so it is one page whoever asks and however often (P2). Throws
    /// `StripeError`.
    package func openSession(
        of purchase: Purchase, appURL: String
    ) throws -> (session: String, url: String) {
        guard let cents = purchase.price.cents else {
            preconditionFailure("the catalog holds whole cents only")
        }
        let request = CheckoutSessionRequest(
            productName: "Rushes credit, \(purchase.credits + purchase.bonus)",
            unitAmount: Int(cents), clientReferenceID: purchase.id.description,
            metadata: try mark().metadata.merging(["purchase_id": purchase.id.description]) { $1 },
            successURL: "\(appURL)/purchases/\(purchase.id)?session_id={CHECKOUT_SESSION_ID}",
            cancelURL: "\(appURL)/credits?package=\(purchase.packageID)&canceled=\(purchase.id)")
        let session = try create(request, for: purchase)
        guard let url = session.url else {
            throw StripeError.refused(StripeFailure(message: "a session without an address"))
        }
        try database.setSession(session.id, url: url, of: purchase.id)
        return (session.id, url)
    }

    private func create(
        _ request: CheckoutSessionRequest, for purchase: Purchase
    ) throws(StripeError) -> CheckoutSession {
        var attempt = 1
        while true {
            do throws(StripeError) {
                return try stripe.createCheckoutSession(
                    request, idempotencyKey: "purchase:\(purchase.id)")
            } catch {
                log.warning(
                    "stripe: no session",
                    metadata: ["purchase": "\(purchase.id)", "error": "\(error)"])
                let pause = Backoff.delay(
                    afterTry: attempt, base: .milliseconds(500), ceiling: .seconds(2),
                    jitter: .random(in: 0...1))
                let isInTime = stripe.deadline.map { ContinuousClock.now + pause < $0 } ?? true
                guard error.isWorthRetrying, attempt < Self.largestTryCount, isInTime else {
                    throw error
                }
                Connection.sleep(pause)
                attempt += 1
            }
        }
    }
}
