package import Domain
package import JSON
import Texts

/// What every refusal is answered with.
struct RefusalAnswer: JSONObject {
    let refused: Refused
    let requestID: String

    static let exampleID = "4f8a1c0e2b7d4a6f9c3e5d1b8a7f6e20"

    static var schemaName: String? { "Error" }

    static func list<List: FieldList>(_ fields: inout List) where List.Source == RefusalAnswer {
        fields.field("error") { RefusalBody(refused: $0.refused) }
        fields.field(
            "requestId", "As in X-Request-Id.", example: exampleID.quoted
        ) { $0.requestID }
    }
}

private struct RefusalBody: JSONObject {
    let refused: Refused

    static func list<List: FieldList>(_ fields: inout List) where List.Source == RefusalBody {
        fields.field("code", as: .words(Refusal.codes)) { $0.refused.refusal.meaning.code }
        fields.field("message") { $0.refused.phrase.text() }
        fields.field("action") { $0.refused.refusal.meaning.action }
        fields.optional("details") { $0.refused.details }
    }
}

extension Refusal {
    fileprivate static var codes: [String] {
        allCases.map(\.meaning.code).reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    }
}

/// What a program needs to know of some refusals.
package enum RefusalDetails: JSONField {
    case problems([RefusedField])
    case funds(InsufficientCredits)
    case rate(RefusedRate)

    package func write(to json: inout JSONWriter) {
        switch self {
        case .problems(let fields): fields.write(to: &json)
        case .funds(let funds): funds.write(to: &json)
        case .rate(let rate): rate.write(to: &json)
        }
    }

    package static func schema(_ schemas: inout Schemas) -> Schema {
        .oneOf([
            [RefusedField].schema(&schemas), InsufficientCredits.schema(&schemas),
            RefusedRate.schema(&schemas),
        ])
    }

    package static var example: String { [RefusedField].example }
}

package struct RefusedField: JSONObject {
    let problem: InvalidInput.Field

    package static func list<List: FieldList>(_ fields: inout List)
    where List.Source == RefusedField {
        fields.field("field", example: "duration".quoted) { $0.problem.field.shortened }
        fields.field("message", example: "Choose 5 or 10 seconds, as a number.".quoted) {
            $0.problem.phrase.text()
        }
    }
}

package struct RefusedRate: JSONObject {
    let limit: Int
    let windowSeconds: Int
    let retryAfterSeconds: Int

    package init(limit: Int, windowSeconds: Int, retryAfterSeconds: Int) {
        self.limit = limit
        self.windowSeconds = windowSeconds
        self.retryAfterSeconds = retryAfterSeconds
    }

    package static func list<List: FieldList>(_ fields: inout List)
    where List.Source == RefusedRate {
        fields.field("limit", example: "10") { $0.limit }
        fields.field("windowSeconds", example: "900") { $0.windowSeconds }
        fields.field("retryAfterSeconds", example: "312") { $0.retryAfterSeconds }
    }
}

extension InsufficientCredits: JSONObject {
    package static func list<List: FieldList>(_ fields: inout List)
    where List.Source == InsufficientCredits {
        fields.field("required") { $0.required }
        fields.field("current", example: "0.5") { $0.current }
        fields.field("shortfall", example: "1.36") { $0.shortfall }
    }
}

extension String {
    /// As much of a foreign name as tells which one it is.
    fileprivate var shortened: String {
        guard utf8.count > 64 else { return self }
        return String(String.UnicodeScalarView(unicodeScalars.prefix(64))) + "…"
    }
}
