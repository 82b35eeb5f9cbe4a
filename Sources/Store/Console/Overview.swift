package import Domain
package import FoundationEssentials
package import MariaDB

/// What came of videos that ended in some days.
package struct VideoFigures: Sendable {
    package var videos = 0
    package var failures = 0
    /// Of the failures, those that the vendor would not make.
    package var refusals = 0
    package var cancellations = 0
    package var seconds = 0
    package var spent = Money.zero
    package var estimatedCost = Money.zero
    package var actualCost = Money.zero
    /// As the vendor says, and as expected where it has not said.
    package var cost = Money.zero
    package var lost = Money.zero

    package var margin: Money { spent - cost - lost }
}

/// What came of some days that belongs to no video.
package struct ShopFigures: Sendable {
    package var purchases = 0
    package var paid = Money.zero
    package var sold = Money.zero
    package var given = Money.zero
    package var settled = Money.zero
    package var lapsed = Money.zero
    package var refunded = Money.zero
    package var disputed = Money.zero
    package var adjusted = Money.zero
    /// What Stripe took, and what came to our balance there after it.
    package var fees = Money.zero
    package var net = Money.zero
    package var signups = 0
    package var firstPurchases = 0
}

/// What some days brought.
package struct Figures: Sendable {
    /// The day or the tier; empty for all.
    package var name = ""
    package var videos = VideoFigures()
    package var shop = ShopFigures()

    package var marginAfterFees: Money { videos.margin - shop.fees }

    /// Nothing.
    package init() {}
}

/// What stood at the end of some days, and who was there in them.
package struct Standings: Sendable {
    /// What customers held, and what they owed.
    package let open: Money
    package let owed: Money
    /// Accounts that got a video, and of those whose first it was.
    package let activeCustomers: Int
    package let firstVideos: Int
}

/// How long half of the videos took from their order to their end, and nine in ten.
package struct Waits: Sendable {
    package let tier: String
    package let p50Seconds: Int
    package let p90Seconds: Int
}

extension Connection {
    /// What all of the days brought, as one.
    package func figures(of range: DayRange) throws -> Figures {
        try figures(of: range, of: "daily_figures", by: "''").first ?? Figures()
    }

    /// What each day brought; those without figures are left out.
    package func figuresByDay(of range: DayRange) throws -> [Figures] {
        try figures(of: range, of: "daily_figures", by: "CAST(day AS CHAR)")
    }

    /// What each tier brought.
    package func figuresByTier(of range: DayRange) throws -> [Figures] {
        try figures(
            of: range, of: "(SELECT * FROM daily_figures WHERE tier <> '') AS of_tiers", by: "tier")
    }

    private func figures(of range: DayRange, of table: SQL, by name: SQL) throws -> [Figures] {
        try query(
            """
            SELECT \(sql: name) AS name, SUM(videos) AS videos, SUM(failures) AS failures,
                SUM(refusals) AS refusals, SUM(cancellations) AS cancellations,
                SUM(video_seconds) AS video_seconds, SUM(spent_micros) AS spent,
                SUM(estimated_micros) AS estimated, SUM(actual_micros) AS actual,
                SUM(cost_micros) AS cost, SUM(lost_micros) AS lost, SUM(purchases) AS purchases,
                SUM(price_micros) AS paid, SUM(sold_micros) AS sold, SUM(given_micros) AS given,
                SUM(settled_micros) AS settled, SUM(lapsed_micros) AS lapsed,
                SUM(refunded_micros) AS refunded, SUM(disputed_micros) AS disputed,
                SUM(adjusted_micros) AS adjusted, SUM(fee_micros) AS fees,
                SUM(net_micros) AS net, SUM(signups) AS signups,
                SUM(first_purchases) AS first_purchases
            FROM \(sql: table)
            WHERE \(sql: Self.isIn(range))
            GROUP BY name
            ORDER BY name
            """, Figures.init(row:))
    }

    package func standings(of range: DayRange) throws -> Standings {
        try first(
            """
            SELECT COALESCE(SUM(open_micros), 0) AS open, COALESCE(SUM(owed_micros), 0) AS owed, (
                    SELECT COALESCE(SUM(accounts), 0)
                    FROM daily_activity
                    WHERE \(sql: Self.isIn(range)) AND previous_day < CAST(\(range.from) AS DATE)
                ) AS active, (
                    SELECT COALESCE(SUM(accounts), 0)
                    FROM daily_activity
                    WHERE \(sql: Self.isIn(range)) AND previous_day = '1000-01-01') AS first_videos
            FROM daily_figures
            WHERE tier = '' AND day < CAST(\(range.to) AS DATE)
            """
        ) { row in
            try Standings(
                open: row("open"), owed: row("owed"), activeCustomers: row("active"),
                firstVideos: row("first_videos"))
        } ?? Standings(open: .zero, owed: .zero, activeCustomers: 0, firstVideos: 0)
    }

    package func waits(of range: DayRange) throws -> [Waits] {
        try query(
            """
            SELECT tier, MIN(IF(so_far * 2 >= total, seconds, NULL)) AS p50_seconds,
                MIN(IF(so_far * 10 >= total * 9, seconds, NULL)) AS p90_seconds
            FROM (
                SELECT tier, seconds,
                    SUM(SUM(videos)) OVER (PARTITION BY tier ORDER BY seconds) AS so_far,
                    SUM(SUM(videos)) OVER (PARTITION BY tier) AS total
                FROM daily_waits
                WHERE \(sql: Self.isIn(range))
                GROUP BY tier, seconds) AS waited
            GROUP BY tier
            ORDER BY tier
            """
        ) { row in
            try Waits(
                tier: row("tier"), p50Seconds: row("p50_seconds"), p90Seconds: row("p90_seconds"))
        }
    }

    /// When the newest day was counted; nil before the first.
    package func figuresCountedAt() throws -> Date? {
        try first(
            "SELECT counted_at FROM daily_figures WHERE tier = '' ORDER BY day DESC LIMIT 1"
        ) { row in try row("counted_at") }
    }

    private static func isIn(_ range: DayRange) -> SQL {
        "day >= CAST(\(range.from) AS DATE) AND day < CAST(\(range.to) AS DATE)"
    }
}

extension Figures {
    fileprivate init(row: Row) throws {
        name = try row("name")
        videos = try VideoFigures(
            videos: row("videos"), failures: row("failures"), refusals: row("refusals"),
            cancellations: row("cancellations"), seconds: row("video_seconds"),
            spent: row("spent"), estimatedCost: row("estimated"), actualCost: row("actual"),
            cost: row("cost"), lost: row("lost"))
        shop = try ShopFigures(
            purchases: row("purchases"), paid: row("paid"), sold: row("sold"),
            given: row("given"), settled: row("settled"), lapsed: row("lapsed"),
            refunded: row("refunded"), disputed: row("disputed"), adjusted: row("adjusted"),
            fees: row("fees"), net: row("net"), signups: row("signups"),
            firstPurchases: row("first_purchases"))
    }
}
