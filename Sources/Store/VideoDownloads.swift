package import Domain
package import MariaDB

extension Connection {
    /// Notes that the file of a video was asked for to keep; of several times the first counts.
    package func noteDownload(of video: VideoID, from address: String) throws {
        try execute(
            """
            INSERT INTO video_downloads (video_id, address, asked_at)
            VALUES (\(video), \(address.cut(to: 45)), UTC_TIMESTAMP(6))
            ON DUPLICATE KEY UPDATE asked_at = asked_at
            """)
    }
}
