import Domain
import FoundationEssentials
import JSON
import Store
import Web

/// One part of the shop, and since when it is as it is, where that is known.
struct StatusPart: JSONObject {
    enum Name: String, JSONWord {
        case web, database, videoService, payments
        /// All of it: of incidents alone.
        case shop
    }

    let id: Name
    let state: CheckState
    let since: Date?

    static var schemaName: String? { "StatusPart" }

    static func list<List: FieldList>(_ fields: inout List) where List.Source == StatusPart {
        fields.field("id") { $0.id }
        fields.field("state") { $0.state }
        fields.field("since", "Null where it is not known.") { $0.since }
    }
}

/// How long videos of a tier and length took in the last week.
struct StatusTime: JSONObject {
    let tier: String
    let name: String
    let duration: Int
    let p50Seconds: Int
    let p90Seconds: Int

    static var schemaName: String? { "StatusTime" }

    static func list<List: FieldList>(_ fields: inout List) where List.Source == StatusTime {
        fields.field("tier", example: "pro".quoted) { $0.tier }
        fields.field("name", example: "Pro".quoted) { $0.name }
        fields.field("duration", "Seconds of video.", example: "5") { $0.duration }
        fields.field("p50Seconds", "Half of them took at most this.", example: "100") {
            $0.p50Seconds
        }
        fields.field("p90Seconds", "Nine in ten took at most this.", example: "150") {
            $0.p90Seconds
        }
    }
}

/// A time in which a part did not work.
struct StatusIncident: JSONObject {
    let part: StatusPart.Name
    let openedAt: Date
    let closedAt: Date?

    init(_ incident: Incident) {
        part =
            switch incident.part {
            case Incident.shop: .shop
            case "pollo_api": .videoService
            default: .payments
            }
        openedAt = incident.openedAt
        closedAt = incident.closedAt
    }

    static var schemaName: String? { "StatusIncident" }

    static func list<List: FieldList>(_ fields: inout List) where List.Source == StatusIncident {
        fields.field("part") { $0.part }
        fields.field("openedAt") { $0.openedAt }
        fields.field("closedAt", "Null while it lasts.") { $0.closedAt }
    }
}

struct StatusAnswer: JSONObject {
    let parts: [StatusPart]
    /// What an operator has paused, which is no fault.
    let pauses: [Pause]
    let times: [StatusTime]
    let incidents: [StatusIncident]
    /// Whether times and incidents could be read.
    let isKnown: Bool
    let timestamp: Date

    static var schemaName: String? { "Status" }

    static func list<List: FieldList>(_ fields: inout List) where List.Source == StatusAnswer {
        fields.field("parts") { $0.parts }
        fields.field("pauses", "What is paused on purpose: no fault, and no incident.") {
            $0.pauses
        }
        fields.field("times", "Empty where nothing was made lately.") { $0.times }
        fields.field("incidents", "Of the last 90 days, the newest first, at most 100.") {
            $0.incidents
        }
        fields.field("isKnown", "Whether times and incidents could be read.", example: "true") {
            $0.isKnown
        }
        fields.field("timestamp") { $0.timestamp }
    }
}
