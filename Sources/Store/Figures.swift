package import MariaDB

// `daily_figures`: what each day brought, counted once and not by who looks at it.
extension Connection {
    /// Counts the newest day anew, or the next one that was not counted, and, when there is none,
    /// also the day that was counted longest ago: what a job has cost may be known later. True when
    /// there are more days to count.
    package func countFigures() throws -> Bool {
        let standing = try first(
            """
            SELECT CAST(MAX(day) AS CHAR) AS newest, MAX(day) < UTC_DATE() AS is_past,
                MAX(day) < UTC_DATE() - INTERVAL 1 DAY AS has_more,
                MAX(counted_at) >= MAX(day) + INTERVAL 1445 MINUTE AS is_over
            FROM daily_figures
            WHERE day = (SELECT MAX(day) FROM daily_figures)
            """
        ) { row in
            try (
                newest: row("newest") as String?, isPast: row("is_past") as Bool?,
                hasMore: row("has_more") as Bool?, isOver: row("is_over") as Bool?
            )
        }
        guard let newest = standing?.newest else {
            guard let day = try firstDay() else { return false }
            try countFigures(of: "CAST(\(day) AS DATE)")
            return true
        }
        // A day that was counted before it was over, and what was under way then, is counted again.
        if standing?.isOver != true { try countFigures(of: "CAST(\(newest) AS DATE)") }
        if standing?.isPast == true {
            try countFigures(of: "CAST(\(newest) AS DATE) + INTERVAL 1 DAY")
            return standing?.hasMore == true
        }
        let oldest = try first(
            """
            SELECT CAST(day AS CHAR) AS day
            FROM daily_figures
            WHERE tier = '' AND day < UTC_DATE()
            ORDER BY counted_at
            LIMIT 1
            """
        ) { row in try row("day") as String }
        if let oldest { try countFigures(of: "CAST(\(oldest) AS DATE)") }
        return false
    }

    /// The day of the first entry, or of the first job's end where that was before it; nil without
    /// either.
    private func firstDay() throws -> String? {
        try first(
            """
            SELECT CAST(DATE(LEAST(COALESCE(entered, ended), COALESCE(ended, entered))) AS CHAR) AS day
            FROM (SELECT (SELECT created_at FROM ledger_entries ORDER BY id LIMIT 1) AS entered,
                      (SELECT MIN(completed_at) FROM video_jobs) AS ended) AS beginning
            """
        ) { row in try row("day") as String? } ?? nil
    }

    private func countFigures(of day: SQL) throws {
        try transaction {
            try execute("DELETE FROM daily_figures WHERE day = \(sql: day)")
            try execute(
                """
                INSERT INTO daily_figures
                    (day, tier, videos, failures, video_seconds, cost_micros, lost_micros,
                     spent_micros, counted_at)
                SELECT \(sql: day), tier, SUM(state = 'delivered'),
                    SUM(COALESCE(failure_reason <> 'canceled', FALSE)),
                    SUM(IF(state = 'delivered', duration_seconds, 0)),
                    SUM(IF(state = 'delivered',
                        COALESCE(actual_cost_micros, estimated_cost_micros), 0)),
                    SUM(COALESCE(lost_micros, 0)),
                    SUM(IF(state = 'delivered', user_charged_micros, 0)), UTC_TIMESTAMP(6)
                FROM video_jobs FORCE INDEX (idx_completed)
                WHERE completed_at >= \(sql: day) AND completed_at < \(sql: day) + INTERVAL 1 DAY
                GROUP BY tier
                """)
            try execute(
                """
                INSERT INTO daily_figures
                    (day, tier, price_micros, sold_micros, given_micros, lapsed_micros,
                     refunded_micros, disputed_micros, counted_at)
                SELECT \(sql: day), '', (
                        SELECT COALESCE(SUM(price_micros), 0)
                        FROM purchases FORCE INDEX (idx_paid)
                        WHERE paid_at >= \(sql: day) AND paid_at < \(sql: day) + INTERVAL 1 DAY),
                    COALESCE(SUM(amount_micros * (debit_account = 'payments')), 0)
                        - COALESCE(SUM(amount_micros * (credit_account = 'payments')), 0),
                    COALESCE(SUM(amount_micros * (debit_account = 'promotions')), 0)
                        - COALESCE(SUM(amount_micros * (credit_account = 'promotions')), 0),
                    COALESCE(SUM(amount_micros * (credit_account = 'breakage')), 0)
                        - COALESCE(SUM(amount_micros * (debit_account = 'breakage')), 0),
                    \(sql: Self.returned("NOT")), \(sql: Self.returned("")), UTC_TIMESTAMP(6)
                FROM ledger_entries
                WHERE \(sql: Self.isOf(day))
                """)
        }
    }

    /// What was taken for money that went back, by disputes or not.
    private static func returned(_ not: SQL) -> SQL {
        """
        COALESCE(SUM(amount_micros * (\(sql: not) op_key LIKE 'stripe:dispute-%')
            * ((credit_account = 'returns') - (debit_account = 'returns'))), 0)
        """
    }

    /// Entries of a day, found by their ids, which tell when they were made by the clock of the host
    /// that made them: within two hours of the database's.
    private static func isOf(_ day: SQL) -> SQL {
        """
        id >= \(sql: firstID(of: "\(sql: day) - INTERVAL 2 HOUR"))
            AND id < \(sql: firstID(of: "\(sql: day) + INTERVAL 26 HOUR"))
            AND created_at >= \(sql: day) AND created_at < \(sql: day) + INTERVAL 1 DAY
        """
    }

    /// The smallest UUIDv7 of an instant.
    private static func firstID(of instant: SQL) -> SQL {
        """
        CAST(CONCAT(LPAD(HEX(TIMESTAMPDIFF(MICROSECOND, '1970-01-01', \(sql: instant)) DIV 1000), 12, '0'),
            '70008000000000000000') AS UUID)
        """
    }
}
