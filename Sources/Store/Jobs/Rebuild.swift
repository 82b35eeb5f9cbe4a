import Domain
import Ledger
import MariaDB

/// A job that is not as its entries in the ledger say.
private struct UnlikeJob {
    let id: VideoID
    let state: VideoState
    let charged: Money
    let hasFile: Bool
    let held: Money
    let isSettled: Bool
    let isReleased: Bool

    init(row: Row) throws {
        id = try row("id")
        state = try row("state")
        charged = try row("user_charged_micros")
        hasFile = try row("has_file")
        held = try row("held")
        isSettled = try (row("settled") as Money) > .zero
        isReleased = try (row("released") as Money) > .zero
    }
}

extension Connection {
    /// Brings jobs in line with their holds: the price, and the end that the ledger has. Returns
    /// the ends that the ledger lacks, which are to be posted, and what it changed, in words for
    /// the operator. The caller has locked the wallet (A4).
    func rebuildJobs(
        of account: AccountID
    ) throws -> (ends: [(job: VideoID, end: HoldEnd)], changes: [String]) {
        var ends: [(job: VideoID, end: HoldEnd)] = []
        var changes: [String] = []
        for job in try unlikeJobs(of: account) where job.held > .zero {
            if job.charged != job.held {
                try execute(
                    "UPDATE video_jobs SET user_charged_micros = \(job.held) WHERE id = \(job.id)")
                changes.append("video \(job.id): price \(job.charged) -> \(job.held)")
            }
            switch (job.state, job.isSettled, job.isReleased) {
            case (.delivered, false, false):
                ends.append((job.id, .settle))
                changes.append("video \(job.id): \(job.held) settled, as it is delivered")
            case (.refunded, false, false):
                ends.append((job.id, .release))
                changes.append("video \(job.id): \(job.held) released, as it is refunded")
            case (.refunded, true, false) where job.hasFile:
                try redeliver(job.id)
                changes.append("video \(job.id): delivered, as it is settled")
            case (let state, false, true) where state.canBecome(.refunded):
                try finish(job.id, from: state, reason: .vendorDown)
                changes.append("video \(job.id): refunded, as it is released")
            default: break
            }
        }
        return (ends, changes)
    }

    private func unlikeJobs(of account: AccountID) throws -> [UnlikeJob] {
        try query(
            """
            SELECT id, state, user_charged_micros, file_bytes IS NOT NULL AS has_file,
                COALESCE(held, 0) AS held, COALESCE(settled, 0) AS settled,
                COALESCE(released, 0) AS released
            FROM video_jobs
            LEFT JOIN (
                SELECT job_id, \(sql: .ledgerEnds)
                FROM ledger_entries
                WHERE account_id = \(account) AND job_id IS NOT NULL
                GROUP BY job_id
            ) AS ledger ON ledger.job_id = video_jobs.id
            WHERE account_id = \(account) AND (COALESCE(held, 0) <> user_charged_micros
                OR COALESCE(settled, 0) <> IF(state = 'delivered', user_charged_micros, 0)
                OR COALESCE(released, 0) <> IF(state = 'refunded', user_charged_micros, 0))
            ORDER BY id
            FOR UPDATE
            """, UnlikeJob.init(row:))
    }
}
