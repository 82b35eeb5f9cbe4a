import Domain
package import JSON

extension Person: JSONObject {
    package static var schemaName: String? { "Person" }

    package static func list<List: FieldList>(_ fields: inout List) where List.Source == Person {
        fields.include { $0.user }
        fields.field("accountId", "Of the account that they own.") { $0.accountID }
        fields.field("blockedAt") { $0.blockedAt }
        fields.field("lastUsedAt", "When they were last here.") { $0.lastUsedAt }
        fields.field("secondFactor", "Whether their sign-ins take a code.") { $0.hasSecondFactor }
        fields.field("available", example: "53.14") { $0.available }
        fields.field("reserved", "Held by videos that are being made.") { $0.reserved }
        fields.field("shortfall", "A debt of earlier refunds.") { $0.shortfall }
        fields.field("paid", "What they have paid, before refunds.", example: "47.99") { $0.paid }
        fields.field("spent", "Of all their credit.", example: "1.86") { $0.spent }
        fields.field("purchases", "How many were paid.") { $0.purchaseCount }
        fields.field("videos", "How many were ordered.") { $0.videoCount }
    }
}
