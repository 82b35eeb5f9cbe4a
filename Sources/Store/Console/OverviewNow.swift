package import Domain
package import FoundationEssentials
package import MariaDB

/// Credit that can be spent, of lots up to so many days old.
package struct OpenCredit: Sendable {
    package let days: Int
    package let bought: Money
    package let given: Money
}

package struct VendorBalance: Sendable {
    package let balance: Money
    package let askedAt: Date
}

package struct QueuedVideos: Sendable {
    package let state: VideoState
    package let count: Int
    package let oldestAt: Date
}

// What stands now, whatever the range.
extension Connection {
    package func openCredit() throws -> [OpenCredit] {
        try query("SELECT days, bought_micros, given_micros FROM open_credit ORDER BY days") {
            row in
            try OpenCredit(
                days: row("days"), bought: row("bought_micros"), given: row("given_micros"))
        }
    }

    package func noteVendorBalance(_ balance: Money) throws {
        try execute(
            """
            INSERT INTO vendor_balances (name, balance_micros, asked_at)
            VALUES ('pollo', \(balance), UTC_TIMESTAMP(6))
            ON DUPLICATE KEY UPDATE balance_micros = VALUES(balance_micros),
                asked_at = VALUES(asked_at)
            """)
    }

    /// What we had at the vendor when it was last asked; nil before the first time.
    package func vendorBalance() throws -> VendorBalance? {
        try first("SELECT balance_micros, asked_at FROM vendor_balances WHERE name = 'pollo'") {
            row in
            try VendorBalance(balance: row("balance_micros"), askedAt: row("asked_at"))
        }
    }

    /// Videos that have not ended, by their state.
    package func openVideos() throws -> [QueuedVideos] {
        try query(
            """
            SELECT state, COUNT(*) AS count, MIN(turn_at) AS oldest_at
            FROM video_jobs FORCE INDEX (idx_turn)
            WHERE state IN ('queued', 'submitting', 'submit_unknown', 'submitted', 'storing')
            GROUP BY state
            ORDER BY state
            """
        ) { row in
            try QueuedVideos(
                state: row("state"), count: row("count"), oldestAt: row("oldest_at"))
        }
    }
}
