import Domain
package import FoundationEssentials
import Logging
import Store
import Stripe

extension Billing {
    /// How often the list of events is read, for those that never came (W6).
    private static let interval = Duration.seconds(900)
    private static let name = "stripe_events"
    /// What is asked for: Stripe takes twenty names at most.
    private static let types = [
        "checkout.session.completed", "checkout.session.async_payment_succeeded",
        "checkout.session.async_payment_failed", "checkout.session.expired", "charge.refunded",
        "charge.refund.updated", "refund.created", "refund.updated", "refund.failed",
        "charge.dispute.created", "charge.dispute.updated", "charge.dispute.closed",
        "charge.dispute.funds_withdrawn", "charge.dispute.funds_reinstated",
    ]

    /// Reads Stripe's list of events, if it is due, and receives those that did not come: from an
    /// hour before the last look, at most the thirty days that Stripe keeps.
    package func sweepEvents(now: Date) throws {
        let last = try database.healthChecks().first { $0.name == Self.name }
        guard try database.takeHealthCheck(Self.name, every: Self.interval) else { return }
        let seconds = min(Double(last?.ageSeconds ?? .max) + 3600, 30 * 86_400)
        var events: [StripeEvent] = []
        var hasMore = true
        while hasMore, events.count < 10_000 {
            let page = try stripe.events(
                createdFrom: now.addingTimeInterval(-seconds), after: events.last?.id,
                types: Self.types)
            events += page.data
            hasMore = page.hasMore && !page.data.isEmpty
        }
        var failures = 0
        // Oldest first, which spares looking payments up before their sessions.
        for event in events.reversed() {
            do {
                try receive(event)
            } catch {
                failures += 1
                log.error(
                    "an event of the list could not be received",
                    metadata: ["event": "\(event.id)", "error": "\(error)"])
            }
        }
        try database.setHealth(
            Self.name, isHealthy: failures == 0,
            detail: "\(events.count) events read, \(failures) failed")
    }

    /// Looks at open orders whose webhook has not come.
    package func sweepPurchases(limit: Int) throws {
        for purchase in try database.takePurchasesToCheck(limit: limit) {
            do {
                if purchase.sessionID == nil {
                    try database.expirePurchaseWithoutSession(purchase.id)
                } else {
                    _ = try refresh(purchase)
                }
            } catch {
                log.warning(
                    "an order could not be brought up to date",
                    metadata: ["purchase": "\(purchase.id)", "error": "\(error)"])
            }
        }
    }
}
