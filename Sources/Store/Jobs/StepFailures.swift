package import Domain
package import MariaDB

/// A step at the vendor that fails for one job, for a tier, or for all.
package enum VendorStep: String, Sendable, SQLConvertible {
    /// The create call. A tier's gate is named `tier:…`; there is none for all, since nothing but
    /// the balance call tells that all would be refused.
    case create = "tier"
    /// To read how a task stands.
    case status
    /// To fetch its file.
    case files
}

/// How a step went wrong before.
package struct StepFailures: Equatable, Sendable {
    /// Of this job, this one included.
    package let count: Int
    /// Another job of the tier had success since the first of them.
    package let isOthersSuccess: Bool
}

extension Connection {
    /// So many jobs, one after another and none between them with success, close a gate: of their
    /// tier, or of all when they are of several tiers.
    private static let largestRow = 3

    /// Notes that a step failed for a job, and closes the gates that its row of failures closes
    /// (J14).
    @discardableResult
    package func noteFailure(
        _ step: VendorStep, of job: ClaimedJob, problem: String
    ) throws -> StepFailures {
        try transaction {
            try execute(
                """
                INSERT INTO vendor_failures (step, job_id, tier, problem, failures, failed_at)
                VALUES (\(step), \(job.id), \(job.tierID), \(problem.cut(to: 500)), 1,
                    UTC_TIMESTAMP(6))
                ON DUPLICATE KEY UPDATE problem = VALUES(problem),
                    failures = IF(failed_at IS NULL, 1, LEAST(failures + 1, 1000000)),
                    failed_at = COALESCE(failed_at, VALUES(failed_at))
                """)
            let tierGate = "\(step.rawValue):\(job.tierID)"
            guard let row = try failureRow(step, of: job, tierGate: tierGate) else {
                return StepFailures(count: 1, isOthersSuccess: false)
            }
            if row.ofTier >= Self.largestRow {
                try closeGate(tierGate, "\(row.ofTier) jobs in a row: \(problem)")
            }
            if step != .create, row.ofAll >= Self.largestRow, row.tiers > 1 {
                try closeGate(step.rawValue, "\(row.ofAll) jobs in a row: \(problem)")
            }
            return row.failures
        }
    }

    /// How often the step has failed: for this job, and for how many jobs, of its tier and of all,
    /// since it last had success there.
    private func failureRow(
        _ step: VendorStep, of job: ClaimedJob, tierGate: String
    ) throws -> (failures: StepFailures, ofTier: Int, ofAll: Int, tiers: Int)? {
        func lastSuccess(_ gate: SQL) -> SQL {
            """
            COALESCE((SELECT succeeded_at FROM vendor_gates WHERE name = \(sql: gate)), '1000-01-01')
            """
        }
        let ofTier = lastSuccess("\(tierGate)")
        let ofAll = lastSuccess("\(step)")
        return try first(
            """
            SELECT failures, failed_at <= \(sql: ofTier) AS is_others_success,
                (SELECT COUNT(*)
                 FROM vendor_failures AS others
                 WHERE others.step = \(step) AND others.tier = \(job.tierID)
                     AND others.failed_at > \(sql: ofTier)) AS of_tier,
                (SELECT COUNT(*)
                 FROM vendor_failures AS others
                 WHERE others.step = \(step) AND others.failed_at > \(sql: ofAll)) AS of_all,
                (SELECT COUNT(DISTINCT tier)
                 FROM vendor_failures AS others
                 WHERE others.step = \(step) AND others.failed_at > \(sql: ofAll)) AS tiers
            FROM vendor_failures
            WHERE step = \(step) AND job_id = \(job.id)
            """
        ) { row in
            let failures = StepFailures(
                count: try row("failures"), isOthersSuccess: try row("is_others_success"))
            return (failures, try row("of_tier"), try row("of_all"), try row("tiers"))
        }
    }

    /// Notes that a step had success for a job: whatever was closed for its failures is open, and
    /// a row of failures ends here. Costs one look while nothing has failed.
    package func noteSuccess(_ step: VendorStep, of job: VideoID, tier: String) throws {
        let isNews = try first(
            "SELECT \(sql: isNews(step, of: job, tier: tier)) AS is_news"
        ) { row in try row("is_news") as Bool }
        if isNews == true { try endFailures(step, of: job, tier: tier) }
    }

    /// Whether there is something that a success of the step ends.
    func isNews(_ step: VendorStep, of job: VideoID, tier: String) -> SQL {
        """
        (EXISTS (
            SELECT 1
            FROM vendor_failures
            WHERE step = \(step) AND failed_at IS NOT NULL AND (job_id = \(job)
                OR (step <> 'tier' OR tier = \(tier)) AND failed_at > COALESCE((
                    SELECT succeeded_at
                    FROM vendor_gates
                    WHERE name = IF(tier = \(tier), CONCAT(step, ':', tier), step)
                ), '1000-01-01'))
        ) OR EXISTS (
            SELECT 1
            FROM vendor_gates
            WHERE name IN (\(step), \("\(step.rawValue):\(tier)")) AND paused_until IS NOT NULL
        ))
        """
    }

    func endFailures(_ step: VendorStep, of job: VideoID, tier: String) throws {
        try transaction {
            try execute(
                """
                UPDATE vendor_failures
                SET failed_at = NULL
                WHERE step = \(step) AND failed_at IS NOT NULL
                    AND (job_id = \(job) OR tier = \(tier) AND EXISTS (
                        SELECT 1
                        FROM video_jobs
                        WHERE id = job_id AND state IN ('delivered', 'refunded')))
                """)
            try noteSuccess(at: "\(step.rawValue):\(tier)")
            if step != .create { try noteSuccess(at: step.rawValue) }
        }
    }

    private func noteSuccess(at gate: String) throws {
        try execute(
            """
            INSERT INTO vendor_gates (name, changed_at, succeeded_at)
            VALUES (\(gate), UTC_TIMESTAMP(6), UTC_TIMESTAMP(6))
            ON DUPLICATE KEY UPDATE
                changed_at = IF(paused_until IS NULL, changed_at, VALUES(changed_at)),
                succeeded_at = VALUES(succeeded_at), paused_until = NULL, reason = NULL, probes = 0
            """)
    }
}
