package import Domain
package import MariaDB

// What tells of a task, but proves nothing about it.
extension Connection {
    /// Notes a task whose claim was over when the vendor told it: always at the attempt, and at the
    /// job as a callback on its own path would, which is no better proof. Returns the state that
    /// the job had; nil when it is gone.
    package func noteLateTask(
        _ taskID: String, of job: ClaimedJob, renderDeadline: Duration
    ) throws -> VideoState? {
        try transaction {
            guard let state = try lockedState(of: job.id) else { return nil }
            _ = try hint(
                callbackToken: job.callbackToken, taskID: taskID, renderDeadline: renderDeadline)
            try endAttempt(of: job, outcome: "submitted", detail: taskID)
            return state
        }
    }

    /// Takes a genuine callback of the video vendor as the hint that it is (W3): the job is looked
    /// at at once; a job whose submission was unknown learns its task. Returns the job, nil when
    /// the token is nobody's.
    package func hint(
        callbackToken: String, taskID: String, renderDeadline: Duration
    ) throws -> VideoID? {
        try inTransaction {
            let job = try first(
                """
                SELECT id, state
                FROM video_jobs
                WHERE callback_token = \(callbackToken)
                FOR UPDATE
                """
            ) { row in (id: try row("id") as VideoID, state: try row("state") as VideoState) }
            guard let job else { return nil }
            switch job.state {
            case .queued, .submitting, .refunded:
                try remember(taskID, of: job.id, in: job.state)
            case .submitUnknown:
                try unlessTaken {
                    _ = try resume(job.id, task: taskID, renderDeadline: renderDeadline)
                }
            case .submitted, .storing:
                try lookNow(at: job.id)
            case .delivered:
                break
            }
            return job.id
        }
    }

    /// Writes the first task down that a callback told, for a job that does not ask for it now.
    private func remember(_ taskID: String, of id: VideoID, in state: VideoState) throws {
        let next: SQL =
            switch state {
            // Looked at for a loss, unless that is settled.
            case .refunded:
                """
                late_look_at = IF((lost_micros IS NULL OR is_loss_presumed)
                        AND late_looks < \(Self.largestLookCount),
                    UTC_TIMESTAMP(6), late_look_at)
                """
            // The create call's answer finds it. Of a queued job, what looked like a proof that
            // nothing was made was none: the next claim finds the task instead of ordering it
            // again (J6).
            default: "next_attempt_at = UTC_TIMESTAMP(6)"
            }
        try execute(
            """
            UPDATE video_jobs
            SET callback_task_id = COALESCE(callback_task_id, \(taskID)), \(sql: next)
            WHERE id = \(id) AND (state <> 'queued' OR attempts > 0)
            """)
    }

    /// The same for a callback that came without a token: only a task that is known is a hint.
    package func hint(taskID: String) throws -> VideoID? {
        try inTransaction {
            let job = try first(
                """
                SELECT id FROM video_jobs
                WHERE task_id = \(taskID) AND state IN ('submitted', 'storing')
                FOR UPDATE
                """
            ) { row in try row("id") as VideoID }
            if let job { try lookNow(at: job) }
            return job
        }
    }

    /// One that is due already keeps its place before those that became so later.
    private func lookNow(at job: VideoID) throws {
        try execute(
            """
            UPDATE video_jobs
            SET next_attempt_at = LEAST(next_attempt_at, UTC_TIMESTAMP(6))
            WHERE id = \(job)
            """)
    }
}
