import Domain
import FoundationEssentials
import JSON
import Store

/// All that the first page of the console shows.
struct OverviewAnswer: JSONObject {
    let range: DayRange
    let current: PeriodFigures
    let previous: PeriodFigures
    let days: [DayFigures]
    let tiers: [TierFigures]
    let openCredit: [OpenCredit]
    let vendor: VendorRunway
    let queue: [QueuedVideos]
    let countedAt: Date?

    static var schemaName: String? { "Overview" }

    static func list<List: FieldList>(_ fields: inout List) where List.Source == OverviewAnswer {
        fields.field("from", "The first day (UTC).", example: "2026-11-01".quoted) {
            DayRange.name(of: $0.range.from)
        }
        fields.field("to", "The day after the last.", example: "2026-12-01".quoted) {
            DayRange.name(of: $0.range.to)
        }
        fields.field("current") { $0.current }
        fields.field("previous", "As many days before.") { $0.previous }
        fields.field("days", "Each of them, oldest first.") { $0.days }
        fields.field("tiers", "In which anything ended.") { $0.tiers }
        fields.field("openCredit", "What can be spent now, by its age.") { $0.openCredit }
        fields.field("vendor") { $0.vendor }
        fields.field("queue", "Videos that have not ended now.") { $0.queue }
        fields.field("countedAt", "When today was last counted; null before the first count.") {
            $0.countedAt
        }
    }
}

struct PeriodFigures: JSONObject {
    let figures: Figures
    let standings: Standings

    static var schemaName: String? { "PeriodFigures" }

    static func list<List: FieldList>(_ fields: inout List) where List.Source == PeriodFigures {
        fields.include { $0.figures }
        fields.include { $0.standings }
    }
}

struct DayFigures: JSONObject {
    let day: String
    let figures: Figures

    static var schemaName: String? { "DayFigures" }

    static func list<List: FieldList>(_ fields: inout List) where List.Source == DayFigures {
        fields.field("day", example: "2026-11-22".quoted) { $0.day }
        fields.include { $0.figures }
    }
}

struct TierFigures: JSONObject {
    let figures: Figures
    let waits: Waits?

    static var schemaName: String? { "TierFigures" }

    static func list<List: FieldList>(_ fields: inout List) where List.Source == TierFigures {
        fields.field("tier", example: "basic".quoted) { $0.figures.name }
        fields.include { $0.figures.videos }
        fields.field("p50Seconds", "Half of them took no longer from order to end.") {
            $0.waits?.p50Seconds
        }
        fields.field("p90Seconds", "Nine in ten took no longer.") { $0.waits?.p90Seconds }
    }
}
