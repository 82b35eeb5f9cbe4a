import Domain
package import JSON

extension VideoRecord: JSONObject {
    package static var schemaName: String? { "VideoRecord" }

    package static func list<List: FieldList>(_ fields: inout List)
    where List.Source == VideoRecord {
        fields.field("id") { $0.id }
        fields.field("accountId") { $0.accountID }
        fields.field("userId", "Who ordered it.") { $0.userID }
        fields.field("email", example: "name@example.org".quoted) { $0.email }
        fields.field("tier", example: "basic".quoted) { $0.tierID }
        fields.field("catalogVersion") { $0.catalogVersion }
        fields.field("state", example: "delivered".quoted) { $0.state.rawValue }
        fields.field("failureReason", example: "null") { $0.failureReason?.rawValue }
        fields.field("duration", "Seconds.", example: "5") { $0.duration }
        fields.field("price", example: "1.55") { $0.price }
        fields.field("estimatedCost", example: "1.2") { $0.estimatedCost }
        fields.field("actualCost", "As the vendor says.", example: "1.2") { $0.actualCost }
        fields.field("lost", "To the vendor, of a video that was refunded.") { $0.lost }
        fields.field("isLossPresumed", "Whether the vendor has not told yet.") {
            $0.isLossPresumed
        }
        fields.field("margin", "Once it is delivered, or lost.", example: "0.35") { $0.margin }
        fields.field("taskId", "The vendor's.", example: "t1".quoted) { $0.taskID }
        fields.field("vendorStatus", example: "succeed".quoted) { $0.vendorStatus }
        fields.field("attempts") { $0.attempts }
        fields.field("parkedProblem", "What fails for it alone.") { $0.parkedProblem }
        fields.field("deadlineAt") { $0.deadlineAt }
        fields.field("createdAt") { $0.createdAt }
        fields.field("submittedAt") { $0.submittedAt }
        fields.field("completedAt") { $0.completedAt }
    }
}

extension AttemptRecord: JSONObject {
    package static var schemaName: String? { "Attempt" }

    package static func list<List: FieldList>(_ fields: inout List)
    where List.Source == AttemptRecord {
        fields.field("attempt") { $0.attempt }
        fields.field("startedAt") { $0.startedAt }
        fields.field("endedAt") { $0.endedAt }
        fields.field("outcome", example: "submitted".quoted) { $0.outcome }
        fields.field("detail") { $0.detail }
    }
}
