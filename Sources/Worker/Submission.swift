import Domain
import Logging
import Pollo
import Store

extension Worker {
    /// How long a claim to submit lasts: longer than the create call can take, and than the
    /// outcome can be kept from the database.
    private static let lease = Duration.seconds(180)
    /// How long submitting rests when the vendor's balance is empty or it does not know our key;
    /// then one call asks again.
    private static let pauseOfAll = Duration.seconds(30)
    private static let pauseOfTier = Duration.seconds(60)

    /// Submits the next job, if there is one and it may be. Returns whether there was.
    package func submitNext() throws -> Bool {
        guard
            let job = try database.claimSubmission(
                lasting: Self.lease, parallel: settings.parallel)
        else { return false }
        if let taskID = job.taskID {
            // An earlier attempt seemed to be turned away, and its task has called back.
            log.warning("a task was made after all", metadata: job.metadata)
            try noteTask(taskID, of: job)
            return true
        }
        let outcome = Result { () throws(PolloCreateFailure) in
            try pollo.create(
                path: job.vendorPath, input: job.vendorInput.map(PolloField.init),
                webhookURL: "\(settings.appURL)/api/webhooks/pollo/\(job.callbackToken)")
        }
        switch outcome {
        case .success(let taskID):
            try noteTask(taskID, of: job)
            log.info("submitted", metadata: job.metadata)
        case .failure(.notCreated(let obstacle, let message)):
            try putBack(job, obstacle, message)
        case .failure(.refused(let message)):
            log.error(
                "the vendor refused a job",
                metadata: job.metadata.merging(["message": "\(message)"]) { $1 })
            try persist(job) {
                try database.refund(
                    job, reason: .invalid, detail: message, policy: settings.creditPolicy)
            }
        case .failure(.unknown(let message)):
            log.error(
                "the vendor may have made a task; waiting for its callback",
                metadata: job.metadata.merging(["message": "\(message)"]) { $1 })
            try persist(job) {
                try database.submitUnknown(
                    job, detail: message, unknownDeadline: settings.deadlines.unknown,
                    renderDeadline: settings.deadlines.render)
            }
        }
        return true
    }

    private func noteTask(_ taskID: String, of job: ClaimedJob) throws {
        try persist(job) {
            try database.submitted(
                job, taskID: taskID, firstPollAfter: settings.pollInterval,
                renderDeadline: settings.deadlines.render)
        }
    }

    /// The vendor has made nothing: the job waits in the queue, by the cause for itself alone, for
    /// its tier, or with all others.
    private func putBack(_ job: ClaimedJob, _ obstacle: PolloObstacle, _ message: String) throws {
        let metadata = job.metadata.merging(["message": "\(message)"]) { $1 }
        let delay: Duration
        switch obstacle {
        case .balanceEmpty, .unauthorized, .notFound:
            log.critical("submitting is paused", metadata: metadata)
            try persist(job) {
                try database.pause(tier: nil, for: Self.pauseOfAll, reason: message)
            }
            delay = .seconds(1)
        case .modelNotEnabled:
            log.critical("the tier \(job.tierID) is paused", metadata: metadata)
            try persist(job) {
                try database.pause(tier: job.tierID, for: Self.pauseOfTier, reason: message)
            }
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

    private func backoff(_ job: ClaimedJob, base: Duration, ceiling: Duration) -> Duration {
        Backoff.delay(
            afterTry: job.attempts, base: base, ceiling: ceiling, jitter: .random(in: 0...1))
    }
}

extension PolloField {
    fileprivate init(_ field: VendorField) {
        switch field.value {
        case .string(let text): self.init(field.name, .string(text))
        case .integer(let number): self.init(field.name, .integer(number))
        }
    }
}
