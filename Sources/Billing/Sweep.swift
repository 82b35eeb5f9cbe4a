import Domain
package import FoundationEssentials
import Logging
import MariaDB
import Store
import Stripe

extension Billing {
    /// How often the list of events is read, for those that never came (W6).
    private static let interval = Duration.seconds(900)
    private static let name = "stripe_events"
    /// The look after which no event was missing.
    private static let completed = "stripe_events_done"
    /// A million events: more than thirty days of any shop that runs on one database.
    private static let largestPageCount = 10_000
    /// So many failures in a row are Stripe's, not the events'.
    private static let largestFailureCount = 5
    /// What is asked for: Stripe takes twenty names at most.
    private static let types = [
        "checkout.session.completed", "checkout.session.async_payment_succeeded",
        "checkout.session.async_payment_failed", "checkout.session.expired", "charge.refunded",
        "charge.refund.updated", "refund.created", "refund.updated", "refund.failed",
        "charge.dispute.created", "charge.dispute.updated", "charge.dispute.closed",
        "charge.dispute.funds_withdrawn", "charge.dispute.funds_reinstated",
    ]

    /// Reads Stripe's list of events, if it is due, and receives those that did not come: from an
    /// hour before the last look that read all of it, at most the thirty days that Stripe keeps.
    ///
    /// An event that fails is kept apart (``retryEvents(limit:until:)``); the look goes on, and the
    /// next one begins where it would without it.
    ///
    /// - Parameter end: when this look stops; the next one passes what this one received quickly.
    package func sweepEvents(
        now: Date, until end: ContinuousClock.Instant = .now + .seconds(300)
    ) throws {
        let last = try database.healthChecks().first { $0.name == Self.completed }
        guard try database.takeHealthCheck(Self.name, every: Self.interval) else { return }
        let begin = ContinuousClock.now
        let seconds = min(Double(last?.ageSeconds ?? .max) + 3600, 30 * 86_400)
        let found: EventCount
        do {
            found = try receiveEvents(since: now.addingTimeInterval(-seconds), until: end)
        } catch {
            try database.setHealth(Self.name, isHealthy: false, detail: "\(error)")
            throw error
        }
        try database.setHealth(
            Self.name, isHealthy: found.isComplete,
            detail: "\(found.events) events read, \(found.failures) failed"
                + (found.isComplete ? "" : ", not all read"))
        // After a look that took long, as after a restore, the next begins where this one did.
        if found.isComplete, begin.duration(to: .now) < .seconds(1800) {
            try database.setHealth(Self.completed, isHealthy: true, detail: "no event is missing")
        }
    }

    private struct EventCount {
        var events = 0
        /// Those that were kept apart.
        var failures = 0
        var isComplete = false
    }

    private func receiveEvents(
        since start: Date, until end: ContinuousClock.Instant
    ) throws -> EventCount {
        var count = EventCount()
        var failuresInRow = 0
        var last: String?
        for _ in 0..<Self.largestPageCount {
            guard ContinuousClock.now < end else { return count }
            let page = try stripe.events(createdFrom: start, after: last, types: Self.types)
            // Oldest first, which spares looking payments up before their sessions.
            for event in page.data.reversed() {
                guard ContinuousClock.now < end else { return count }
                guard try !database.isProcessedOrKept(event.id, from: .stripe) else { continue }
                do {
                    try receive(event)
                    failuresInRow = 0
                } catch let error as DatabaseError where error.isPassing {
                    throw error
                } catch {
                    // What Stripe does not answer now it answers later: no fault of the event's.
                    guard !error.isVendorAway else { throw error }
                    count.failures += 1
                    failuresInRow += 1
                    try keep(event, because: error)
                    guard failuresInRow < Self.largestFailureCount else { throw error }
                }
            }
            count.events += page.data.count
            last = page.data.last?.id
            guard page.hasMore, last != nil else {
                count.isComplete = true
                return count
            }
        }
        return count
    }

    /// Looks at open purchases whose webhook has not come, and has pages made that Stripe was too
    /// slow for while their buyers waited. Returns how many were due. When the time is over the
    /// rest waits for its next turn.
    @discardableResult
    package func sweepPurchases(
        limit: Int, appURL: String, until end: ContinuousClock.Instant = .now + .seconds(300)
    ) throws -> Int {
        let due = try database.takePurchasesToCheck(limit: limit)
        for purchase in due where ContinuousClock.now < end {
            do {
                if purchase.sessionID == nil {
                    guard try !database.expirePurchaseWithoutSession(purchase.id) else { continue }
                    _ = try openSession(of: purchase, appURL: appURL)
                } else {
                    _ = try refresh(purchase)
                }
            } catch let error as DatabaseError where error.isPassing {
                throw error
            } catch {
                log.warning(
                    "a purchase could not be brought up to date",
                    metadata: ["purchase": "\(purchase.id)", "error": "\(error)"])
            }
        }
        return due.count
    }
}
