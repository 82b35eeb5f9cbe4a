import Domain
import Logging
import Media
import Pollo
import Store

extension Worker {
    /// How long a claim to ask and to store lasts: longer than a status call (60 s), a download
    /// (120 s), a probe and a poster (30 s each) and what is written down between and after
    /// them (twice a minute at the most) together.
    static let lookLease = Duration.seconds(420)
    /// The longest pause between two tries to fetch a file.
    private static let largestStoringPause = Duration.seconds(600)

    /// Asks for the next task that is due. Returns whether there was one.
    package func followUpNext() throws -> Bool {
        try work { lease in
            try database.claimFollowUp(by: lease, lasting: Self.lookLease)
        } on: { job in
            squads?.followers.call()
            if let task = try ask(job) { try act(on: task, job) }
        }
    }

    /// Fetches the file of the next job whose task is done and that nobody was free to be handed, by
    /// a link that this process was just told, or that it asks for. Returns whether there was one.
    package func storeNext() throws -> Bool {
        try work { lease in
            try database.claimStoring(by: lease, lasting: Self.lookLease)
        } on: { job in
            squads?.storers.call()
            if let link = squads?.links.take(job.id), !job.isOverdue {
                return try store(link.url, of: link.task, job)
            }
            guard let task = try ask(job) else { return }
            switch task.state {
            case .succeeded(let url): try store(url, of: task, job)
            // It was done, so its file may still come; the deadline decides.
            case .succeededWithoutURL: try wait(job, vendorStatus: "succeed")
            case .inProgress: try wait(job, vendorStatus: "processing")
            case .failed: try wait(job, vendorStatus: "failed")
            }
        }
    }

    /// Fetches the file of a job that was handed over, by the link that came with it.
    package func store(_ handover: Handover) throws {
        _ = try work { _ in
            handover.job
        } on: { job in
            try store(handover.url, of: handover.task, job)
        }
    }

    /// Claims a job and works on it; false when there is none. What cannot be written down of it, or
    /// of the claim itself, is given back as soon as the database can.
    func work(
        _ claim: (LeaseToken) throws -> ClaimedJob?, on work: (ClaimedJob) throws -> Void
    ) throws -> Bool {
        giveBackTheRest()
        guard let job = try claiming(claim) else { return false }
        do {
            try work(job)
        } catch {
            giveBack(job)
            throw error
        }
        return true
    }

    /// How the task stands; nil when there is no word, and the job waits.
    private func ask(_ job: ClaimedJob) throws -> PolloTask? {
        switch try status(of: job) {
        case .success(let task):
            return task
        case .failure(let failure):
            // It says nothing about the task (J8); only the deadline ends the job.
            log.warning("no word of a task", metadata: job.metadata("message", failure.message))
            try persist {
                try database.noteFailure(
                    .status, of: job, problem: "no status can be read: \(failure.message)")
            }
            try waitForWord(job)
            return nil
        }
    }

    func status(of job: ClaimedJob) throws -> Result<PolloTask, PolloStatusFailure> {
        guard let taskID = job.taskID else { throw TaskMissing() }
        let answer = Result { () throws(PolloStatusFailure) in try pollo.status(of: taskID) }
        if case .success = answer {
            try persist { try database.noteSuccess(.status, of: job.id, tier: job.tierID) }
        }
        return answer
    }

    private func act(on task: PolloTask, _ job: ClaimedJob) throws {
        switch task.state {
        case .inProgress:
            try wait(job, vendorStatus: "processing")
        case .succeededWithoutURL:
            try wait(job, vendorStatus: "succeed")
        case .failed(let reason):
            log.notice(
                "the vendor failed a task",
                metadata: job.metadata("message", reason))
            try refund(job, Self.isRefusal(reason) ? .refused : .vendorFailed, detail: reason)
        case .succeeded(let url):
            try beginStoring(job, task, url)
        }
    }

    /// Hands the job, with its claim and its link, to one who is free to fetch the file now. Without
    /// one the claim is given back, and whoever takes the job up has the link by ``Links``, or asks
    /// for one (J17).
    private func beginStoring(_ job: ClaimedJob, _ task: PolloTask, _ url: String) throws {
        guard let storers = squads?.storers, storers.promise() else {
            try persist(job) {
                try database.storing(job, storeDeadline: settings.deadlines.store)
            }
            squads?.links.keep(url, of: task, for: job.id)
            squads?.storers.call()
            return
        }
        var handover: Handover?
        defer {
            if let handover { storers.hand(handover) } else { storers.takeBack() }
        }
        handover = try persist(job) {
            try database.storing(
                job, storeDeadline: settings.deadlines.store, keptFor: Self.lookLease)
        }.map { Handover(job: $0, task: task, url: url) }
    }

    /// A look without an answer: the last one is none, and a rendering job has more time, as long
    /// as that is bounded (J14).
    private func waitForWord(_ job: ClaimedJob) throws {
        guard job.isOverdue, job.state == .submitted else {
            return try wait(job, vendorStatus: nil)
        }
        let isExtended = try persist(job) {
            try database.extend(
                job, by: settings.deadlines.renderExtension, lookAfter: settings.pollInterval)
        }
        switch isExtended {
        case true?: log.error("the last look had no answer", metadata: job.metadata)
        case false?: try wait(job, vendorStatus: nil)
        case nil: return
        }
    }

    /// Looks again later, or ends the job when its time is over (J9). The pauses grow with the
    /// time that the job has been in its state.
    private func wait(_ job: ClaimedJob, vendorStatus: String?) throws {
        guard !job.isOverdue else {
            log.error("a job is out of time", metadata: job.metadata)
            return try refund(job, .timeout, detail: "the deadline of \(job.state) passed")
        }
        let delay =
            job.state == .storing
            ? min(
                Self.largestStoringPause,
                settings.pollInterval + .seconds(job.secondsInState / 4))
            : settings.pollInterval + .seconds(min(25, job.secondsInState / 12))
        try persist(job) {
            try database.postpone(
                job, by: delay + delay * Double.random(in: 0...0.2), vendorStatus: vendorStatus)
        }
    }

    func refund(_ job: ClaimedJob, _ reason: FailureReason, detail: String) throws {
        try persist(job) {
            try database.refund(
                job, reason: reason, detail: detail, policy: settings.creditPolicy)
        }
    }

    private func store(_ url: String, of task: PolloTask, _ job: ClaimedJob) throws {
        let file: VideoFile
        do {
            file = try settings.media.store(
                url, as: job.id, by: downloads, beside: max(1, database.downloadCount()))
        } catch let error as NotStored {
            log.error(
                "a file could not be stored",
                metadata: job.metadata("error", "\(error)"))
            return try wait(job, for: error)
        }
        let cost = task.creditHundredths.map { hundredths in
            Money(micros: settings.vendorCredit.micros / 100 * Int64(hundredths))
        }
        let delivered: Void? = try persist(job) {
            try database.deliver(
                job, file: file, path: VideoFile.path(of: job.id), actualCost: cost)
        }
        guard delivered != nil else { return }
        log.info("delivered", metadata: job.metadata)
        try persist { try database.noteSuccess(.files, of: job.id, tier: job.tierID) }
    }

    private func wait(_ job: ClaimedJob, for error: NotStored) throws {
        switch error.cause {
        case .ours:
            // It will be so for every file, whoever's it is.
            try persist {
                try database.pauseForFiles(for: .seconds(60), reason: error.description)
            }
            try wait(job, vendorStatus: "succeed")
        case .file:
            try persist {
                try database.noteFailure(
                    .files, of: job, problem: "a file could not be stored: \(error)")
            }
            try wait(job, vendorStatus: "succeed")
        case .link:
            // No later try would fetch it.
            try persist { try database.noteFailure(.files, of: job, problem: "\(error)") }
            try refund(job, .vendorFailed, detail: error.description)
        }
    }

    /// Whether the vendor's words mean that the prompt, not the making, was the trouble.
    private static func isRefusal(_ reason: String) -> Bool {
        let words = reason.lowercased()
        return [
            "moderat", "policy", "policies", "sensitive", "nsfw", "prohibited", "violat",
            "inappropriate", "unsafe", "not allowed", "copyright", "refus",
        ].contains { words.contains($0) }
    }
}

/// A claimed job without the task that its state promises: a defect.
private struct TaskMissing: Error {}
