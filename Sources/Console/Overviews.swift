import API
import Domain
import FoundationEssentials
import HTTP
import HTTPTypes
import JSON
import Store
import Texts
import Web

/// Whether the shop earns, and what runs out: read from what is counted by day, however large the
/// shop is.
enum Overviews {
    static let routes: [Route] = .part(
        "Administration",
        [
            Route(
                .get, "/api/admin/overview", "showOverview", by: .operator(.readMoney),
                with: rangeParameters,
                answers: [.ok(OverviewAnswer.self, "As it was counted within the last minute.")],
                "What some days brought, against as many before", show),
            Route(
                .get, "/api/admin/overview/days.csv", "exportDays", by: .operator(.readMoney),
                with: rangeParameters, answers: [.file("text/csv", "A line for each day.")],
                "What each day brought, for a spreadsheet", days),
            Route(
                .get, "/api/admin/overview/tiers.csv", "exportTiers", by: .operator(.readMoney),
                with: rangeParameters, answers: [.file("text/csv", "A line for each tier.")],
                "What each tier brought, for a spreadsheet", tiers),
        ])

    private enum Days: String, CaseIterable {
        case one = "1"
        case week = "7"
        case month = "30"
        case quarter = "90"
    }

    private static let rangeParameters: [Parameter] = [
        .query(
            "days", "The last days, today among them; 30 when nothing is said.",
            as: .words(Days.allCases.map(\.rawValue))),
        .query(
            "from", "The first day (UTC), instead of days.", example: "2026-11-01",
            component: "firstDay"),
        .query(
            "to", "The day after the last, at most 366 later.", example: "2026-12-01",
            component: "dayAfterLast"),
    ]

    private static func range(_ context: Context) throws -> DayRange {
        var query = RecordQuery(context.request)
        let days: Days? = query.word("days")
        let from = query.date("from")
        let to = query.date("to")
        try query.finish()
        guard query.query["from"] != nil || query.query["to"] != nil else {
            return DayRange(last: days.flatMap { Int($0.rawValue) } ?? 30, at: context.now)
        }
        guard days == nil, let from, let to, let range = DayRange(from: from, to: to) else {
            throw InvalidInput([
                .init("to", .rangeMalformed, ["most": .number(DayRange.largestCount)])
            ])
        }
        return range
    }

    private static func show(_ context: Context, _ caller: Caller) throws -> Response {
        let range = try range(context)
        let database = context.database
        let week = DayRange(last: 8, at: context.now)
        let lately = try database.figures(of: DayRange(from: week.from, count: 7)).videos
        return try .json(
            OverviewAnswer(
                range: range, current: period(range, context),
                previous: period(range.before, context), days: byDay(range, context),
                tiers: byTier(range, context), openCredit: database.openCredit(),
                vendor: VendorRunway(
                    balance: database.vendorBalance(), weekCost: lately.cost + lately.lost),
                queue: database.openVideos(), countedAt: database.figuresCountedAt()))
    }

    private static func days(_ context: Context, _ caller: Caller) throws -> Response {
        let range = try range(context)
        return try table(byDay(range, context), "days", range)
    }

    private static func tiers(_ context: Context, _ caller: Caller) throws -> Response {
        let range = try range(context)
        return try table(byTier(range, context), "tiers", range)
    }

    private static func table<Line: JSONObject>(
        _ lines: [Line], _ name: String, _ range: DayRange
    ) -> Response {
        let (from, to) = (DayRange.name(of: range.from), DayRange.name(of: range.to))
        return Response(
            status: .ok, contentType: "text/csv",
            fields: [
                .cacheControl: "no-store",
                .contentDisposition: "attachment; filename=\"\(name)-\(from)-\(to).csv\"",
            ], body: CSVTable(lines, of: Line.self).bytes)
    }
}

extension Overviews {
    private static func period(
        _ range: DayRange, _ context: Context
    ) throws -> PeriodFigures {
        try PeriodFigures(
            figures: context.database.figures(of: range),
            standings: context.database.standings(of: range))
    }

    /// Every day, also those on which nothing was counted.
    private static func byDay(
        _ range: DayRange, _ context: Context
    ) throws -> [DayFigures] {
        let known = try context.database.figuresByDay(of: range)
        let byName = Dictionary(
            known.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        return range.days.map { DayFigures(day: $0, figures: byName[$0] ?? Figures()) }
    }

    private static func byTier(
        _ range: DayRange, _ context: Context
    ) throws -> [TierFigures] {
        let waits = try context.database.waits(of: range)
        return try context.database.figuresByTier(of: range).map { figures in
            TierFigures(figures: figures, waits: waits.first { $0.tier == figures.name })
        }
    }
}
