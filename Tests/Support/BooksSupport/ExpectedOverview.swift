package import Domain
import FoundationEssentials
package import MariaDB
import Store
import Testing

/// Expects that the overview of the days says what ledger and jobs say themselves.
package func expectOverview(_ db: Connection, _ range: DayRange) throws {
    try expectFigures(db, range)
    try expectStandings(db, range)
    try expectTiers(db, range)
    try expectFees(db, range)
}

private func expectFigures(_ db: Connection, _ range: DayRange) throws {
    let figures = try db.figures(of: range)
    let jobs = figures.videos
    let ended: SQL =
        "FROM video_jobs WHERE completed_at >= \(range.from) AND completed_at < \(range.to)"
    func job(_ what: SQL) throws -> Int {
        try db.number("SELECT \(sql: what) AS value \(sql: ended)")
    }
    #expect(try job("COUNT(IF(state = 'delivered', 1, NULL))") == jobs.videos)
    #expect(
        try job("COUNT(IF(state = 'refunded' AND failure_reason <> 'canceled', 1, NULL))")
            == jobs.failures)
    #expect(
        try job("COUNT(IF(failure_reason IN ('refused', 'invalid'), 1, NULL))") == jobs.refusals)
    #expect(try job("COUNT(IF(failure_reason = 'canceled', 1, NULL))") == jobs.cancellations)
    #expect(try job("SUM(IF(state = 'delivered', duration_seconds, 0))") == jobs.seconds)
    #expect(
        try job("SUM(IF(state = 'delivered', estimated_cost_micros, 0))")
            == Int(jobs.estimatedCost.micros))
    #expect(
        try job("SUM(IF(state = 'delivered', actual_cost_micros, 0))")
            == Int(jobs.actualCost.micros))
    #expect(
        try job(
            """
            SUM(IF(state = 'delivered', COALESCE(actual_cost_micros, estimated_cost_micros), 0))
            """)
            == Int(jobs.cost.micros))
    #expect(try job("SUM(lost_micros)") == Int(jobs.lost.micros))
    try expectLedger(db, range, figures)
    let paid: SQL = "paid_at >= \(range.from) AND paid_at < \(range.to)"
    #expect(
        try db.number("SELECT COUNT(*) AS value FROM purchases WHERE \(sql: paid)")
            == figures.shop.purchases)
    #expect(
        try db.money("SELECT SUM(price_micros) AS value FROM purchases WHERE \(sql: paid)")
            == figures.shop.paid)
    #expect(
        try db.number(
            """
            SELECT COUNT(*) AS value
            FROM (SELECT MIN(paid_at) AS paid_at FROM purchases GROUP BY account_id) AS firsts
            WHERE \(sql: paid)
            """) == figures.shop.firstPurchases)
    #expect(
        try db.number(
            """
            SELECT COUNT(*) AS value FROM users
            WHERE role = 'user' AND created_at >= \(range.from) AND created_at < \(range.to)
            """) == figures.shop.signups)
}

private func expectLedger(_ db: Connection, _ range: DayRange, _ figures: Figures) throws {
    func entries(_ condition: SQL) throws -> Money {
        try db.money(
            """
            SELECT SUM(amount_micros) AS value FROM ledger_entries
            WHERE created_at >= \(range.from) AND created_at < \(range.to) AND \(sql: condition)
            """)
    }
    /// What came into an account of the shop's, less what left it.
    func came(_ account: SQL, _ condition: SQL = "TRUE") throws -> Money {
        try entries("credit_account = \(sql: account) AND \(sql: condition)")
            - entries("debit_account = \(sql: account) AND \(sql: condition)")
    }
    let shop = figures.shop
    #expect(try came("'payments'") == .zero - shop.sold)
    #expect(try came("'promotions'") == .zero - shop.given)
    #expect(try came("'breakage'") == shop.lapsed)
    #expect(try came("'revenue'") == shop.settled)
    #expect(try came("'revenue'") == figures.videos.spent)
    let disputed = try came("'returns'", "LEFT(op_key, 15) = 'stripe:dispute-'")
    #expect(disputed == shop.disputed)
    #expect(try came("'returns'") - disputed == shop.refunded)
}

private func expectFees(_ db: Connection, _ range: DayRange) throws {
    let figures = try db.figures(of: range)
    let told: SQL = """
        FROM stripe_transactions
        WHERE created_at >= \(range.from) AND created_at < \(range.to)
        """
    let fees = try db.money("SELECT SUM(fee_micros) AS value \(sql: told)")
    #expect(range.count < 30 || fees > .zero)
    #expect(figures.shop.fees == fees)
    #expect(
        try db.money("SELECT SUM(amount_micros) AS value \(sql: told)") - fees
            == figures.shop.net)
    #expect(figures.marginAfterFees == figures.videos.margin - fees)
    let days = try db.figuresByDay(of: range)
    #expect(days.reduce(.zero) { $0 + $1.shop.fees } == fees)
}

private func expectStandings(_ db: Connection, _ range: DayRange) throws {
    let standings = try db.standings(of: range)
    func held(_ side: SQL, _ accounts: SQL) throws -> Money {
        try db.money(
            """
            SELECT SUM(amount_micros) AS value FROM ledger_entries
            WHERE created_at < \(range.to) AND \(sql: side) IN \(sql: accounts)
            """)
    }
    let own: SQL = "('available', 'held', 'frozen')"
    #expect(try held("credit_account", own) - held("debit_account", own) == standings.open)
    let debt: SQL = "('shortfall')"
    #expect(try held("debit_account", debt) - held("credit_account", debt) == standings.owed)
    let delivered: SQL = "FROM video_jobs WHERE state = 'delivered'"
    #expect(
        try db.number(
            """
            SELECT COUNT(DISTINCT account_id) AS value \(sql: delivered)
                AND completed_at >= \(range.from) AND completed_at < \(range.to)
            """) == standings.activeCustomers)
    #expect(
        try db.number(
            """
            SELECT COUNT(*) AS value
            FROM (SELECT MIN(completed_at) AS first \(sql: delivered) GROUP BY account_id) AS firsts
            WHERE first >= \(range.from) AND first < \(range.to)
            """) == standings.firstVideos)
}

private struct Delivery {
    let tier: String
    let charged: Money
    /// Of five seconds.
    let steps: Int
}

private func expectTiers(_ db: Connection, _ range: DayRange) throws {
    let jobs = try db.query(
        """
        SELECT tier, user_charged_micros,
            TIMESTAMPDIFF(MICROSECOND, created_at, completed_at) AS microseconds
        FROM video_jobs
        WHERE state = 'delivered' AND completed_at >= \(range.from) AND completed_at < \(range.to)
        """
    ) { row in
        let microseconds: Int = try row("microseconds")
        return try Delivery(
            tier: row("tier"), charged: row("user_charged_micros"),
            steps: (microseconds + 4_999_999) / 5_000_000)
    }
    let waits = try db.waits(of: range)
    let tiers = try db.figuresByTier(of: range)
    for (tier, jobs) in Dictionary(grouping: jobs, by: \.tier) {
        let steps = jobs.map(\.steps).sorted()
        let waited = try waits.first { $0.tier == tier }.orThrow(tier)
        #expect(waited.p50Seconds == steps[(steps.count * 5 + 9) / 10 - 1] * 5)
        #expect(waited.p90Seconds == steps[(steps.count * 9 + 9) / 10 - 1] * 5)
        let figures = try tiers.first { $0.name == tier }.orThrow(tier)
        #expect(figures.videos.videos == jobs.count)
        #expect(figures.videos.spent == jobs.reduce(.zero) { $0 + $1.charged })
    }
    #expect(Set(waits.map(\.tier)) == Set(jobs.map(\.tier)))
}

extension Connection {
    /// The column `value` of a statement's one row.
    package func number(_ sql: SQL) throws -> Int {
        try first(sql) { row in try row("value") as Int? ?? 0 } ?? 0
    }

    package func money(_ sql: SQL) throws -> Money {
        try first(sql) { row in try row("value") as Money? ?? .zero } ?? .zero
    }
}
