import Billing
import Ledger
import Store

/// Chores that one thread, with a connection of its own, does one after the other. What one lane
/// waits for (Stripe, the video vendor, a long look at the books) keeps no other lane from its
/// time (J17).
package struct Lane: Sendable {
    package let name: String
    let chores: [Chore]

    package static let all = [sweeps, stripe, vendor, books, reports, files]

    /// What is promised by the second: deadlines, lost submissions, expiry. Asks nobody.
    package static let sweeps = Lane(
        name: "sweeps",
        chores: [
            Chore("deadlines", every: .seconds(1), within: .seconds(20)) {
                try $0.endOverdueJobs($1)
            },
            Chore("expiry", every: .seconds(60), within: .seconds(10)) { worker, budget in
                try budget.rounds { try worker.database.expireOverdueLots(limit: 100) > 0 }
            },
        ])

    package static let stripe = Lane(
        name: "stripe",
        chores: [
            Chore("purchases", every: .seconds(5), within: .seconds(30)) { worker, budget in
                try budget.rounds {
                    try worker.billing(budget).sweepPurchases(
                        limit: 5, appURL: worker.settings.appURL, until: budget.end) == 5
                }
            },
            Chore("kept events", every: .seconds(5), within: .seconds(60)) { worker, budget in
                try worker.billing(budget).retryEvents(limit: 20, until: budget.end)
            },
            Chore(oneOfAll: "events", every: .seconds(900), within: .seconds(300)) {
                worker, budget, turn in
                let isComplete = try worker.billing(budget).sweepEvents(
                    since: turn.doneAt, now: turn.begunAt, until: budget.end)
                return isComplete ? .done : .unfinished
            },
            Chore("refunds", every: .seconds(60), within: .seconds(30)) { worker, budget in
                try worker.billing(budget).finishRefunds(limit: 100, until: budget.end)
            },
            // Ten minutes: Stripe counts reads.
            Chore(oneOfAll: "stripe", every: .seconds(600), within: .seconds(20)) { worker, _, _ in
                worker.checkStripe()
                return .done
            },
        ])

    package static let vendor = Lane(
        name: "vendor",
        chores: [
            Chore("late looks", every: .seconds(5), within: .seconds(30)) { worker, budget in
                try budget.rounds { try worker.lookNextLate() }
            },
            Chore(oneOfAll: "pollo_api", every: .seconds(60), within: .seconds(60)) {
                worker, _, _ in
                worker.checkVendor()
                return .done
            },
            Chore(oneOfAll: "certificate", every: .seconds(3600), within: .seconds(60)) {
                worker, _, _ in
                try worker.checkCertificate()
                return .done
            },
            Chore(
                oneOfAll: "reconciliation", every: .seconds(60), within: .seconds(300),
                retryAfter: .seconds(600)
            ) { try $0.reconcile($1, $2) },
        ])

    package static let books = Lane(
        name: "books",
        chores: [
            Chore(
                oneOfAll: AuditStanding.schedule, every: Worker.auditInterval,
                within: .seconds(10),
                retryAfter: Worker.auditSoon, lease: Worker.auditLease
            ) { try $0.audit($1, $2) },
            Chore(
                oneOfAll: Chains.schedule, every: Worker.chainInterval, within: Worker.walkSlice,
                lease: Worker.chainLease
            ) { try $0.keepChains($1, $2) },
        ])

    package static let reports = Lane(
        name: "reports",
        chores: [
            Chore("queue", every: .seconds(1), within: .seconds(5)) { worker, _ in
                try worker.markQueue()
            },
            Chore("health", every: .seconds(15), within: .seconds(15)) { worker, _ in
                try worker.checkHealth()
            },
            Chore(oneOfAll: "figures", every: .seconds(60), within: .seconds(30)) {
                worker, budget, _ in
                try budget.rounds { try worker.database.countFigures() }
                try worker.database.countOpenCredit()
                return .done
            },
            Chore("estimates", every: .seconds(60), within: .seconds(15)) { worker, _ in
                try worker.database.measureRenderTimes()
            },
            Chore("notices", every: .seconds(60), within: .seconds(20)) { worker, budget in
                try worker.database.setMail(isOn: worker.settings.isMailOn)
                try budget.rounds { try worker.database.remindOfLapsingCredit(limit: 100) > 0 }
            },
            Chore("second factors", every: .seconds(60), within: .seconds(10)) {
                try $0.resealSecondFactors($1)
            },
            Chore("pictures", every: .seconds(600), within: .seconds(15)) {
                try $0.clearPictures($1)
            },
            Chore("purge", every: .seconds(600), within: .seconds(15)) { worker, budget in
                let database = worker.database
                // Until all is gone, as long as the time lasts: more may come in ten minutes than
                // one statement takes away.
                try budget.rounds {
                    try [
                        database.purgeSessions(), database.purgeIdempotencyKeys(),
                        database.purgeOutbox(), database.purgeThrottles(),
                        database.purgeMailTokens(), database.purgeShares(),
                        database.purgeHealthChanges(), database.purgeWorkers(),
                    ].contains { $0 >= 1000 }
                }
            },
        ])

    /// What takes long because of files: what somebody takes along, or away.
    package static let files = Lane(
        name: "files",
        chores: [
            Chore("archives", every: .seconds(2), within: .seconds(30)) {
                try $0.makeArchives($1)
            },
            Chore("exports", every: .seconds(2), within: .seconds(30)) { try $0.makeExports($1) },
            Chore("deleted videos", every: .seconds(5), within: .seconds(30)) {
                try $0.purgeVideos($1)
            },
            Chore("departures", every: .seconds(60), within: .seconds(30)) {
                try $0.endDepartures($1)
            },
        ])
}
