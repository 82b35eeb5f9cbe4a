import Domain
package import JSON

extension PurchaseRecord: JSONObject {
    package static var schemaName: String? { "PurchaseRecord" }

    package static func list<List: FieldList>(_ fields: inout List)
    where List.Source == PurchaseRecord {
        fields.include { $0.purchase }
        fields.field("accountId") { $0.purchase.accountID }
        fields.field("userId", "Who bought it.") { $0.purchase.userID }
        fields.field("email", example: "name@example.org".quoted) { $0.email }
        fields.field("isLive", "Whether it moved real money.") { $0.purchase.isLive }
        fields.field("sessionId", example: "cs_test_1".quoted) { $0.purchase.sessionID }
        fields.field("paymentIntent", example: "pi_1".quoted) { $0.paymentIntent }
        fields.field("problem", "Why the payment does not fit.") { $0.problem }
        fields.field("refunded", "Stripe's running total.", example: "0") { $0.refunded }
        fields.field("clawedBack", "The credit taken for it.", example: "0") { $0.clawedBack }
        fields.field("owed", "What of it was spent and became a debt.", example: "0") { $0.owed }
        fields.field("isFrozen", "Whether a dispute holds what is left.") { $0.isFrozen }
        fields.field("closedAt", "When a person closed it.") { $0.closedAt }
    }
}

extension RefundRecord: JSONObject {
    package static var schemaName: String? { "Refund" }

    package static func list<List: FieldList>(_ fields: inout List)
    where List.Source == RefundRecord {
        fields.field("id") { $0.id }
        fields.field("amount", example: "4.5") { $0.amount }
        fields.field("reason", example: "asked by mail".quoted) { $0.reason }
        fields.field("stripeRefundId", example: "re_1".quoted) { $0.stripeRefundID }
        fields.field("problem") { $0.problem }
        fields.field("createdAt") { $0.createdAt }
    }
}

extension DisputeRecord: JSONObject {
    package static var schemaName: String? { "Dispute" }

    package static func list<List: FieldList>(_ fields: inout List)
    where List.Source == DisputeRecord {
        fields.field("id", example: "du_1".quoted) { $0.id }
        fields.field("amount", example: "47.99") { $0.amount }
        fields.field("standing", example: "open".quoted) { $0.standing }
        fields.field("reason", "The bank's word for why.", example: "fraudulent".quoted) {
            $0.reason
        }
        fields.field("dueAt", "Until when the bank takes evidence, as far as it is known.") {
            $0.dueAt
        }
        fields.field("submissions", "How often evidence was submitted.", example: "0") {
            $0.submissions
        }
        fields.field("createdAt") { $0.createdAt }
        fields.field("changedAt") { $0.changedAt }
    }
}

extension StripeTransaction: JSONObject {
    package static var schemaName: String? { "StripeTransaction" }

    package static func list<List: FieldList>(_ fields: inout List)
    where List.Source == StripeTransaction {
        fields.field("id", example: "txn_1".quoted) { $0.id }
        fields.field("type", "Stripe's word.", example: "charge".quoted) { $0.type }
        fields.field("amount", "Negative where money went back.", example: "47.99") { $0.amount }
        fields.field("fee", "What Stripe took for it.", example: "1.69") { $0.fee }
        fields.field("createdAt") { $0.createdAt }
    }
}
