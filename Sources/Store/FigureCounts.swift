package import MariaDB

// What one day brought, from the rows themselves: each adds its part of the day's figures.
extension Connection {
    /// What ended that day, by tier.
    func countJobs(of day: SQL) throws {
        try execute(
            """
            INSERT INTO daily_figures
                (day, tier, videos, failures, refusals, cancellations, video_seconds,
                 estimated_micros, actual_micros, cost_micros, lost_micros, spent_micros, counted_at)
            SELECT \(sql: day), tier, SUM(state = 'delivered'),
                SUM(COALESCE(failure_reason <> 'canceled', FALSE)),
                SUM(COALESCE(failure_reason IN ('refused', 'invalid'), FALSE)),
                SUM(COALESCE(failure_reason = 'canceled', FALSE)),
                SUM(IF(state = 'delivered', duration_seconds, 0)),
                SUM(IF(state = 'delivered', estimated_cost_micros, 0)),
                SUM(IF(state = 'delivered', COALESCE(actual_cost_micros, 0), 0)),
                SUM(IF(state = 'delivered',
                    COALESCE(actual_cost_micros, estimated_cost_micros), 0)),
                SUM(COALESCE(lost_micros, 0)),
                SUM(IF(state = 'delivered', user_charged_micros, 0)), UTC_TIMESTAMP(6)
            FROM video_jobs FORCE INDEX (idx_completed)
            WHERE \(sql: Self.ended(on: day))
            GROUP BY tier
            """)
    }

    /// What belongs to no tier: money, credit and people.
    func countShop(of day: SQL) throws {
        try execute(
            """
            INSERT INTO daily_figures
                (day, tier, sold_micros, given_micros, settled_micros, lapsed_micros,
                 refunded_micros, disputed_micros, adjusted_micros, open_micros, owed_micros,
                 counted_at)
            SELECT \(sql: day), '',
                \(sql: Self.moved(from: "('payments')")), \(sql: Self.moved(from: "('promotions')")),
                -\(sql: Self.moved(from: "('revenue')")), -\(sql: Self.moved(from: "('breakage')")),
                \(sql: Self.returned("NOT")), \(sql: Self.returned("")),
                \(sql: Self.moved(from: "('adjustments')")),
                -\(sql: Self.moved(from: "('available', 'held', 'frozen')")),
                \(sql: Self.moved(from: "('shortfall')")), UTC_TIMESTAMP(6)
            FROM ledger_entries
            WHERE \(sql: Self.isOf(day))
            """)
        try execute(
            """
            UPDATE daily_figures
            JOIN (
                SELECT COUNT(*) AS purchases, COALESCE(SUM(price_micros), 0) AS price_micros,
                    COUNT(DISTINCT IF(EXISTS (
                        SELECT 1
                        FROM purchases AS earlier
                        WHERE earlier.account_id = purchases.account_id
                            AND earlier.paid_at < \(sql: day)), NULL, account_id)) AS first_purchases
                FROM purchases FORCE INDEX (idx_paid)
                WHERE paid_at >= \(sql: day) AND paid_at < \(sql: day) + INTERVAL 1 DAY) AS paid
            SET daily_figures.purchases = paid.purchases,
                daily_figures.price_micros = paid.price_micros,
                daily_figures.first_purchases = paid.first_purchases,
                signups = (SELECT COUNT(*) FROM users WHERE role = 'user' AND \(sql: Self.isOf(day)))
            WHERE day = \(sql: day) AND tier = ''
            """)
        try countFees(of: day)
    }

    /// What Stripe took that day, which it tells later: of a day that is not counted yet, nothing is.
    func countFees(of day: SQL) throws {
        let told: SQL =
            """
            FROM stripe_transactions
            WHERE created_at >= \(sql: day) AND created_at < \(sql: day) + INTERVAL 1 DAY
            """
        try execute(
            """
            UPDATE daily_figures
            SET fee_micros = (SELECT COALESCE(SUM(fee_micros), 0) \(sql: told)),
                net_micros = (SELECT COALESCE(SUM(amount_micros - fee_micros), 0) \(sql: told))
            WHERE day = \(sql: day) AND tier = ''
            """)
    }

    /// Who got a video that day, and when they had got the one before.
    func countCustomers(of day: SQL) throws {
        try execute(
            """
            INSERT INTO customer_days (day, account_id, previous_day)
            SELECT \(sql: day), account_id, (
                SELECT MAX(earlier.day)
                FROM customer_days AS earlier
                WHERE earlier.account_id = there.account_id AND earlier.day < \(sql: day))
            FROM (
                SELECT DISTINCT account_id
                FROM video_jobs FORCE INDEX (idx_completed)
                WHERE \(sql: Self.ended(on: day)) AND state = 'delivered') AS there
            """)
        try execute(
            """
            INSERT INTO daily_activity (day, previous_day, accounts)
            SELECT day, COALESCE(previous_day, '1000-01-01') AS previous, COUNT(*)
            FROM customer_days
            WHERE day = \(sql: day)
            GROUP BY day, previous
            """)
    }

    /// How long what was delivered that day took, in steps of five seconds.
    func countWaits(of day: SQL) throws {
        try execute(
            """
            INSERT INTO daily_waits (day, tier, seconds, videos)
            SELECT \(sql: day), tier, \(sql: Self.wait) AS seconds, COUNT(*)
            FROM video_jobs FORCE INDEX (idx_completed)
            WHERE \(sql: Self.ended(on: day)) AND state = 'delivered'
            GROUP BY tier, seconds
            """)
    }

    /// Counts what customers can spend now, by its age.
    package func countOpenCredit() throws {
        try execute(
            """
            INSERT INTO open_credit (days, bought_micros, given_micros, counted_at)
            SELECT ages.days,
                COALESCE(SUM(IF(source = 'purchase', remaining_micros, 0)), 0),
                COALESCE(SUM(IF(source = 'purchase', 0, remaining_micros)), 0), UTC_TIMESTAMP(6)
            FROM (SELECT 7 AS days UNION SELECT 30 UNION SELECT 90 UNION SELECT 36500) AS ages
            LEFT JOIN (
                SELECT source, remaining_micros,
                    CASE
                        WHEN created_at > UTC_TIMESTAMP(6) - INTERVAL 7 DAY THEN 7
                        WHEN created_at > UTC_TIMESTAMP(6) - INTERVAL 30 DAY THEN 30
                        WHEN created_at > UTC_TIMESTAMP(6) - INTERVAL 90 DAY THEN 90
                        ELSE 36500
                    END AS days
                FROM credit_lots FORCE INDEX (idx_lapses)
                WHERE lapses_at > '1000-01-01') AS lots ON lots.days = ages.days
            GROUP BY ages.days
            ON DUPLICATE KEY UPDATE bought_micros = VALUES(bought_micros),
                given_micros = VALUES(given_micros), counted_at = VALUES(counted_at)
            """)
    }

    /// Seconds from the order to the end, rounded up to five.
    private static let wait: SQL =
        "CEIL(TIMESTAMPDIFF(MICROSECOND, created_at, completed_at) / 5000000) * 5"

    private static func ended(on day: SQL) -> SQL {
        "completed_at >= \(sql: day) AND completed_at < \(sql: day) + INTERVAL 1 DAY"
    }

    /// What left accounts of the ledger, less what came back to them.
    private static func moved(from accounts: SQL) -> SQL {
        """
        COALESCE(SUM(amount_micros
            * ((debit_account IN \(sql: accounts)) - (credit_account IN \(sql: accounts)))), 0)
        """
    }

    /// What was taken for money that went back, by disputes or not.
    private static func returned(_ not: SQL) -> SQL {
        """
        COALESCE(SUM(amount_micros * (\(sql: not) op_key LIKE 'stripe:dispute-%')
            * ((credit_account = 'returns') - (debit_account = 'returns'))), 0)
        """
    }

    /// Rows of a day, found by their ids, which tell when they were made by the clock of the host
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
