package import Domain
import FoundationEssentials
package import MariaDB

/// The address is another user's already.
package struct EmailTaken: Error, Equatable {}

extension Connection {
    /// Makes a user with an account of their own and its empty wallet, or throws ``EmailTaken``. For
    /// the operator, who vouches for the address; what people make themselves is ``register(_:)``.
    /// `actor` is who does it by hand.
    package func createUser(
        _ id: UserID, owning account: AccountID, email: String, passwordHash: String,
        role: User.Role, isVerified: Bool = true, by actor: Operator? = nil
    ) throws {
        do {
            try transaction {
                try execute(
                    """
                    INSERT INTO users
                        (id, email, password_hash, role, email_verified_at, created_at)
                    VALUES (\(id), \(email), \(passwordHash), \(role),
                        IF(\(isVerified), UTC_TIMESTAMP(6), NULL), UTC_TIMESTAMP(6))
                    """)
                try openAccount(account, ownedBy: id)
                if let actor {
                    try log("user.create", "\(id)", detail: "\(role.rawValue) \(email)", by: actor)
                }
            }
        } catch let error as DatabaseError {
            guard case .duplicateKey = error.kind else { throw error }
            // A COMMIT whose answer was lost ran again: the user is the one just made.
            let owner = try first("SELECT id FROM users WHERE email = \(email)") { row in
                try row("id") as UserID
            }
            guard owner == id else { throw EmailTaken() }
        }
    }

    /// Makes an account with its empty wallet for a user who has just been made and is its owner. It
    /// makes nothing when there is no such user, or when it was made before.
    func openAccount(_ account: AccountID, ownedBy user: UserID) throws {
        try execute(
            """
            INSERT INTO accounts (id, created_at)
            SELECT \(account), UTC_TIMESTAMP(6) FROM users
            WHERE id = \(user) AND NOT EXISTS (SELECT 1 FROM members WHERE user_id = \(user))
            """)
        try execute(
            """
            INSERT INTO members (account_id, user_id, role, created_at)
            SELECT id, \(user), 'owner', UTC_TIMESTAMP(6) FROM accounts
            WHERE id = \(account) AND NOT EXISTS (SELECT 1 FROM members WHERE account_id = \(account))
            """)
        try execute(
            """
            INSERT INTO wallets (account_id)
            SELECT id FROM accounts
            WHERE id = \(account) AND NOT EXISTS (SELECT 1 FROM wallets WHERE account_id = \(account))
            """)
    }

    package func user(_ id: UserID) throws -> User? {
        try first("SELECT \(sql: User.columns) FROM users WHERE id = \(id)", User.init(row:))
    }

    /// The user of an address with their password hash.
    package func login(email: String) throws -> (user: User, passwordHash: String)? {
        try login("email = \(email)")
    }

    /// The same of a user.
    package func login(of user: UserID) throws -> (user: User, passwordHash: String)? {
        try login("id = \(user)")
    }

    private func login(_ condition: SQL) throws -> (user: User, passwordHash: String)? {
        try first(
            """
            SELECT \(sql: User.columns), password_hash
            FROM users
            WHERE \(sql: condition) AND blocked_at IS NULL
            """
        ) { row in
            (try User(row: row), try row("password_hash"))
        }
    }

    /// The account that a user owns, of several the one that they own for longest; nil when they only
    /// act for others', or for none.
    package func account(ownedBy user: UserID) throws -> AccountID? {
        try first(
            """
            SELECT account_id
            FROM members
            WHERE user_id = \(user) AND role = 'owner'
            ORDER BY created_at, account_id
            LIMIT 1
            """
        ) { row in try row("account_id") }
    }

    /// Replaces a password, and ends every session that was started with the old one, with the
    /// links that were mailed for it. `actor` is who does it by hand.
    package func resetPassword(
        of user: UserID, to hash: String, by actor: Operator? = nil
    ) throws {
        try transaction {
            if let actor { try log("user.reset-password", "\(user)", detail: "", by: actor) }
            try setPasswordHash(hash, of: user)
            try execute("DELETE FROM sessions WHERE user_id = \(user)")
            try forgetLinks(ofPassword: user)
        }
    }

    package func setPasswordHash(_ hash: String, of user: UserID) throws {
        try execute("UPDATE users SET password_hash = \(hash) WHERE id = \(user)")
    }
}

extension User {
    static let columns: SQL =
        "users.id, users.email, users.name, users.email_verified_at, users.role, users.created_at"

    init(row: Row) throws {
        let verifiedAt: Date? = try row("email_verified_at")
        try self.init(
            id: row("id"), email: row("email"), name: row("name"),
            isEmailVerified: verifiedAt != nil, role: row("role"), createdAt: row("created_at"))
    }
}
