import Billing
import Domain
import FoundationEssentials
import Ledger
import Logging
import MariaDB
import Reconciliation
import Sodium
import Store
import Stripe

// What chores do that is more than one call.
extension Worker {
    /// Billing whose calls of Stripe are over when the budget is, give or take one call: a Stripe
    /// that hangs holds its lane no longer (J17).
    func billing(_ budget: Budget) throws -> Billing {
        var stripe = stripe
        stripe.deadline = budget.end + .seconds(20)
        return try Billing(
            database: database, stripe: stripe, policy: settings.creditPolicy,
            seller: settings.seller, log: log)
    }

    /// One worker of all sets the milestones of the queue, while there is one that needs them.
    func markQueue() throws {
        guard try database.needsMarks() else { return }
        try database.takeTurn("queue", every: .seconds(1), lasting: .seconds(10)) { _ in
            try database.markQueue()
            return .done
        }
    }

    func endOverdueJobs(_ budget: Budget) throws {
        try budget.rounds {
            let lost = try database.sweepLostSubmissions(
                unknownDeadline: settings.deadlines.unknown,
                renderDeadline: settings.deadlines.render)
            if lost > 0 {
                log.error(
                    "submissions of a dead worker are unknown", metadata: ["jobs": "\(lost)"])
            }
            return lost > 0
        }
        // After an outage it may be many, and the audit would find the rest late.
        try budget.rounds {
            let ended = try database.sweepOverdueJobs(
                policy: settings.creditPolicy, extendingBy: settings.deadlines.renderExtension)
            for job in ended {
                log.error(
                    "a job is out of time",
                    metadata: ["job": "\(job.id)", "state": "\(job.state.rawValue)"])
            }
            return !ended.isEmpty
        }
    }

    /// While the secret of the shop is being changed, what the one before has sealed is sealed anew.
    func resealSecondFactors(_ budget: Budget) throws {
        let secrets = settings.secrets
        var last: UserID?
        try budget.rounds {
            last = try database.resealSecondFactors(after: last, limit: 100, mark: secrets.mark) {
                secrets.open($0).map(secrets.seal)
            }
            return last != nil
        }
    }

    static let chainInterval = Duration.seconds(60)
    /// How long one slice of the daily walk goes on, and how long one statement of it may take.
    static let walkSlice = Duration.seconds(10)
    private static let longestWalk = Duration.seconds(120)
    static let chainLease = Duration.seconds(600)

    /// Adds to the accounts' chains what was posted, and walks the accounts that are due (A2). While
    /// there is more to walk, the next slice comes as soon as this one has been.
    func keepChains(_ budget: Budget, _ turn: Turn) throws -> TurnEnd {
        let patient = Connection(database.configuration.patient(Self.longestWalk))
        let isDone = try patient.walkChains(
            until: budget.end,
            nodes: nodes.map { Connection($0.configuration.patient(Self.longestWalk)) })
        try patient.sealChains(
            turn, until: .now + Self.walkSlice,
            nextAfter: isDone ? Self.chainInterval : Self.walkSlice)
        let standing = try database.chainStanding()
        report(
            Chains.schedule, standing.isSound,
            "no account was walked before "
                + (standing.walkedAt.map { $0.formatted(.iso8601) } ?? "now"))
        return .givenBack
    }

    /// Compares the books with the vendors' four times a day; in between goes on where a comparison
    /// was left before its end (R4).
    func reconcile(_ budget: Budget, _ turn: Turn) throws -> TurnEnd {
        let isNew = turn.doneAt.map { turn.begunAt.timeIntervalSince($0) >= 6 * 3600 } ?? true
        guard try isNew || database.hasMoreToReconcile() else { return .unfinished }
        var stripe = stripe
        stripe.deadline = budget.end + .seconds(20)
        let reconciliation = Reconciliation(
            database: database, stripe: stripe, pollo: pollo,
            vendorCredit: settings.vendorCredit, log: log)
        let result = try reconciliation.run(now: turn.begunAt, until: budget.end, isNew: isNew)
        report("reconciliation", result.agrees, result.summary)
        return isNew ? .done : .unfinished
    }
}
