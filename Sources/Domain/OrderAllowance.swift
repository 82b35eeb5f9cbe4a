package import FoundationEssentials
package import JSON

/// What a limit on orders still allows, told before it is met.
package struct OrderAllowance: Hashable, Sendable, JSONObject {
    package let limit: CallLimit
    /// Accepted in the window that ends now.
    package let used: Int
    /// When the oldest of them leaves the window, and one more is free; nil when none is in it.
    package let opensAt: Date?

    package init(limit: CallLimit, used: Int, opensAt: Date?) {
        self.limit = limit
        self.used = used
        self.opensAt = used == 0 ? nil : opensAt
    }

    package var left: Int { max(0, limit.calls - used) }

    package static var schemaName: String? { "OrderAllowance" }

    package static func list<List: FieldList>(_ fields: inout List)
    where List.Source == OrderAllowance {
        fields.field("limit", "Orders in a window.", example: "10") { $0.limit.calls }
        fields.field("windowSeconds", example: "900") { Int($0.limit.window.components.seconds) }
        fields.field("left", "Orders that would be accepted now.", example: "7") { $0.left }
        fields.field(
            "opensAt", "When one more is free; null when all are.",
            example: "2026-11-22T10:16:10.456Z".quoted
        ) { $0.opensAt }
    }
}
