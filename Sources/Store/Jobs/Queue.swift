import Domain
package import MariaDB

// The order in which jobs are submitted, and a job's place in it.
extension Connection {
    /// How much later than an account's last open video its next one stands in the queue. So the
    /// first videos of all accounts come before anybody's second, and who has ordered many waits
    /// for the others' for so long at most.
    static let turnSeconds = 600
    /// How many jobs lie between two milestones of the queue.
    private static let markDistance = 64

    /// The turn of the video that comes `count` behind the one of this turn in the same order.
    static func turn(_ turn: String, plus count: Int) -> SQL {
        "CAST(\(turn) AS DATETIME(6)) + INTERVAL \(count * turnSeconds) SECOND"
    }

    /// How many jobs wait whose turn is before this one's.
    func jobsAhead(of id: VideoID) throws -> Int {
        try first("SELECT jobs_ahead(turn_at) AS jobs_ahead FROM video_jobs WHERE id = \(id)") {
            row in
            try row("jobs_ahead")
        } ?? 0
    }

    /// A video has left the queue by its owner's word: those that the account has behind it move up,
    /// none before the time when it was ordered.
    func moveUp(behind id: VideoID, of account: AccountID) throws {
        try execute(
            """
            UPDATE video_jobs FORCE INDEX (idx_account_status)
            SET turn_at = GREATEST(created_at, turn_at - INTERVAL \(Self.turnSeconds) SECOND)
            WHERE account_id = \(account) AND status = 'pending' AND id > \(id)
            """)
    }

    /// Sets a milestone where an order stands whose place is a multiple of ``markDistance``: of what
    /// comes within a second no order counts all.
    func markQueue(at turn: String, jobsAhead: Int) throws {
        guard jobsAhead > 0, jobsAhead.isMultiple(of: Self.markDistance) else { return }
        try execute(
            """
            INSERT INTO queue_marks (turn_at, position)
            VALUES (\(turn), \(jobsAhead))
            ON DUPLICATE KEY UPDATE position = position
            """)
    }

    /// Whether the queue is longer than from one milestone to the next, or has some: a short one is
    /// counted as it is, and an idle shop writes nothing.
    package func needsMarks() throws -> Bool {
        try first(
            """
            SELECT EXISTS (SELECT 1 FROM queue_marks) OR (
                SELECT COUNT(*) > \(Self.markDistance)
                FROM (
                    SELECT 1
                    FROM video_jobs FORCE INDEX (idx_turn)
                    WHERE state = 'queued'
                    LIMIT \(Self.markDistance + 1)) AS head) AS needs_marks
            """
        ) { row in try row("needs_marks") } ?? false
    }

    /// Sets the milestones of the queue anew, from which the function `jobs_ahead` counts.
    package func markQueue() throws {
        try transaction {
            try execute("DELETE FROM queue_marks")
            try execute(
                """
                INSERT INTO queue_marks (position, turn_at)
                SELECT position, turn_at
                FROM (
                    SELECT turn_at, ROW_NUMBER() OVER (ORDER BY turn_at) - 1 AS position
                    FROM video_jobs FORCE INDEX (idx_turn)
                    WHERE state = 'queued'
                ) AS queue
                WHERE position > 0 AND position % \(Self.markDistance) = 0
                """)
        }
    }
}
