package import Domain
import FoundationEssentials
package import MariaDB

extension VideoDownload.Way: SQLConvertible {}

extension Connection {
    /// Notes that the file of a video was asked for; of several times in one way the first counts. A
    /// player asks for a file in many parts, and a link may be looked at by many: what is noted is
    /// read, and locks nothing.
    package func noteDownload(
        of video: VideoID, by way: VideoDownload.Way, from address: String
    ) throws {
        let isNoted = try first(
            "SELECT 1 FROM video_downloads WHERE video_id = \(video) AND way = \(way)"
        ) { _ in true }
        guard isNoted == nil else { return }
        try execute(
            """
            INSERT INTO video_downloads (video_id, way, address, asked_at)
            VALUES (\(video), \(way), \(address.cut(to: 45)), UTC_TIMESTAMP(6))
            ON DUPLICATE KEY UPDATE asked_at = asked_at
            """)
    }

    /// The same of all videos that an archive was made of.
    package func noteDownload(of archive: ArchiveID, from address: String) throws {
        try execute(
            """
            INSERT INTO video_downloads (video_id, way, address, asked_at)
            SELECT video_id, \(VideoDownload.Way.archive), \(address.cut(to: 45)), UTC_TIMESTAMP(6)
            FROM video_archives
            JOIN archived_videos ON archive_id = video_archives.id
            JOIN video_jobs ON video_jobs.id = video_id
            WHERE video_archives.id = \(archive)
                AND (video_jobs.deleted_at IS NULL OR video_jobs.deleted_at >= made_at)
            ON DUPLICATE KEY UPDATE video_downloads.asked_at = video_downloads.asked_at
            """)
    }

    /// The downloads of an account's videos from one on.
    func downloads(
        of account: AccountID, from first: VideoID
    ) throws -> [VideoID: [VideoDownload]] {
        let rows = try query(
            """
            SELECT video_id, way, asked_at, address
            FROM video_downloads
            JOIN video_jobs ON video_jobs.id = video_id
            WHERE account_id = \(account) AND video_jobs.id >= \(first)
            ORDER BY asked_at
            """
        ) { row in
            try (
                video: row("video_id") as VideoID,
                download: VideoDownload(
                    way: row("way"), askedAt: row("asked_at"), address: row("address"))
            )
        }
        return Dictionary(grouping: rows, by: \.video).mapValues { $0.map(\.download) }
    }
}
