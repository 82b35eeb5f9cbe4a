// Reconciliation: compares our books with Stripe's and Pollo's, a page at a time, from where the
// last run stood (R4). It moves no money: what differs becomes a row that stands until it is gone
// or closed (R1), and what could not be read is unknown (R3).

package import Domain
package import FoundationEssentials
import JSON
import Ledger
package import Logging
package import MariaDB
package import Pollo
package import Store
package import Stripe

/// What a comparison has come to.
package struct ReconciliationResult: Sendable {
    /// What this run found, new or not.
    package let found: [Difference]
    /// What could not be read, so that nothing is known of it.
    package let unread: [UnreadPart]
    /// All that nobody has closed, from earlier runs too.
    package let open: [OpenDifference]

    package var agrees: Bool { unread.isEmpty && open.isEmpty }

    /// One line for people.
    package var summary: String {
        guard !agrees else { return "the books agree" }
        let parts = unread.map { part in
            "\(part.part.rawValue) unknown since \(part.since?.formatted(.iso8601) ?? "ever")"
        }
        return (open.isEmpty ? parts : ["\(open.count) differences"] + parts)
            .joined(separator: "; ")
    }
}

/// Compares the ledger with the jobs, with Stripe and with Pollo. It reads, and writes down only
/// what vendors told of costs; it never moves money.
package struct Reconciliation {
    let database: Connection
    let stripe: StripeClient
    let pollo: PolloClient
    /// What one credit of the vendor costs us.
    let vendorCredit: Money
    let log: Logger

    package init(
        database: Connection, stripe: StripeClient, pollo: PolloClient, vendorCredit: Money,
        log: Logger
    ) {
        self.database = database
        self.stripe = stripe
        self.pollo = pollo
        self.vendorCredit = vendorCredit
        self.log = log
    }

    /// Compares all there is and stores the result. A part that cannot be read keeps no other back
    /// and is called unknown; throws when the database cannot be asked.
    ///
    /// - Parameters:
    ///   - now: the database's time. What moved just before, or moves meanwhile, is the next run's.
    ///   - end: when no further page and no further task is asked for; the next run goes on there.
    ///   - isNew: false to do no more than go on where the last run has stopped.
    package func run(
        now: Date, until end: ContinuousClock.Instant? = nil, isNew: Bool = true
    ) throws -> ReconciliationResult {
        let startedAt = try database.databaseTime()
        var found: [Difference] = []
        func compare(_ part: ReconciliationPart, _ body: () throws -> Comparison) throws {
            found += try note(part, body)
        }
        if isNew { try compare(.ledger, compareLedger) }
        try compare(.stripe) {
            try StripeComparison(
                database: database, stripe: stripe, log: log, now: now, end: end, isNew: isNew
            ).run()
        }
        try compare(.tasks) { try compareTasks(since: startedAt, until: end) }
        if isNew {
            var balance: PolloBalance?
            try compare(.balance) {
                // A call that is under way may have been billed and not be in the books yet.
                let isQuiet = try !database.hasUncertainTasks()
                let told = try pollo.balance()
                guard isQuiet, try !database.hasUncertainTasks() else { return Comparison() }
                balance = told
                return try Comparison(found: compareBalance(told, at: startedAt))
            }
            try database.insertReconciliation(
                .new(), startedAt: startedAt, differences: found.count, report: json(of: found),
                polloHundredths: balance?.availableHundredths)
        }
        for difference in found { tell(of: difference) }
        return ReconciliationResult(
            found: found, unread: try database.unreadParts(), open: try database.openDifferences())
    }

    /// Compares one part and writes down what came of it: its differences, and whether it was read,
    /// to its end. Returns what was found.
    private func note(
        _ part: ReconciliationPart, _ compare: () throws -> Comparison
    ) throws -> [Difference] {
        let comparison: Comparison
        do {
            comparison = try compare()
        } catch let error as DatabaseError {
            throw error
        } catch {
            log.error(
                "a part could not be compared",
                metadata: ["part": "\(part.rawValue)", "error": "\(error)"])
            try database.note(part, problem: "\(error)")
            return []
        }
        try database.record(comparison.found, examined: comparison.examined)
        if let problem = comparison.problem {
            try database.note(part, problem: problem)
        } else if comparison.isDone {
            try database.note(part, problem: nil)
        } else {
            try database.noteUnfinished(part)
        }
        return comparison.found
    }

    private func tell(of difference: Difference) {
        log.error(
            "a difference",
            metadata: [
                "kind": "\(difference.kind.rawValue)", "detail": "\(difference.detail)",
                "job": "\(difference.jobID?.description ?? "-")",
                "purchase": "\(difference.purchaseID?.description ?? "-")",
                "amount": "\(difference.amount?.description ?? "-")",
            ])
    }

    /// Each violation is about the object that its text begins with; all objects are looked at.
    private func compareLedger() throws -> Comparison {
        // The audit's own last look, where it is fresh; one is enough for the server.
        let standing = try database.auditStanding()
        let violations: [Violation]
        if standing.lookedAt == nil {
            violations = try database.audit()
        } else if standing.isSound {
            violations = try database.openFindings().map(\.violation)
        } else {
            violations = try Connection(database.configuration.patient(.seconds(3600))).audit()
        }
        let found = violations.map { violation in
            let object = violation.description.prefix { $0 != ":" }.split(separator: " ").prefix(2)
            return Difference(
                .ledger, subject: "\(violation.rule) \(object.joined(separator: " "))",
                "\(violation.rule): \(violation)")
        }
        let open = try database.openDifferences().map(\.difference).filter { $0.kind == .ledger }
        return Comparison(found: found, examined: [.ledger: Set(open.map(\.subject))])
    }

    private func json(of differences: [Difference]) -> String {
        var json = JSONWriter()
        differences.write(to: &json)
        return String(decoding: json.bytes, as: UTF8.self)
    }

    // MARK: Pollo

    /// A task is compared once, so what is found of it stays until a person closes it. All are
    /// asked for in turn, however many there are: those that the vendor does not tell of come after
    /// the others (R4), and are named once it keeps their files no longer.
    private func compareTasks(
        since start: Date, until end: ContinuousClock.Instant?
    ) throws -> Comparison {
        var comparison = Comparison()
        for task in try database.untoldTasks(limit: 500) {
            comparison.found.append(
                Difference(.task, job: task.id, "the vendor never told how this task ended"))
            try database.noteReconciled(task, actualCost: nil, lost: nil)
        }
        var asked = 0
        var told = 0
        var silence = 0
        while case let tasks = try database.tasksToReconcile(limit: 1000, askedBefore: start),
            !tasks.isEmpty, silence < Self.largestSilence
        {
            for task in tasks {
                if let end, ContinuousClock.now >= end {
                    comparison.isDone = false
                    comparison.problem = problem(told: told, asked: asked)
                    return comparison
                }
                asked += 1
                if let answer = try? pollo.status(of: task.taskID) {
                    silence = 0
                    told += 1
                    if let difference = try compare(task, with: answer) {
                        comparison.found.append(difference)
                    }
                    continue
                }
                try database.noteUntold(task)
                silence += 1
                // A vendor that is away says nothing about any of them.
                if silence == Self.largestSilence {
                    asked = tasks.count - (tasks.firstIndex { $0.id == task.id } ?? 0) - 1 + asked
                    break
                }
            }
        }
        comparison.problem = problem(told: told, asked: asked)
        return comparison
    }

    private static let largestSilence = 5

    private func problem(told: Int, asked: Int) -> String? {
        told == asked ? nil : "the vendor told of \(told) of \(asked) tasks"
    }

    private func compare(
        _ task: EndedTask, with answer: PolloTask
    ) throws -> Difference? {
        let cost = answer.creditHundredths.map { hundredths in
            Money(micros: vendorCredit.micros / 100 * Int64(hundredths))
        }
        let isMade: Bool
        switch answer.state {
        case .succeeded, .succeededWithoutURL: isMade = true
        case .failed: isMade = false
        case .inProgress:
            try database.noteUntold(task)
            return nil
        }
        var lost: Money?
        var found: Difference?
        if task.isDelivered, !isMade {
            found = Difference(.task, job: task.id, "delivered, but failed at the vendor")
        } else if !task.isDelivered, isMade {
            lost = cost ?? task.estimatedCost
            found = .loss(of: task.id, lost)
        } else if let cost, let known = task.actualCost, cost != known {
            found = Difference(
                .task, job: task.id, amount: cost - known,
                "cost \(cost) at the vendor, \(known) in our books")
        }
        try database.noteReconciled(task, actualCost: task.isDelivered ? cost : nil, lost: lost)
        return found
    }

    /// The balance may rise by a top-up at any time, so only a fall beyond our tasks tells.
    private func compareBalance(
        _ balance: PolloBalance, at instant: Date
    ) throws -> [Difference] {
        guard let last = try database.lastPolloBalance() else { return [] }
        let fall = last.hundredths - balance.availableHundredths
        let cost = try database.vendorCost(since: last.at)
        let fallen = Money(micros: vendorCredit.micros / 100 * Int64(fall))
        let tolerance = Money(micros: vendorCredit.micros)
        guard fallen > cost + tolerance else { return [] }
        return [
            Difference(
                .balance, subject: instant.formatted(.iso8601), amount: fallen - cost,
                "the vendor's balance fell by \(fallen), our tasks cost \(cost)")
        ]
    }
}

/// What one part has come to.
struct Comparison {
    var found: [Difference] = []
    /// The objects that were looked at: what was open of them and is not found is gone.
    var examined: [DifferenceKind: Set<String>] = [:]
    /// Why not all of it could be read.
    var problem: String?
    /// Whether all of it was looked at; the next run goes on with the rest.
    var isDone = true

    mutating func add(_ other: Comparison) {
        found += other.found
        examined.merge(other.examined) { $0.union($1) }
        if let problem = other.problem {
            self.problem = self.problem.map { "\($0); \(problem)" } ?? problem
        }
        isDone = isDone && other.isDone
    }
}
