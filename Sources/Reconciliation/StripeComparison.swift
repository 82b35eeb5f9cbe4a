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

    static let listed: TimeInterval = 30 * 86_400
    /// How long before the run something may have moved without being in the books yet.
    static let settling: TimeInterval = 300
    /// A list of a million objects, and 10,000 events within a run.
    private static let largestPageCount = 10_000, largestEventPageCount = 100

    var isOver: Bool { end.map { ContinuousClock.now >= $0 } ?? false }

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
        case .transactions:
            let page = try stripe.balanceTransactions(createdFrom: start, after: after)
            return Page(last: page.data.last?.id, hasMore: page.hasMore) {
                try keep(page.data)
            }
        }
    }

    // MARK: What moves meanwhile

    /// A difference as it is seen, with what names its objects in Stripe's events.
    struct Candidate {
        let difference: Difference
        /// Ids of sessions, payments and disputes.
        let objects: [String?]
        /// Whether it is one even if it has only just come.
        var isCertain = false
    }

    /// Those that are differences, and those of which nothing is known because they moved just now.
    func judge(
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

    // MARK: What cannot be read

    /// What `body` reads; nil of an object that Stripe refuses to show, or that is not there.
    func read<Item>(_ body: () throws -> Item?) throws -> Item? {
        do {
            return try body()
        } catch let error as StripeError {
            if case .refused = error { return nil }
            throw error
        }
    }

    static func problem(_ unread: [String]) -> String? {
        guard let first = unread.first else { return nil }
        return "\(first)\(unread.count > 1 ? " and \(unread.count - 1) more" : "") cannot be read"
    }
}
