package import Domain
import JSON
package import MariaDB

extension Connection {
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

    /// Closes a gate that is open; one that is closed keeps its time.
    func closeGate(_ name: String, _ reason: String) throws {
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

    /// A create call went through: whatever was paused for the tier or for all is over.
    func openGate(of job: ClaimedJob) throws {
        // Looked at first: all claims wait for this row, and a statement locks it also where it
        // finds nothing to change.
        let found = try first(
            """
            SELECT EXISTS (
                SELECT 1 FROM vendor_gates WHERE name = 'pollo' AND paused_until IS NOT NULL
            ) AS is_closed, \(sql: isNews(.create, of: job.id, tier: job.tierID)) AS is_news
            """
        ) { row in (isClosed: try row("is_closed") as Bool, isNews: try row("is_news") as Bool) }
        if found?.isClosed == true {
            try execute(
                """
                UPDATE vendor_gates
                SET paused_until = NULL, reason = NULL, changed_at = UTC_TIMESTAMP(6)
                WHERE name = 'pollo' AND paused_until IS NOT NULL
                """)
        }
        if found?.isNews == true {
            try endFailures(.create, of: job.id, tier: job.tierID)
        }
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

    /// How many tasks the vendor has, or may have.
    let tasks: Int
    /// The ids of all tiers that there ever were.
    let tiers: [String]
    private let gates: [Gate]

    init(tasks: Int, tiers: [String], _ gates: [Gate]) {
        self.tasks = tasks
        self.tiers = tiers
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
    /// the limit of parallel tasks holds across them. In one statement after the lock, since it sees
    /// what there was when it began.
    ///
    /// A lost answer counts as a task for the time that a render takes. Lost answers take `limit`
    /// places at most, so that a bad moment of the vendor's does not keep everybody waiting; if it
    /// has more tasks than we think, it says 429, and the job comes again.
    func lockGates(countingLostUpTo limit: Int) throws -> Gates {
        try execute("SELECT 1 FROM vendor_gates WHERE name = 'pollo' FOR UPDATE")
        let rows = try query(
            """
            SELECT vendor_gates.name, paused_until IS NOT NULL AS is_known, probe_job_id, probe_tier,
                COALESCE(paused_until > UTC_TIMESTAMP(6)
                    OR (vendor_gates.name <> 'pollo' AND vendor_gates.name NOT LIKE 'tier:%'
                        AND COALESCE(
                            video_jobs.state IN ('submitting', 'submitted', 'storing'), FALSE)),
                    FALSE) AS is_closed,
                (SELECT COUNT(*) FROM video_jobs WHERE state IN ('submitting', 'submitted'))
                + LEAST((
                    SELECT COUNT(*)
                    FROM video_jobs
                    WHERE state = 'submit_unknown'
                        AND state_at > UTC_TIMESTAMP(6) - INTERVAL 5 MINUTE), \(limit)) AS tasks,
                (SELECT JSON_ARRAYAGG(DISTINCT id) FROM tiers) AS tiers
            FROM vendor_gates
            LEFT JOIN video_jobs ON video_jobs.id = probe_job_id
            WHERE vendor_gates.name = 'pollo' OR paused_until IS NOT NULL
            """
        ) { row in
            (
                gate: try row("is_known") as Bool
                    ? Gates.Gate(
                        name: try row("name"), isClosed: try row("is_closed"),
                        lastProbe: try row("probe_job_id"), lastTier: try row("probe_tier")) : nil,
                tasks: try row("tasks") as Int, tiers: try row("tiers") as String
            )
        }
        guard let first = rows.first else { throw GateMissing() }
        let tiers = try JSONValue(parsing: Array(first.tiers.utf8)).array ?? []
        return Gates(
            tasks: first.tasks, tiers: tiers.compactMap(\.string), rows.compactMap(\.gate))
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

/// The row that every claim locks is not there, so that none may be made.
private struct GateMissing: Error {}
