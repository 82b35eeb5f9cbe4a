package import Domain
package import FoundationEssentials
import Ledger
package import MariaDB

/// What became of videos that were to be deleted; of those that the account does not have, nothing.
package struct Deletion: Sendable {
    /// For so long it can be taken back.
    package static let grace = Duration.seconds(20)
    /// How many at once.
    package static let range = 1...100

    package let deleted: [VideoID]
    /// These are still being made, and stay.
    package let open: [VideoID]
    /// Until when they can be brought back; nil when there are none.
    package let undoUntil: Date?
}

// An owner's deletion hides a video at once. Its words and files go when the time to take that back is
// over; what it cost stays in the books.
extension Connection {
    /// Deletes those of an account's videos that have ended. The same again changes nothing.
    package func deleteVideos(
        _ ids: Set<VideoID>, of account: AccountID
    ) throws -> Deletion {
        try transaction {
            for list in SQL.lists(of: ids) {
                try execute(
                    """
                    UPDATE video_jobs
                    SET deleted_at = UTC_TIMESTAMP(6),
                        purge_at = UTC_TIMESTAMP(6)
                            + INTERVAL \(Deletion.grace.microseconds) MICROSECOND
                    WHERE id IN \(sql: list) AND account_id = \(account)
                        AND state IN ('delivered', 'refunded') AND deleted_at IS NULL
                    """)
            }
            let standing = try standing(of: ids, of: account)
            let deleted = standing.filter { $0.purgeAt != nil }
            return Deletion(
                deleted: deleted.map(\.id),
                open: standing.filter { $0.purgeAt == nil }.map(\.id),
                undoUntil: deleted.compactMap(\.purgeAt).min())
        }
    }

    /// Brings those back whose deletion can still be taken back. Gives those of them that are there.
    package func restoreVideos(_ ids: Set<VideoID>, of account: AccountID) throws -> [VideoID] {
        try transaction {
            for list in SQL.lists(of: ids) {
                try execute(
                    """
                    UPDATE video_jobs
                    SET deleted_at = NULL, purge_at = NULL
                    WHERE id IN \(sql: list) AND account_id = \(account) AND purge_at IS NOT NULL
                        AND deleted_at > UTC_TIMESTAMP(6)
                            - INTERVAL \(Deletion.grace.microseconds) MICROSECOND
                    """)
            }
            return try standing(of: ids, of: account).filter { $0.purgeAt == nil }.map(\.id)
        }
    }

    /// Those of an account's videos that are there, or can come back.
    private func standing(
        of ids: Set<VideoID>, of account: AccountID
    ) throws -> [(id: VideoID, purgeAt: Date?)] {
        try SQL.lists(of: ids).flatMap { list in
            try query(
                """
                SELECT id, purge_at
                FROM video_jobs
                WHERE id IN \(sql: list) AND account_id = \(account)
                    AND (deleted_at IS NULL OR purge_at IS NOT NULL)
                ORDER BY id DESC
                """
            ) { row in (id: try row("id") as VideoID, purgeAt: try row("purge_at") as Date?) }
        }
    }

    /// Takes words and files of deleted videos away, of at most `limit` whose time is over. What
    /// fails for one is told, and tried again in ten minutes. Returns how many there were.
    ///
    /// - Parameters:
    ///   - remove: takes its files away.
    ///   - fail: is told of one whose files stayed.
    package func purgeDeletedVideos(
        limit: Int, remove: (VideoID) throws -> Void, fail: (VideoID, any Error) -> Void
    ) throws -> Int {
        let due = try query(
            """
            SELECT id
            FROM video_jobs
            WHERE purge_at <= UTC_TIMESTAMP(6)
            ORDER BY purge_at
            LIMIT \(limit)
            """
        ) { row in try row("id") as VideoID }
        for id in due {
            // A statement that brings it back may be under way: after this one it is too late.
            let isOurs = try execute(
                """
                UPDATE video_jobs
                SET purge_at = UTC_TIMESTAMP(6) + INTERVAL 10 MINUTE
                WHERE id = \(id) AND purge_at <= UTC_TIMESTAMP(6)
                """)
            guard isOurs == 1 else { continue }
            do {
                try remove(id)
                try eraseVideo(id)
            } catch let error as DatabaseError {
                throw error
            } catch {
                fail(id, error)
            }
        }
        return due.count
    }

    /// What its owner said of a deleted video, and its link.
    private func eraseVideo(_ id: VideoID) throws {
        try transaction {
            try execute("DELETE FROM video_shares WHERE video_id = \(id)")
            try execute(
                """
                UPDATE video_jobs
                SET purge_at = NULL, title = NULL, is_favorite = FALSE, prompt = '',
                    negative_prompt = NULL, input_image_url = NULL, image_tail_url = NULL,
                    webhook_url = NULL, seed = NULL, vendor_input = \([VendorField]().json),
                    has_poster = FALSE
                WHERE id = \(id) AND purge_at IS NOT NULL
                """)
        }
    }
}
