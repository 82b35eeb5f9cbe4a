import Domain
import FoundationEssentials
import JSON
import Store

package enum CheckState: String, JSONWord {
    case ok, failing, unknown
}

/// How each check stands, under its name: the database first.
struct CheckStates: JSONField {
    static let names = ["database"] + Health.checks.map(\.0)

    let states: [CheckState]

    func write(to json: inout JSONWriter) {
        json.beginObject()
        for (name, state) in zip(Self.names, states) {
            json.key(name)
            state.write(to: &json)
        }
        json.endObject()
    }

    static func schema(_ schemas: inout Schemas) -> Schema {
        let state = CheckState.schema(&schemas)
        return .object(names.map { ($0, state) }, required: names)
    }

    static var example: String {
        var json = JSONWriter()
        CheckStates(states: names.map { _ in .ok }).write(to: &json)
        return String(decoding: json.bytes, as: UTF8.self)
    }
}

struct HealthAnswer: JSONObject {
    let checks: CheckStates
    let pauses: [Pause]
    let timestamp: Date

    static var schemaName: String? { "Health" }

    static func list<List: FieldList>(_ fields: inout List) where List.Source == HealthAnswer {
        fields.field(
            "status", as: .words(["healthy", "degraded"]), example: "healthy".quoted
        ) { $0.checks.states.contains(.failing) ? "degraded" : "healthy" }
        fields.field("checks") { $0.checks }
        fields.field("pauses", "What an operator has paused: no fault.") { $0.pauses }
        fields.field("timestamp") { $0.timestamp }
    }

    /// What is answered when the database does not answer.
    static var closedExample: String {
        var json = JSONWriter()
        let states = CheckStates(
            states: CheckStates.names.map { $0 == "database" ? .failing : .unknown })
        HealthAnswer(
            checks: states, pauses: [], timestamp: Date(timeIntervalSince1970: 1_795_341_600.5)
        )
        .write(to: &json)
        return String(decoding: json.bytes, as: UTF8.self)
    }
}
