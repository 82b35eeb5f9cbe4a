package import Domain
import FoundationEssentials
package import MariaDB

extension Connection {
    /// Notes that a user agrees to a version, unless they did, or are none.
    func noteAcceptance(of version: String, by user: UserID, from address: String?) throws {
        try execute(
            """
            INSERT INTO terms_acceptances (user_id, version, address, accepted_at)
            SELECT id, \(version), \(address?.cut(to: 45)), UTC_TIMESTAMP(6)
            FROM users
            WHERE id = \(user)
            ON DUPLICATE KEY UPDATE version = terms_acceptances.version
            """)
    }

    /// When a user agreed to a version, if they did.
    package func termsAcceptance(of version: String, by user: UserID) throws -> TermsAcceptance? {
        try first(
            """
            \(sql: TermsAcceptance.select)
            WHERE user_id = \(user) AND version = \(version)
            """, TermsAcceptance.init(row:))
    }

    /// What the buyer had agreed to when they bought: the version of that moment, else the last before.
    func termsAcceptance(for purchase: PurchaseID) throws -> TermsAcceptance? {
        try first(
            """
            \(sql: TermsAcceptance.select)
            JOIN purchases ON purchases.user_id = terms_acceptances.user_id
            WHERE purchases.id = \(purchase) AND accepted_at <= purchases.created_at
            ORDER BY version <=> terms_version DESC, accepted_at DESC
            LIMIT 1
            """, TermsAcceptance.init(row:))
    }
}

extension TermsAcceptance {
    fileprivate static let select: SQL =
        "SELECT version, accepted_at, terms_acceptances.address FROM terms_acceptances"

    fileprivate init(row: Row) throws {
        try self.init(
            version: row("version"), acceptedAt: row("accepted_at"), address: row("address"))
    }
}
