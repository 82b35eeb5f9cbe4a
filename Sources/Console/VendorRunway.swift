import Domain
import FoundationEssentials
import JSON
import Store

/// What we have at the vendor of the videos, and how long that lasts.
struct VendorRunway: JSONObject {
    let balance: VendorBalance?
    /// What the last seven whole days took.
    let weekCost: Money

    static var schemaName: String? { "VendorRunway" }

    private var costPerDay: Money { Money(micros: weekCost.micros / 7) }

    /// Whole days at the rate of the last seven; nil when they took nothing.
    private var days: Int? {
        guard let balance, weekCost > .zero else { return nil }
        return Int(balance.balance.micros * 7 / weekCost.micros)
    }

    static func list<List: FieldList>(_ fields: inout List) where List.Source == VendorRunway {
        fields.field("balance", "Null before it was first read.") { $0.balance?.balance }
        fields.field("askedAt") { $0.balance?.askedAt }
        fields.field("costPerDay", "Of the last seven whole days.") { $0.costPerDay }
        fields.field("runwayDays", "How long it lasts at that rate; null when nothing was made.") {
            $0.days
        }
    }
}
