package import Domain
import FoundationEssentials
import Ledger
package import MariaDB
import Sodium
import Texts

package enum ArchiveLeaseKind {}

/// One that this worker makes until its lease runs out.
package struct ClaimedArchive: Sendable {
    package let archive: VideoArchive
    fileprivate let lease: ID<ArchiveLeaseKind>
}

extension Connection {
    private static let archiveTries = 3

    /// Orders an archive of those of the videos that are ready. The same videos again are the archive
    /// that is being made, or is there. Throws ``NotFound`` when none is ready, and ``Conflict`` when
    /// it would be too large, or the account has as many under way as it may.
    package func orderArchive(
        _ id: ArchiveID, named name: String, of videos: Set<VideoID>, of account: AccountID,
        by user: UserID
    ) throws -> VideoArchive {
        try transaction {
            // Two at once count one after the other.
            try execute("SELECT id FROM accounts WHERE id = \(account) FOR UPDATE")
            let ready = try readyVideos(videos, of: account)
            guard !ready.isEmpty else { throw NotFound() }
            let ids = ready.map(\.id.description).sorted().joined(separator: " ")
            let hash = Hex.encode(SHA256.hash(Array(ids.utf8)))
            if let known = try archive(of: account, videosHash: hash) { return known }
            guard ready.reduce(0, { $0 + $1.sizeBytes }) <= VideoArchive.maxBytes else {
                throw Conflict(.archiveTooLarge, ["size": .number(VideoArchive.maxBytes >> 30)])
            }
            guard try openArchives(of: account) < VideoArchive.limit else {
                throw Conflict(.archivesFull, ["number": .number(VideoArchive.limit)])
            }
            try execute(
                """
                INSERT INTO video_archives
                    (id, account_id, user_id, videos_hash, name, videos, created_at, expires_at)
                VALUES (\(id), \(account), \(user), \(hash), \(name), \(ready.count),
                    UTC_TIMESTAMP(6),
                    UTC_TIMESTAMP(6) + INTERVAL \(VideoArchive.hoursKept) HOUR)
                """)
            for list in SQL.lists(of: Set(ready.map(\.id))) {
                try execute(
                    """
                    INSERT INTO archived_videos (archive_id, video_id)
                    SELECT \(id), id FROM video_jobs WHERE id IN \(sql: list)
                    """)
            }
            guard let archive = try archive(id, of: account) else { throw NotFound() }
            return archive
        }
    }

    private func readyVideos(
        _ videos: Set<VideoID>, of account: AccountID
    ) throws -> [(id: VideoID, sizeBytes: Int)] {
        try SQL.lists(of: videos).flatMap { list in
            try query(
                """
                SELECT id, file_bytes
                FROM video_jobs
                WHERE id IN \(sql: list) AND account_id = \(account) AND state = 'delivered'
                    AND deleted_at IS NULL
                """
            ) { row in (id: try row("id") as VideoID, sizeBytes: try row("file_bytes") as Int) }
        }
    }

    /// One that is there for five minutes more at least, or is being made.
    private func archive(
        of account: AccountID, videosHash hash: String
    ) throws -> VideoArchive? {
        try first(
            """
            \(sql: VideoArchive.select)
            WHERE account_id = \(account) AND videos_hash = \(hash) AND failed_at IS NULL
                AND expires_at > UTC_TIMESTAMP(6) + INTERVAL 5 MINUTE
            ORDER BY id DESC
            LIMIT 1
            """, VideoArchive.init(row:))
    }

    private func openArchives(of account: AccountID) throws -> Int {
        try first(
            """
            SELECT COUNT(*) AS archives
            FROM video_archives
            WHERE account_id = \(account) AND made_at IS NULL AND failed_at IS NULL
            """
        ) { row in try row("archives") } ?? 0
    }

    /// Nil when the account has none of this id, or its time is over.
    package func archive(_ id: ArchiveID, of account: AccountID) throws -> VideoArchive? {
        try first(
            """
            \(sql: VideoArchive.select)
            WHERE id = \(id) AND account_id = \(account) AND expires_at > UTC_TIMESTAMP(6)
            """, VideoArchive.init(row:))
    }

    // MARK: Making

    /// Takes the oldest that nobody makes. Nil when there is none. One that was tried three times,
    /// by whoever lives or died, has failed.
    package func claimArchive(lasting: Duration) throws -> ClaimedArchive? {
        let lease = ID<ArchiveLeaseKind>.new()
        return try transaction {
            try execute(
                """
                UPDATE video_archives
                SET failed_at = UTC_TIMESTAMP(6)
                WHERE made_at IS NULL AND failed_at IS NULL AND attempts >= \(Self.archiveTries)
                    AND lease_until < UTC_TIMESTAMP(6) AND NOT lease_token <=> \(lease)
                """)
            let found = try first(
                """
                \(sql: VideoArchive.select)
                WHERE made_at IS NULL AND failed_at IS NULL
                    AND (lease_until IS NULL OR lease_until < UTC_TIMESTAMP(6)
                        OR lease_token = \(lease))
                ORDER BY id
                LIMIT 1
                FOR UPDATE SKIP LOCKED
                """, VideoArchive.init(row:))
            guard let found else { return nil }
            try execute(
                """
                UPDATE video_archives
                SET attempts = attempts + 1, lease_token = \(lease),
                    lease_until = UTC_TIMESTAMP(6) + INTERVAL \(lasting.microseconds) MICROSECOND
                WHERE id = \(found.id) AND NOT lease_token <=> \(lease)
                """)
            return ClaimedArchive(archive: found, lease: lease)
        }
    }

    /// The videos that belong into an archive, but those that were deleted since; oldest first.
    package func videos(in archive: ArchiveID) throws -> [VideoID] {
        try query(
            """
            SELECT video_id
            FROM archived_videos
            JOIN video_jobs ON video_jobs.id = video_id
            WHERE archive_id = \(archive) AND deleted_at IS NULL
            ORDER BY video_id
            """
        ) { row in try row("video_id") }
    }

    /// It is there from now on. Throws ``LeaseLost`` when another makes it, or nobody wants it any more.
    package func finish(_ claim: ClaimedArchive, sizeBytes: Int) throws {
        let isOurs = try execute(
            """
            UPDATE video_archives
            SET made_at = COALESCE(made_at, UTC_TIMESTAMP(6)), size_bytes = \(sizeBytes),
                expires_at = UTC_TIMESTAMP(6) + INTERVAL \(VideoArchive.hoursKept) HOUR
            WHERE id = \(claim.archive.id) AND lease_token = \(claim.lease)
                AND expires_at > UTC_TIMESTAMP(6)
            """)
        guard isOurs == 1 else { throw LeaseLost() }
    }

    /// It is tried again in half a minute, unless that was the third try.
    package func giveBack(_ claim: ClaimedArchive) throws {
        try execute(
            """
            UPDATE video_archives
            SET failed_at = IF(attempts >= \(Self.archiveTries), UTC_TIMESTAMP(6), NULL),
                lease_until = UTC_TIMESTAMP(6) + INTERVAL 30 SECOND
            WHERE id = \(claim.archive.id) AND lease_token = \(claim.lease)
            """)
    }

    /// Takes those away whose time is over, and their files before; not while a worker may be writing
    /// its file. Returns how many of at most `limit`.
    package func purgeArchives(limit: Int, remove: (VideoArchive) throws -> Void) throws -> Int {
        let over = try query(
            """
            \(sql: VideoArchive.select)
            WHERE expires_at <= UTC_TIMESTAMP(6)
                AND (made_at IS NOT NULL OR COALESCE(lease_until, expires_at) <= UTC_TIMESTAMP(6))
            LIMIT \(limit)
            """, VideoArchive.init(row:))
        for archive in over {
            try remove(archive)
            try execute("DELETE FROM video_archives WHERE id = \(archive.id)")
        }
        return over.count
    }
}

extension VideoArchive {
    fileprivate static let select: SQL = """
        SELECT id, name, videos, created_at, made_at, failed_at, expires_at, size_bytes
        FROM video_archives
        """

    fileprivate init(row: Row) throws {
        let (madeAt, failedAt): (Date?, Date?) = try (row("made_at"), row("failed_at"))
        try self.init(
            id: row("id"), name: row("name"), videos: row("videos"),
            status: madeAt != nil ? .ready : failedAt != nil ? .failed : .making,
            sizeBytes: row("size_bytes"), createdAt: row("created_at"),
            expiresAt: row("expires_at"))
    }
}
