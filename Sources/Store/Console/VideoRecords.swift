package import Domain
package import FoundationEssentials
package import MariaDB

/// A video as the operator sees it: where it is, what it costs and what it brings.
package struct VideoRecord: Sendable {
    package let id: VideoID
    package let accountID: AccountID
    package let userID: UserID
    package let email: String
    package let tierID: String
    package let catalogVersion: Int
    package let state: VideoState
    package let failureReason: FailureReason?
    package let duration: Int
    package let price: Money
    /// At the catalog's price when it was ordered.
    package let estimatedCost: Money
    /// As the vendor says; nil while it has not.
    package let actualCost: Money?
    /// What the vendor made, or is presumed to have made, of a video that was refunded.
    package let lost: Money?
    package let isLossPresumed: Bool
    package let taskID: String?
    package let vendorStatus: String?
    package let attempts: Int
    package let parkedProblem: String?
    package let deadlineAt: Date?
    package let createdAt: Date
    package let submittedAt: Date?
    package let completedAt: Date?

    /// What is left of the price: after the vendor's own figure where it gave one, else after the
    /// expected; nil while the video is not delivered and nothing is lost.
    package var margin: Money? {
        switch state {
        case .delivered: price - (actualCost ?? estimatedCost)
        case .refunded: lost.map { .zero - $0 }
        default: nil
        }
    }
}

/// Which videos are listed.
package struct VideoRecordFilter: Sendable {
    package var state: VideoState?
    package var tier: String?
    package var account: AccountID?
    /// A task of the vendor's.
    package var task: String?
    package var from: Date?
    package var to: Date?

    package init() {}
}

/// One try to have the vendor make a video.
package struct AttemptRecord: Sendable {
    package let attempt: Int
    package let startedAt: Date
    package let endedAt: Date?
    package let outcome: String?
    package let detail: String?
}

extension Connection {
    /// Videos of everybody, newest first, those before `cursor` only.
    package func videoRecords(
        matching filter: VideoRecordFilter, before cursor: VideoID?, limit: Int
    ) throws -> [VideoRecord] {
        var conditions: SQL = "TRUE"
        if let state = filter.state {
            conditions = "\(sql: conditions) AND video_jobs.state = \(state)"
        }
        if let tier = filter.tier { conditions = "\(sql: conditions) AND tier = \(tier)" }
        if let account = filter.account {
            conditions = "\(sql: conditions) AND video_jobs.account_id = \(account)"
        }
        if let task = filter.task { conditions = "\(sql: conditions) AND task_id = \(task)" }
        // An id begins with the instant at which it was made.
        if let from = filter.from {
            conditions = "\(sql: conditions) AND video_jobs.id >= \(VideoID.first(at: from))"
        }
        if let to = filter.to {
            conditions = "\(sql: conditions) AND video_jobs.id < \(VideoID.first(at: to))"
        }
        if let cursor { conditions = "\(sql: conditions) AND video_jobs.id < \(cursor)" }
        return try query(
            """
            \(sql: VideoRecord.select)
            WHERE \(sql: conditions)
            ORDER BY video_jobs.id DESC
            LIMIT \(limit)
            """, VideoRecord.init(row:))
    }

    package func videoRecord(_ id: VideoID) throws -> VideoRecord? {
        try first("\(sql: VideoRecord.select) WHERE video_jobs.id = \(id)", VideoRecord.init(row:))
    }

    package func attempts(of video: VideoID) throws -> [AttemptRecord] {
        try query(
            """
            SELECT attempt, started_at, ended_at, outcome, detail
            FROM job_attempts WHERE job_id = \(video) ORDER BY attempt
            """
        ) { row in
            try AttemptRecord(
                attempt: row("attempt"), startedAt: row("started_at"), endedAt: row("ended_at"),
                outcome: row("outcome"), detail: row("detail"))
        }
    }
}

extension VideoRecord {
    fileprivate static let select: SQL = """
        SELECT video_jobs.id, video_jobs.account_id, video_jobs.user_id, users.email, tier,
            catalog_version, video_jobs.state, failure_reason, duration_seconds,
            user_charged_micros, estimated_cost_micros, actual_cost_micros, lost_micros,
            is_loss_presumed, task_id, pollo_status, attempts, parked_jobs.problem AS parked_problem,
            deadline_at, video_jobs.created_at, submitted_at, completed_at
        FROM video_jobs
        JOIN users ON users.id = video_jobs.user_id
        LEFT JOIN parked_jobs ON parked_jobs.job_id = video_jobs.id
        """

    fileprivate init(row: Row) throws {
        id = try row("id")
        accountID = try row("account_id")
        userID = try row("user_id")
        email = try row("email")
        tierID = try row("tier")
        catalogVersion = try row("catalog_version")
        state = try row("state")
        failureReason = try row("failure_reason")
        duration = try row("duration_seconds")
        price = try row("user_charged_micros")
        estimatedCost = try row("estimated_cost_micros")
        actualCost = try row("actual_cost_micros")
        lost = try row("lost_micros")
        isLossPresumed = try row("is_loss_presumed")
        taskID = try row("task_id")
        vendorStatus = try row("pollo_status")
        attempts = try row("attempts")
        parkedProblem = try row("parked_problem")
        deadlineAt = try row("deadline_at")
        createdAt = try row("created_at")
        submittedAt = try row("submitted_at")
        completedAt = try row("completed_at")
    }
}
