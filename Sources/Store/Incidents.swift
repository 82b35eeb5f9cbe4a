package import FoundationEssentials
package import MariaDB

/// A time in which a part of the shop did not work.
package struct Incident: Sendable {
    /// A check's name, or ``shop``.
    package let part: String
    package let openedAt: Date
    /// Nil while it lasts.
    package let closedAt: Date?

    /// No worker could write: the database, the machine or all workers were away.
    package static let shop = "shop"
    /// The checks whose failures people are told of.
    package static let checks = ["pollo_api", "stripe", "webhook_receiver"]
    /// How long they are told of.
    package static let memoryDays = 90
}

extension Connection {
    /// Opens an incident when a second look in a row fails, from the first one on, and closes it
    /// with the first that does not: one lost answer is no incident.
    func noteIncident(of check: String, isHealthy: Bool) throws {
        guard Incident.checks.contains(check) else { return }
        if isHealthy {
            try execute(
                """
                UPDATE incidents SET closed_at = GREATEST(opened_at, UTC_TIMESTAMP(6))
                WHERE part = \(check) AND closed_at IS NULL
                """)
        } else {
            try execute(
                """
                INSERT INTO incidents (part, opened_at)
                SELECT name, changed_at FROM health_checks
                WHERE name = \(check) AND NOT is_healthy AND changed_at < checked_at
                ON DUPLICATE KEY UPDATE part = part
                """)
        }
    }

    /// Writes down, as over, the time since a worker last said `check`, when that is long ago: what
    /// keeps every worker from writing can be told only after it.
    package func noteSilence(since check: String, longerThan span: Duration) throws {
        try execute(
            """
            INSERT INTO incidents (part, opened_at, closed_at)
            SELECT \(Incident.shop), checked_at, UTC_TIMESTAMP(6) FROM health_checks
            WHERE name = \(check) AND checked_at < UTC_TIMESTAMP(6) - INTERVAL \(span.microseconds) MICROSECOND
            ON DUPLICATE KEY UPDATE part = part
            """)
    }

    /// Those of the last 90 days, the newest first, at most a hundred.
    package func incidents() throws -> [Incident] {
        try query(
            """
            SELECT part, opened_at, closed_at FROM incidents
            WHERE opened_at > UTC_TIMESTAMP(6) - INTERVAL \(Incident.memoryDays) DAY
            ORDER BY opened_at DESC, part
            LIMIT 100
            """
        ) { row in
            try Incident(
                part: row("part"), openedAt: row("opened_at"), closedAt: row("closed_at"))
        }
    }
}
