import Domain
import Logging
import Pollo
import Store

extension Worker {
    /// How long a claim to ask and to store lasts: longer than a status call (60 s), a download
    /// (120 s), a probe and a poster (30 s each) and what is written down between and after
    /// them (twice a minute at the most) together.
    private static let lease = Duration.seconds(420)

    /// Asks for the next task that is due, and stores its file when it is done. Returns whether
    /// there was one.
    package func followUpNext() throws -> Bool {
        guard let job = try database.claimFollowUp(lasting: Self.lease) else { return false }
        guard let taskID = job.taskID else { return false }
        switch Result(catching: { () throws(PolloStatusFailure) in try pollo.status(of: taskID) }) {
        case .success(let task):
            try act(on: task, job)
        case .failure(let failure):
            // It says nothing about the task (J8); only the deadline ends the job.
            log.warning(
                "no word of a task",
                metadata: job.metadata.merging(["message": "\(failure.message)"]) { $1 })
            try wait(job, vendorStatus: nil)
        }
        return true
    }

    private func act(on task: PolloTask, _ job: ClaimedJob) throws {
        switch task.state {
        case .inProgress:
            try wait(job, vendorStatus: "processing")
        case .succeededWithoutURL:
            try wait(job, vendorStatus: "succeed")
        case .failed(let reason):
            guard job.state == .submitted else {
                // Once it was done, so its file may still come; the deadline decides.
                return try wait(job, vendorStatus: "failed")
            }
            log.notice(
                "the vendor failed a task",
                metadata: job.metadata.merging(["message": "\(reason)"]) { $1 })
            try refund(job, Self.isRefusal(reason) ? .refused : .vendorFailed, detail: reason)
        case .succeeded(let url):
            guard job.state == .submitted else { return try store(url, of: task, job) }
            let storing = try persist(job) {
                try database.storing(job, storeDeadline: settings.deadlines.store)
            }
            if let storing { try store(url, of: task, storing) }
        }
    }

    /// Looks again later, or ends the job when its time is over (J9). The pauses grow with the
    /// time that the job has been in its state.
    private func wait(_ job: ClaimedJob, vendorStatus: String?) throws {
        guard !job.isOverdue else {
            log.error("a job is out of time", metadata: job.metadata)
            return try refund(job, .timeout, detail: "the deadline of \(job.state) passed")
        }
        let growth = Duration.seconds(min(25, job.secondsInState / 12))
        let delay = settings.pollInterval + growth
        try persist(job) {
            try database.postpone(
                job, by: delay + delay * Double.random(in: 0...0.2), vendorStatus: vendorStatus)
        }
    }

    private func refund(_ job: ClaimedJob, _ reason: FailureReason, detail: String) throws {
        try persist(job) {
            try database.refund(
                job, reason: reason, detail: detail, policy: settings.creditPolicy)
        }
    }

    private func store(_ url: String, of task: PolloTask, _ job: ClaimedJob) throws {
        let file: VideoFile
        do {
            file = try settings.media.store(url, as: job.id, by: downloads)
        } catch {
            log.error(
                "a file could not be stored",
                metadata: job.metadata.merging(["error": "\(error)"]) { $1 })
            return try wait(job, vendorStatus: "succeed")
        }
        let cost = task.creditHundredths.map { hundredths in
            Money(micros: settings.vendorCredit.micros / 100 * Int64(hundredths))
        }
        try persist(job) {
            try database.deliver(
                job, file: file, path: VideoFile.path(of: job.id), actualCost: cost)
        }
        log.info("delivered", metadata: job.metadata)
    }

    /// Whether the vendor's words mean that the prompt, not the making, was the trouble.
    private static func isRefusal(_ reason: String) -> Bool {
        let words = reason.lowercased()
        return [
            "moderat", "policy", "policies", "sensitive", "nsfw", "prohibited", "violat",
            "inappropriate", "unsafe", "not allowed", "copyright", "refus",
        ].contains { words.contains($0) }
    }

    /// Looks at the next refunded job that the vendor called back about, and notes the loss if
    /// the vendor made and billed it after all (J10). Returns whether there was one.
    package func followUpNextLateCallback() throws -> Bool {
        guard let job = try database.claimLateCallback(lasting: Self.lease),
            let taskID = job.taskID
        else { return false }
        do throws(PolloStatusFailure) {
            switch try pollo.status(of: taskID).state {
            case .succeeded, .succeededWithoutURL:
                log.critical("the vendor made a video that was refunded", metadata: job.metadata)
                note(job) { try database.recordLoss(of: job, isLost: true) }
            case .failed:
                note(job) { try database.recordLoss(of: job, isLost: false) }
            case .inProgress:
                note(job) {
                    try database.postpone(job, by: .seconds(60), vendorStatus: "processing")
                }
            }
        } catch {
            note(job) {
                try database.postpone(job, by: .seconds(60), vendorStatus: nil)
            }
        }
        return true
    }

    /// `persist` whose failure is logged: the callback is looked at again when the lease is over.
    private func note(_ job: ClaimedJob, _ change: () throws -> Void) {
        do {
            try persist(job, change)
        } catch {
            log.error(
                "a late callback was not noted",
                metadata: job.metadata.merging(["error": "\(error)"]) { $1 })
        }
    }
}
