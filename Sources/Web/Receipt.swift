import API
import JSON

extension Body {
    static func event(_ example: String) -> Body {
        Body("Event", .event, example: example) { _ in .type("object") }
    }
}

extension Outcome {
    static let received = ok(
        Receipt.self, "Taken; the same event again changes nothing.")
}

struct Receipt: JSONObject {
    static var schemaName: String? { "Received" }

    static func list<List: FieldList>(_ fields: inout List) where List.Source == Receipt {
        fields.field("received", as: .constant("true"), example: "true") { _ in true }
    }
}
