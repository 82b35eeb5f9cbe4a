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
    private static let firstPauseSeconds = 60

    /// Stops submitting for a while: everything, or one tier only.
    package func pause(tier: String?, for span: Duration, reason: String) throws {
        try pause(tier.map { "tier:\($0)" } ?? "pollo", for: span, reason: reason)
    }

    /// Stops submitting since no file could be stored, whoever's it is.
    package func pauseForFiles(for span: Duration, reason: String) throws {
        try pause(VendorStep.files.rawValue, for: span, reason: reason)
    }

    private func pause(_ name: String, for span: Duration, reason: String) throws {
        try execute(
            """
            INSERT INTO vendor_gates (name, paused_until, reason, changed_at)
            VALUES (\(name), UTC_TIMESTAMP(6) + INTERVAL \(span.microseconds) MICROSECOND,
                \(reason.cut(to: 500)), UTC_TIMESTAMP(6))
            ON DUPLICATE KEY UPDATE
                changed_at = IF(paused_until IS NULL, VALUES(changed_at), changed_at),
                paused_until = VALUES(paused_until), reason = VALUES(reason)
            """)
    }

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
            let row = try first(
                """
                SELECT failures, failed_at <= COALESCE((
                        SELECT succeeded_at FROM vendor_gates WHERE name = \(tierGate)
                    ), '1000-01-01') AS is_others_success,
                    (SELECT COUNT(*)
                     FROM vendor_failures AS others
                     WHERE others.step = \(step) AND others.tier = \(job.tierID)
                         AND others.failed_at > COALESCE((
                             SELECT succeeded_at FROM vendor_gates WHERE name = \(tierGate)
                         ), '1000-01-01')) AS of_tier,
                    (SELECT COUNT(*)
                     FROM vendor_failures AS others
                     WHERE others.step = \(step) AND others.failed_at > COALESCE((
                         SELECT succeeded_at FROM vendor_gates WHERE name = \(step)
                     ), '1000-01-01')) AS of_all,
                    (SELECT COUNT(DISTINCT tier)
                     FROM vendor_failures AS others
                     WHERE others.step = \(step) AND others.failed_at > COALESCE((
                         SELECT succeeded_at FROM vendor_gates WHERE name = \(step)
                     ), '1000-01-01')) AS tiers
                FROM vendor_failures
                WHERE step = \(step) AND job_id = \(job.id)
                """
            ) { row in
                (
                    failures: StepFailures(
                        count: try row("failures"), isOthersSuccess: try row("is_others_success")),
                    ofTier: try row("of_tier") as Int, ofAll: try row("of_all") as Int,
                    tiers: try row("tiers") as Int
                )
            }
            guard let row else { return StepFailures(count: 1, isOthersSuccess: false) }
            if row.ofTier >= Self.largestRow {
                try closeGate(tierGate, "\(row.ofTier) jobs in a row: \(problem)")
            }
            if step != .create, row.ofAll >= Self.largestRow, row.tiers > 1 {
                try closeGate(step.rawValue, "\(row.ofAll) jobs in a row: \(problem)")
            }
            return row.failures
        }
    }

    /// Closes a gate that is open; one that is closed keeps its time.
    private func closeGate(_ name: String, _ reason: String) throws {
        // What is assigned first is what the next assignment sees.
        try execute(
            """
            INSERT INTO vendor_gates (name, paused_until, reason, changed_at)
            VALUES (\(name), UTC_TIMESTAMP(6) + INTERVAL \(Self.firstPauseSeconds) SECOND,
                \(reason.cut(to: 500)), UTC_TIMESTAMP(6))
            ON DUPLICATE KEY UPDATE
                changed_at = IF(paused_until IS NULL, VALUES(changed_at), changed_at),
                reason = VALUES(reason),
                probes = IF(paused_until IS NULL, 0, probes),
                paused_until = COALESCE(paused_until, VALUES(paused_until))
            """)
    }

    /// Notes that a step had success for a job: whatever was closed for its failures is open, and
    /// a row of failures ends here. Costs one look while nothing has failed.
    package func noteSuccess(_ step: VendorStep, of job: VideoID, tier: String) throws {
        let tierGate = "\(step.rawValue):\(tier)"
        let isNews = try first(
            """
            SELECT EXISTS (
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
                WHERE name IN (\(step), \(tierGate)) AND paused_until IS NOT NULL
            ) AS is_news
            """
        ) { row in try row("is_news") as Bool }
        guard isNews == true else { return }
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
            try noteSuccess(at: tierGate)
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

    /// A create call went through: whatever was paused for the tier or for all is over.
    func openGate(of job: ClaimedJob) throws {
        try execute(
            """
            UPDATE vendor_gates
            SET paused_until = NULL, reason = NULL, changed_at = UTC_TIMESTAMP(6)
            WHERE name = 'pollo' AND paused_until IS NOT NULL
            """)
        try noteSuccess(.create, of: job.id, tier: job.tierID)
    }

    /// A probe has ended without telling whether what is made can be delivered: the next may go at
    /// once.
    func giveUpProbe(_ job: VideoID) throws {
        let gates = try query(
            """
            SELECT name
            FROM vendor_gates
            WHERE probe_job_id = \(job) AND paused_until > UTC_TIMESTAMP(6)
                AND name <> 'pollo' AND name NOT LIKE 'tier:%'
            """
        ) { row in try row("name") as String }
        for gate in gates {
            try execute(
                "UPDATE vendor_gates SET paused_until = UTC_TIMESTAMP(6) WHERE name = \(gate)")
        }
    }

    /// Whether nothing is submitted for a cause at the vendor.
    func isVendorDown() throws -> Bool {
        try first(
            """
            SELECT COUNT(*) > 0 AS is_down
            FROM vendor_gates
            WHERE name IN ('pollo', 'status', 'files') AND paused_until IS NOT NULL
            """
        ) { row in try row("is_down") } ?? false
    }

    /// Whether some waiting job of another tier costs no more than `money`.
    package func isOtherTierWaiting(than tier: String, costing money: Money) throws -> Bool {
        try first(
            """
            SELECT 1
            FROM video_jobs
            WHERE state = 'queued' AND tier <> \(tier) AND estimated_cost_micros <= \(money)
            LIMIT 1
            """, { _ in true }) ?? false
    }
}

/// The gates that are not open, as a claim finds them.
struct Gates {
    struct Gate {
        let name: String
        /// Nothing goes through; else one claim does, to find out whether the cause is over.
        let isClosed: Bool
        let lastProbe: VideoID?
        let lastTier: String?

        /// Nil when it is for all.
        var tier: String? {
            name.utf8.firstIndex(of: UInt8(ascii: ":"))
                .map { String(name[name.index(after: $0)...]) }
        }
    }

    private let gates: [Gate]

    init(_ gates: [Gate]) {
        self.gates = gates
    }

    var isClosed: Bool { gates.contains { $0.tier == nil && $0.isClosed } }
    var closedTiers: [String] { gates.filter(\.isClosed).compactMap(\.tier) }

    /// The gate for all that the next claim will probe.
    var probedByAll: Gate? { gates.first { $0.tier == nil && !$0.isClosed } }

    /// Those of tiers that the next claim of the tier will probe were probed by these last.
    var lastProbes: [VideoID] {
        gates.filter { $0.tier != nil && !$0.isClosed }.compactMap(\.lastProbe)
    }

    /// The names of those that a claim of the tier probes.
    func probed(by tier: String) -> [String] {
        gates.filter { !$0.isClosed && ($0.tier ?? tier) == tier }.map(\.name)
    }
}

extension Connection {
    /// Reads the gates under the lock that all claims take, so that of all workers one probes, and
    /// the limit of parallel tasks holds across them.
    func lockGates() throws -> Gates {
        try execute("SELECT 1 FROM vendor_gates WHERE name = 'pollo' FOR UPDATE")
        return try Gates(
            query(
                """
                SELECT name, probe_job_id, probe_tier,
                    paused_until > UTC_TIMESTAMP(6)
                        OR (name <> 'pollo' AND name NOT LIKE 'tier:%' AND COALESCE(
                            video_jobs.state IN ('submitting', 'submitted', 'storing'), FALSE))
                        AS is_closed
                FROM vendor_gates
                LEFT JOIN video_jobs ON video_jobs.id = probe_job_id
                WHERE paused_until IS NOT NULL
                """
            ) { row in
                try Gates.Gate(
                    name: row("name"), isClosed: row("is_closed"), lastProbe: row("probe_job_id"),
                    lastTier: row("probe_tier"))
            })
    }

    /// Closes the gates behind a probe, until its outcome opens them or the time is over: a minute,
    /// and where each probe costs a video, twice as long for each that failed, to half an hour.
    func closeBehind(_ probe: VideoID, tier: String, gates: [String]) throws {
        for gate in gates {
            try execute(
                """
                UPDATE vendor_gates
                SET paused_until = UTC_TIMESTAMP(6) + INTERVAL
                        IF(name = 'pollo' OR name LIKE 'tier:%', 60, 60 << LEAST(probes, 5))
                        SECOND,
                    probes = probes + 1, probe_job_id = \(probe), probe_tier = \(tier)
                WHERE name = \(gate)
                """)
        }
    }
}
