import Domain
package import JSON

extension HealthChange: JSONObject {
    package static var schemaName: String? { "HealthChange" }

    package static func list<List: FieldList>(_ fields: inout List)
    where List.Source == HealthChange {
        fields.field("name", example: "stripe".quoted) { $0.name }
        fields.field("isHealthy") { $0.isHealthy }
        fields.field("detail", "What was found first.", example: "answers".quoted) { $0.detail }
        fields.field("changedAt") { $0.changedAt }
    }
}

extension ClosedGate: JSONObject {
    package static var schemaName: String? { "ClosedGate" }

    package static func list<List: FieldList>(_ fields: inout List)
    where List.Source == ClosedGate {
        fields.field("name", example: "pollo".quoted) { $0.name }
        fields.field("pausedUntil") { $0.pausedUntil }
        fields.field("reason", example: "HTTP 503".quoted) { $0.reason }
    }
}

extension ScheduleStanding: JSONObject {
    package static var schemaName: String? { "ScheduleStanding" }

    package static func list<List: FieldList>(_ fields: inout List)
    where List.Source == ScheduleStanding {
        fields.field("name", example: "reconciliation".quoted) { $0.name }
        fields.field("dueAt") { $0.dueAt }
        fields.field("doneAt", "What the last one that ended has seen.") { $0.doneAt }
        fields.field("problem", "Why the last one did not end.", example: "null") { $0.problem }
    }
}

extension WorkerRecord: JSONObject {
    package static var schemaName: String? { "WorkerRecord" }

    package static func list<List: FieldList>(_ fields: inout List)
    where List.Source == WorkerRecord {
        fields.field("id") { $0.process.id }
        fields.field("host", example: "shop-1".quoted) { $0.process.host }
        fields.field("process", "Its number on that machine.", example: "4711") {
            $0.process.number
        }
        fields.field("version", example: "0.1.0".quoted) { $0.version }
        fields.field("startedAt") { $0.startedAt }
        fields.field("seenAt", "When it last said that it lives: four times a minute.") {
            $0.seenAt
        }
        fields.field("isSilent", "Whether it has said nothing for a minute.") { $0.isSilent }
        fields.field(
            "freeBytes", "Where it puts the videos; null where that cannot be read.",
            example: "64000000000"
        ) { $0.freeBytes }
        fields.field("sizeBytes", example: "256000000000") { $0.sizeBytes }
    }
}

extension TestMail: JSONObject {
    package static var schemaName: String? { "TestMail" }

    package static func list<List: FieldList>(_ fields: inout List)
    where List.Source == TestMail {
        fields.field("id") { $0.id }
        fields.field("createdAt") { $0.createdAt }
        fields.field("sentAt", "When the mail server took it.") { $0.sentAt }
        fields.field("failedAt", "When it was given up.", example: "null") { $0.failedAt }
        fields.field("problem", "What the mail server said last.", example: "null") { $0.problem }
    }
}

extension WebhookTest: JSONObject {
    package static var schemaName: String? { "WebhookTest" }

    package static func list<List: FieldList>(_ fields: inout List)
    where List.Source == WebhookTest {
        fields.field("askedAt") { $0.askedAt }
        fields.field("doneAt", "Null until a worker has sent it, or could not.") { $0.doneAt }
        fields.field("status", "Of the answer, if there was one.", example: "200") { $0.status }
        fields.field("milliseconds", "Until the answer, or the failure.", example: "87") {
            $0.milliseconds
        }
        fields.field("problem", "Null when it was taken.", example: "null") { $0.problem }
    }
}
