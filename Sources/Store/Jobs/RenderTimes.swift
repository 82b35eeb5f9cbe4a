package import MariaDB

/// How long videos of a tier and length took lately.
package struct RenderTime: Hashable, Sendable {
    package let p50Seconds: Int
    package let p90Seconds: Int

    package init(p50Seconds: Int, p90Seconds: Int) {
        self.p50Seconds = p50Seconds
        self.p90Seconds = p90Seconds
    }
}

package struct RenderTimeKey: Hashable, Sendable {
    package let tierID: String
    package let duration: Int

    package init(tierID: String, duration: Int) {
        self.tierID = tierID
        self.duration = duration
    }
}

extension Connection {
    package func renderTimes() throws -> [RenderTimeKey: RenderTime] {
        let rows = try query(
            "SELECT tier, duration_seconds, p50_seconds, p90_seconds FROM render_times"
        ) { row in
            try (
                RenderTimeKey(tierID: row("tier"), duration: row("duration_seconds")),
                RenderTime(p50Seconds: row("p50_seconds"), p90Seconds: row("p90_seconds"))
            )
        }
        return Dictionary(rows, uniquingKeysWith: { first, _ in first })
    }

    /// Measures anew how long deliveries of the last week took, from the order's acceptance: the
    /// newest 20,000 of them, so that a busy week is no more work than a quiet one.
    package func measureRenderTimes() throws {
        try execute(
            """
            INSERT INTO render_times
                (tier, duration_seconds, p50_seconds, p90_seconds, samples, measured_at)
            SELECT tier, duration_seconds,
                CEIL(MAX(IF(position <= 0.5, seconds, 0))),
                CEIL(MAX(IF(position <= 0.9, seconds, 0))),
                COUNT(*), UTC_TIMESTAMP(6)
            FROM (SELECT tier, duration_seconds,
                      TIMESTAMPDIFF(MICROSECOND, created_at, completed_at) / 1000000 AS seconds,
                      PERCENT_RANK() OVER (
                          PARTITION BY tier, duration_seconds
                          ORDER BY TIMESTAMPDIFF(MICROSECOND, created_at, completed_at)
                      ) AS position
                  FROM (
                      SELECT tier, duration_seconds, created_at, completed_at
                      FROM video_jobs FORCE INDEX (idx_completed)
                      WHERE state = 'delivered'
                          AND completed_at > UTC_TIMESTAMP(6) - INTERVAL 7 DAY
                      ORDER BY completed_at DESC
                      LIMIT 20000) AS newest) AS delivered
            GROUP BY tier, duration_seconds
            ON DUPLICATE KEY UPDATE p50_seconds = VALUES(p50_seconds),
                p90_seconds = VALUES(p90_seconds), samples = VALUES(samples),
                measured_at = VALUES(measured_at)
            """)
    }
}
