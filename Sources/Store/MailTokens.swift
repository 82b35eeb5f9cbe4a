package import Domain
import FoundationEssentials
import Ledger
package import MariaDB
package import Texts

extension MailTokenPurpose: SQLConvertible {}

/// A link to be mailed: its row and what is stored of its secret.
package struct NewMailToken: Sendable {
    package let id: MailTokenID
    package let hash: [UInt8]

    package init(id: MailTokenID, hash: [UInt8]) {
        self.id = id
        self.hash = hash
    }
}

/// What a registration asks for: a user, and the account that they own.
package struct Registration: Sendable {
    package let id: UserID
    package let account: AccountID
    package let email: String
    package let passwordHash: String
    /// In which they read mails, as far as is known.
    package let language: Language
    /// Which terms they agree to, and from which address of the network; nil where the shop states none.
    package let terms: String?
    package let address: String?
    package let link: NewMailToken

    package init(
        id: UserID, account: AccountID, email: String, passwordHash: String,
        language: Language = .english,
        terms: String? = nil, from address: String? = nil, link: NewMailToken
    ) {
        self.id = id
        self.account = account
        self.email = email
        self.passwordHash = passwordHash
        self.language = language
        self.terms = terms
        self.address = address
        self.link = link
    }
}

// MARK: - Making

extension Connection {
    /// Makes a user, with an account of their own, whose address is yet to be proved, and mails the
    /// link that does so. Returns false when the address is a user's; then they are told, once a
    /// day, or get the link again while the address is unproved.
    ///
    /// Both ways run the same statements, and each hits one row or none, so that neither the time
    /// nor the answer tells which addresses have an account. Throws ``Paused`` while sign-ups are.
    package func register(_ registration: Registration) throws -> Bool {
        do {
            return try transaction { try insert(registration) }
        } catch let error as DatabaseError {
            guard case .duplicateKey = error.kind else { throw error }
            // Another call has just registered the address: now it is there to be found.
            return try transaction { try insert(registration) }
        }
    }

    private func insert(_ registration: Registration) throws -> Bool {
        try requireOpen(.signups)
        let (id, email, link) = (registration.id, registration.email, registration.link)
        try execute(
            """
            INSERT INTO users (id, email, language, password_hash, role, created_at)
            SELECT \(id), \(email), \(registration.language.code), \(registration.passwordHash),
                'user', UTC_TIMESTAMP(6)
            FROM DUAL
            WHERE NOT EXISTS (SELECT 1 FROM users WHERE email = \(email))
            """)
        // Again after a COMMIT whose answer was lost: the account and the link are there.
        try openAccount(registration.account, ownedBy: id)
        if let terms = registration.terms {
            try noteAcceptance(of: terms, by: id, from: registration.address)
        }
        try mailLink(
            .verify, link, to: "users.email = \(email) AND email_verified_at IS NULL")
        try tellOwner(of: email, opKey: "mail:address.in.use:\(id)")
        let owner = try first("SELECT id FROM users WHERE email = \(email)") { row in
            try row("id") as UserID
        }
        return owner == id
    }

    /// Mails the link that proves the address of an account, unless that was done.
    package func mailProof(_ link: NewMailToken, to user: UserID) throws {
        try transaction {
            try mailLink(
                .verify, link, to: "users.id = \(user) AND email_verified_at IS NULL")
        }
    }

    /// Mails the link that sets a new password to the owner of an address, if there is one. The
    /// same statements run when there is none.
    package func mailReset(_ link: NewMailToken, to email: String) throws {
        try transaction {
            try mailLink(.reset, link, to: "users.email = \(email)")
        }
    }

    /// Mails the link that moves an account to another address to that address, and tells the
    /// present one. Where the other address has an account, its owner is told instead, once a day;
    /// who asked sees no difference.
    package func mailChange(_ link: NewMailToken, of user: UserID, to email: String) throws {
        try transaction {
            try execute(
                "DELETE FROM mail_tokens WHERE user_id = \(user) AND purpose = 'change'")
            try insertLink(.change, link, sentTo: email, of: "users.id = \(user)")
            try tellOnce(
                .addressToProve(link.id),
                to: """
                    users.id = \(user)
                        AND NOT EXISTS (SELECT 1 FROM users AS owners WHERE email = \(email))
                    """, opKey: "mail:link:\(link.id)")
            try tellOwner(of: email, opKey: "mail:address.in.use:\(link.id)")
            try tellOnce(
                .addressChanging(to: email), to: provedAddress(of: user),
                opKey: "mail:address.changing:\(link.id)")
        }
    }

    /// Gives up a move to another address that was not proved.
    package func dropChange(of user: UserID) throws {
        try execute("DELETE FROM mail_tokens WHERE user_id = \(user) AND purpose = 'change'")
    }

    /// Where the account moves when a link is followed that is still good.
    package func pendingEmail(of user: UserID) throws -> String? {
        try first(
            """
            SELECT email
            FROM mail_tokens
            WHERE user_id = \(user) AND purpose = 'change' AND used_at IS NULL
                AND expires_at > UTC_TIMESTAMP(6)
            ORDER BY id DESC
            LIMIT 1
            """
        ) { row in try row("email") as String }
    }

    /// What the mail of a link needs; nil when the link is used, too old or gone.
    package func openLink(_ id: MailTokenID) throws -> (purpose: MailTokenPurpose, hash: [UInt8])? {
        try first(
            """
            SELECT purpose, token_hash
            FROM mail_tokens
            WHERE id = \(id) AND used_at IS NULL AND expires_at > UTC_TIMESTAMP(6)
            """
        ) { row in (try row("purpose"), try row("token_hash")) }
    }

    /// Tells the owner of an address that somebody else asked for it, once a day.
    private func tellOwner(of email: String, opKey: String) throws {
        try tellOnce(
            .addressInUse,
            to: """
                users.email = \(email) AND email_verified_at IS NOT NULL AND NOT EXISTS (
                    SELECT 1
                    FROM outbox AS earlier
                    WHERE earlier.user_id = users.id AND earlier.channel = 'mail'
                        AND earlier.topic = 'addressInUse'
                        AND earlier.created_at > UTC_TIMESTAMP(6) - INTERVAL 1 DAY)
                """, opKey: opKey)
    }

    private func mailLink(
        _ purpose: MailTokenPurpose, _ link: NewMailToken, to condition: SQL
    ) throws {
        try insertLink(purpose, link, sentTo: nil, of: condition)
        try tellOnce(
            purpose == .reset ? .passwordToReset(link.id) : .addressToProve(link.id),
            to: "users.id = (SELECT user_id FROM mail_tokens WHERE id = \(link.id))",
            opKey: "mail:link:\(link.id)")
    }

    private func insertLink(
        _ purpose: MailTokenPurpose, _ link: NewMailToken, sentTo email: String?, of condition: SQL
    ) throws {
        try execute(
            """
            INSERT INTO mail_tokens
                (id, user_id, purpose, email, token_hash, created_at, expires_at)
            SELECT \(link.id), users.id, \(purpose), COALESCE(\(email), users.email), \(link.hash),
                UTC_TIMESTAMP(6),
                UTC_TIMESTAMP(6) + INTERVAL \(purpose.lifetime.microseconds) MICROSECOND
            FROM users
            WHERE \(sql: condition) AND blocked_at IS NULL
                AND NOT EXISTS (SELECT 1 FROM mail_tokens WHERE id = \(link.id))
            """)
    }
}

// MARK: - Using

extension Connection {
    /// Proves the address that the link was sent to, and moves the account to it when that was
    /// asked for. Throws ``InvalidMailToken``. `credit` is what an account gets with its first
    /// proved address.
    package func proveAddress(
        tokenHash: [UInt8], credit: Money, policy: CreditPolicy
    ) throws -> User {
        let call = MailTokenID.new()
        do {
            return try transaction {
                if credit > .zero { try lockWallet(ofLink: tokenHash) }
                let link = try use(tokenHash, "purpose IN ('verify', 'change')", by: call)
                let user = try lockUser(link.user)
                switch link.purpose {
                case .verify:
                    // The account has moved since the mail was sent.
                    guard link.email == user.email else { throw InvalidMailToken() }
                case .change:
                    try execute(
                        "UPDATE users SET email = \(link.email) WHERE id = \(link.user)")
                    // Links that lie in the old mailbox open nothing any more.
                    try forgetLinks(of: link.user, except: call)
                    if user.email != link.email {
                        try tellOnce(
                            .addressChanged(from: user.email, to: link.email),
                            to: provedAddress(of: link.user),
                            opKey: "mail:address.changed:\(link.id)")
                    }
                case .reset: throw InvalidMailToken()
                }
                try noteProof(link.user, credit: credit, policy: policy)
                return try self.user(link.user).orThrow(InvalidMailToken())
            }
        } catch let error as DatabaseError
            where error.kind == .duplicateKey(constraint: "users_email_unique")
        {
            // Somebody made an account with it since.
            throw InvalidMailToken()
        }
    }

    /// The account that a link may set a new password for; nil when the link is no good.
    package func resettable(tokenHash: [UInt8]) throws -> User? {
        try first(
            """
            SELECT \(sql: User.columns)
            FROM mail_tokens
            JOIN users ON users.id = mail_tokens.user_id
            WHERE token_hash = \(tokenHash) AND purpose = 'reset' AND used_at IS NULL
                AND expires_at > UTC_TIMESTAMP(6) AND mail_tokens.email = users.email
                AND blocked_at IS NULL
            """, User.init(row:))
    }

    /// Sets a new password by a link, which proves the address too. Every session ends, and every
    /// other link. Throws ``InvalidMailToken``.
    package func resetPassword(
        tokenHash: [UInt8], to hash: String, credit: Money, policy: CreditPolicy
    ) throws -> UserID {
        let call = MailTokenID.new()
        return try transaction {
            if credit > .zero { try lockWallet(ofLink: tokenHash) }
            let link = try use(tokenHash, "purpose = 'reset'", by: call)
            let user = try lockUser(link.user)
            guard link.email == user.email else { throw InvalidMailToken() }
            try setPasswordHash(hash, of: link.user)
            try execute("DELETE FROM sessions WHERE user_id = \(link.user)")
            try forgetLinks(of: link.user, except: call)
            try noteProof(link.user, credit: credit, policy: policy)
            try tellOnce(
                .passwordChanged, to: provedAddress(of: link.user),
                opKey: "mail:password.changed:\(link.id)")
            return link.user
        }
    }

    /// Puts a new password in the place of `oldHash`, ends the other sessions and the links of the
    /// old one, and tells the owner. Throws ``Conflict`` when another call changed it since.
    package func changePassword(
        of user: UserID, from oldHash: String, to hash: String, keeping session: [UInt8]?
    ) throws {
        let call = MailTokenID.new()
        try transaction {
            _ = try lockUser(user)
            let present = try passwordHash(of: user)
            // Ours, when this runs again after a COMMIT whose answer was lost.
            guard present != hash else { return }
            guard present == oldHash else {
                throw Conflict(.passwordJustChanged)
            }
            try setPasswordHash(hash, of: user)
            try endSessions(of: user, except: session)
            try forgetLinks(ofPassword: user)
            try tell(.passwordChanged, to: user, opKey: "mail:password.changed:\(call)")
        }
    }

    package func passwordHash(of user: UserID) throws -> String? {
        try first("SELECT password_hash FROM users WHERE id = \(user)") { row in
            try row("password_hash") as String
        }
    }

    /// Takes away links that are over, 1,000 at most. Returns how many.
    @discardableResult
    package func purgeMailTokens() throws -> Int {
        try execute(
            """
            DELETE FROM mail_tokens
            WHERE expires_at < UTC_TIMESTAMP(6) - INTERVAL 1 DAY LIMIT 1000
            """)
    }

    /// Ends every link of a user but the one that is being used.
    private func forgetLinks(of user: UserID, except call: MailTokenID) throws {
        try execute(
            "DELETE FROM mail_tokens WHERE user_id = \(user) AND NOT used_by <=> \(call)")
    }

    /// Ends the links that a new password ends: those that set one, and a move that somebody with
    /// the old one asked for. What proves the account's own address stays good.
    func forgetLinks(ofPassword user: UserID) throws {
        try execute("DELETE FROM mail_tokens WHERE user_id = \(user) AND purpose <> 'verify'")
    }

    private struct UsedLink {
        let id: MailTokenID
        let user: UserID
        let purpose: MailTokenPurpose
        let email: String
    }

    /// Uses a link up, once: of two calls at the same time one finds it used.
    private func use(_ hash: [UInt8], _ condition: SQL, by call: MailTokenID) throws -> UsedLink {
        try execute(
            """
            UPDATE mail_tokens SET used_at = UTC_TIMESTAMP(6), used_by = \(call)
            WHERE token_hash = \(hash) AND used_at IS NULL AND expires_at > UTC_TIMESTAMP(6)
                AND \(sql: condition)
            """)
        let link = try first(
            """
            SELECT id, user_id, purpose, email
            FROM mail_tokens
            WHERE token_hash = \(hash) AND used_by = \(call)
            """
        ) { row in
            try UsedLink(
                id: row("id"), user: row("user_id"), purpose: row("purpose"), email: row("email"))
        }
        guard let link else { throw InvalidMailToken() }
        return link
    }

    /// What may be given with the address changes money, and that locks the wallet before all else.
    private func lockWallet(ofLink hash: [UInt8]) throws {
        let user = try first("SELECT user_id FROM mail_tokens WHERE token_hash = \(hash)") { row in
            try row("user_id") as UserID
        }
        if let user, let account = try account(ownedBy: user) { try lockWallet(of: account) }
    }

    private func lockUser(_ id: UserID) throws -> User {
        let user = try first(
            """
            SELECT \(sql: User.columns) FROM users
            WHERE id = \(id) AND blocked_at IS NULL FOR UPDATE
            """, User.init(row:))
        return try user.orThrow(InvalidMailToken())
    }

    /// The address is the user's. The first time, what a new account gets is given to the one
    /// that they own, under a key of the account, so it comes once whatever address is proved later.
    func noteProof(_ user: UserID, credit: Money, policy: CreditPolicy) throws {
        let isFirst = try execute(
            """
            UPDATE users SET email_verified_at = UTC_TIMESTAMP(6)
            WHERE id = \(user) AND email_verified_at IS NULL
            """)
        guard isFirst == 1, credit > .zero, let account = try account(ownedBy: user) else { return }
        let opKey = "grant:\(ID<CreditLot>(uuid: account.uuid))"
        try once(opKey) {
            try withWallet(of: account) { wallet in
                try wallet.grant(credit, policy: policy, opKey: opKey, line: .welcome)
            }
        }
    }
}

extension Optional {
    fileprivate func orThrow(_ error: some Error) throws -> Wrapped {
        guard let self else { throw error }
        return self
    }
}
