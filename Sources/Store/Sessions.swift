package import Domain
package import FoundationEssentials
package import MariaDB

package enum SessionKind {}
/// What names a session to its owner; it opens nothing.
package typealias SessionID = ID<SessionKind>

/// That a user acts for an account.
package struct Membership: Hashable, Sendable {
    package enum Role: String, CaseIterable, Sendable {
        /// All there is.
        case owner
        /// Orders videos.
        case member
        /// Buys credit.
        case billing
    }

    package let account: AccountID
    package let role: Role

    package init(account: AccountID, role: Role) {
        self.account = account
        self.role = role
    }
}

extension Membership.Role: SQLConvertible {}

/// A sign-in, as its owner sees it.
package struct SessionRecord: Sendable {
    package let id: SessionID
    package let isCurrent: Bool
    package let createdAt: Date
    package let lastUsedAt: Date
    package let expiresAt: Date
    package let userAgent: String
    package let address: String
}

extension Connection {
    /// Stores a sign-in by the SHA-256 of its id. It is over after `lasting`, and before that when
    /// it was not used for thirty days.
    package func createSession(
        idHash: [UInt8], of user: UserID, lasting: Duration, userAgent: String, address: String
    ) throws {
        try execute(
            """
            INSERT INTO sessions
                (id, id_hash, user_id, user_agent, address, created_at, last_used_at, expires_at)
            VALUES (\(SessionID.new()), \(idHash), \(user), \(userAgent.cut(to: 255)),
                \(address.cut(to: 45)), UTC_TIMESTAMP(6), UTC_TIMESTAMP(6),
                UTC_TIMESTAMP(6) + INTERVAL \(lasting.microseconds) MICROSECOND)
            """)
    }

    /// The sign-in whose session this is; nil when it ended, is over, or its user is blocked.
    /// That it was used is written down once in five minutes.
    package func useSession(_ idHash: [UInt8]) throws -> SignIn? {
        try first(SignIn.alone.with(idHash)) { row in try (SignIn(row: row), isStale(row)) }
            .map { signIn, isStale in
                if isStale { noteUse(of: idHash) }
                return signIn
            }
    }

    /// The same, and the video of the account that it acts for, if it has one of this id: by one
    /// statement, since this is what is asked most.
    package func useSession(
        _ idHash: [UInt8], lookingAt video: VideoID
    ) throws -> (signIn: SignIn, video: Video?)? {
        let found = try first(SignIn.withVideo.with(video, idHash)) { row in
            let signIn = try SignIn(row: row)
            let isStale = try isStale(row)
            let id: VideoID? = try row("id")
            return (signIn, isStale, try id.map { _ in try Video(row: row) })
        }
        guard let (signIn, isStale, video) = found else { return nil }
        if isStale { noteUse(of: idHash) }
        return (signIn, video)
    }

    private func isStale(_ row: Row) throws -> Bool { try row("is_stale") }

    /// Whoever only looks is not refused because the database takes no writes for a moment; a session
    /// that is in use is written down by the next call.
    private func noteUse(of idHash: [UInt8]) {
        _ = try? execute(
            """
            UPDATE sessions SET last_used_at = UTC_TIMESTAMP(6)
            WHERE id_hash = \(idHash) AND last_used_at < UTC_TIMESTAMP(6) - INTERVAL 5 MINUTE
            """)
    }

    /// The person has just shown in this session that they are who they are.
    package func noteProof(of idHash: [UInt8]) throws {
        try execute(
            "UPDATE sessions SET proved_at = UTC_TIMESTAMP(6) WHERE id_hash = \(idHash)")
    }

    /// Puts another secret in the place of a session's own and returns when the session is over,
    /// which stays as it was; nil when there is no such session, or another call was first.
    package func renewSession(idHash: [UInt8], to newHash: [UInt8]) throws -> Date? {
        try execute(
            """
            UPDATE sessions SET id_hash = \(newHash), last_used_at = UTC_TIMESTAMP(6)
            WHERE id_hash = \(idHash) AND \(sql: sessionIsOpen)
            """)
        return try first("SELECT expires_at FROM sessions WHERE id_hash = \(newHash)") { row in
            try row("expires_at") as Date
        }
    }

    /// The open sessions of a user, newest first, one more than `limit` when there are more.
    package func sessions(
        of user: UserID, current idHash: [UInt8]?, before cursor: SessionID?, limit: Int
    ) throws -> [SessionRecord] {
        try query(
            """
            SELECT id, id_hash <=> \(idHash) AS is_current, created_at, last_used_at,
                LEAST(expires_at, last_used_at + INTERVAL 30 DAY) AS ends_at, user_agent, address
            FROM sessions
            WHERE user_id = \(user) AND \(sql: sessionIsOpen) AND (\(cursor) IS NULL OR id < \(cursor))
            ORDER BY id DESC
            LIMIT \(limit + 1)
            """
        ) { row in
            try SessionRecord(
                id: row("id"), isCurrent: row("is_current"), createdAt: row("created_at"),
                lastUsedAt: row("last_used_at"), expiresAt: row("ends_at"),
                userAgent: row("user_agent"), address: row("address"))
        }
    }

    /// Ends a session; ending it twice is no error.
    package func endSession(idHash: [UInt8]) throws {
        try execute("DELETE FROM sessions WHERE id_hash = \(idHash)")
    }

    /// Ends one of a user's sessions. Returns whether there was such a one.
    package func endSession(_ id: SessionID, of user: UserID) throws -> Bool {
        try execute("DELETE FROM sessions WHERE id = \(id) AND user_id = \(user)") == 1
    }

    /// Ends a user's sessions but the one that is kept.
    package func endSessions(of user: UserID, except idHash: [UInt8]?) throws {
        try execute(
            "DELETE FROM sessions WHERE user_id = \(user) AND NOT id_hash <=> \(idHash)")
    }

    /// Takes away sessions that are over, 1,000 of each kind at most. Returns how many.
    @discardableResult
    package func purgeSessions() throws -> Int {
        let expired = try execute(
            "DELETE FROM sessions WHERE expires_at <= UTC_TIMESTAMP(6) LIMIT 1000")
        return try expired
            + execute(
                """
                DELETE FROM sessions
                WHERE last_used_at <= UTC_TIMESTAMP(6) - INTERVAL 30 DAY LIMIT 1000
                """)
    }
}

/// What a session needs to be good still.
let sessionIsOpen: SQL =
    "expires_at > UTC_TIMESTAMP(6) AND last_used_at > UTC_TIMESTAMP(6) - INTERVAL 30 DAY"
