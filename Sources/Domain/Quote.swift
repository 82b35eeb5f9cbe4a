package import JSON
import Texts

/// What a video would cost.
package struct Quote: JSONObject {
    private let draft: VideoDraft
    private let available: Money

    /// - Parameter available: what there is to spend.
    package init(_ draft: VideoDraft, available: Money) {
        self.draft = draft
        self.available = available
    }

    package static var schemaName: String? { "Quote" }

    package static func list<List: FieldList>(_ fields: inout List) where List.Source == Quote {
        fields.field("tier", example: "pro".quoted) { $0.draft.tier.id }
        fields.field("price") { $0.draft.total }
        fields.field("balanceAfter", "Below zero when it does not suffice.", example: "53.14") {
            $0.available - $0.draft.total
        }
        fields.optional("reason", "Why `auto` chose the tier.") { $0.draft.reason?.text() }
    }
}
