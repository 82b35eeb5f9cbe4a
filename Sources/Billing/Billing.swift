// Billing: what follows for a purchase from what Stripe says: credit, refunds, disputes, by events
// and by sweeps. Each way asks Stripe first and applies the answer in one transaction (W3, J12).
// It has no SQL (Store) and writes no HTTP (Stripe).

package import Domain
import Ledger
package import Logging
package import MariaDB
import Store
package import Stripe

/// Brings purchases in line with what Stripe says of them, from wherever the hint came: a webhook,
/// a buyer who waits, a sweep. Stripe is always asked first and outside of any transaction; what it
/// says is then applied in one.
package struct Billing {
    package let database: Connection
    package let stripe: StripeClient
    package let policy: CreditPolicy
    package let log: Logger

    /// Notes who sells now, since what follows makes documents that name him. Throws
    /// `DatabaseError`.
    package init(
        database: Connection, stripe: StripeClient, policy: CreditPolicy, seller: Seller,
        log: Logger
    ) throws {
        try database.remember(seller)
        self.database = database
        self.stripe = stripe
        self.policy = policy
        self.log = log
    }

    /// Looks at the purchase's session and applies what it says. Throws `StripeError`, and
    /// `DatabaseError`. Nothing is done for a purchase whose session Stripe has not told us.
    package func refresh(_ purchase: Purchase) throws -> Purchase {
        guard let session = purchase.sessionID else { return purchase }
        return try apply(stripe.checkoutSession(id: session).facts(hasFailed: false), to: purchase)
    }

    private func apply(_ facts: PaymentFacts, to purchase: Purchase) throws -> Purchase {
        let result = try database.apply(facts, to: purchase.id, policy: policy)
        switch result.outcome {
        case .mismatch(let problem):
            log.critical(
                "a payment does not fit its purchase; nothing was credited",
                metadata: ["purchase": "\(purchase.id)", "problem": "\(problem)"])
        case .grant where purchase.paidAt == nil:
            log.notice("credited", metadata: ["purchase": "\(purchase.id)"])
        case .grant, .wait, .fail, .expire: break
        }
        return result.purchase
    }

    /// What is on all that this shop makes at Stripe.
    func mark() throws -> StripeMark {
        try StripeMark(installation: "\(database.installation())")
    }

    // MARK: Events

    /// Does what an event hints at, once (W2, W3). Its row and the effect are one transaction.
    ///
    /// Throws when Stripe or the database could not be asked: then nothing is written down, and
    /// the event is to come again. An event of a purchase of ours that is not known yet is kept for
    /// later (W5); one of what lacks our mark is written down and that is all (P8).
    package func receive(_ event: StripeEvent) throws {
        guard try !database.isProcessed(event.id, from: .stripe) else { return }
        switch event.objectKind {
        case "checkout.session": try receiveSession(event)
        case "charge", "refund", "dispute": try receiveReversal(event)
        default: try note(event) { true }
        }
    }

    /// Tries events again whose object was not known when they came, and those that failed.
    package func retryEvents(
        limit: Int, until end: ContinuousClock.Instant = .now + .seconds(300)
    ) throws {
        for kept in try database.unprocessedStripeEvents(limit: limit)
        where ContinuousClock.now < end {
            let event = StripeEvent(
                id: kept.id, type: kept.type, objectID: kept.object,
                objectKind: kept.objectKind ?? "checkout.session",
                paymentIntent: kept.paymentIntent)
            do {
                try receive(event)
            } catch let error as DatabaseError where error.isPassing {
                throw error
            } catch {
                try keep(event, because: error)
                guard !error.isVendorAway else { return }
            }
        }
    }

    /// Keeps an event apart that failed, so that it holds no other back.
    func keep(_ event: StripeEvent, because error: any Error) throws {
        log.error(
            "an event could not be received; it is tried again",
            metadata: ["event": "\(event.id)", "error": "\(error)"])
        try database.keep(
            KeptEvent(
                id: event.id, type: event.type, object: event.objectID ?? "",
                objectKind: event.objectKind, paymentIntent: event.paymentIntent),
            from: .stripe, problem: "\(error)")
    }

    private func note(_ event: StripeEvent, effect: () throws -> Bool) throws {
        try database.receive(
            event.id, from: .stripe, type: event.type, object: event.objectID ?? "",
            effect: effect)
    }

    private func receiveSession(_ event: StripeEvent) throws {
        guard let id = event.objectID, let facts = try sessionFacts(id, event) else {
            // Another application's, or of the other mode: it will never be ours.
            return try note(event) { true }
        }
        try note(event) {
            guard let purchase = try purchase(of: facts) else {
                // Our purchase may not be here yet; what is no id of a purchase will never be.
                return facts.reference.flatMap { PurchaseID($0) } == nil
            }
            _ = try apply(facts, to: purchase)
            return true
        }
    }

    /// What Stripe says now of the event's session; nil when it knows none of this id, and when
    /// the session is not ours, whatever its reference looks like.
    private func sessionFacts(_ id: String, _ event: StripeEvent) throws -> PaymentFacts? {
        do {
            let session = try stripe.checkoutSession(id: id)
            guard try mark().isOn(session.metadata) else { return nil }
            return session.facts(hasFailed: event.type == "checkout.session.async_payment_failed")
        } catch let error as StripeError where error.isNotFound {
            return nil
        }
    }

    /// The purchase that a session is of: by the session, or by the reference that we gave it,
    /// because an event may come before Stripe's answer to the creating call.
    private func purchase(of facts: PaymentFacts) throws -> Purchase? {
        if let purchase = try database.purchase(session: facts.sessionID) { return purchase }
        guard let id = facts.reference.flatMap({ PurchaseID($0) }) else { return nil }
        return try database.purchase(id)
    }

    /// A refund or a dispute: reads its object as it is now, and again if the purchase's reversals
    /// changed meanwhile.
    private func receiveReversal(_ event: StripeEvent) throws {
        var tries = 0
        while true {
            do {
                return try applyReversal(event)
            } catch is StaleReading where tries < 8 {
                tries += 1
            }
        }
    }

    private func applyReversal(_ event: StripeEvent) throws {
        guard let id = event.objectID, let payment = try payment(of: event, id),
            let purchase = try paidPurchase(payment)
        else { return try note(event) { true } }
        let readAt = try database.reversals(of: purchase.id)
        let reversal = try reversal(event, id, payment, of: purchase)
        let failure = try failure(of: event, payment)
        try note(event) {
            if let (refund, problem) = failure { try database.fail(refund, problem: problem) }
            guard let reversal else { return true }
            let changed = try database.apply(
                reversal, to: purchase.id, readAt: readAt, refundGrace: policy.refundGrace)
            log.notice(
                "a payment's way back",
                metadata: [
                    "purchase": "\(purchase.id)", "event": "\(event.type)",
                    "state": "\(changed.state.rawValue)",
                ])
            return true
        }
    }

    /// The payment that the event's object belongs to; nil when Stripe does not know the object.
    private func payment(of event: StripeEvent, _ id: String) throws -> String? {
        if let payment = event.paymentIntent { return payment }
        do {
            switch event.objectKind {
            case "charge": return try stripe.charge(id: id).paymentIntent
            case "dispute": return try stripe.dispute(id: id).paymentIntent
            default: return nil
            }
        } catch  where error.isNotFound {
            return nil
        }
    }

    /// The paid purchase of a payment; nil for one that is not ours. A refund may be told of before
    /// its payment: then the session is looked up and credited first.
    private func paidPurchase(_ payment: String) throws -> Purchase? {
        if let purchase = try database.purchase(paymentIntent: payment) { return purchase }
        let mark = try mark()
        guard try mark.isOn(metadata(of: payment)),
            let session = try stripe.checkoutSessions(ofPaymentIntent: payment).first,
            mark.isOn(session.metadata)
        else { return nil }
        let facts = session.facts(hasFailed: false)
        guard let purchase = try purchase(of: facts) else { return nil }
        let applied = try apply(facts, to: purchase)
        return applied.paidAt == nil ? nil : applied
    }

    private func metadata(of payment: String) throws -> [String: String] {
        do {
            return try stripe.metadata(ofPaymentIntent: payment)
        } catch  where error.isNotFound {
            return [:]
        }
    }

    /// What the event hints at, read anew; nil when no money of the purchase moved.
    private func reversal(
        _ event: StripeEvent, _ id: String, _ payment: String, of purchase: Purchase
    ) throws -> PaymentReversal? {
        switch event.objectKind {
        case "dispute":
            let read = try stripe.dispute(id: id)
            guard read.currency == "usd", read.isLive == purchase.isLive else {
                try tell("the dispute \(id) is in another currency or mode", of: purchase)
                return nil
            }
            let dispute = read.facts
            let word =
                switch dispute.standing {
                case .inquiry, .open: "open"
                case .closed: "won"
                case .lost: "lost"
                }
            return PaymentReversal(
                refunded: nil, dispute: dispute, cause: "stripe:dispute-\(word):\(id)")
        default:
            // The total is the payment's, not that of the charge that the event is about: a
            // declined card has one too (P6).
            guard let charge = try paidCharge(payment, of: purchase) else { return nil }
            let word = event.type == "refund.failed" ? "refund-failed" : "refund"
            let object = event.objectKind == "charge" ? charge.id : id
            return .refunded(charge, cause: "stripe:\(word):\(object)")
        }
    }

    /// The charge that paid the purchase. One that does not fit the purchase moves nothing (P1,
    /// P6).
    func paidCharge(_ payment: String, of purchase: Purchase) throws -> StripeCharge? {
        guard let charge = try stripe.paidCharge(ofPaymentIntent: payment) else { return nil }
        guard charge.currency == "usd", charge.isLive == purchase.isLive else {
            try tell("the charge \(charge.id) is in another currency or mode", of: purchase)
            return nil
        }
        return charge
    }

    /// Tells the operator that something of a payment does not fit its purchase and moved nothing.
    private func tell(_ problem: String, of purchase: Purchase) throws {
        log.critical(
            "a payment's way back does not fit its purchase; nothing was moved",
            metadata: ["purchase": "\(purchase.id)", "problem": "\(problem)"])
        try database.note(problem: problem, of: purchase.id)
    }
}

extension PaymentReversal {
    /// The running total that went back of the charge that paid.
    static func refunded(_ charge: StripeCharge, cause: String) -> PaymentReversal {
        PaymentReversal(
            refunded: Money(cents: Int64(charge.amountRefunded)), dispute: nil, cause: cause)
    }
}

extension Error {
    /// Whether the vendor gave no answer, or none that is about the call: then the next call would
    /// fare no better.
    var isVendorAway: Bool {
        guard let error = self as? StripeError else { return false }
        if case .refused = error { return false }
        return error.failure.status == nil || error.failure.status == 429
    }
}
