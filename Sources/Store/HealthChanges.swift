package import FoundationEssentials
package import MariaDB

/// A check that became well, or not.
package struct HealthChange: Sendable {
    package let name: String
    package let isHealthy: Bool
    /// What was found first.
    package let detail: String
    package let changedAt: Date

    /// How long they are kept.
    package static let memoryDays = 90
}

extension Connection {
    /// Writes down how a check stands since it last changed, unless that was written down. One that
    /// a crash kept from it is written by the next look.
    func noteChange(of check: String) throws {
        try execute(
            """
            INSERT INTO health_changes (name, changed_at, is_healthy, detail)
            SELECT name, changed_at, is_healthy, detail
            FROM health_checks
            WHERE name = \(check) AND NOT EXISTS (
                SELECT 1
                FROM health_changes AS known
                WHERE known.name = health_checks.name
                    AND known.changed_at = health_checks.changed_at)
            ON DUPLICATE KEY UPDATE detail = health_changes.detail
            """)
    }

    /// The newest first.
    package func healthChanges(limit: Int) throws -> [HealthChange] {
        try query(
            """
            SELECT name, is_healthy, detail, changed_at
            FROM health_changes
            ORDER BY changed_at DESC, name
            LIMIT \(limit)
            """
        ) { row in
            try HealthChange(
                name: row("name"), isHealthy: row("is_healthy"), detail: row("detail"),
                changedAt: row("changed_at"))
        }
    }

    /// Forgets old ones, 1,000 at most. Returns how many.
    package func purgeHealthChanges() throws -> Int {
        try execute(
            """
            DELETE FROM health_changes
            WHERE changed_at < UTC_TIMESTAMP(6) - INTERVAL \(HealthChange.memoryDays) DAY
            LIMIT 1000
            """)
    }
}
