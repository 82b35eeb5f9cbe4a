import Billing
import Domain
import FoundationEssentials
import Logging
import MariaDB
import Pollo
import Reconciliation
import Store
import Stripe

/// Chores that one thread does one after the other. What one lane waits for (Stripe, the video
/// vendor, a long look at the books) keeps no other lane from its time (J17).
package enum Lane: String, CaseIterable, Sendable {
    /// What is promised by the second: deadlines, lost submissions, expiry. Asks nobody.
    case sweeps
    case stripe
    case vendor
    /// The audit.
    case books
    case reports
}

/// Something that is done from time to time, whatever else happens. Each is harmless to do twice,
/// and by several workers at once.
struct Chore: Sendable {
    enum Name: String, CaseIterable, Sendable {
        case deadlines, expiry
        case purchases, events, refunds, stripeHealth
        case lateLooks, vendorHealth, reconciliation
        case audit
        case health, estimates, notices, purge
    }

    let name: Name
    let lane: Lane
    let interval: Duration
    /// How long it goes on when there is much to do. The rest is its next round's.
    let budget: Duration
    let run: @Sendable (Worker, Budget) throws -> Void

    static let all = [
        Chore(name: .deadlines, lane: .sweeps, interval: .seconds(1), budget: .seconds(20)) {
            try $0.endOverdueJobs($1)
        },
        Chore(name: .expiry, lane: .sweeps, interval: .seconds(60), budget: .seconds(10)) {
            worker, budget in
            try budget.rounds { try worker.database.expireOverdueLots(limit: 100) > 0 }
        },
        Chore(name: .purchases, lane: .stripe, interval: .seconds(5), budget: .seconds(30)) {
            worker, budget in
            try budget.rounds {
                try worker.billing(budget).sweepPurchases(
                    limit: 5, appURL: worker.settings.appURL, until: budget.end) == 5
            }
        },
        Chore(name: .events, lane: .stripe, interval: .seconds(5), budget: .seconds(300)) {
            worker, budget in
            try worker.billing(budget).retryEvents(limit: 20, until: budget.end)
            try worker.billing(budget).sweepEvents(
                now: worker.database.databaseTime(), until: budget.end)
        },
        Chore(name: .refunds, lane: .stripe, interval: .seconds(60), budget: .seconds(30)) {
            worker, budget in
            try worker.billing(budget).finishRefunds(limit: 100, until: budget.end)
        },
        Chore(name: .stripeHealth, lane: .stripe, interval: .seconds(15), budget: .seconds(20)) {
            worker, _ in try worker.checkStripe()
        },
        Chore(name: .lateLooks, lane: .vendor, interval: .seconds(5), budget: .seconds(30)) {
            worker, budget in
            try budget.rounds { try worker.lookNextLate() }
        },
        Chore(name: .vendorHealth, lane: .vendor, interval: .seconds(15), budget: .seconds(60)) {
            worker, _ in try worker.checkVendor()
        },
        Chore(
            name: .reconciliation, lane: .vendor, interval: .seconds(60), budget: .seconds(300)
        ) {
            try $0.reconcile($1)
        },
        // Whether it is time says its schedule, which all processes share.
        Chore(name: .audit, lane: .books, interval: .seconds(5), budget: .seconds(10)) {
            try $0.audit($1)
        },
        Chore(name: .health, lane: .reports, interval: .seconds(15), budget: .seconds(15)) {
            worker, _ in try worker.checkHealth()
        },
        Chore(name: .estimates, lane: .reports, interval: .seconds(60), budget: .seconds(15)) {
            worker, _ in try worker.database.measureRenderTimes()
        },
        Chore(name: .notices, lane: .reports, interval: .seconds(60), budget: .seconds(20)) {
            worker, budget in
            try worker.database.setMail(isOn: worker.settings.isMailOn)
            try budget.rounds { try worker.database.remindOfLapsingCredit(limit: 100) > 0 }
        },
        Chore(name: .purge, lane: .reports, interval: .seconds(600), budget: .seconds(15)) {
            worker, budget in
            let database = worker.database
            // Until all is gone, as long as the time lasts: more may come in ten minutes than one
            // statement takes away.
            try budget.rounds {
                try [
                    database.purgeSessions(), database.purgeIdempotencyKeys(),
                    database.purgeOutbox(), database.purgeThrottles(), database.purgeMailTokens(),
                ].contains { $0 >= 1000 }
            }
        },
    ]
}

/// How much of a chore is done in one round.
struct Budget {
    /// The end of its time. A step that has begun is not cut off; each has a bound of its own.
    let end: ContinuousClock.Instant
    private static let largestRoundCount = 1000

    init(_ span: Duration) {
        end = .now + span
    }

    /// Takes `step` again while it says that there was something to do, within the budget.
    func rounds(_ step: () throws -> Bool) rethrows {
        for _ in 0..<Self.largestRoundCount {
            guard try step(), ContinuousClock.now < end else { return }
        }
    }
}

extension Worker {
    /// Does every chore of the lane that is due. One that fails is logged and does not keep the
    /// others back.
    package func doChores(in lane: Lane) {
        for chore in Chore.all where chore.lane == lane {
            let now = ContinuousClock.now
            if let doneAt = choresDoneAt[chore.name], now - doneAt < chore.interval { continue }
            choresDoneAt[chore.name] = now
            do {
                try chore.run(self, Budget(chore.budget))
                troubles.succeeded(log)
            } catch {
                troubles.failed(error, doing: chore.name.rawValue, log)
            }
        }
    }

    /// Billing whose calls of Stripe are over when the budget is, give or take one call: a Stripe
    /// that hangs holds its lane no longer (J17).
    fileprivate func billing(_ budget: Budget) -> Billing {
        var stripe = stripe
        stripe.deadline = budget.end + .seconds(20)
        return Billing(database: database, stripe: stripe, policy: settings.creditPolicy, log: log)
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

    /// Compares the books with the vendors' four times a day, by one of the workers; in between
    /// goes on where a comparison was left before its end (R4).
    fileprivate func reconcile(_ budget: Budget) throws {
        let isNew = try database.takeHealthCheck("reconciliation", every: .seconds(6 * 3600))
        guard try isNew || goesOnReconciling() else { return }
        var stripe = stripe
        stripe.deadline = budget.end + .seconds(20)
        let reconciliation = Reconciliation(
            database: database, stripe: stripe, pollo: pollo,
            vendorCredit: settings.vendorCredit, log: log)
        let result = try reconciliation.run(
            now: database.databaseTime(), until: budget.end, isNew: isNew)
        report("reconciliation", result.agrees, result.summary)
    }

    /// One worker at a time: a turn lasts as long as its budget, and a call.
    private func goesOnReconciling() throws -> Bool {
        let name = "reconciliation_rest"
        guard try database.takeHealthCheck(name, every: .seconds(330)) else { return false }
        let hasMore = try database.hasMoreToReconcile()
        report(name, true, hasMore ? "a comparison goes on" : "nothing is left")
        return hasMore
    }

    fileprivate func checkVendor() throws {
        guard try database.takeHealthCheck("pollo_api", every: .seconds(60)) else { return }
        do throws(PolloStatusFailure) {
            let balance = try pollo.balance()
            report("pollo_api", true, "\(balance.availableHundredths / 100) credits left")
        } catch {
            report("pollo_api", false, error.message)
        }
    }

    fileprivate func checkStripe() throws {
        // Ten minutes: Stripe counts reads.
        guard try database.takeHealthCheck("stripe", every: .seconds(600)) else { return }
        do throws(StripeError) {
            _ = try stripe.balance()
            report("stripe", true, "answers")
        } catch {
            report("stripe", false, error.failure.message)
        }
    }

    fileprivate func checkHealth() throws {
        let isStuck = try database.hasStuckEvents()
        report("webhook_receiver", !isStuck, isStuck ? "events wait for long" : "no event waits")
        try checkClock()
        let flush = try database.logFlushSetting()
        report(
            "durability", flush == 1,
            flush == 1 ? "every COMMIT is on disk" : "innodb_flush_log_at_trx_commit is \(flush)")
    }

    /// Stripe's signatures are refused at 300 seconds; this is long before (D8).
    private func checkClock() throws {
        let database = try Date().timeIntervalSince(database.databaseTime())
        let differences = [("the database", database), ("Stripe", clock.secondsAhead ?? 0)]
        let far = differences.filter { abs($0.1) > 5 }.map { name, seconds in
            "\(Int(abs(seconds))) s \(seconds > 0 ? "ahead of" : "behind") \(name)"
        }
        report(
            "clock", far.isEmpty,
            far.isEmpty
                ? "within 5 s of the database and Stripe"
                : "this machine is \(far.joined(separator: " and "))")
    }

    func report(_ name: String, _ isHealthy: Bool, _ detail: String) {
        if !isHealthy {
            log.error("unhealthy", metadata: ["check": "\(name)", "detail": "\(detail)"])
        }
        do {
            try database.setHealth(name, isHealthy: isHealthy, detail: detail)
        } catch {
            troubles.failed(error, doing: "writing down the health of \(name)", log)
        }
    }
}
