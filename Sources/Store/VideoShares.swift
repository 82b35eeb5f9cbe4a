package import Domain
import FoundationEssentials
package import MariaDB

/// A link to be made, should one be needed: its row and what is stored of its token.
package struct NewShareLink: Sendable {
    package let id: ShareLinkID
    package let hash: [UInt8]

    package init(id: ShareLinkID, hash: [UInt8]) {
        self.id = id
        self.hash = hash
    }
}

extension Connection {
    /// Gives a video that is ready a link on these terms, or the link that it has. Another takes its
    /// place when it has ended, or is the one to be replaced: so that the same call again keeps what
    /// the first one made. Throws ``NotFound``.
    package func share(
        _ video: VideoID, of account: AccountID, by user: UserID, on terms: ShareTerms,
        as link: NewShareLink, replacing replacedHash: [UInt8]?
    ) throws -> VideoShare {
        // What is assigned first is what the next assignment sees.
        let isOver: SQL =
            "video_shares.token_hash <=> \(replacedHash) OR video_shares.expires_at <= UTC_TIMESTAMP(6)"
        return try transaction {
            try execute(
                """
                INSERT INTO video_shares
                    (video_id, account_id, user_id, link_id, token_hash, shows_prompt,
                     allows_download, created_at, expires_at)
                SELECT id, account_id, \(user), \(link.id), \(link.hash), \(terms.showsPrompt),
                    \(terms.allowsDownload), UTC_TIMESTAMP(6),
                    UTC_TIMESTAMP(6) + INTERVAL \(terms.days) DAY
                FROM video_jobs
                WHERE id = \(video) AND account_id = \(account) AND state = 'delivered'
                    AND deleted_at IS NULL
                ON DUPLICATE KEY UPDATE
                    user_id = VALUE(user_id),
                    link_id = IF(\(sql: isOver), VALUE(link_id), link_id),
                    created_at = IF(\(sql: isOver), VALUE(created_at), video_shares.created_at),
                    token_hash = IF(\(sql: isOver), VALUE(token_hash), token_hash),
                    shows_prompt = VALUE(shows_prompt), allows_download = VALUE(allows_download),
                    expires_at = VALUE(expires_at)
                """)
            guard let share = try share(of: video, of: account) else { throw NotFound() }
            return share
        }
    }

    /// The link of a video that is good at present; nil when it has none.
    package func share(of video: VideoID, of account: AccountID) throws -> VideoShare? {
        try first(
            """
            SELECT \(sql: VideoShare.columns)
            FROM video_shares
            WHERE video_id = \(video) AND account_id = \(account)
                AND expires_at > UTC_TIMESTAMP(6)
            """, VideoShare.init(row:))
    }

    /// Ends the link of a video; there being none is no error.
    package func unshare(_ video: VideoID, of account: AccountID) throws {
        try execute(
            "DELETE FROM video_shares WHERE video_id = \(video) AND account_id = \(account)")
    }

    /// What somebody may see by a link's token; nil when it has ended, or never was.
    package func sharedVideo(
        _ tokenHash: [UInt8]
    ) throws -> (share: VideoShare, video: Video)? {
        try first(
            """
            SELECT \(sql: VideoShare.columns), \(sql: Video.columns)
            FROM video_shares
            JOIN video_jobs ON video_jobs.id = video_id
            WHERE token_hash = \(tokenHash) AND expires_at > UTC_TIMESTAMP(6)
                AND state = 'delivered' AND deleted_at IS NULL
            """
        ) { row in (try VideoShare(row: row), try Video(row: row)) }
    }

    /// Takes links away that have ended. Returns how many.
    package func purgeShares() throws -> Int {
        try execute(
            """
            DELETE FROM video_shares
            WHERE expires_at < UTC_TIMESTAMP(6) - INTERVAL 1 DAY
            LIMIT 1000
            """)
    }
}

extension VideoShare {
    fileprivate static let columns: SQL = """
        link_id, token_hash, shows_prompt, allows_download, video_shares.created_at AS shared_at,
        expires_at
        """

    fileprivate init(row: Row) throws {
        try self.init(
            link: row("link_id"), tokenHash: row("token_hash"), showsPrompt: row("shows_prompt"),
            allowsDownload: row("allows_download"), createdAt: row("shared_at"),
            expiresAt: row("expires_at"))
    }
}
