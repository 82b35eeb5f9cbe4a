import Domain
import Logging
import MariaDB
import Pollo
import Store

extension Worker {
    /// How long a claim to submit lasts: longer than the create call and the balance call can take,
    /// and than the outcome can be kept from the database.
    private static let lease = Duration.seconds(240)
    /// How long submitting rests when the vendor's balance is empty or it does not know our key;
    /// then one call asks again.
    private static let pauseOfAll = Duration.seconds(30)
    private static let pauseOfTier = Duration.seconds(60)
    /// How often a job is refused, while others of its tier are made, before it is its prompt's
    /// fault.
    private static let largestRefusalCount = 4
    /// How long the answer of the balance call is good for: there may be many refusals at once.
    private static let verdictAge = Duration.seconds(10)
    /// How long a task's id is kept from a database that is away: while it is, this thread could
    /// do nothing else.
    private static let taskPatience = Duration.seconds(3600)

    /// Submits the next job, if there is one and it may be. Returns whether there was.
    package func submitNext() throws -> Bool {
        guard
            let job = try database.claimSubmission(
                lasting: Self.lease, parallel: settings.parallel)
        else { return false }
        squads?.submitters.call()
        if let taskID = job.taskID {
            // An earlier attempt seemed to be turned away, and its task has called back.
            log.warning("a task was made after all", metadata: job.metadata)
            try noteTask(taskID, of: job)
            return true
        }
        guard let input = try withOwnPictures(job) else { return true }
        let outcome = Result { () throws(PolloCreateFailure) in
            try pollo.create(
                path: job.vendorPath, input: input,
                webhookURL: "\(settings.appURL)/api/webhooks/pollo/\(job.callbackToken)")
        }
        switch outcome {
        case .success(let taskID):
            try noteTask(taskID, of: job)
        case .failure(.notCreated(let obstacle, let message)):
            try putBack(job, obstacle, message)
        case .failure(.refused(let message)):
            try refuse(job, .invalid, message)
        case .failure(.unknown(let message)):
            log.error(
                "the vendor may have made a task; waiting for its callback",
                metadata: job.metadata("message", message))
            try loseAnswer(of: job, message)
        }
        return true
    }

    private func refuse(_ job: ClaimedJob, _ reason: FailureReason, _ message: String) throws {
        log.error("the vendor refused a job", metadata: job.metadata("message", message))
        try refund(job, reason, detail: message)
    }

    private func loseAnswer(of job: ClaimedJob, _ detail: String) throws {
        try persist(job) {
            try database.submitUnknown(
                job, detail: detail, unknownDeadline: settings.deadlines.unknown,
                renderDeadline: settings.deadlines.render)
        }
    }

    /// Writes the task down that the vendor has made and bills: at the job while the claim holds,
    /// else at the attempt and wherever the job stands by now. Nobody else knows it.
    private func noteTask(_ taskID: String, of job: ClaimedJob) throws {
        let metadata = job.metadata("task", taskID)
        do {
            let submitted: Void? = try persist(job, patience: Self.taskPatience) {
                try database.submitted(
                    job, taskID: taskID, firstPollAfter: settings.pollInterval,
                    renderDeadline: settings.deadlines.render)
            }
            if submitted != nil { return log.info("submitted", metadata: metadata) }
            let state = try persist(patience: Self.taskPatience) {
                try database.noteLateTask(
                    taskID, of: job, renderDeadline: settings.deadlines.render)
            }
            log.warning(
                "a task was made after its claim was over; it is noted",
                metadata: metadata.merging(["now": "\(state?.rawValue ?? "gone")"]) { $1 })
        } catch let error as DatabaseError
            where error.kind == .duplicateKey(constraint: "video_jobs_task_unique")
        {
            // It is another job's, so nobody knows whether this one was made (J13).
            log.critical("the vendor gave a task that another job has", metadata: metadata)
            try loseAnswer(
                of: job, "answered with the task \(taskID), which another job has")
        } catch {
            // The last that can be done: a person may tell it by `rushes admin`.
            log.critical(
                "a task was made and could not be written down",
                metadata: metadata.merging(["error": "\(error)"]) { $1 })
            throw error
        }
    }

    /// The vendor has made nothing: the job waits in the queue, by the cause for itself alone, for
    /// its tier, or with all others.
    private func putBack(_ job: ClaimedJob, _ obstacle: PolloObstacle, _ message: String) throws {
        let metadata = job.metadata("message", message)
        let delay: Duration
        switch obstacle {
        case .balanceEmpty, .unauthorized, .notFound:
            guard let pause = try weigh(obstacle, message, of: job) else {
                return try refuse(job, .refused, message)
            }
            delay = pause
        case .modelNotEnabled:
            try pauseTier(job, message)
            delay = .seconds(1)
        case .rateLimited:
            log.notice("the vendor is full", metadata: metadata)
            delay = backoff(job, base: .seconds(4), ceiling: .seconds(30))
        case .challenge, .notSent:
            log.warning("the vendor could not be reached", metadata: metadata)
            delay = backoff(job, base: .seconds(2), ceiling: .seconds(60))
        }
        try persist(job) { try database.requeue(job, after: delay, detail: message) }
    }

    /// Finds out what a refusal is about before anything is paused for it (J15): the key, the
    /// balance, the tier, or this job. Returns how long the job waits; nil when its prompt is
    /// refused for good.
    private func weigh(
        _ obstacle: PolloObstacle, _ message: String, of job: ClaimedJob
    ) throws -> Duration? {
        switch askForBalance() {
        case .silent:
            return backoff(job, base: .seconds(4), ceiling: .seconds(60))
        case .keyRefused:
            try pauseAll(job, message)
            return .seconds(1)
        case .left(let money):
            switch obstacle {
            case .balanceEmpty:
                // Another tier may cost less than what is left.
                let isEnough = try persist {
                    try database.isOtherTierWaiting(than: job.tierID, costing: money)
                }
                if isEnough || money >= job.estimatedCost {
                    try pauseTier(job, message)
                } else {
                    try pauseAll(job, message)
                }
                return .seconds(1)
            case .notFound:
                try pauseTier(job, message)
                return .seconds(1)
            default:
                let failures = try persist {
                    try database.noteFailure(.create, of: job, problem: message)
                }
                let isPrompt =
                    failures.count >= Self.largestRefusalCount && failures.isOthersSuccess
                return isPrompt ? nil : backoff(job, base: .seconds(4), ceiling: .seconds(60))
            }
        }
    }

    private func askForBalance() -> Verdict {
        if let last = lastVerdict, .now - last.at < Self.verdictAge { return last.verdict }
        let verdict: Verdict
        do throws(PolloStatusFailure) {
            let cent = settings.vendorCredit.micros / 100
            let left = Int64(try pollo.balance().availableHundredths)
                .multipliedReportingOverflow(by: cent)
            verdict = .left(Money(micros: left.overflow ? .max : left.partialValue))
        } catch {
            switch error.kind {
            case .obstacle(.unauthorized), .obstacle(.notFound): verdict = .keyRefused
            default: verdict = .silent
            }
        }
        lastVerdict = (.now, verdict)
        return verdict
    }

    private func pauseAll(_ job: ClaimedJob, _ message: String) throws {
        log.critical(
            "submitting is paused", metadata: job.metadata("message", message)
        )
        try persist(job) {
            try database.pause(tier: nil, for: Self.pauseOfAll, reason: message)
        }
    }

    private func pauseTier(_ job: ClaimedJob, _ message: String) throws {
        log.critical(
            "the tier \(job.tierID) is paused",
            metadata: job.metadata("message", message))
        try persist(job) {
            try database.pause(tier: job.tierID, for: Self.pauseOfTier, reason: message)
        }
    }

    private func backoff(_ job: ClaimedJob, base: Duration, ceiling: Duration) -> Duration {
        Backoff.delay(
            afterTry: job.attempts, base: base, ceiling: ceiling, jitter: .random(in: 0...1))
    }
}

/// What the balance call says of our key.
enum Verdict {
    /// It is good, and this is left.
    case left(Money)
    case keyRefused
    /// No answer, so nothing is known.
    case silent
}
