import Domain
package import JSON

extension VideoFigures: JSONObject {
    package static func list<List: FieldList>(_ fields: inout List)
    where List.Source == VideoFigures {
        fields.field("videos", "Delivered.") { $0.videos }
        fields.field("failures", "Given back, but for those that were canceled.") { $0.failures }
        fields.field("refusals", "Of the failures: the vendor would not make them.") {
            $0.refusals
        }
        fields.field("cancellations") { $0.cancellations }
        fields.field("seconds", "Of video.") { $0.seconds }
        fields.field("spent", "On what was delivered.") { $0.spent }
        fields.field("estimatedCost", "What the vendor was expected to take.") {
            $0.estimatedCost
        }
        fields.field("actualCost", "What it said that it took, where it did.") { $0.actualCost }
        fields.field("cost", "As it said, and as expected where it did not.") { $0.cost }
        fields.field("lost", "To the vendor, on what was given back.") { $0.lost }
        fields.field("margin", "What was spent, less cost and losses.") { $0.margin }
    }
}

extension ShopFigures: JSONObject {
    package static func list<List: FieldList>(_ fields: inout List)
    where List.Source == ShopFigures {
        fields.field("purchases", "That were paid.") { $0.purchases }
        fields.field("paid", "What was paid for them.") { $0.paid }
        fields.field("sold", "Credit, for that.") { $0.sold }
        fields.field("given", "Credit that nobody paid for.") { $0.given }
        fields.field("settled", "What was spent, by the ledger.") { $0.settled }
        fields.field("lapsed") { $0.lapsed }
        fields.field("refunded", "Credit that was taken for refunds.") { $0.refunded }
        fields.field("disputed", "Credit that was taken for disputes.") { $0.disputed }
        fields.field("adjusted", "What operators added, less what they took.") { $0.adjusted }
        fields.field("fees", "What Stripe took, as it told some hours later.") { $0.fees }
        fields.field("net", "What came to our balance at Stripe: payments less what went back.") {
            $0.net
        }
        fields.field("signups") { $0.signups }
        fields.field("firstPurchases", "Accounts that paid for the first time.") {
            $0.firstPurchases
        }
    }
}

extension Figures: JSONObject {
    package static func list<List: FieldList>(_ fields: inout List)
    where List.Source == Figures {
        fields.include { $0.videos }
        fields.include { $0.shop }
        fields.field("marginAfterFees", "The margin, less what Stripe took.") {
            $0.marginAfterFees
        }
    }
}

extension Standings: JSONObject {
    package static func list<List: FieldList>(_ fields: inout List)
    where List.Source == Standings {
        fields.field("open", "What customers held at the end.") { $0.open }
        fields.field("owed", "What they owed then.") { $0.owed }
        fields.field("activeCustomers", "Accounts that got a video.") { $0.activeCustomers }
        fields.field("firstVideos", "Accounts that got their first.") { $0.firstVideos }
    }
}

extension OpenCredit: JSONObject {
    package static var schemaName: String? { "OpenCredit" }

    package static func list<List: FieldList>(_ fields: inout List)
    where List.Source == OpenCredit {
        fields.field("days", "Up to so many days old, and older than the one before.") { $0.days }
        fields.field("bought") { $0.bought }
        fields.field("given") { $0.given }
    }
}

extension QueuedVideos: JSONObject {
    package static var schemaName: String? { "QueuedVideos" }

    package static func list<List: FieldList>(_ fields: inout List)
    where List.Source == QueuedVideos {
        fields.field("state", example: "queued".quoted) { $0.state.rawValue }
        fields.field("count") { $0.count }
        fields.field("oldestAt", "The turn of the first in the queue's order.") { $0.oldestAt }
    }
}
