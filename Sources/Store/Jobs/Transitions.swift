package import Domain
package import MariaDB

extension Connection {
    /// `submitting` → `submitted`: the vendor has answered with its task.
    package func submitted(
        _ job: ClaimedJob, taskID: String, firstPollAfter: Duration, renderDeadline: Duration
    ) throws {
        try transaction {
            try change(
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

    /// Notes a task whose claim was over when the vendor told it: always at the attempt, and at the
    /// job as a callback on its own path would, which is no better proof. Returns the state that
    /// the job had; nil when it is gone.
    package func noteLateTask(
        _ taskID: String, of job: ClaimedJob, renderDeadline: Duration
    ) throws -> VideoState? {
        try transaction {
            let state = try first("SELECT state FROM video_jobs WHERE id = \(job.id) FOR UPDATE") {
                row in try row("state") as VideoState
            }
            guard let state else { return nil }
            _ = try hint(
                callbackToken: job.callbackToken, taskID: taskID, renderDeadline: renderDeadline)
            try endAttempt(of: job, outcome: "submitted", detail: taskID)
            return state
        }
    }

    /// `submitting` → `queued`: the vendor provably made nothing. The queue's deadline runs on.
    package func requeue(_ job: ClaimedJob, after delay: Duration, detail: String) throws {
        try transaction {
            try change(
                job, to: .queued,
                """
                next_attempt_at = UTC_TIMESTAMP(6) + INTERVAL \(delay.microseconds) MICROSECOND
                """)
            try endAttempt(of: job, outcome: "not_created", detail: detail)
            try giveUpProbe(job.id)
        }
    }

    /// `submitting` → `submit_unknown`: the request may have arrived. If the vendor has called
    /// back already, its task is known and the job goes on.
    package func submitUnknown(
        _ job: ClaimedJob, detail: String, unknownDeadline: Duration, renderDeadline: Duration
    ) throws {
        try transaction {
            try change(
                job, to: .submitUnknown,
                """
                next_attempt_at = UTC_TIMESTAMP(6),
                deadline_at = UTC_TIMESTAMP(6)
                    + INTERVAL \(unknownDeadline.microseconds) MICROSECOND
                """)
            try endAttempt(of: job, outcome: "unknown", detail: detail)
            try resumeCalledBack(job.id, renderDeadline: renderDeadline)
        }
    }

    /// `submit_unknown` → `submitted`, where a callback has revealed the task. A task that is
    /// another job's says nothing of this one: its deadline decides (J13).
    func resumeCalledBack(_ id: VideoID, renderDeadline: Duration) throws {
        try unlessTaken {
            try execute(
                """
                UPDATE video_jobs
                SET state = 'submitted', task_id = callback_task_id,
                    submitted_at = UTC_TIMESTAMP(6), next_attempt_at = UTC_TIMESTAMP(6),
                    state_at = UTC_TIMESTAMP(6), version = version + 1,
                    deadline_at = UTC_TIMESTAMP(6)
                        + INTERVAL \(renderDeadline.microseconds) MICROSECOND
                WHERE id = \(id) AND state = 'submit_unknown' AND callback_task_id IS NOT NULL
                """)
        }
    }

    /// Runs a statement that gives a job its task, unless the task is another job's: then nothing
    /// is changed.
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
        try transaction {
            try change(
                job, to: .storing,
                """
                pollo_status = 'succeed', next_attempt_at = UTC_TIMESTAMP(6),
                deadline_at = UTC_TIMESTAMP(6) + INTERVAL \(storeDeadline.microseconds) MICROSECOND
                """)
        }
    }

    /// How often a job whose last look had no answer gets more time.
    package static let largestExtensionCount = 2

    /// Gives a rendering job more time whose last look had no answer, and gives the claim back:
    /// no answer is not a word about the task (J8, J14). False when it had all there is.
    package func extend(
        _ job: ClaimedJob, by span: Duration, lookAfter delay: Duration
    ) throws -> Bool {
        let changed = try execute(
            """
            UPDATE video_jobs
            SET extensions = extensions + 1, lease_token = NULL, lease_until = NULL,
                deadline_at = UTC_TIMESTAMP(6) + INTERVAL \(span.microseconds) MICROSECOND,
                next_attempt_at = LEAST(deadline_at,
                    UTC_TIMESTAMP(6) + INTERVAL \(delay.microseconds) MICROSECOND)
            WHERE id = \(job.id) AND state = 'submitted' AND lease_token = \(job.lease)
                AND extensions < \(Self.largestExtensionCount)
            """)
        if changed == 1 { return true }
        let isOurs = try first(
            "SELECT 1 FROM video_jobs WHERE id = \(job.id) AND lease_token = \(job.lease)",
            { _ in true })
        guard isOurs == true else { throw LeaseLost() }
        return false
    }

    /// Gives the claim back; the job stays as it is and is looked at again after `delay`, at its
    /// deadline at the latest.
    package func postpone(_ job: ClaimedJob, by delay: Duration, vendorStatus: String?) throws {
        let changed = try execute(
            """
            UPDATE video_jobs
            SET lease_token = NULL, lease_until = NULL,
                pollo_status = COALESCE(\(vendorStatus), pollo_status),
                next_attempt_at = LEAST(
                    UTC_TIMESTAMP(6) + INTERVAL \(delay.microseconds) MICROSECOND,
                    COALESCE(GREATEST(deadline_at, UTC_TIMESTAMP(6) + INTERVAL 1 SECOND),
                        UTC_TIMESTAMP(6) + INTERVAL \(delay.microseconds) MICROSECOND))
            WHERE id = \(job.id) AND lease_token = \(job.lease)
            """)
        guard changed == 1 else { throw LeaseLost() }
    }

    /// `storing` → `delivered`: the file is ours; the hold becomes revenue (J2, J3).
    package func deliver(
        _ job: ClaimedJob, file: VideoFile, path: String, actualCost: Money?
    ) throws {
        try transaction {
            _ = try lockWallet(of: job.userID)
            try change(
                job, to: .delivered,
                """
                deadline_at = NULL, completed_at = UTC_TIMESTAMP(6), video_url = \(path),
                file_bytes = \(file.sizeBytes), file_sha256 = \(file.checksum),
                file_milliseconds = \(file.durationMilliseconds), file_width = \(file.width),
                file_height = \(file.height), has_poster = \(file.hasPoster),
                actual_cost_micros = \(actualCost)
                """)
            try settle(job.id, of: job.userID)
            try announceDelivery(of: job.id, to: job.userID)
        }
    }

    /// Ends a claimed job without a video and gives its hold back (J2).
    package func refund(
        _ job: ClaimedJob, reason: FailureReason, detail: String, policy: CreditPolicy
    ) throws {
        try transaction {
            let wallet = try lockWallet(of: job.userID)
            try finish(job.id, from: job.state, lease: job.lease, reason: reason)
            if job.state == .submitting {
                try endAttempt(of: job, outcome: reason.rawValue, detail: detail)
            }
            try release(job.id, of: wallet, policy: policy, description: reason.ledgerText)
        }
    }

    /// Writes down what became of a refunded job's task: made, and billed (J10), or not. A loss that
    /// was presumed is then one for certain, or gone.
    package func recordLoss(of job: ClaimedJob, isLost: Bool) throws {
        try transaction {
            let changed = try execute(
                """
                UPDATE video_jobs
                SET lost_micros = IF(\(isLost), estimated_cost_micros, 0),
                    is_loss_presumed = FALSE, late_look_at = NULL, lease_token = NULL,
                    lease_until = NULL
                WHERE id = \(job.id) AND lease_token = \(job.lease)
                """)
            guard changed == 1 else { return }
            if isLost { return try record(.loss(of: job.id, job.estimatedCost)) }
            try execute(
                """
                UPDATE differences
                SET gone_at = UTC_TIMESTAMP(6)
                WHERE kind = 'task' AND subject = \("\(job.id)") AND is_open
                """)
        }
    }

    /// Ends the looks at a refunded job of which the vendor told nothing: it counts as made.
    package func presumeLoss(of job: ClaimedJob) throws {
        try transaction {
            let changed = try execute(
                """
                UPDATE video_jobs
                SET lost_micros = COALESCE(lost_micros, estimated_cost_micros),
                    is_loss_presumed = COALESCE(lost_micros, 0) > 0, lease_token = NULL,
                    lease_until = NULL
                WHERE id = \(job.id) AND lease_token = \(job.lease)
                """)
            guard changed == 1 else { throw LeaseLost() }
            try record(.presumedLoss(of: job.id, job.estimatedCost))
        }
    }

    /// `state` → `refunded`, conditional on the state and, for a claimed job, on its lease. The
    /// caller releases the hold in the same transaction. Its user is told, unless it was them.
    ///
    /// A video that the vendor has made is a loss at once. One whose task is known, and of which
    /// the vendor did not say that it failed, is a loss until the vendor says so (J14): at the
    /// price that was known when it was ordered, since the true one may never be told.
    func finish(
        _ id: VideoID, from state: VideoState, lease: LeaseToken?, reason: FailureReason
    ) throws {
        precondition(state.canBecome(.refunded), "\(state) is never refunded")
        let claim: SQL = lease.map { "AND lease_token = \($0)" } ?? ""
        let isMade = state == .storing
        let isFailed = state == .submitted && [.vendorFailed, .refused].contains(reason)
        let isPresumed = state == .submitted && !isFailed
        let changed = try execute(
            """
            UPDATE video_jobs
            SET state = 'refunded', failure_reason = \(reason), deadline_at = NULL,
                lease_token = NULL, lease_until = NULL, completed_at = UTC_TIMESTAMP(6),
                state_at = UTC_TIMESTAMP(6), version = version + 1,
                lost_micros = IF(\(isMade || isPresumed), estimated_cost_micros, NULL),
                is_loss_presumed = \(isPresumed) AND estimated_cost_micros > 0,
                late_look_at = IF(\(!isMade && !isFailed)
                        AND COALESCE(task_id, callback_task_id) IS NOT NULL,
                    UTC_TIMESTAMP(6) + INTERVAL IF(\(isPresumed), 60, 0) SECOND, NULL)
            WHERE id = \(id) AND state = \(state) \(sql: claim)
            """)
        guard changed == 1 else { throw LeaseLost() }
        if isMade || isPresumed {
            let cost = try first(
                "SELECT estimated_cost_micros FROM video_jobs WHERE id = \(id)"
            ) { row in try row("estimated_cost_micros") as Money }
            try record(isMade ? .loss(of: id, cost) : .presumedLoss(of: id, cost))
        }
        if !isMade, !isPresumed { try giveUpProbe(id) }
        if reason != .canceled { try announceFailure(of: id) }
    }

    /// The compare-and-set of J5: changes the claimed job and gives the claim back.
    private func change(_ job: ClaimedJob, to state: VideoState, _ assignments: SQL) throws {
        precondition(job.state.canBecome(state), "\(job.state) never becomes \(state)")
        let changed = try execute(
            """
            UPDATE video_jobs
            SET state = \(state), lease_token = NULL, lease_until = NULL,
                version = version + 1, state_at = UTC_TIMESTAMP(6), \(sql: assignments)
            WHERE id = \(job.id) AND state = \(job.state) AND lease_token = \(job.lease)
            """)
        guard changed == 1 else { throw LeaseLost() }
    }

    private func endAttempt(of job: ClaimedJob, outcome: String, detail: String) throws {
        try execute(
            """
            UPDATE job_attempts
            SET ended_at = UTC_TIMESTAMP(6), outcome = \(outcome),
                detail = \(detail.cut(to: 1000))
            WHERE job_id = \(job.id) AND attempt = \(job.attempts)
            """)
    }

    /// Cancels a job that is still ours and gives its hold back; one that is canceled already
    /// stays so. Throws ``NotFound`` or ``Conflict``.
    package func cancel(_ id: VideoID, of user: UserID, policy: CreditPolicy) throws {
        try transaction {
            let wallet = try lockWallet(of: user)
            let job = try first(
                """
                SELECT state, failure_reason
                FROM video_jobs
                WHERE id = \(id) AND user_id = \(user)
                FOR UPDATE
                """
            ) { row in
                try (
                    state: row("state") as VideoState,
                    reason: row("failure_reason") as FailureReason?
                )
            }
            guard let job else { throw NotFound() }
            // Also when a COMMIT whose answer was lost ran again.
            if job.reason == .canceled { return }
            guard job.state == .queued else {
                throw Conflict("This video can no longer be canceled.")
            }
            try finish(id, from: .queued, lease: nil, reason: .canceled)
            try release(
                id, of: wallet, policy: policy, description: FailureReason.canceled.ledgerText)
        }
    }
}

extension FailureReason {
    /// What the refund's line in the user's list says.
    var ledgerText: String {
        switch self {
        case .vendorFailed: "Returned: the video could not be made"
        case .refused: "Returned: the prompt was refused"
        case .invalid: "Returned: the settings were not accepted"
        case .timeout: "Returned: the video was not ready in time"
        case .vendorDown: "Returned: the video service was not reachable"
        case .canceled: "Returned: canceled"
        }
    }
}
