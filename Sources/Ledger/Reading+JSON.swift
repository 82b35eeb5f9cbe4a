import Domain
package import JSON

extension CreditLot: JSONObject {
    package static var schemaName: String? { "Lot" }

    package static func list<List: FieldList>(_ fields: inout List) where List.Source == CreditLot {
        fields.field("id") { $0.id }
        fields.field("source") { $0.source }
        fields.field("remaining", example: "53.14") { $0.remaining }
        fields.field("expiresAt", example: "2027-02-20T10:00:00.123Z".quoted) { $0.expiresAt }
    }
}

extension TransactionLine: JSONObject {
    package static var schemaName: String? { "Transaction" }

    package static func list<List: FieldList>(_ fields: inout List)
    where List.Source == TransactionLine {
        fields.field("id") { $0.id }
        fields.field("type", example: "charge".quoted) { $0.type }
        fields.field("amount", example: "-1.86") { $0.amount }
        fields.field("balanceAfter", example: "53.14") { $0.balanceAfter }
        fields.field("description", example: "Pro video, 5 s".quoted) { $0.description }
        fields.optional("jobId", example: VideoID.example) { $0.jobID }
        fields.optional("purchaseId") { $0.purchaseID }
        fields.field("createdAt") { $0.createdAt }
    }
}
