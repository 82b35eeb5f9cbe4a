package import Domain
package import FoundationEssentials
import Ledger
package import MariaDB
import Texts

/// Somebody whose account is to be removed now.
package struct Departure: Sendable {
    package let user: UserID
    /// Nil for who owns none.
    package let account: AccountID?

    package init(user: UserID, account: AccountID?) {
        self.user = user
        self.account = account
    }
}

// An account is removed in two steps. Its owner says so, and may take it back for 14 days
// (`users.leaves_at`). Then `work` takes everything away that is the person's; money and jobs stay in
// the books, of an account without a name (`users.left_at`).
extension Connection {
    /// How long a removal can be taken back.
    package static let daysToStay = 14

    /// Says that a user's account is to be removed, and mails them when. Every other session ends.
    /// Said twice, the first counts. Throws ``InvalidInput`` while there is credit that they do not
    /// give up, and ``Conflict`` for an operator, and for who shares an account.
    package func leave(
        _ user: UserID, givingUpCredit: Bool, keeping session: [UInt8]
    ) throws -> Date {
        let call = MailTokenID.new()
        return try transaction {
            let account = try account(ownedBy: user)
            if let account { try lockWallet(of: account) }
            guard let known = try lockedUser(user) else { throw NotFound() }
            guard known.role == .user else { throw Conflict(.operatorStays) }
            if let account {
                guard try isAlone(user, in: account) else { throw Conflict(.accountShared) }
                let left = try balance(of: account).available
                guard left == .zero || givingUpCredit else {
                    throw InvalidInput("giveUpCredit", .creditToGiveUp, ["amount": .money(left)])
                }
            }
            let isFirst = try execute(
                """
                UPDATE users
                SET leaves_at = UTC_TIMESTAMP(6) + INTERVAL \(Self.daysToStay) DAY
                WHERE id = \(user) AND leaves_at IS NULL
                """)
            let leavesAt = try leavesAt(of: user)
            if isFirst == 1 {
                try tell(
                    .accountLeaving(at: leavesAt), to: user, opKey: "mail:account.leaving:\(call)")
            }
            try endSessions(of: user, except: session)
            return leavesAt
        }
    }

    /// Takes a removal back. There being none is no error.
    package func stay(_ user: UserID) throws {
        try execute("UPDATE users SET leaves_at = NULL WHERE id = \(user) AND left_at IS NULL")
    }

    /// Somebody whose time to come back is over, and for whose account no video is being made; the
    /// longest first. Nil when there is nobody.
    package func nextDeparture() throws -> Departure? {
        let user = try first(
            """
            SELECT id
            FROM users
            WHERE leaves_at <= UTC_TIMESTAMP(6) AND left_at IS NULL
                AND NOT EXISTS (
                    SELECT 1
                    FROM members
                    JOIN video_jobs ON video_jobs.account_id = members.account_id
                    WHERE members.user_id = users.id AND members.role = 'owner'
                        AND status IN ('pending', 'processing'))
            ORDER BY leaves_at
            LIMIT 1
            """
        ) { row in try row("id") as UserID }
        return try user.map { Departure(user: $0, account: try account(ownedBy: $0)) }
    }

    /// Videos of a departing account whose words and files are still there, at most so many.
    package func videosToForget(of departure: Departure, limit: Int) throws -> [VideoID] {
        guard let account = departure.account else { return [] }
        return try query(
            """
            SELECT id FROM video_jobs
            WHERE account_id = \(account) AND prompt <> ''
            ORDER BY id
            LIMIT \(limit)
            """
        ) { row in try row("id") }
    }

    /// Takes away what a person said and showed of a video; what it cost and when stays. Its files
    /// are gone before.
    package func forget(_ video: VideoID) throws {
        try execute(
            """
            UPDATE video_jobs
            SET prompt = '', title = NULL, negative_prompt = NULL, input_image_url = NULL,
                image_tail_url = NULL, webhook_url = NULL, seed = NULL,
                vendor_input = \([VendorField]().json)
            WHERE id = \(video)
            """)
    }

    /// Removes the person, once their videos are forgotten: what credit is left lapses, by an entry
    /// as always; the ledger and the log of operators stay. Pictures are hidden, and their files go
    /// with the next round of what was never whole.
    package func remove(_ departure: Departure) throws {
        let user = departure.user
        try transaction {
            if let account = departure.account { try removeAccount(account) }
            for table in ["sessions", "mail_tokens", "second_factors"] as [SQL] {
                try execute("DELETE FROM \(sql: table) WHERE user_id = \(user)")
            }
            try execute("DELETE FROM outbox WHERE channel = 'mail' AND user_id = \(user)")
            // Their files go with the next round of those whose time is over.
            try execute("UPDATE exports SET expires_at = UTC_TIMESTAMP(6) WHERE user_id = \(user)")
            try execute("UPDATE terms_acceptances SET address = NULL WHERE user_id = \(user)")
            try execute("UPDATE person_notes SET text = '-' WHERE user_id = \(user)")
            try execute(
                """
                UPDATE users
                SET email = CONCAT('removed-', id, '@removed.invalid'), name = NULL,
                    language = DEFAULT(language), password_hash = '-',
                    email_verified_at = NULL, blocked_at = UTC_TIMESTAMP(6), muted_notices = '',
                    left_at = UTC_TIMESTAMP(6)
                WHERE id = \(user) AND left_at IS NULL
                """)
        }
    }

    private func removeAccount(_ account: AccountID) throws {
        try withWallet(of: account) { wallet in try wallet.giveUp() }
        try execute("DELETE FROM outbox WHERE channel = 'webhook' AND account_id = \(account)")
        for table in ["webhook_endpoints", "idempotency_keys", "video_shares"] as [SQL] {
            try execute("DELETE FROM \(sql: table) WHERE account_id = \(account)")
        }
        // Their files go with the next round of those whose time is over.
        try execute(
            """
            UPDATE video_archives SET expires_at = UTC_TIMESTAMP(6)
            WHERE account_id = \(account)
            """)
        try execute("UPDATE purchases SET address = NULL WHERE account_id = \(account)")
        try execute(
            """
            UPDATE video_downloads
            JOIN video_jobs ON video_jobs.id = video_id
            SET address = NULL
            WHERE account_id = \(account)
            """)
        try execute(
            """
            UPDATE uploads
            SET is_stored = FALSE, sent_at = UTC_TIMESTAMP(6) - INTERVAL 1 DAY
            WHERE account_id = \(account)
            """)
    }

    private func isAlone(_ user: UserID, in account: AccountID) throws -> Bool {
        try first(
            """
            SELECT NOT EXISTS (
                SELECT 1 FROM members WHERE account_id = \(account) AND user_id <> \(user)) AS is_alone
            """
        ) { row in try row("is_alone") } ?? true
    }

    private func lockedUser(_ id: UserID) throws -> User? {
        try first(
            "SELECT \(sql: User.columns) FROM users WHERE id = \(id) FOR UPDATE", User.init(row:))
    }

    private func leavesAt(of user: UserID) throws -> Date {
        let date = try first("SELECT leaves_at FROM users WHERE id = \(user)") { row in
            try row("leaves_at") as Date?
        }
        guard let date = date ?? nil else { throw NotFound() }
        return date
    }
}
