import Domain
package import MariaDB

// What is written down about a job that stays in its state.
extension Connection {
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

    /// The same for one that nobody has looked at, unless it is parked: it has no look to wait for.
    func extend(_ id: VideoID, by span: Duration) throws -> Bool {
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
}
