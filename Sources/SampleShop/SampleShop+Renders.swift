import Domain
import FoundationEssentials
import Store

// What a worker does, with a vendor whose answers are known before.
extension SampleShop {
    func submitNext() throws {
        let found = try database.claimSubmission(lasting: .seconds(150), parallel: 1000)
        guard let job = found else { return }
        let deadlines = terms.deadlines
        switch fates[job.id] ?? .delivered {
        case .invalid:
            try database.refund(
                job, reason: .invalid, detail: "400 the image cannot be read",
                policy: terms.credit)
        case .busy where fits(seconds(deadlines.queue) + 60):
            try database.requeue(
                job, after: deadlines.queue, detail: "429 too many tasks")
            later(seconds(deadlines.queue)) { [self] in try sweep() }
        case .lost(let isFound) where fits(seconds(deadlines.unknown) + 600):
            try loseAnswer(to: job, for: deadlines.unknown)
            later(isFound ? 140 : seconds(deadlines.unknown) + 1) { [self] in
                isFound ? try callBack(job) : try sweep()
            }
        case .uncertain:
            // Longer than usual, so that there is time to look at it.
            try loseAnswer(to: job, for: .seconds(12 * 3600))
        case .late where fits(seconds(deadlines.render) + 600):
            try submit(job, answersAfter: seconds(deadlines.render) + 1)
        default:
            try submit(job, answersAfter: Double(number(35...75) + job.duration * number(3...7)))
        }
    }

    private func seconds(_ span: Duration) -> Double { Double(span.components.seconds) }

    private func submit(_ job: ClaimedJob, answersAfter seconds: Double) throws {
        try database.submitted(
            job, taskID: name("task"), firstPollAfter: .seconds(Int(seconds)),
            renderDeadline: terms.deadlines.render)
        later(seconds.rounded(.down) + 0.5) { [self] in try askNext() }
    }

    private func loseAnswer(to job: ClaimedJob, for span: Duration) throws {
        try database.submitUnknown(
            job, detail: "no answer within 30 s", unknownDeadline: span,
            renderDeadline: terms.deadlines.render)
    }

    private func callBack(_ job: ClaimedJob) throws {
        _ = try database.hint(
            callbackToken: job.callbackToken, taskID: name("task"),
            renderDeadline: terms.deadlines.render)
        later(1) { [self] in try askNext() }
    }

    private func sweep() throws {
        _ = try database.sweepOverdueJobs(
            policy: terms.credit, extendingBy: terms.deadlines.renderExtension)
    }

    private func askNext() throws {
        guard let job = try database.claimFollowUp(lasting: .seconds(240)) else { return }
        switch fates[job.id] ?? .delivered {
        case .refused:
            try database.refund(
                job, reason: .refused, detail: "the prompt was refused", policy: terms.credit)
        case .failed:
            try database.refund(
                job, reason: .vendorFailed, detail: "the model failed", policy: terms.credit)
        case .late(let isBilled) where job.isOverdue:
            try database.refund(
                job, reason: .timeout, detail: "not made in time", policy: terms.credit)
            later(70) { [self] in try lookLate(isBilled: isBilled) }
        default:
            let storing = try database.storing(
                job, storeDeadline: terms.deadlines.store, keptFor: .seconds(240))
            later(Double(number(3...9))) { [self] in try deliver(storing) }
        }
    }

    private func deliver(_ job: ClaimedJob) throws {
        // Of some the vendor tells later, or asks more than was expected.
        let cost: Money? =
            chance(5)
            ? nil
            : chance(3)
                ? Money(micros: job.estimatedCost.micros / 5 * 6) : job.estimatedCost
        try database.deliver(
            job, file: film(job.id, job.duration), path: VideoFile.path(of: job.id),
            actualCost: cost)
    }

    private func lookLate(isBilled: Bool) throws {
        guard let job = try database.claimLateLook(lasting: .seconds(60)) else { return }
        try database.recordLoss(of: job, isLost: isBilled)
        guard isBilled, now.timeIntervalSince(time) > 2 * 86_400 else { return }
        later(20 * 3600) { [self] in
            for open in try database.openDifferences() where open.difference.jobID == job.id {
                try database.close(
                    open.id, by: acting(0, "Pollo's support gave the credit back"))
            }
        }
    }
}
