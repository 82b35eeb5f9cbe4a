import Domain
package import JSON

extension CatalogVersion: JSONObject {
    package static var schemaName: String? { "CatalogVersion" }

    package static func list<List: FieldList>(_ fields: inout List)
    where List.Source == CatalogVersion {
        fields.field("version") { $0.version }
        fields.field("reason", example: "first price list".quoted) { $0.reason }
        fields.field("createdBy") { $0.createdBy }
        fields.field("createdAt") { $0.createdAt }
        fields.field("validFrom") { $0.validFrom }
    }
}

extension TierEffect: JSONObject {
    package static var schemaName: String? { "TierEffect" }

    package static func list<List: FieldList>(_ fields: inout List)
    where List.Source == TierEffect {
        fields.field("videos", "Delivered in the last 30 days.") { $0.videoCount }
        fields.field("revenue", "As they were sold.", example: "1.86") { $0.revenue }
        fields.field("cost", example: "0.6") { $0.cost }
        fields.field("margin", example: "1.26") { $0.revenue - $0.cost }
        fields.field("newRevenue", "At the changed prices.", example: "2.1") { $0.newRevenue }
        fields.field("newCost", example: "0.6") { $0.newCost }
        fields.field("newMargin", example: "1.5") { $0.newRevenue - $0.newCost }
    }
}

extension CatalogReport: JSONObject {
    package static var schemaName: String? { "CatalogReport" }

    package static func list<List: FieldList>(_ fields: inout List)
    where List.Source == CatalogReport {
        fields.field("outcome") { $0.outcome }
        fields.field("version", "Of the catalog.", example: "2") { $0.version }
        fields.field("validFrom") { $0.validFrom }
        fields.field("changes", "In words for the operator.", example: #"["switched off"]"#) {
            $0.changes
        }
        fields.field("effect", "Of a tier's change, on the last 30 days.") { $0.effect }
    }
}
