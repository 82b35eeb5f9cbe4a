import Domain
import FoundationEssentials
import Store

// What a worker does from time to time.
extension SampleShop {
    func planUpkeep() {
        let midnight = (openedAt.timeIntervalSince1970 / 86_400).rounded(.up) * 86_400
        for day in 0...Self.days {
            // Ten minutes later, so that what ended on the day has been looked at.
            let time = Date(timeIntervalSince1970: midnight + Double(day) * 86_400 + 600)
            guard time < now.addingTimeInterval(-120) else { break }
            timeline.add(at: time) { [self] in try closeDay() }
        }
        at(daysAgo: Double(Self.days) - 0.01) { [self] in
            for check in ["pollo_api", "stripe"] { try say(check, true, "answers") }
        }
        planOutage(of: "pollo_api", daysAgo: 63.4, minutes: 40, "503 no model is free")
        planOutage(of: "pollo_api", daysAgo: 17.6, minutes: 25, "no answer within 30 s")
        planOutage(of: "stripe", daysAgo: 38.3, minutes: 12, "HTTP 500")
    }

    private func planOutage(
        of check: String, daysAgo: Double, minutes: Double, _ detail: String
    ) {
        // Two looks in a row make it one.
        for minute in [0.0, 1.0] {
            at(daysAgo: daysAgo - minute / 1440) { [self] in try say(check, false, detail) }
        }
        at(daysAgo: daysAgo - minutes / 1440) { [self] in try say(check, true, "answers") }
    }

    private func say(_ check: String, _ isHealthy: Bool, _ detail: String) throws {
        try database.setHealth(check, isHealthy: isHealthy, detail: detail)
    }

    private func closeDay() throws {
        _ = try database.expireOverdueLots(limit: 1000)
        try compare()
        while try database.countFigures() {}
    }

    /// Finds that both vendors' books say what ours do.
    private func compare() throws {
        let begun = try database.databaseTime()
        while case let tasks = try database.tasksToReconcile(limit: 1000, askedBefore: begun),
            !tasks.isEmpty
        {
            for task in tasks {
                let cost = task.actualCost ?? task.estimatedCost
                try database.noteReconciled(
                    task, actualCost: task.isDelivered ? cost : nil, lost: nil)
            }
        }
        for part in ReconciliationPart.allCases { try database.note(part, problem: nil) }
        try database.insertReconciliation(
            .new(), startedAt: begun, differences: 0, report: "[]", polloHundredths: nil)
    }

    /// What a worker would do next, now.
    func finish() throws {
        try compare()
        try changePrice()
        // Each day once more, as the chore would in turn: what can be known later is in.
        for _ in 0...Self.days { _ = try database.countFigures() }
        try database.countOpenCredit()
        try database.measureRenderTimes()
        try database.takeTurn(Chains.schedule, every: .seconds(60), lasting: .seconds(600)) {
            turn in
            try database.sealChains(
                turn, until: .now + .seconds(300), nextAfter: .seconds(60))
            return .givenBack
        }
    }

    /// A price that holds in a week.
    private func changePrice() throws {
        guard let tier = catalog.tier("basic") else { throw NotFound() }
        var change = TierChange()
        change.pricePerSecond = Money(micros: tier.pricePerSecond.micros + 10_000)
        let edit = CatalogEdit(
            base: catalog.version, validFrom: time.addingTimeInterval(7 * 86_400),
            isRehearsal: false)
        _ = try database.changeTier(
            tier.id, change, edit, by: acting(0, "The vendor asks more from next month on"))
    }
}
