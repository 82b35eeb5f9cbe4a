import Domain
package import MariaDB

extension Connection {
    /// Claims the next job to submit and writes its attempt, in one commit before anything is
    /// sent (J4, J11). Nil when there is none, when `parallel` tasks are under way, or while
    /// submitting is paused.
    ///
    /// Accounts take turns (`turn_at`): however many jobs one has in the queue, each of the others'
    /// next ones comes before its second.
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
                        FROM video_jobs FORCE INDEX (idx_lease)
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
        // False: canceled between the two statements; the next round finds another.
        guard try beginSubmission(of: next, lease, lasting: lasting) else { return nil }
        try closeBehind(next, tier: tier, gates: gates.probed(by: tier))
        return try claimed(next, lease)
    }

    /// The job whose turn it is. One that probes for all is another than the last, and of another
    /// tier where there is one (J15); so is one that probes for its tier.
    private func nextToSubmit(_ gates: Gates) throws -> (id: VideoID, tier: String)? {
        let closed = Set(gates.closedTiers)
        let tiers = try query("SELECT DISTINCT id FROM tiers") { row in try row("id") as String }
            .filter { !closed.contains($0) }
        if let gate = gates.probedByAll {
            let isOther: SQL = gate.lastProbe.map { "id <> \($0)" } ?? "TRUE"
            return try nextInTurn(of: tiers.filter { $0 != gate.lastTier }, where: isOther)
                ?? nextInTurn(of: tiers, where: isOther) ?? nextInTurn(of: tiers)
        }
        guard !gates.lastProbes.isEmpty else { return try nextInTurn(of: tiers) }
        var isNew: SQL = "TRUE"
        for probe in gates.lastProbes { isNew = "\(sql: isNew) AND id <> \(probe)" }
        return try nextInTurn(of: tiers, where: isNew) ?? nextInTurn(of: tiers)
    }

    /// Of the first job of each tier the one whose turn it is. By tier, so that those of a closed one
    /// are passed by however many they are. Passed over are only those that wait for their next try,
    /// and those whose time is over, which the sweep ends within a second.
    private func nextInTurn(
        of tiers: [String], where condition: SQL = "TRUE"
    ) throws -> (id: VideoID, tier: String)? {
        var heads: SQL = ""
        for (number, tier) in tiers.enumerated() {
            heads = """
                \(sql: heads)\(sql: number == 0 ? "" : " UNION ALL ")
                (SELECT id, tier, turn_at
                 FROM video_jobs FORCE INDEX (idx_tier_turn)
                 WHERE state = 'queued' AND tier = \(tier)
                     AND next_attempt_at <= UTC_TIMESTAMP(6) AND deadline_at > UTC_TIMESTAMP(6)
                     AND \(sql: condition)
                 ORDER BY turn_at, id
                 LIMIT 1)
                """
        }
        guard !tiers.isEmpty else { return nil }
        return try first("\(sql: heads) ORDER BY turn_at, id LIMIT 1") { row in
            (try row("id"), try row("tier"))
        }
    }

    /// Tasks that the vendor has, or may have: a lost answer counts for the time a render takes. Lost
    /// answers take half of the places at most, so that a bad moment of the vendor's does not keep
    /// everybody waiting; if it has more tasks than we think, it says 429, and the job comes again.
    private func tasksUnderWay(of parallel: Int) throws -> Int {
        try first(
            """
            SELECT (SELECT COUNT(*) FROM video_jobs WHERE state IN ('submitting', 'submitted'))
                + LEAST((
                    SELECT COUNT(*)
                    FROM video_jobs
                    WHERE state = 'submit_unknown'
                        AND state_at > UTC_TIMESTAMP(6) - INTERVAL 5 MINUTE), \(parallel / 2)) AS tasks
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
            by: "idx_due", order: "next_attempt_at", lasting: lasting)
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
            by: "idx_late_look", order: "late_look_at",
            settingAlso: """
                , late_look_at = IF(late_looks + 1 >= \(Self.largestLookCount)
                        OR completed_at < UTC_TIMESTAMP(6) - INTERVAL \(Self.lookDays) DAY,
                    NULL, UTC_TIMESTAMP(6) + INTERVAL
                        LEAST(43200, 60 << LEAST(late_looks, 10)) SECOND),
                late_looks = late_looks + 1
                """, lasting: lasting)
    }

    /// Read in the order of the index, so that the one row that is taken is the only one that is
    /// locked, and others find the next.
    private func claim(
        _ state: SQL, _ condition: SQL, by index: SQL, order: SQL,
        settingAlso assignments: SQL = "",
        lasting: Duration
    ) throws -> ClaimedJob? {
        let lease = LeaseToken.new()
        return try claimingOnce(state, lease) {
            let next = try first(
                """
                SELECT id
                FROM video_jobs FORCE INDEX (\(sql: index))
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
            SELECT account_id, user_id, tier, state, attempts, vendor_path, vendor_input,
                callback_token,
                COALESCE(task_id, callback_task_id) AS task_id, duration_seconds,
                estimated_cost_micros, late_look_at IS NULL AS is_last_look,
                COALESCE(deadline_at <= UTC_TIMESTAMP(6), FALSE) AS is_overdue,
                TIMESTAMPDIFF(SECOND, state_at, UTC_TIMESTAMP(6)) AS seconds_in_state
            FROM video_jobs
            WHERE id = \(id)
            """
        ) { row in
            try ClaimedJob(
                id: id, accountID: row("account_id"), userID: row("user_id"), tierID: row("tier"),
                state: row("state"),
                lease: lease, attempts: row("attempts"), vendorPath: row("vendor_path"),
                vendorInput: [VendorField](json: row("vendor_input")),
                callbackToken: row("callback_token"), taskID: row("task_id"),
                duration: row("duration_seconds"), estimatedCost: row("estimated_cost_micros"),
                isOverdue: row("is_overdue"), secondsInState: row("seconds_in_state"),
                isLastLook: row("is_last_look"))
        }
    }
}
