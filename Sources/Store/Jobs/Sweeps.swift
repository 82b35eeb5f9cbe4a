package import Domain
package import MariaDB

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
