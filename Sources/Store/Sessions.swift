package import Domain
import FoundationEssentials
package import MariaDB

extension Connection {
    /// Stores a sign-in by the SHA-256 of its id.
    package func createSession(
        idHash: [UInt8], of user: UserID, lasting: Duration, userAgent: String, address: String
    ) throws {
        try execute(
            """
            INSERT INTO sessions (id_hash, user_id, user_agent, address, created_at, expires_at)
            VALUES (\(idHash), \(user), \(userAgent.cut(to: 255)), \(address.cut(to: 45)),
                UTC_TIMESTAMP(6), UTC_TIMESTAMP(6) + INTERVAL \(lasting.microseconds) MICROSECOND)
            """)
    }

    /// The user whose session this is; nil when it ended, is over, or its user is blocked.
    package func user(session idHash: [UInt8]) throws -> User? {
        try first(
            """
            SELECT \(sql: User.columns)
            FROM sessions
            JOIN users ON users.id = sessions.user_id
            WHERE id_hash = \(idHash) AND expires_at > UTC_TIMESTAMP(6) AND blocked_at IS NULL
            """, User.init(row:))
    }

    /// Ends a session; ending it twice is no error.
    package func endSession(idHash: [UInt8]) throws {
        try execute("DELETE FROM sessions WHERE id_hash = \(idHash)")
    }

    /// Takes away sessions that are over.
    package func purgeSessions() throws {
        try execute("DELETE FROM sessions WHERE expires_at <= UTC_TIMESTAMP(6) LIMIT 1000")
    }
}
