package import Domain
import FoundationEssentials
package import MariaDB

extension Connection {
    /// A limit of more calls than this is none that a person meets, and is not told of.
    private static let largestToldLimit = 1000

    /// What `limit` still allows the account, counted as an order is; nil for a limit that nobody
    /// meets by hand.
    package func allowance(of account: AccountID, under limit: CallLimit) throws -> OrderAllowance?
    {
        guard limit.calls <= Self.largestToldLimit else { return nil }
        return try first(
            """
            SELECT COUNT(*) AS used,
                MIN(created_at) + INTERVAL \(limit.window.microseconds) MICROSECOND AS opens_at
            FROM (
                SELECT created_at
                FROM generate_calls
                WHERE account_id = \(account)
                ORDER BY number DESC
                LIMIT \(limit.calls)
            ) AS latest
            WHERE created_at > UTC_TIMESTAMP(6) - INTERVAL \(limit.window.microseconds) MICROSECOND
            """
        ) { row in
            try OrderAllowance(limit: limit, used: row("used"), opensAt: row("opens_at"))
        }
    }
}
