import Domain
package import FoundationEssentials
import Logging
import MariaDB
import Store
import Stripe

extension Billing {
    /// What the last look through the list of events has found, for those that never came (W6).
    private static let check = "stripe_events"
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

    /// Reads Stripe's list of events, and receives those that did not come: from an hour before
    /// `last`, when the last look began that read all of it, at most the thirty days that Stripe
    /// keeps. Returns whether all of it was read.
    ///
    /// An event that fails is kept apart (``retryEvents(limit:until:)``); the look goes on, and the
    /// next one begins where it would without it.
    ///
    /// - Parameter end: when this look stops; the next one passes what this one received quickly.
    package func sweepEvents(
        since last: Date?, now: Date, until end: ContinuousClock.Instant = .now + .seconds(300)
    ) throws -> Bool {
        let month = now.addingTimeInterval(-30 * 86_400)
        let found: EventCount
        do {
            found = try receiveEvents(
                since: max(month, last?.addingTimeInterval(-3600) ?? month), until: end)
        } catch {
            try database.setHealth(Self.check, isHealthy: false, detail: "\(error)")
            throw error
        }
        try database.setHealth(
            Self.check, isHealthy: found.isComplete,
            detail: "\(found.events) events read, \(found.failures) failed"
                + (found.isComplete ? "" : ", not all read"))
        return found.isComplete
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
