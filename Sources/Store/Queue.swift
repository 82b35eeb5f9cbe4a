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
    /// What the vendor asks for it, as it was known when it was ordered.
    package let estimatedCost: Money
    /// The deadline of the state has passed: this is the last look.
    package fileprivate(set) var isOverdue: Bool
    /// How long it has been in its state.
    package fileprivate(set) var secondsInState: Int
    /// Of a refunded job: it will not be asked for again.
    package let isLastLook: Bool
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
        return try claimingOnce("'submitting'", lease) {
            try claimSubmission(lease, lasting: lasting, parallel: parallel)
        }
    }

    /// Runs a claim in a transaction. When that runs again, its first COMMIT may have been lost
    /// after it was done: then the job that holds this very lease is the claim, and no second one
    /// is made while the first waits for the end of its lease (D3).
    private func claimingOnce(
        _ state: SQL, _ lease: LeaseToken, _ claim: () throws -> ClaimedJob?
    ) throws -> ClaimedJob? {
        var runs = 0
        return try claiming {
            try transaction {
                runs += 1
                let own: VideoID? =
                    runs == 1
                    ? nil
                    : try first(
                        """
                        SELECT id
                        FROM video_jobs
                        WHERE lease_until > UTC_TIMESTAMP(6) AND lease_token = \(lease)
                            AND state = \(sql: state)
                        """
                    ) { row in try row("id") as VideoID }
                return try own.map { try claimed($0, lease) } ?? claim()
            }
        }
    }

    private func claimSubmission(
        _ lease: LeaseToken, lasting: Duration, parallel: Int
    ) throws -> ClaimedJob? {
        let gates = try lockGates()
        guard !gates.isClosed, try tasksUnderWay(of: parallel) < parallel,
            let (next, tier) = try nextToSubmit(gates)
        else { return nil }
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
        try closeBehind(next, tier: tier, gates: gates.probed(by: tier))
        try execute(
            """
            INSERT INTO job_attempts (job_id, attempt, started_at)
            SELECT id, attempts, UTC_TIMESTAMP(6) FROM video_jobs WHERE id = \(next)
            """)
        return try claimed(next, lease)
    }

    /// The job whose turn it is. One that probes for all is another than the last, and of another
    /// tier where there is one (J15); so is one that probes for its tier.
    private func nextToSubmit(_ gates: Gates) throws -> (id: VideoID, tier: String)? {
        var isDue: SQL = """
            state = 'queued' AND next_attempt_at <= UTC_TIMESTAMP(6)
                AND deadline_at > UTC_TIMESTAMP(6)
            """
        for tier in gates.closedTiers { isDue = "\(sql: isDue) AND tier <> \(tier)" }
        if let gate = gates.probedByAll {
            return try first(
                """
                SELECT id, tier
                FROM video_jobs
                WHERE \(sql: isDue)
                ORDER BY COALESCE(id = \(gate.lastProbe), FALSE),
                    COALESCE(tier = \(gate.lastTier), FALSE), id
                LIMIT 1
                """
            ) { row in (try row("id"), try row("tier")) }
        }
        var isNew = isDue
        for probe in gates.lastProbes { isNew = "\(sql: isNew) AND id <> \(probe)" }
        return try nextInTurn(isNew) ?? (gates.lastProbes.isEmpty ? nil : nextInTurn(isDue))
    }

    private func nextInTurn(_ isDue: SQL) throws -> (id: VideoID, tier: String)? {
        try first(
            """
            SELECT id, tier
            FROM video_jobs
            WHERE id = (
                SELECT MIN(id) AS id
                FROM video_jobs
                WHERE \(sql: isDue)
                GROUP BY user_id
                ORDER BY (
                    SELECT COUNT(*)
                    FROM video_jobs AS under_way
                    WHERE under_way.user_id = video_jobs.user_id
                        AND under_way.state IN ('submitting', 'submit_unknown', 'submitted')
                ), id
                LIMIT 1)
            """
        ) { row in (try row("id"), try row("tier")) }
    }

    /// Tasks that the vendor has, or may have: a lost answer counts for the time a render takes. Lost
    /// answers take half of the places at most, so that a bad moment of the vendor's does not keep
    /// everybody waiting; if it has more tasks than we think, it says 429, and the job comes again.
    private func tasksUnderWay(of parallel: Int) throws -> Int {
        try first(
            """
            SELECT COUNT(IF(state <> 'submit_unknown', 1, NULL))
                + LEAST(COUNT(IF(state = 'submit_unknown', 1, NULL)), \(parallel / 2)) AS tasks
            FROM video_jobs
            WHERE state IN ('submitting', 'submitted')
                OR (state = 'submit_unknown'
                    AND state_at > UTC_TIMESTAMP(6) - INTERVAL 5 MINUTE)
            """
        ) { row in try row("tasks") } ?? 0
    }

    /// Claims the next task whose status is to be asked.
    package func claimFollowUp(lasting: Duration) throws -> ClaimedJob? {
        try claim(in: "'submitted'", lasting: lasting)
    }

    /// Claims the next job whose file is to be fetched.
    package func claimStoring(lasting: Duration) throws -> ClaimedJob? {
        try claim(in: "'storing'", lasting: lasting)
    }

    private func claim(in state: SQL, lasting: Duration) throws -> ClaimedJob? {
        try claim(
            state, "state = \(sql: state) AND next_attempt_at <= UTC_TIMESTAMP(6)",
            order: "next_attempt_at", lasting: lasting)
    }

    /// How many files are being fetched now, by all workers.
    package func downloadCount() throws -> Int {
        try first(
            """
            SELECT COUNT(*) AS downloads
            FROM video_jobs
            WHERE state = 'storing' AND lease_until > UTC_TIMESTAMP(6)
            """
        ) { row in try row("downloads") } ?? 0
    }

    /// How often a refunded job is asked for, and for how many days: as long as the vendor keeps
    /// files.
    package static let largestLookCount = 30
    private static let lookDays = 14

    /// Claims a refunded job whose task is known, and of which is not known whether the vendor
    /// made it (J10, J14). Its next look, a minute later and then twice as late each time to twelve
    /// hours, is settled by the claim, so that a look that fails is none too soon; after the last
    /// there is none.
    package func claimLateLook(lasting: Duration) throws -> ClaimedJob? {
        try claim(
            "'refunded'", "state = 'refunded' AND late_look_at <= UTC_TIMESTAMP(6)",
            order: "late_look_at",
            settingAlso: """
                , late_look_at = IF(late_looks + 1 >= \(Self.largestLookCount)
                        OR completed_at < UTC_TIMESTAMP(6) - INTERVAL \(Self.lookDays) DAY,
                    NULL, UTC_TIMESTAMP(6) + INTERVAL
                        LEAST(43200, 60 << LEAST(late_looks, 10)) SECOND),
                late_looks = late_looks + 1
                """, lasting: lasting)
    }

    private func claim(
        _ state: SQL, _ condition: SQL, order: SQL, settingAlso assignments: SQL = "",
        lasting: Duration
    ) throws -> ClaimedJob? {
        let lease = LeaseToken.new()
        return try claimingOnce(state, lease) {
            let next = try first(
                """
                SELECT id
                FROM video_jobs
                WHERE \(sql: condition)
                    AND (lease_until IS NULL OR lease_until <= UTC_TIMESTAMP(6))
                ORDER BY \(sql: order)
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
                    \(sql: assignments)
                WHERE id = \(next)
                """)
            return try claimed(next, lease)
        }
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
                estimated_cost_micros, late_look_at IS NULL AS is_last_look,
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
                duration: row("duration_seconds"), estimatedCost: row("estimated_cost_micros"),
                isOverdue: row("is_overdue"), secondsInState: row("seconds_in_state"),
                isLastLook: row("is_last_look"))
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

    /// What it was parked for before its deadline, such as a row that no claim can read, keeps it
    /// from no end.
    private static let isNotParkedSinceDeadline: SQL = """
        NOT EXISTS (
            SELECT 1
            FROM parked_jobs
            WHERE job_id = video_jobs.id AND next_at > UTC_TIMESTAMP(6)
                AND next_at - INTERVAL LEAST(3600, 10 << LEAST(failures - 1, 10)) SECOND
                    >= deadline_at)
        """

    /// Ends up to 100 jobs that waited too long in the queue, or whose submission stayed unknown
    /// (J9). Rendering and storing jobs are ended by their own last look, and here when they cannot
    /// be looked at: at once when they are parked (J13), soon when nobody comes to them, since the
    /// vendor holds up all who ask (J17). A last look that did not take place is no answer, and
    /// gives a rendering job `extra` more, bounded (J14). Returns what was ended.
    package func sweepOverdueJobs(
        policy: CreditPolicy, extendingBy extra: Duration
    ) throws -> [(id: VideoID, state: VideoState)] {
        try end(
            """
            deadline_at <= UTC_TIMESTAMP(6) AND \(sql: Self.isNotParkedSinceDeadline)
                AND (state IN ('queued', 'submit_unknown')
                    OR (state IN ('submitted', 'storing') AND (
                        (lease_until IS NULL OR lease_until <= UTC_TIMESTAMP(6))
                            AND EXISTS (SELECT 1 FROM parked_jobs WHERE job_id = video_jobs.id)
                        OR deadline_at <= UTC_TIMESTAMP(6)
                            - INTERVAL IF(lease_until > UTC_TIMESTAMP(6), 240, 30) SECOND)))
            """
        ) { job in
            let wallet = try lockWallet(of: job.user)
            if job.state == .submitted, try extend(job.id, by: extra) { return false }
            let reason: FailureReason = try isVendorDown() ? .vendorDown : .timeout
            try finish(job.id, from: job.state, lease: nil, reason: reason)
            try release(job.id, of: wallet, policy: policy, description: reason.ledgerText)
            return true
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
            return true
        }.count
    }

    /// The same for one that nobody has looked at, unless it is parked: it has no look to wait for.
    private func extend(_ id: VideoID, by span: Duration) throws -> Bool {
        try execute(
            """
            UPDATE video_jobs
            SET extensions = extensions + 1, lease_token = NULL, lease_until = NULL,
                deadline_at = UTC_TIMESTAMP(6) + INTERVAL \(span.microseconds) MICROSECOND
            WHERE id = \(id) AND state = 'submitted' AND deadline_at <= UTC_TIMESTAMP(6)
                AND extensions < \(Self.largestExtensionCount)
                AND NOT EXISTS (SELECT 1 FROM parked_jobs WHERE job_id = video_jobs.id)
            """) == 1
    }

    private typealias WaitingJob = (id: VideoID, user: UserID, state: VideoState)

    /// Has `end` end each job that is found, in a transaction of its own; those that it did not, and
    /// those that another process was quicker with, are not returned. One that cannot be ended is parked; its error is
    /// thrown when none could be.
    private func end(
        _ condition: SQL, _ end: (WaitingJob) throws -> Bool
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
                    isOurs = try end(job)
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
}
