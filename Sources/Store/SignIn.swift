package import Domain
package import FoundationEssentials
import MariaDB

/// Who is signed in by a session.
package struct SignIn: Sendable {
    package let user: User
    /// Whether they showed within ten minutes that they are who they are, by password and code.
    package let isRecent: Bool
    /// When their account is removed, unless they take that back.
    package let leavesAt: Date?
    /// For which account they act, and as what: their own, else the first that they belong to. Nil
    /// when they belong to none.
    package let membership: Membership?

    /// Of the session with a hash.
    static let alone = select("", from: "")
    /// Of the session with a hash, and the video with an id.
    static let withVideo = select(
        ", \(sql: Video.columns)",
        from: """
            LEFT JOIN video_jobs
                ON video_jobs.id = \(nil as VideoID?) AND video_jobs.account_id = members.account_id
                    AND video_jobs.deleted_at IS NULL
            """)

    /// Each table by one row of its primary key: sorting memberships here instead, with the video's
    /// columns of text, would make a temporary table on disk for each request.
    private static func select(_ others: SQL, from tables: SQL) -> SQL {
        """
        SELECT \(sql: columns)\(sql: others)
        FROM sessions
        JOIN users ON users.id = sessions.user_id
        LEFT JOIN members ON members.user_id = users.id
            AND members.account_id = (
                SELECT mine.account_id
                FROM members AS mine
                WHERE mine.user_id = sessions.user_id
                ORDER BY mine.role, mine.created_at, mine.account_id
                LIMIT 1) \(sql: tables)
        WHERE id_hash = \(nil as [UInt8]?) AND \(sql: sessionIsOpen) AND blocked_at IS NULL
        """
    }

    private static let columns: SQL = """
        users.id AS signed_in_id, email, users.name AS signed_in_name, email_verified_at,
        users.role AS user_role, users.leaves_at, users.created_at AS user_created_at,
        members.account_id, members.role AS member_role,
        proved_at > UTC_TIMESTAMP(6) - INTERVAL 10 MINUTE AS is_recent,
        last_used_at < UTC_TIMESTAMP(6) - INTERVAL 5 MINUTE AS is_stale
        """

    init(row: Row) throws {
        let id: UserID = try row("signed_in_id")
        let email: String = try row("email")
        let verifiedAt: Date? = try row("email_verified_at")
        user = try User(
            id: id, email: email, name: row("signed_in_name"), isEmailVerified: verifiedAt != nil,
            role: row("user_role"), createdAt: row("user_created_at"))
        let account: AccountID? = try row("account_id")
        membership = try account.map { try Membership(account: $0, role: row("member_role")) }
        isRecent = try row("is_recent")
        leavesAt = try row("leaves_at")
    }
}
