import Domain
package import JSON
import Texts

extension PausablePart: JSONWord {}
extension Banner.Kind: JSONWord {}

extension Pause: JSONObject {
    package static var schemaName: String? { "Pause" }

    package static func list<List: FieldList>(_ fields: inout List) where List.Source == Pause {
        fields.field("part") { $0.part }
        fields.field("isPaused", example: "true") { $0.isOn }
        fields.field(
            "words", "What people read while it is.",
            example: "We move to a larger machine.".quoted
        ) { $0.phrase.text() }
        fields.field("since", "Since when it is so.") { $0.since }
        fields.field("until", "When it is expected to end; null where nobody has said.") {
            $0.until
        }
    }
}

extension Banner: JSONObject {
    package static var schemaName: String? { "Banner" }

    package static func list<List: FieldList>(_ fields: inout List) where List.Source == Banner {
        fields.field("kind") { $0.kind }
        fields.field("words", example: "New: videos of ten seconds.".quoted) { $0.words }
        fields.field("from") { $0.from }
        fields.field("until") { $0.until }
        fields.field("changedAt") { $0.changedAt }
        fields.field("isShown", "Whether its time is now.", example: "true") { $0.isShown }
    }
}
