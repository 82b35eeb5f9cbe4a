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
        let gates = try lockGates(countingLostUpTo: parallel / 2)
        guard !gates.isClosed, gates.tasks < parallel, let (next, tier) = try nextToSubmit(gates)
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
        let tiers = gates.tiers.filter { !closed.contains($0) }
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

    /// Claims the next task whose status is to be asked.
    ///
    /// - Parameter lease: by which ``release(_:)`` gives the claim back when its outcome is not known.
    package func claimFollowUp(
        by lease: LeaseToken = .new(), lasting: Duration
    ) throws -> ClaimedJob? {
        try claim(in: "'submitted'", lease, lasting: lasting)
    }

    /// Claims the next job whose file is to be fetched.
    package func claimStoring(
        by lease: LeaseToken = .new(), lasting: Duration
    ) throws -> ClaimedJob? {
        try claim(in: "'storing'", lease, lasting: lasting)
    }

    /// Ends a claim that may have been made although its error says otherwise: the answer to its
    /// COMMIT was lost, and the database was away for longer than it was tried. Not one to submit,
    /// of which the end of the lease says what was sent.
    package func release(_ lease: LeaseToken) throws {
        try execute(
            """
            UPDATE video_jobs
            SET lease_token = NULL, lease_until = NULL
            WHERE lease_until > UTC_TIMESTAMP(6) AND lease_token = \(lease)
                AND state IN ('submitted', 'storing', 'refunded')
            """)
    }

    private func claim(
        in state: SQL, _ lease: LeaseToken, lasting: Duration
    ) throws -> ClaimedJob? {
        try claim(
            lease, state, "state = \(sql: state) AND next_attempt_at <= UTC_TIMESTAMP(6)",
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

    /// Of a row that is about to be claimed for a look.
    private static let isLastLook: SQL = """
        (late_looks + 1 >= \(largestLookCount)
            OR completed_at < UTC_TIMESTAMP(6) - INTERVAL \(lookDays) DAY)
        """

    /// Claims a refunded job whose task is known, and of which is not known whether the vendor
    /// made it (J10, J14). Its next look, a minute later and then twice as late each time to twelve
    /// hours, is settled by the claim, so that a look that fails is none too soon; after the last
    /// there is none.
    package func claimLateLook(
        by lease: LeaseToken = .new(), lasting: Duration
    ) throws -> ClaimedJob? {
        try claim(
            lease, "'refunded'", "state = 'refunded' AND late_look_at <= UTC_TIMESTAMP(6)",
            by: "idx_late_look", order: "late_look_at",
            lastLook: Self.isLastLook,
            settingAlso: """
                , late_look_at = IF(\(sql: Self.isLastLook), NULL, UTC_TIMESTAMP(6) + INTERVAL
                        LEAST(43200, 60 << LEAST(late_looks, 10)) SECOND),
                late_looks = late_looks + 1
                """, lasting: lasting)
    }

    /// Read in the order of the index, so that the one row that is taken is the only one that is
    /// locked, and others find the next.
    ///
    /// - Parameter lastLook: whether the claimed job will not be asked for again.
    private func claim(
        _ lease: LeaseToken, _ state: SQL, _ condition: SQL, by index: SQL, order: SQL,
        lastLook: SQL = "TRUE",
        settingAlso assignments: SQL = "",
        lasting: Duration
    ) throws -> ClaimedJob? {
        try claimingOnce(state, lease) {
            let next = try first(
                """
                SELECT \(sql: Self.claimColumns), \(sql: lastLook) AS is_last_look
                FROM video_jobs FORCE INDEX (\(sql: index))
                WHERE \(sql: condition)
                    AND (lease_until IS NULL OR lease_until <= UTC_TIMESTAMP(6))
                ORDER BY \(sql: order)
                LIMIT 1
                FOR UPDATE SKIP LOCKED
                """
            ) { row in try Self.claimed(row, lease) }
            guard let next else { return nil }
            try execute(
                """
                UPDATE video_jobs
                SET lease_token = \(lease),
                    lease_until = UTC_TIMESTAMP(6) + INTERVAL \(lasting.microseconds) MICROSECOND
                    \(sql: assignments)
                WHERE id = \(next.id)
                """)
            return next
        }
    }

    /// A job that this transaction has claimed.
    private func claimed(_ id: VideoID, _ lease: LeaseToken) throws -> ClaimedJob? {
        try first(
            """
            SELECT \(sql: Self.claimColumns), late_look_at IS NULL AS is_last_look
            FROM video_jobs
            WHERE id = \(id)
            """
        ) { row in try Self.claimed(row, lease) }
    }

    private static let claimColumns: SQL = """
        id, account_id, user_id, tier, state, attempts, vendor_path, vendor_input, callback_token,
        COALESCE(task_id, callback_task_id) AS task_id, duration_seconds, estimated_cost_micros,
        COALESCE(deadline_at <= UTC_TIMESTAMP(6), FALSE) AS is_overdue,
        TIMESTAMPDIFF(SECOND, state_at, UTC_TIMESTAMP(6)) AS seconds_in_state
        """

    /// Throws ``UnreadableJob`` when we cannot make sense of the row.
    private static func claimed(_ row: Row, _ lease: LeaseToken) throws -> ClaimedJob {
        let id: VideoID = try row("id")
        do {
            return try ClaimedJob(
                id: id, accountID: row("account_id"), userID: row("user_id"), tierID: row("tier"),
                state: row("state"),
                lease: lease, attempts: row("attempts"), vendorPath: row("vendor_path"),
                vendorInput: [VendorField](json: row("vendor_input")),
                callbackToken: row("callback_token"), taskID: row("task_id"),
                duration: row("duration_seconds"), estimatedCost: row("estimated_cost_micros"),
                isOverdue: row("is_overdue"), secondsInState: row("seconds_in_state"),
                isLastLook: row("is_last_look"))
        } catch {
            throw UnreadableJob(id: id, problem: error)
        }
    }
}
