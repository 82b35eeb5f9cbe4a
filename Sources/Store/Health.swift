import Domain
package import FoundationEssentials
package import MariaDB

/// What `work` found when it last asked.
package struct HealthCheck: Sendable {
    package let name: String
    package let isHealthy: Bool
    package let detail: String
    /// Seconds since it was asked, by the database's clock.
    package let ageSeconds: Int
    package let checkedAt: Date
    /// Since when it is as it is.
    package let changedAt: Date
    /// When what was looked at ends of itself, such as a certificate.
    package let endsAt: Date?

    /// So long before its end somebody is told.
    package static let noticeDays = 21
}

extension Connection {
    /// The database's clock, which all spans of the books follow (D8).
    package func databaseTime() throws -> Date {
        try first("SELECT UTC_TIMESTAMP(6) AS now", { row in try row("now") }) ?? Date()
    }

    /// The server's `innodb_flush_log_at_trx_commit`: only at 1 an acknowledged COMMIT outlives a
    /// crash (D7).
    package func logFlushSetting() throws -> Int {
        try first(
            "SELECT @@GLOBAL.innodb_flush_log_at_trx_commit AS setting",
            { row in try row("setting") }) ?? 0
    }

    /// Throws what a write would meet now: a server that is read-only, not in its cluster, without
    /// rights. The statement finds no row, so it costs the disk nothing.
    package func proveWrites() throws {
        try execute("UPDATE health_checks SET checked_at = checked_at WHERE name = ''")
    }

    package func healthChecks() throws -> [HealthCheck] {
        try query(
            """
            SELECT name, is_healthy, detail, checked_at, changed_at, ends_at,
                TIMESTAMPDIFF(SECOND, checked_at, UTC_TIMESTAMP(6)) AS age_seconds
            FROM health_checks
            """
        ) { row in
            try HealthCheck(
                name: row("name"), isHealthy: row("is_healthy"), detail: row("detail"),
                ageSeconds: row("age_seconds"), checkedAt: row("checked_at"),
                changedAt: row("changed_at"), endsAt: row("ends_at"))
        }
    }

    /// Says that something is well, unless that was said within ten seconds: what goes well many
    /// times a second is not written down, and brought to the disk, each time.
    package func noteHealthy(_ name: String, detail: String) throws {
        let isKnown = try first(
            """
            SELECT EXISTS (
                SELECT 1
                FROM health_checks
                WHERE name = \(name) AND is_healthy AND detail = \(detail)
                    AND checked_at > UTC_TIMESTAMP(6) - INTERVAL 10 SECOND
            ) AS is_known
            """
        ) { row in try row("is_known") as Bool }
        if isKnown != true { try setHealth(name, isHealthy: true, detail: detail) }
    }

    /// - Parameter endsAt: when what was looked at ends of itself; nil leaves what was known.
    package func setHealth(
        _ name: String, isHealthy: Bool, detail: String, endsAt: Date? = nil
    ) throws {
        try execute(
            """
            INSERT INTO health_checks (name, is_healthy, detail, checked_at, changed_at, ends_at)
            VALUES (\(name), \(isHealthy), \(detail.cut(to: 500)), UTC_TIMESTAMP(6),
                UTC_TIMESTAMP(6), \(endsAt))
            ON DUPLICATE KEY UPDATE
                changed_at = IF(is_healthy = VALUES(is_healthy), changed_at, UTC_TIMESTAMP(6)),
                is_healthy = VALUES(is_healthy), detail = VALUES(detail),
                checked_at = UTC_TIMESTAMP(6), ends_at = COALESCE(VALUES(ends_at), ends_at)
            """)
        try noteChange(of: name)
        try noteIncident(of: name, isHealthy: isHealthy)
    }
}
