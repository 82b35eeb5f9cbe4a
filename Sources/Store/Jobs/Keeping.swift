package import Domain
package import MariaDB

// What owners do with their videos, which changes nothing of the job.
extension Connection {
    /// Marks and names a video. Gives it as it then is; nil when the account has none of this id.
    package func change(
        _ video: VideoID, of account: AccountID, to change: VideoChange
    ) throws -> Video? {
        let title = change.title.flatMap { $0.isEmpty ? nil : $0 }
        try execute(
            """
            UPDATE video_jobs
            SET is_favorite = COALESCE(\(change.isFavorite), is_favorite),
                title = IF(\(change.title != nil), \(title), title)
            WHERE id = \(video) AND account_id = \(account) AND deleted_at IS NULL
            """)
        return try self.video(video, of: account)
    }

    /// How far a video has come, and when.
    package func stages(of video: VideoID) throws -> [VideoStage] {
        let stages = try first(
            """
            SELECT created_at, submitted_at, rendered_at, completed_at
            FROM video_jobs
            WHERE id = \(video)
            """
        ) { row in
            try VideoStage.all(
                createdAt: row("created_at"), submittedAt: row("submitted_at"),
                renderedAt: row("rendered_at"), endedAt: row("completed_at"))
        }
        return stages ?? []
    }
}
