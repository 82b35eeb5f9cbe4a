package import Domain
import FoundationEssentials
package import MariaDB

/// The address belongs to another account already.
package struct EmailTaken: Error, Equatable {}

extension Connection {
    /// Makes an account and its empty wallet, or throws ``EmailTaken``. For the operator, who
    /// vouches for the address; what people make themselves is ``register(_:)``. `actor` is who
    /// does it by hand.
    package func createUser(
        _ id: UserID, email: String, passwordHash: String, role: User.Role,
        isVerified: Bool = true, by actor: Operator? = nil
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
                try execute("INSERT INTO wallets (user_id) VALUES (\(id))")
                if let actor {
                    try log("user.create", "\(id)", detail: "\(role.rawValue) \(email)", by: actor)
                }
            }
        } catch let error as DatabaseError {
            guard case .duplicateKey = error.kind else { throw error }
            // A COMMIT whose answer was lost ran again: the account is the one just made.
            let owner = try first("SELECT id FROM users WHERE email = \(email)") { row in
                try row("id") as UserID
            }
            guard owner == id else { throw EmailTaken() }
        }
    }

    package func user(_ id: UserID) throws -> User? {
        try first("SELECT \(sql: User.columns) FROM users WHERE id = \(id)", User.init(row:))
    }

    /// The account of an address with its password hash.
    package func login(email: String) throws -> (user: User, passwordHash: String)? {
        try first(
            """
            SELECT \(sql: User.columns), password_hash
            FROM users
            WHERE email = \(email) AND blocked_at IS NULL
            """
        ) { row in
            (try User(row: row), try row("password_hash"))
        }
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
        "users.id, users.email, users.email_verified_at, users.role, users.created_at"

    init(row: Row) throws {
        let verifiedAt: Date? = try row("email_verified_at")
        try self.init(
            id: row("id"), email: row("email"), isEmailVerified: verifiedAt != nil,
            role: row("role"), createdAt: row("created_at"))
    }
}
