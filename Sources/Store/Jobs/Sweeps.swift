package import Domain
import Ledger
package import MariaDB

/// A job as a sweep finds it.
package struct SweptJob: Sendable {
    package let id: VideoID
    package let state: VideoState
    let accountID: AccountID
    let attempts: Int

    init(id: VideoID, accountID: AccountID, state: VideoState, attempts: Int) {
        self.id = id
        self.accountID = accountID
        self.state = state
        self.attempts = attempts
    }
}

extension Connection {
    /// Jobs whose worker died while the create call may have been under way: their outcome is
    /// unknown (J4). Returns how many there were.
    package func sweepLostSubmissions(
        unknownDeadline: Duration, renderDeadline: Duration
    ) throws -> Int {
        try sweep(
            """
            state = 'submitting' AND lease_until <= UTC_TIMESTAMP(6) AND \(sql: Self.isNotParked)
            """
        ) { job in
            try loseSubmission(
                of: job.id, attempt: job.attempts, unknownDeadline: unknownDeadline,
                renderDeadline: renderDeadline)
        }.count
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
    ) throws -> [SweptJob] {
        try sweep(
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
            try withWallet(of: job.accountID) { wallet in
                if job.state == .submitted, try extend(job.id, by: extra) { return false }
                let reason: FailureReason = try isVendorDown() ? .vendorDown : .timeout
                try end(job.id, in: job.state, reason: reason, of: &wallet, policy: policy)
                return true
            }
        }
    }

    /// Has `step` done for up to 100 jobs, for each in a transaction of its own, and returns those
    /// of which it said that something was done; another process may be quicker with one. One that
    /// it fails for is parked (J13); its error is thrown when nothing could be done.
    func sweep(
        _ condition: SQL, _ step: (SweptJob) throws -> Bool
    ) throws -> [SweptJob] {
        let found = try query(
            """
            SELECT id, account_id, state, attempts
            FROM video_jobs
            WHERE \(sql: condition)
            LIMIT 100
            """
        ) { row in
            try SweptJob(
                id: row("id"), accountID: row("account_id"), state: row("state"),
                attempts: row("attempts"))
        }
        var done: [SweptJob] = []
        var failure: (any Error)?
        for job in found {
            var isDone = false
            let problem = try each(job.id) {
                do {
                    isDone = try step(job)
                } catch is LeaseLost {
                    isDone = false
                }
            }
            if problem == nil, isDone { done.append(job) }
            failure = failure ?? problem
        }
        if done.isEmpty, let failure { throw failure }
        return done
    }
}
