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
        if let oldest { try proveFigures(of: oldest) }
        return false
    }

    /// The day of the first user, entry or end of a job; nil without any.
    private func firstDay() throws -> String? {
        try first(
            """
            SELECT CAST(DATE(MIN(begun_at)) AS CHAR) AS day
            FROM (
                SELECT (SELECT created_at FROM ledger_entries ORDER BY id LIMIT 1) AS begun_at
                UNION ALL SELECT (SELECT created_at FROM users ORDER BY id LIMIT 1)
                UNION ALL SELECT (SELECT MIN(completed_at) FROM video_jobs)) AS beginnings
            """
        ) { row in try row("day") as String? } ?? nil
    }

    /// Counts a day anew that was counted when it was over: what the ledger and the ended jobs said
    /// of it then they say for ever. What differs is told to the operator until a count agrees.
    private func proveFigures(of day: String) throws {
        let date: SQL = "CAST(\(day) AS DATE)"
        let before = try proof(of: date)
        try countFigures(of: date)
        let after = try proof(of: date)
        let subject = "figures \(day)"
        let found =
            before == after
            ? []
            : [
                Difference(
                    .ledger, subject: subject,
                    "the figures of \(day) were \(before), and ledger and jobs say \(after)")
            ]
        try record(found, examined: [.ledger: [subject]])
    }

    /// What of a day never changes once it is over.
    private func proof(of day: SQL) throws -> String {
        try first(
            """
            SELECT CONCAT_WS(' ', SUM(videos), SUM(failures), SUM(spent_micros), SUM(price_micros),
                SUM(sold_micros), SUM(given_micros), SUM(settled_micros), SUM(lapsed_micros),
                SUM(refunded_micros), SUM(disputed_micros), SUM(adjusted_micros), SUM(open_micros),
                SUM(owed_micros)) AS proof
            FROM daily_figures
            WHERE day = \(sql: day)
            """
        ) { row in try row("proof") as String } ?? ""
    }

    private func countFigures(of day: SQL) throws {
        try transaction {
            for table in Self.clearances {
                try execute("\(sql: table) WHERE day = \(sql: day)")
            }
            try countJobs(of: day)
            try countShop(of: day)
            try countCustomers(of: day)
            try countWaits(of: day)
        }
    }

    private static let clearances: [SQL] = [
        "DELETE FROM daily_figures", "DELETE FROM customer_days", "DELETE FROM daily_activity",
        "DELETE FROM daily_waits",
    ]
}
