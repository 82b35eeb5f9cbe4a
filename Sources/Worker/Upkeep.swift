import Billing
import Domain
import FoundationEssentials
import Logging
import MariaDB
import Pollo
import Reconciliation
import Store
import Stripe

/// What is done from time to time, whatever else happens. Each is harmless to do twice, and by
/// several workers at once.
enum Chore: CaseIterable {
    case deadlines, lateCallbacks, purchases, events, refunds, expiry, reconciliation, health
    case estimates, audit, notices, purge

    var interval: Duration {
        switch self {
        case .deadlines: .seconds(1)
        case .lateCallbacks, .purchases, .events: .seconds(5)
        case .expiry, .estimates, .refunds, .reconciliation, .notices: .seconds(60)
        case .health: .seconds(15)
        case .audit: .seconds(300)
        case .purge: .seconds(600)
        }
    }
}

extension Worker {
    /// Does every chore that is due. One that fails is logged and does not keep the others back.
    package func doChores() {
        for chore in Chore.allCases {
            let now = ContinuousClock.now
            if let doneAt = choresDoneAt[chore], now - doneAt < chore.interval { continue }
            choresDoneAt[chore] = now
            do {
                try perform(chore)
            } catch {
                log.error("a chore failed", metadata: ["chore": "\(chore)", "error": "\(error)"])
            }
        }
    }

    private func perform(_ chore: Chore) throws {
        switch chore {
        case .deadlines: try endOverdueJobs()
        case .lateCallbacks: while try followUpNextLateCallback() {}
        case .purchases: try billing.sweepPurchases(limit: 20)
        case .events:
            try billing.retryEvents(limit: 20)
            try billing.sweepEvents(now: database.databaseTime())
        case .refunds: try billing.finishRefunds()
        case .reconciliation: try reconcile()
        case .expiry: while try database.expireOverdueLots(limit: 100) > 0 {}
        case .health: try checkHealth()
        case .estimates: try database.measureRenderTimes()
        case .audit: try audit()
        case .notices:
            try database.setMail(isOn: settings.isMailOn)
            while try database.remindOfLapsingCredit(limit: 100) > 0 {}
        case .purge:
            try database.purgeSessions()
            try database.purgeIdempotencyKeys()
            try database.purgeOutbox()
            try database.purgeThrottles()
            try database.purgeMailTokens()
        }
    }

    private var billing: Billing {
        Billing(database: database, stripe: stripe, policy: settings.creditPolicy, log: log)
    }

    private func endOverdueJobs() throws {
        while case let lost = try database.sweepLostSubmissions(
            unknownDeadline: settings.deadlines.unknown,
            renderDeadline: settings.deadlines.render), lost > 0
        {
            log.error("submissions of a dead worker are unknown", metadata: ["jobs": "\(lost)"])
        }
        // All there are: after an outage it may be many, and the audit would find the rest late.
        while case let ended = try database.sweepOverdueJobs(policy: settings.creditPolicy),
            !ended.isEmpty
        {
            for job in ended {
                log.error(
                    "a job is out of time",
                    metadata: ["job": "\(job.id)", "state": "\(job.state.rawValue)"])
            }
        }
    }

    /// Compares the books with the vendors' four times a day, by one of the workers.
    private func reconcile() throws {
        guard try database.takeHealthCheck("reconciliation", every: .seconds(6 * 3600)) else {
            return
        }
        let reconciliation = Reconciliation(
            database: database, stripe: stripe, pollo: pollo,
            vendorCredit: settings.vendorCredit, log: log)
        let differences = try reconciliation.run(now: database.databaseTime())
        report(
            "reconciliation", differences.isEmpty,
            differences.isEmpty ? "the books agree" : "\(differences.count) differences")
    }

    private func checkHealth() throws {
        if try database.takeHealthCheck("pollo_api", every: .seconds(60)) {
            do throws(PolloStatusFailure) {
                let balance = try pollo.balance()
                report("pollo_api", true, "\(balance.availableHundredths / 100) credits left")
            } catch {
                report("pollo_api", false, error.message)
            }
        }
        // Ten minutes: Stripe counts reads (stripe-api.md 11).
        if try database.takeHealthCheck("stripe", every: .seconds(600)) {
            do throws(StripeError) {
                _ = try stripe.balance()
                report("stripe", true, "answers")
            } catch {
                report("stripe", false, error.failure.message)
            }
        }
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

    private func report(_ name: String, _ isHealthy: Bool, _ detail: String) {
        if !isHealthy {
            log.error("unhealthy", metadata: ["check": "\(name)", "detail": "\(detail)"])
        }
        do {
            try database.setHealth(name, isHealthy: isHealthy, detail: detail)
        } catch {
            log.error(
                "a health check was not written down",
                metadata: ["check": "\(name)", "error": "\(error)"])
        }
    }

    /// What is wrong at other nodes of the database's cluster. One that does not answer is down,
    /// which is no fault of the books.
    private func compareNodes() -> [Violation] {
        var violations: [Violation] = []
        var problems: [String] = []
        for node in nodes {
            do {
                violations += try database.compare(with: node)
            } catch {
                problems.append("\(node.configuration): \(error)")
            }
        }
        report(
            "nodes", problems.isEmpty,
            problems.isEmpty ? "\(nodes.count) compared" : problems.joined(separator: "; "))
        return violations
    }

    private func audit() throws {
        let violations = try database.audit() + compareNodes()
        for violation in violations {
            log.critical(
                "the books are wrong",
                metadata: ["rule": "\(violation.rule)", "finding": "\(violation)"])
        }
        report(
            "ledger", violations.isEmpty,
            violations.isEmpty ? "clean" : "\(violations.count) violations")
        // Intake waits for the next look; and what was only late, after an outage of the workers,
        // has mostly ended by then.
        if !violations.isEmpty { choresDoneAt[.audit] = .now - Chore.audit.interval + .seconds(20) }
    }
}
