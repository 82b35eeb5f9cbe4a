import Domain
import FoundationEssentials
import Logging
import MariaDB
import Store
import Stripe

/// Compares the purchases with Stripe's lists of the last 30 days, page by page (R4), and the open
/// disputes that are older.
///
/// Each page is compared with the books as they are after it was read. What differs and has moved
/// since shortly before this run, by Stripe's own list of events, is left to the next run (R2).
struct StripeComparison {
    let database: Connection
    let stripe: StripeClient
    let log: Logger
    /// The database's time when this run began.
    let now: Date
    /// When no further page is asked for.
    let end: ContinuousClock.Instant?
    /// Whether a list that was read to its end is begun again.
    let isNew: Bool

    private static let listed: TimeInterval = 30 * 86_400
    /// How long before the run something may have moved without being in the books yet.
    private static let settling: TimeInterval = 300
    /// A list of a million objects, and 10,000 events within a run.
    private static let largestPageCount = 10_000, largestEventPageCount = 100

    private var isOver: Bool { end.map { ContinuousClock.now >= $0 } ?? false }

    /// A list that cannot be read keeps no other back, and is named.
    func run() throws -> Comparison {
        var comparison = Comparison()
        for list in ReconciledList.allCases {
            comparison.add(
                try part(list.rawValue) {
                    guard let walk = try database.takeWalk(through: list, at: now, isNew: isNew)
                    else {
                        return Comparison()
                    }
                    return try go(through: walk)
                })
        }
        if isNew { comparison.add(try part("old disputes", compareOldDisputes)) }
        return comparison
    }

    private func part(_ name: String, _ body: () throws -> Comparison) throws -> Comparison {
        do {
            return try body()
        } catch let error as DatabaseError {
            throw error
        } catch {
            log.error(
                "a list of Stripe's could not be compared",
                metadata: ["list": "\(name)", "error": "\(error)"])
            return Comparison(problem: "\(name): \(Self.words(for: error))", isDone: false)
        }
    }

    private static func words(for error: any Error) -> String {
        guard let error = error as? StripeError else { return "\(error)" }
        let status = error.failure.status.map { "HTTP \($0), " } ?? ""
        return status + error.failure.message
    }

    private func go(through walk: ListWalk) throws -> Comparison {
        let start = walk.startedAt.addingTimeInterval(-Self.listed)
        var comparison = Comparison()
        var after = walk.after
        for _ in 0..<Self.largestPageCount {
            guard !isOver else {
                comparison.isDone = false
                return comparison
            }
            let page: Page
            do {
                page = try read(walk.list, from: start, after: after)
            } catch StripeError.refused(let failure)
                where after != nil && failure.code == "resource_missing"
            {
                try database.restart(walk.list)
                throw StripeError.refused(failure)
            }
            let compared = try page.compare()
            // Written down before the walk goes on, so that a run that dies forgets nothing.
            try database.record(compared.found, examined: compared.examined)
            comparison.add(compared)
            after = page.last ?? after
            let isLast = !page.hasMore || page.last == nil
            if isLast, walk.list == .sessions {
                comparison.add(try compareUnlisted(since: start, before: walk.startedAt))
            }
            try database.note(walk, after: after, isDone: isLast)
            if isLast { return comparison }
        }
        comparison.isDone = false
        return comparison
    }

    private struct Page {
        let last: String?
        let hasMore: Bool
        let compare: () throws -> Comparison
    }

    private func read(
        _ list: ReconciledList, from start: Date, after: String?
    ) throws -> Page {
        switch list {
        case .sessions:
            let page = try stripe.completedSessions(createdFrom: start, after: after)
            return Page(last: page.data.last?.id, hasMore: page.hasMore) {
                try compare(page.data)
            }
        case .charges:
            let page = try stripe.charges(createdFrom: start, after: after)
            return Page(last: page.data.last?.id, hasMore: page.hasMore) {
                try compare(page.data)
            }
        case .refunds:
            let page = try stripe.refunds(createdFrom: start, after: after)
            return Page(last: page.data.last?.id, hasMore: page.hasMore) {
                try compare(page.data, listedSince: start)
            }
        case .disputes:
            let page = try stripe.disputes(createdFrom: start, after: after)
            return Page(last: page.data.last?.id, hasMore: page.hasMore) {
                try compare(page.data)
            }
        }
    }

    // MARK: What moves meanwhile

    /// A difference as it is seen, with what names its objects in Stripe's events.
    private struct Candidate {
        let difference: Difference
        /// Ids of sessions, payments and disputes.
        let objects: [String?]
        /// Whether it is one even if it has only just come.
        var isCertain = false
    }

    /// Those that are differences, and those of which nothing is known because they moved just now.
    private func judge(
        _ candidates: [Candidate], examined: [DifferenceKind: Set<String>]
    ) throws -> Comparison {
        guard !candidates.isEmpty else { return Comparison(examined: examined) }
        let moved = try candidates.allSatisfy(\.isCertain) ? [] : movedObjects()
        var comparison = Comparison(examined: examined)
        for candidate in candidates {
            let isMoving = candidate.objects.contains { $0.map(moved.contains) ?? false }
            if isMoving, !candidate.isCertain {
                comparison.examined[candidate.difference.kind]?
                    .remove(candidate.difference.subject)
            } else {
                comparison.found.append(candidate.difference)
            }
        }
        return comparison
    }

    /// The sessions, payments and disputes that moved since shortly before this run.
    private func movedObjects() throws -> Set<String> {
        let start = now.addingTimeInterval(-Self.settling)
        var moved: Set<String> = []
        var after: String?
        for _ in 0..<Self.largestEventPageCount {
            let page = try stripe.events(createdFrom: start, after: after)
            for event in page.data {
                if let object = event.objectID { moved.insert(object) }
                if let payment = event.paymentIntent { moved.insert(payment) }
            }
            after = page.data.last?.id
            guard page.hasMore, after != nil else { break }
        }
        return moved
    }

    // MARK: Sessions

    private func compare(_ sessions: [CheckoutSession]) throws -> Comparison {
        let mark = try StripeMark(installation: "\(database.installation())")
        var candidates: [Candidate] = []
        var listed: [PurchaseID] = []
        var examined = Set(sessions.map(\.id))
        for session in sessions where session.paymentStatus == .paid && mark.isOn(session.metadata)
        {
            guard let reference = session.clientReferenceID else { continue }
            let amount = Money(cents: Int64(session.amountTotal ?? 0))
            guard
                let purchase = try PurchaseID(reference).flatMap({
                    try database.purchaseToReconcile($0)
                })
            else {
                // A purchase is written before its session is made: it will not come any more.
                candidates.append(
                    Candidate(
                        difference: Difference(
                            .payment, subject: session.id, amount: amount,
                            "Stripe has the paid session \(session.id) of a purchase that is not here"
                        ),
                        objects: [], isCertain: true))
                continue
            }
            listed.append(purchase.id)
            examined.insert("\(purchase.id)")
            let difference: Difference
            if !purchase.isPaid {
                difference = Difference(
                    .payment, purchase: purchase.id, amount: amount,
                    "paid at Stripe by \(session.id), not credited")
            } else if amount != purchase.price {
                difference = Difference(
                    .payment, purchase: purchase.id, amount: amount - purchase.price,
                    "paid \(amount) for a price of \(purchase.price)")
            } else {
                continue
            }
            candidates.append(
                Candidate(difference: difference, objects: [session.id, session.paymentIntent]))
        }
        try database.noteListed(listed)
        return try judge(candidates, examined: [.payment: examined])
    }

    /// Orders that are paid in the books and whose session no page has had. A session is made after
    /// its purchase, so that of an older purchase may not be on the list.
    private func compareUnlisted(since start: Date, before end: Date) throws -> Comparison {
        let purchases = try database.unlistedPurchases(
            since: start, paidBefore: end.addingTimeInterval(-Self.settling))
        return Comparison(
            found: purchases.map { purchase in
                Difference(
                    .payment, purchase: purchase.id, amount: -purchase.price,
                    "credited, but Stripe lists no paid session")
            })
    }

    // MARK: Charges and refunds

    /// A card that was declined before the one that paid is a charge too, of which nothing can go
    /// back (P6).
    private func compare(_ charges: [StripeCharge]) throws -> Comparison {
        var candidates: [Candidate] = []
        var examined: Set<String> = []
        for charge in charges where charge.status == .succeeded {
            guard let payment = charge.paymentIntent,
                let purchase = try database.purchaseToReconcile(paymentIntent: payment)
            else { continue }
            examined.insert("\(purchase.id)")
            candidates += candidate(charge, purchase, payment)
        }
        return try judge(candidates, examined: [.refund: examined])
    }

    /// Refunds of older payments, whose charges are therefore not on the list of charges.
    private func compare(_ refunds: [StripeRefund], listedSince start: Date) throws -> Comparison {
        var candidates: [Candidate] = []
        var examined: Set<String> = []
        var unread: [String] = []
        for payment in Set(refunds.compactMap(\.paymentIntent)).sorted() {
            // A day, because a purchase is older than its charge.
            guard let purchase = try database.purchaseToReconcile(paymentIntent: payment),
                purchase.createdAt < start.addingTimeInterval(86_400)
            else { continue }
            guard let charge = try read({ try stripe.paidCharge(ofPaymentIntent: payment) }) else {
                unread.append(payment)
                continue
            }
            examined.insert("\(purchase.id)")
            candidates += candidate(charge, purchase, payment)
        }
        var comparison = try judge(candidates, examined: [.refund: examined])
        comparison.problem = Self.problem(unread)
        return comparison
    }

    private func candidate(
        _ charge: StripeCharge, _ purchase: PaidPurchase, _ payment: String
    ) -> [Candidate] {
        let refunded = Money(cents: Int64(charge.amountRefunded))
        guard refunded != purchase.refunded else { return [] }
        return [
            Candidate(
                difference: Difference(
                    .refund, purchase: purchase.id, amount: refunded - purchase.refunded,
                    "Stripe has refunded \(refunded), we know of \(purchase.refunded)"),
                objects: [payment])
        ]
    }

    /// What `body` reads; nil of an object that Stripe refuses to show, or that is not there.
    private func read<Item>(_ body: () throws -> Item?) throws -> Item? {
        do {
            return try body()
        } catch let error as StripeError {
            if case .refused = error { return nil }
            throw error
        }
    }

    private static func problem(_ unread: [String]) -> String? {
        guard let first = unread.first else { return nil }
        return "\(first)\(unread.count > 1 ? " and \(unread.count - 1) more" : "") cannot be read"
    }

    // MARK: Disputes

    /// Disputes come months after their payment, so their purchases are looked up one by one.
    private func compare(_ disputes: [StripeDispute]) throws -> Comparison {
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
    private func compareOldDisputes() throws -> Comparison {
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
        guard try !isOurs || database.dispute(dispute.id) != facts else { return [] }
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
