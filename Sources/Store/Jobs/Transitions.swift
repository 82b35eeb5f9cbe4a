package import Domain
import FoundationEssentials
import Ledger
package import MariaDB

// The only file that changes the state of a job. Who may change it to what says
// `VideoState.canBecome`; every change is the compare-and-set of `move` (J4, J5).
extension Connection {
    /// Changes the state of a job that is still in the state `from` and fulfils `condition`, and
    /// gives its claim back. False when another process was quicker: then nothing is changed (J5).
    private func move(
        _ id: VideoID, from: VideoState, to state: VideoState, where condition: SQL = "TRUE",
        lease: SQL = "lease_token = NULL, lease_until = NULL", _ assignments: SQL
    ) throws -> Bool {
        precondition(from.canBecome(state), "\(from) never becomes \(state)")
        return try execute(
            """
            UPDATE video_jobs
            SET state = \(state), \(sql: lease), version = version + 1,
                state_at = UTC_TIMESTAMP(6), \(sql: assignments)
            WHERE id = \(id) AND state = \(from) AND \(sql: condition)
            """) == 1
    }

    /// The same for a claimed job, as long as the claim is this one. Throws ``LeaseLost``.
    private func move(_ job: ClaimedJob, to state: VideoState, _ assignments: SQL) throws {
        guard
            try move(
                job.id, from: job.state, to: state, where: "lease_token = \(job.lease)",
                assignments)
        else { throw LeaseLost() }
    }

    // MARK: At the vendor

    /// `queued` → `submitting`, claimed: the attempt is written before anything is sent (J4, J11).
    /// False when the job was canceled meanwhile.
    func beginSubmission(of id: VideoID, _ lease: LeaseToken, lasting: Duration) throws -> Bool {
        let isOurs = try move(
            id, from: .queued, to: .submitting,
            lease: """
                lease_token = \(lease),
                lease_until = UTC_TIMESTAMP(6) + INTERVAL \(lasting.microseconds) MICROSECOND
                """, "attempts = attempts + 1")
        guard isOurs else { return false }
        try execute(
            """
            INSERT INTO job_attempts (job_id, attempt, started_at)
            SELECT id, attempts, UTC_TIMESTAMP(6) FROM video_jobs WHERE id = \(id)
            """)
        return true
    }

    /// `submitting` → `submitted`: the vendor has answered with its task.
    package func submitted(
        _ job: ClaimedJob, taskID: String, firstPollAfter: Duration, renderDeadline: Duration
    ) throws {
        try transaction {
            try move(
                job, to: .submitted,
                """
                task_id = \(taskID), submitted_at = UTC_TIMESTAMP(6),
                next_attempt_at = IF(callback_task_id IS NULL,
                    UTC_TIMESTAMP(6) + INTERVAL \(firstPollAfter.microseconds) MICROSECOND,
                    UTC_TIMESTAMP(6)),
                deadline_at = UTC_TIMESTAMP(6) + INTERVAL \(renderDeadline.microseconds) MICROSECOND
                """)
            try endAttempt(of: job, outcome: "submitted", detail: taskID)
            try openGate(of: job)
        }
    }

    /// `submitting` → `queued`: the vendor provably made nothing. The queue's deadline runs on.
    ///
    /// - Parameter outcome: of the attempt.
    package func requeue(
        _ job: ClaimedJob, after delay: Duration, detail: String, outcome: String = "not_created"
    ) throws {
        try transaction {
            try move(
                job, to: .queued,
                """
                next_attempt_at = UTC_TIMESTAMP(6) + INTERVAL \(delay.microseconds) MICROSECOND
                """)
            try endAttempt(of: job, outcome: outcome, detail: detail)
            try giveUpProbe(job.id)
        }
    }

    /// `submitting` → `submit_unknown`: the request may have arrived. If the vendor has called
    /// back already, its task is known and the job goes on.
    package func submitUnknown(
        _ job: ClaimedJob, detail: String, unknownDeadline: Duration, renderDeadline: Duration
    ) throws {
        try transaction {
            try move(
                job, to: .submitUnknown,
                "next_attempt_at = UTC_TIMESTAMP(6), \(sql: deadline(in: unknownDeadline))")
            try endAttempt(of: job, outcome: "unknown", detail: detail)
            try unlessTaken { _ = try resume(job.id, renderDeadline: renderDeadline) }
        }
    }

    /// The same for a job whose worker died in this attempt. False when it has not.
    func loseSubmission(
        of id: VideoID, attempt: Int, unknownDeadline: Duration, renderDeadline: Duration
    ) throws -> Bool {
        let isLost = try move(
            id, from: .submitting, to: .submitUnknown,
            where: "attempts = \(attempt) AND lease_until <= UTC_TIMESTAMP(6)",
            deadline(in: unknownDeadline))
        guard isLost else { return false }
        try endAttempt(attempt, of: id, outcome: "unknown", detail: "lease ran out")
        try unlessTaken { _ = try resume(id, renderDeadline: renderDeadline) }
        return true
    }

    /// `submit_unknown` → `submitted`: the task is known, from a callback on the job's own path, or
    /// by a person. False when the job is not uncertain any more, or nobody has told a task.
    ///
    /// - Parameter task: nil: the one that a callback has told before.
    func resume(
        _ id: VideoID, task: String? = nil, isCallback: Bool = true, renderDeadline: Duration
    ) throws -> Bool {
        try move(
            id, from: .submitUnknown, to: .submitted,
            where: "COALESCE(\(task), callback_task_id) IS NOT NULL",
            // What is assigned first is what the next assignment sees.
            """
            task_id = COALESCE(\(task), callback_task_id),
            callback_task_id = IF(\(isCallback), task_id, callback_task_id),
            submitted_at = UTC_TIMESTAMP(6), next_attempt_at = UTC_TIMESTAMP(6),
            \(sql: deadline(in: renderDeadline))
            """)
    }

    /// Runs a statement that gives a job its task, unless the task is another job's: then nothing
    /// is changed, and the job's deadline decides (J13).
    func unlessTaken(_ change: () throws -> Void) throws {
        do {
            try change()
        } catch let error as DatabaseError
            where error.kind == .duplicateKey(constraint: "video_jobs_task_unique")
        {}
    }

    /// `submitted` → `storing`: the vendor has the file. Gives the claim back: who fetches files
    /// takes it up, so that no download keeps a status from being asked (J17).
    package func storing(_ job: ClaimedJob, storeDeadline: Duration) throws {
        try move(job, to: .storing, toStore(within: storeDeadline))
    }

    /// The same, and keeps the claim for `lease` more, for who is free to fetch the file at once.
    /// Returns the claim of the job that is now to be stored.
    package func storing(
        _ job: ClaimedJob, storeDeadline: Duration, keptFor lease: Duration
    ) throws -> ClaimedJob {
        let isMoved = try move(
            job.id, from: job.state, to: .storing, where: "lease_token = \(job.lease)",
            lease: "lease_until = UTC_TIMESTAMP(6) + INTERVAL \(lease.microseconds) MICROSECOND",
            toStore(within: storeDeadline))
        guard isMoved else { throw LeaseLost() }
        return job.entered(.storing)
    }

    private func toStore(within span: Duration) -> SQL {
        """
        pollo_status = 'succeed', rendered_at = UTC_TIMESTAMP(6),
        next_attempt_at = UTC_TIMESTAMP(6), \(sql: deadline(in: span))
        """
    }

    private func deadline(in span: Duration) -> SQL {
        "deadline_at = UTC_TIMESTAMP(6) + INTERVAL \(span.microseconds) MICROSECOND"
    }

    // MARK: Ends

    /// `storing` → `delivered`: the file is ours; the hold becomes revenue (J2, J3).
    package func deliver(
        _ job: ClaimedJob, file: VideoFile, path: String, actualCost: Money?
    ) throws {
        try withWallet(of: job.accountID) { wallet in
            try move(
                job, to: .delivered,
                """
                deadline_at = NULL, completed_at = UTC_TIMESTAMP(6), video_url = \(path),
                file_bytes = \(file.sizeBytes), file_sha256 = \(file.checksum),
                file_milliseconds = \(file.durationMilliseconds), file_width = \(file.width),
                file_height = \(file.height), has_poster = \(file.hasPoster),
                actual_cost_micros = \(actualCost)
                """)
            try wallet.settle(job.id)
            try announceEnd(of: job.id)
        }
    }

    /// Ends a claimed job without a video and gives its hold back (J2).
    package func refund(
        _ job: ClaimedJob, reason: FailureReason, detail: String, policy: CreditPolicy
    ) throws {
        try withWallet(of: job.accountID) { wallet in
            try end(
                job.id, in: job.state, lease: job.lease, reason: reason, of: &wallet,
                policy: policy)
            if job.state == .submitting {
                try endAttempt(of: job, outcome: reason.rawValue, detail: detail)
            }
        }
    }

    /// Ends a job without a video, whoever says so: its state, its hold and its user's notice. Of a
    /// claimed job with the lease of the claim. Throws ``LeaseLost``, and changes nothing, when the
    /// job is not in `state` any more (J2, J5).
    func end(
        _ id: VideoID, in state: VideoState, lease: LeaseToken? = nil, reason: FailureReason,
        of wallet: inout LockedWallet, policy: CreditPolicy
    ) throws {
        try finish(id, from: state, lease: lease, reason: reason)
        try wallet.release(id, policy: policy, because: reason)
    }

    /// `state` → `refunded`, without the hold, which a repair has found released. Its user is told,
    /// unless it was them.
    ///
    /// A video that the vendor has made is a loss at once. One whose task is known, and of which
    /// the vendor did not say that it failed, is a loss until the vendor says so (J14): at the
    /// price that was known when it was ordered, since the true one may never be told.
    func finish(
        _ id: VideoID, from state: VideoState, lease: LeaseToken? = nil, reason: FailureReason
    ) throws {
        let isMade = state == .storing
        let isFailed = state == .submitted && [.vendorFailed, .refused].contains(reason)
        let isPresumed = state == .submitted && !isFailed
        let isEnded = try move(
            id, from: state, to: .refunded, where: lease.map { "lease_token = \($0)" } ?? "TRUE",
            """
            failure_reason = \(reason), deadline_at = NULL, completed_at = UTC_TIMESTAMP(6),
            lost_micros = IF(\(isMade || isPresumed), estimated_cost_micros, NULL),
            is_loss_presumed = \(isPresumed) AND estimated_cost_micros > 0,
            late_look_at = IF(\(!isMade && !isFailed)
                    AND COALESCE(task_id, callback_task_id) IS NOT NULL,
                UTC_TIMESTAMP(6) + INTERVAL IF(\(isPresumed), 60, 0) SECOND, NULL)
            """)
        guard isEnded else { throw LeaseLost() }
        if isMade || isPresumed {
            let cost = try first(
                "SELECT estimated_cost_micros FROM video_jobs WHERE id = \(id)"
            ) { row in try row("estimated_cost_micros") as Money }
            try record(isMade ? .loss(of: id, cost) : .presumedLoss(of: id, cost))
        } else {
            try giveUpProbe(id)
        }
        try announceEnd(of: id)
    }

    // MARK: Not by a worker

    /// `refunded` → `delivered`, which no job becomes by itself: the ledger says that it was
    /// settled, and its file is there (A4).
    func redeliver(_ id: VideoID) throws {
        try execute(
            """
            UPDATE video_jobs
            SET state = 'delivered', failure_reason = NULL, version = version + 1
            WHERE id = \(id) AND state = 'refunded'
            """)
    }

    /// Gives a sample, which no worker ever sees open, its end and its past.
    func endSample(
        _ id: VideoID, as state: VideoState, reason: FailureReason? = nil, startedAt: Date,
        endedAt: Date, _ assignments: SQL = ""
    ) throws {
        try execute(
            """
            UPDATE video_jobs
            SET state = \(state), failure_reason = \(reason), created_at = \(startedAt),
                state_at = \(endedAt), completed_at = \(endedAt), deadline_at = NULL
                \(sql: assignments)
            WHERE id = \(id)
            """)
    }
}

// MARK: - Attempts

extension Connection {
    func endAttempt(of job: ClaimedJob, outcome: String, detail: String) throws {
        try endAttempt(job.attempts, of: job.id, outcome: outcome, detail: detail)
    }

    private func endAttempt(
        _ attempt: Int, of id: VideoID, outcome: String, detail: String
    ) throws {
        try execute(
            """
            UPDATE job_attempts
            SET ended_at = UTC_TIMESTAMP(6), outcome = \(outcome), detail = \(detail.cut(to: 1000))
            WHERE job_id = \(id) AND attempt = \(attempt)
            """)
    }
}
