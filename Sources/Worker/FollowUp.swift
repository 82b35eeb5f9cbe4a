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
        giveBackTheRest()
        guard let job = try database.claimFollowUp(lasting: Self.lease) else { return false }
        do {
            try followUp(job)
        } catch {
            giveBack(job)
            throw error
        }
        return true
    }

    private func followUp(_ job: ClaimedJob) throws {
        guard let taskID = job.taskID else { throw TaskMissing() }
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
        let delivered: Void? = try persist(job) {
            try database.deliver(
                job, file: file, path: VideoFile.path(of: job.id), actualCost: cost)
        }
        if delivered != nil { log.info("delivered", metadata: job.metadata) }
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
        giveBackTheRest()
        guard let job = try database.claimLateCallback(lasting: Self.lease) else { return false }
        do {
            try followUpLateCallback(job)
        } catch {
            giveBack(job)
            throw error
        }
        return true
    }

    private func followUpLateCallback(_ job: ClaimedJob) throws {
        guard let taskID = job.taskID else { throw TaskMissing() }
        switch Result(catching: { () throws(PolloStatusFailure) in try pollo.status(of: taskID) }) {
        case .success(let task):
            switch task.state {
            case .succeeded, .succeededWithoutURL:
                log.critical("the vendor made a video that was refunded", metadata: job.metadata)
                try persist(job) { try database.recordLoss(of: job, isLost: true) }
            case .failed:
                try persist(job) { try database.recordLoss(of: job, isLost: false) }
            case .inProgress:
                try lookAgain(job, vendorStatus: "processing")
            }
        case .failure:
            try lookAgain(job, vendorStatus: nil)
        }
    }

    /// In a minute, and at last in an hour: a look that says nothing may say nothing for ever.
    private func lookAgain(_ job: ClaimedJob, vendorStatus: String?) throws {
        let delay = Duration.seconds(min(3600, max(60, job.secondsInState / 10)))
        try persist(job) { try database.postpone(job, by: delay, vendorStatus: vendorStatus) }
    }
}

/// A claimed job without the task that its state promises: a defect.
private struct TaskMissing: Error {}
