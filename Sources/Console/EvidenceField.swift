import JSON
import Stripe

/// A field of Stripe's, as it is sent.
struct EvidenceField: JSONObject {
    let name: String
    let value: String

    init(_ field: DisputeEvidence.Field, _ value: String) {
        name = field.rawValue
        self.value = value
    }

    static var schemaName: String? { "EvidenceField" }

    static func list<List: FieldList>(_ fields: inout List) where List.Source == EvidenceField {
        fields.field("name", example: "product_description".quoted) { $0.name }
        fields.field("value", example: "Credit for videos".quoted) { $0.value }
    }
}
