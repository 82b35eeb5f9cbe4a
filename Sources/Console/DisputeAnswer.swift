import Billing
import Domain
import FoundationEssentials
import JSON
import Store
import Stripe

/// A dispute as the operator sees it.
struct DisputeAnswer: JSONObject {
    /// How far the evidence is.
    enum Step: String, CaseIterable, JSONWord {
        case none
        case underWay = "under_way"
        case submitted, refused
    }

    let known: DisputeCase
    /// What was sent, or is to be; before that, what would be.
    let evidence: DisputeEvidence

    init(_ known: DisputeCase) {
        self.known = known
        let begun = known.sent.flatMap { $0.problem == nil ? $0 : nil }
        evidence =
            begun.map { DisputeEvidence(pairs: $0.fields) }
            ?? DisputeEvidence(known, reference: .new())
    }

    private var step: Step {
        guard let sent = known.sent else { return .none }
        return sent.problem != nil ? .refused : sent.sentAt == nil ? .underWay : .submitted
    }

    static var schemaName: String? { "DisputeDetail" }

    static func list<List: FieldList>(_ fields: inout List) where List.Source == DisputeAnswer {
        fields.include { $0.known.dispute }
        fields.field("purchaseId") { $0.known.purchase.purchase.id }
        fields.field("email", "The buyer's, now.", example: "name@example.org".quoted) {
            $0.known.purchase.email
        }
        fields.field("step", "How far the evidence is.") { $0.step }
        fields.field("submittedAt") { $0.known.sent?.sentAt }
        fields.field("submittedBy", example: "name@example.org".quoted) { $0.known.sent?.sentBy }
        fields.field("problem", "Why Stripe refused it.") { $0.known.sent?.problem }
        fields.field("evidence", "In Stripe's fields.", example: "[]") {
            $0.evidence.cut.values.map { EvidenceField($0.field, $0.value) }
        }
        fields.field("notRecorded", "What would help, and nobody wrote down.") { $0.known.gaps }
    }
}
