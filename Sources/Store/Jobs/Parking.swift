package import Domain
package import MariaDB

/// A claim met a job whose row cannot be read; the claim was rolled back.
struct UnreadableJob: Error {
    let id: VideoID
    let problem: any Error
}

extension Connection {
    /// Lets a job wait that something failed for by an error of its own, so that it holds no other
    /// back (J13): from 10 seconds to an hour, twice as long each time. The operator sees it until
    /// it has ended; its deadline ends it all the same.
    package func park(_ id: VideoID, because problem: String) throws {
        try transaction {
            try execute(
                """
                INSERT INTO parked_jobs (job_id, problem, failures, parked_at, next_at)
                VALUES (\(id), \(problem.cut(to: 500)), 1, UTC_TIMESTAMP(6),
                    UTC_TIMESTAMP(6) + INTERVAL 10 SECOND)
                ON DUPLICATE KEY UPDATE problem = VALUES(problem), failures = failures + 1,
                    next_at = UTC_TIMESTAMP(6)
                        + INTERVAL LEAST(3600, 10 << LEAST(failures - 1, 10)) SECOND
                """)
            try execute(
                """
                UPDATE video_jobs
                SET next_attempt_at = GREATEST(next_attempt_at, (
                        SELECT next_at
                        FROM parked_jobs
                        WHERE job_id = \(id)))
                WHERE id = \(id)
                """)
        }
    }

    /// Runs a claim. A job that cannot be read is parked, and the next claim finds another.
    func claiming(_ claim: () throws -> ClaimedJob?) throws -> ClaimedJob? {
        do {
            return try claim()
        } catch let error as UnreadableJob {
            try park(error.id, because: "It cannot be read: \(error.problem)")
            return nil
        }
    }

    /// Runs `step` for one row, in a transaction of its own. An error that is the row's parks its
    /// job and is returned; one that passes by itself is thrown, since every other row would meet it.
    func each(_ job: VideoID, _ step: () throws -> Void) throws -> (any Error)? {
        do {
            try transaction(step)
            return nil
        } catch let error as DatabaseError where error.isPassing {
            throw error
        } catch {
            try park(job, because: "\(error)")
            return error
        }
    }
}
