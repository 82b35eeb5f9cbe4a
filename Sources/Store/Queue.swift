package import Domain
package import MariaDB

/// Names one claim of a job; every change under the claim is conditional on it (J5, J11).
package enum LeaseKind {}
package typealias LeaseToken = ID<LeaseKind>

/// A job that this worker may work on until its lease runs out.
package struct ClaimedJob: Sendable {
    package let id: VideoID
    package let userID: UserID
    package let tierID: String
    package fileprivate(set) var state: VideoState
    package let lease: LeaseToken
    package let attempts: Int
    package let vendorPath: String
    package let vendorInput: [VendorField]
    package let callbackToken: String
    /// Nil until the vendor has told it.
    package let taskID: String?
    package let duration: Int
    /// The deadline of the state has passed: this is the last look.
    package fileprivate(set) var isOverdue: Bool
    /// How long it has been in its state.
    package fileprivate(set) var secondsInState: Int
}

/// Another process has changed the job since it was claimed: stop, change nothing (J5).
package struct LeaseLost: Error, Equatable {}

// MARK: - Claims

extension Connection {
    /// Claims the next job to submit and writes its attempt, in one commit before anything is
    /// sent (J4, J11). Nil when there is none, when `parallel` tasks are under way, or while
    /// submitting is paused.
    ///
    /// Users take turns: the next job is the oldest of the user with the fewest under way.
    package func claimSubmission(lasting: Duration, parallel: Int) throws -> ClaimedJob? {
        let lease = LeaseToken.new()
        return try claiming {
            try transaction { try claimSubmission(lease, lasting: lasting, parallel: parallel) }
        }
    }

    private func claimSubmission(
        _ lease: LeaseToken, lasting: Duration, parallel: Int
    ) throws -> ClaimedJob? {
        let gate = try lockGate()
        guard gate != .closed, try tasksUnderWay() < parallel else { return nil }
        let next = try first(
            """
            SELECT MIN(id) AS id
            FROM video_jobs
            WHERE state = 'queued' AND next_attempt_at <= UTC_TIMESTAMP(6)
                AND deadline_at > UTC_TIMESTAMP(6)
                AND NOT EXISTS (
                    SELECT 1
                    FROM vendor_gates
                    WHERE name = CONCAT('tier:', tier) AND paused_until > UTC_TIMESTAMP(6))
            GROUP BY user_id
            ORDER BY (
                SELECT COUNT(*)
                FROM video_jobs AS under_way
                WHERE under_way.user_id = video_jobs.user_id
                    AND under_way.state IN ('submitting', 'submit_unknown', 'submitted')
            ), id
            LIMIT 1
            """
        ) { row in try row("id") as VideoID }
        guard let next else { return nil }
        let changed = try execute(
            """
            UPDATE video_jobs
            SET state = 'submitting', lease_token = \(lease),
                lease_until = UTC_TIMESTAMP(6) + INTERVAL \(lasting.microseconds) MICROSECOND,
                attempts = attempts + 1, version = version + 1, state_at = UTC_TIMESTAMP(6)
            WHERE id = \(next) AND state = 'queued'
            """)
        // Canceled between the two statements: the next round finds another.
        guard changed == 1 else { return nil }
        if gate == .probing { try closeGateBehindProbe() }
        try execute(
            """
            INSERT INTO job_attempts (job_id, attempt, started_at)
            SELECT id, attempts, UTC_TIMESTAMP(6) FROM video_jobs WHERE id = \(next)
            """)
        return try claimed(next, lease)
    }

    private enum Gate {
        case open, closed
        /// A pause is over: one claim goes through to find out whether its cause is.
        case probing
    }

    /// Locks the row that all claims pass, so that the limit of parallel tasks holds across
    /// workers.
    private func lockGate() throws -> Gate {
        try first(
            """
            SELECT paused_until IS NOT NULL AS is_paused,
                paused_until <= UTC_TIMESTAMP(6) AS is_over
            FROM vendor_gates
            WHERE name = 'pollo'
            FOR UPDATE
            """
        ) { row in
            guard try row("is_paused") as Bool else { return .open }
            return try row("is_over") as Bool ? .probing : .closed
        } ?? .open
    }

    /// Until the probe's outcome opens the gate, or the interval is over.
    private func closeGateBehindProbe() throws {
        try execute(
            """
            UPDATE vendor_gates
            SET paused_until = UTC_TIMESTAMP(6) + INTERVAL 60 SECOND
            WHERE name = 'pollo'
            """)
    }

    /// Tasks that the vendor has, or may have: a lost answer counts for the time a render takes.
    private func tasksUnderWay() throws -> Int {
        try first(
            """
            SELECT COUNT(*) AS tasks
            FROM video_jobs
            WHERE state IN ('submitting', 'submitted')
                OR (state = 'submit_unknown'
                    AND state_at > UTC_TIMESTAMP(6) - INTERVAL 5 MINUTE)
            """
        ) { row in try row("tasks") } ?? 0
    }

    /// Claims the next job whose status is to be asked or whose file is to be stored.
    package func claimFollowUp(lasting: Duration) throws -> ClaimedJob? {
        try claim(
            """
            state IN ('submitted', 'storing') AND next_attempt_at <= UTC_TIMESTAMP(6)
                AND (lease_until IS NULL OR lease_until <= UTC_TIMESTAMP(6))
            """, lasting: lasting)
    }

    /// Claims a refunded job that the vendor has called back about: if the vendor made the video
    /// after all, it is a loss (J10).
    package func claimLateCallback(lasting: Duration) throws -> ClaimedJob? {
        try claim(
            """
            state = 'refunded' AND callback_task_id IS NOT NULL AND lost_micros IS NULL
                AND next_attempt_at <= UTC_TIMESTAMP(6)
                AND (lease_until IS NULL OR lease_until <= UTC_TIMESTAMP(6))
            """, lasting: lasting)
    }

    private func claim(_ condition: SQL, lasting: Duration) throws -> ClaimedJob? {
        let lease = LeaseToken.new()
        return try claiming { try transaction { try claim(condition, lease, lasting: lasting) } }
    }

    private func claim(
        _ condition: SQL, _ lease: LeaseToken, lasting: Duration
    ) throws -> ClaimedJob? {
        let next = try first(
            """
            SELECT id
            FROM video_jobs
            WHERE \(sql: condition)
            ORDER BY next_attempt_at
            LIMIT 1
            FOR UPDATE SKIP LOCKED
            """
        ) { row in try row("id") as VideoID }
        guard let next else { return nil }
        try execute(
            """
            UPDATE video_jobs
            SET lease_token = \(lease),
                lease_until = UTC_TIMESTAMP(6) + INTERVAL \(lasting.microseconds) MICROSECOND
            WHERE id = \(next)
            """)
        return try claimed(next, lease)
    }

    /// Throws ``UnreadableJob`` when the server gave the row and we cannot make sense of it.
    private func claimed(_ id: VideoID, _ lease: LeaseToken) throws -> ClaimedJob? {
        do {
            return try readClaimed(id, lease)
        } catch let error as DatabaseError where error.code != 0 {
            throw error
        } catch {
            throw UnreadableJob(id: id, problem: error)
        }
    }

    private func readClaimed(_ id: VideoID, _ lease: LeaseToken) throws -> ClaimedJob? {
        try first(
            """
            SELECT user_id, tier, state, attempts, vendor_path, vendor_input, callback_token,
                COALESCE(task_id, callback_task_id) AS task_id, duration_seconds,
                COALESCE(deadline_at <= UTC_TIMESTAMP(6), FALSE) AS is_overdue,
                TIMESTAMPDIFF(SECOND, state_at, UTC_TIMESTAMP(6)) AS seconds_in_state
            FROM video_jobs
            WHERE id = \(id)
            """
        ) { row in
            try ClaimedJob(
                id: id, userID: row("user_id"), tierID: row("tier"), state: row("state"),
                lease: lease, attempts: row("attempts"), vendorPath: row("vendor_path"),
                vendorInput: [VendorField](json: row("vendor_input")),
                callbackToken: row("callback_token"), taskID: row("task_id"),
                duration: row("duration_seconds"), isOverdue: row("is_overdue"),
                secondsInState: row("seconds_in_state"))
        }
    }
}

// MARK: - Transitions

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
            try openGate(tier: job.tierID)
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
    private func resumeCalledBack(_ id: VideoID, renderDeadline: Duration) throws {
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

    /// `submitted` → `storing`: the vendor has the file. Keeps the claim; what is done next is done
    /// with the job that this returns.
    package func storing(_ job: ClaimedJob, storeDeadline: Duration) throws -> ClaimedJob {
        let changed = try execute(
            """
            UPDATE video_jobs
            SET state = 'storing', pollo_status = 'succeed', version = version + 1,
                state_at = UTC_TIMESTAMP(6), deadline_at = UTC_TIMESTAMP(6)
                    + INTERVAL \(storeDeadline.microseconds) MICROSECOND
            WHERE id = \(job.id) AND state = 'submitted' AND lease_token = \(job.lease)
            """)
        guard changed == 1 else { throw LeaseLost() }
        var stored = job
        stored.state = .storing
        stored.isOverdue = false
        stored.secondsInState = 0
        return stored
    }

    /// Gives the claim back; the job stays as it is and is looked at again after `delay`.
    package func postpone(_ job: ClaimedJob, by delay: Duration, vendorStatus: String?) throws {
        let changed = try execute(
            """
            UPDATE video_jobs
            SET lease_token = NULL, lease_until = NULL,
                pollo_status = COALESCE(\(vendorStatus), pollo_status),
                next_attempt_at = UTC_TIMESTAMP(6) + INTERVAL \(delay.microseconds) MICROSECOND
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

    /// Writes down what the vendor made, and billed, after the job was refunded (J10): the
    /// estimate of its cost, or zero when it made nothing.
    package func recordLoss(of job: ClaimedJob, isLost: Bool) throws {
        try transaction {
            let changed = try execute(
                """
                UPDATE video_jobs
                SET lost_micros = IF(\(isLost), estimated_cost_micros, 0), lease_token = NULL,
                    lease_until = NULL
                WHERE id = \(job.id) AND lease_token = \(job.lease)
                """)
            guard changed == 1, isLost else { return }
            let cost = try first(
                "SELECT estimated_cost_micros FROM video_jobs WHERE id = \(job.id)"
            ) { row in try row("estimated_cost_micros") as Money }
            try record(.loss(of: job.id, cost))
        }
    }

    /// `state` → `refunded`, conditional on the state and, for a claimed job, on its lease. The
    /// caller releases the hold in the same transaction. Its user is told, unless it was them.
    func finish(
        _ id: VideoID, from state: VideoState, lease: LeaseToken?, reason: FailureReason
    ) throws {
        precondition(state.canBecome(.refunded), "\(state) is never refunded")
        let claim: SQL = lease.map { "AND lease_token = \($0)" } ?? ""
        let changed = try execute(
            """
            UPDATE video_jobs
            SET state = 'refunded', failure_reason = \(reason), deadline_at = NULL,
                lease_token = NULL, lease_until = NULL, completed_at = UTC_TIMESTAMP(6),
                state_at = UTC_TIMESTAMP(6), version = version + 1
            WHERE id = \(id) AND state = \(state) \(sql: claim)
            """)
        guard changed == 1 else { throw LeaseLost() }
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

// MARK: - Gates

extension Connection {
    /// Stops submitting for a while: everything, or one tier only.
    package func pause(tier: String?, for span: Duration, reason: String) throws {
        let name = tier.map { "tier:\($0)" } ?? "pollo"
        try execute(
            """
            INSERT INTO vendor_gates (name, paused_until, reason, changed_at)
            VALUES (\(name), UTC_TIMESTAMP(6) + INTERVAL \(span.microseconds) MICROSECOND,
                \(reason.cut(to: 500)), UTC_TIMESTAMP(6))
            ON DUPLICATE KEY UPDATE paused_until = VALUES(paused_until), reason = VALUES(reason),
                changed_at = VALUES(changed_at)
            """)
    }

    /// A create call went through: whatever was paused for the tier or for all is over.
    func openGate(tier: String) throws {
        try execute(
            """
            UPDATE vendor_gates
            SET paused_until = NULL, reason = NULL, changed_at = UTC_TIMESTAMP(6)
            WHERE name IN ('pollo', \("tier:\(tier)")) AND paused_until IS NOT NULL
            """)
    }
}

// MARK: - Sweeps

extension Connection {
    /// Jobs whose worker died while the create call may have been under way: their outcome is
    /// unknown (J4). Returns how many there were.
    package func sweepLostSubmissions(
        unknownDeadline: Duration, renderDeadline: Duration
    ) throws -> Int {
        let lost = try query(
            """
            SELECT id, attempts
            FROM video_jobs
            WHERE state = 'submitting' AND lease_until <= UTC_TIMESTAMP(6)
                AND \(sql: Self.isNotParked)
            LIMIT 100
            """
        ) { row in (id: try row("id") as VideoID, attempt: try row("attempts") as Int) }
        var failure: (any Error)?
        var count = 0
        for job in lost {
            var isOurs = false
            let problem = try each(job.id) {
                let changed = try execute(
                    """
                    UPDATE video_jobs
                    SET state = 'submit_unknown', lease_token = NULL, lease_until = NULL,
                        version = version + 1, state_at = UTC_TIMESTAMP(6),
                        deadline_at = UTC_TIMESTAMP(6)
                            + INTERVAL \(unknownDeadline.microseconds) MICROSECOND
                    WHERE id = \(job.id) AND state = 'submitting' AND attempts = \(job.attempt)
                        AND lease_until <= UTC_TIMESTAMP(6)
                    """)
                isOurs = changed == 1
                guard isOurs else { return }
                try execute(
                    """
                    UPDATE job_attempts
                    SET ended_at = UTC_TIMESTAMP(6), outcome = 'unknown', detail = 'lease ran out'
                    WHERE job_id = \(job.id) AND attempt = \(job.attempt)
                    """)
                try resumeCalledBack(job.id, renderDeadline: renderDeadline)
            }
            if problem == nil, isOurs { count += 1 }
            failure = failure ?? problem
        }
        if count == 0, let failure { throw failure }
        return count
    }

    /// A job that something failed for by an error of its own waits for its next try (J13).
    private static let isNotParked: SQL = """
        NOT EXISTS (
            SELECT 1
            FROM parked_jobs
            WHERE job_id = video_jobs.id AND next_at > UTC_TIMESTAMP(6))
        """

    /// Ends up to 100 jobs that waited too long in the queue, or whose submission stayed unknown
    /// (J9). Rendering and storing jobs are ended by their own last look, and here when they cannot
    /// be looked at (J13). Returns what was ended.
    package func sweepOverdueJobs(
        policy: CreditPolicy
    ) throws -> [(id: VideoID, state: VideoState)] {
        try end(
            """
            deadline_at <= UTC_TIMESTAMP(6) AND \(sql: Self.isNotParked)
                AND (state IN ('queued', 'submit_unknown')
                    OR (state IN ('submitted', 'storing')
                        AND (lease_until IS NULL OR lease_until <= UTC_TIMESTAMP(6))
                        AND EXISTS (SELECT 1 FROM parked_jobs WHERE job_id = video_jobs.id)))
            """
        ) { job in
            let wallet = try lockWallet(of: job.user)
            let reason: FailureReason = try isVendorDown() ? .vendorDown : .timeout
            try finish(job.id, from: job.state, lease: nil, reason: reason)
            try release(job.id, of: wallet, policy: policy, description: reason.ledgerText)
        }
    }

    /// Ends up to 100 jobs that wait, by a person's word. In an older copy of the database that was
    /// restored, the vendor may have made them since (J6). Returns how many were ended.
    package func refundQueued(policy: CreditPolicy, by actor: Operator) throws -> Int {
        try end("state = 'queued'") { job in
            let wallet = try lockWallet(of: job.user)
            try finish(job.id, from: .queued, lease: nil, reason: .vendorDown)
            try release(
                job.id, of: wallet, policy: policy,
                description: FailureReason.vendorDown.ledgerText)
            try log("video.refund", "\(job.id)", detail: "it was queued", by: actor)
        }.count
    }

    private typealias WaitingJob = (id: VideoID, user: UserID, state: VideoState)

    /// Has `end` end each job that is found, in a transaction of its own; those that another
    /// process was quicker with are not returned. One that cannot be ended is parked; its error is
    /// thrown when none could be.
    private func end(
        _ condition: SQL, _ end: (WaitingJob) throws -> Void
    ) throws -> [(id: VideoID, state: VideoState)] {
        let found = try query(
            """
            SELECT id, user_id, state
            FROM video_jobs
            WHERE \(sql: condition)
            LIMIT 100
            """
        ) { row in
            try WaitingJob(id: row("id"), user: row("user_id"), state: row("state"))
        }
        var ended: [(id: VideoID, state: VideoState)] = []
        var failure: (any Error)?
        for job in found {
            var isOurs = true
            let problem = try each(job.id) {
                do {
                    try end(job)
                } catch is LeaseLost {
                    isOurs = false
                }
            }
            if problem == nil, isOurs { ended.append((job.id, job.state)) }
            failure = failure ?? problem
        }
        if ended.isEmpty, let failure { throw failure }
        return ended
    }

    private func isVendorDown() throws -> Bool {
        try first(
            "SELECT paused_until IS NOT NULL AS paused FROM vendor_gates WHERE name = 'pollo'"
        ) { row in try row("paused") } ?? false
    }
}
