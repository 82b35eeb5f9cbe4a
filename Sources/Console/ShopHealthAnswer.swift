import Domain
import FoundationEssentials
import JSON
import Store
import Web

/// One check, as the last look at it found it.
struct CheckRecord: JSONObject {
    let name: String
    let state: CheckState
    let check: HealthCheck?

    static var schemaName: String? { "CheckRecord" }

    static func list<List: FieldList>(_ fields: inout List) where List.Source == CheckRecord {
        fields.field("name", example: "stripe".quoted) { $0.name }
        fields.field("state", "`failing` too when nobody has looked for long.") { $0.state }
        fields.field("detail", "Null before the first look.", example: "answers".quoted) {
            $0.check?.detail
        }
        fields.field("checkedAt") { $0.check?.checkedAt }
        fields.field("changedAt", "Since when it is well, or not.") { $0.check?.changedAt }
        fields.field("endsAt", "When what was looked at ends, such as a certificate.") {
            $0.check?.endsAt
        }
    }
}

struct Versions: JSONObject {
    let database: DatabaseVersion

    static var schemaName: String? { "Versions" }

    static func list<List: FieldList>(_ fields: inout List) where List.Source == Versions {
        fields.field("program", "Of what answers; each worker tells its own.") { _ in
            programVersion
        }
        fields.field("database", example: "10.11.14-MariaDB".quoted) { $0.database.server }
        fields.field(
            "schema", "The last migration.", example: "create_workers".quoted
        ) { $0.database.schema }
    }
}

/// All that the page of the shop's health shows.
struct ShopHealthAnswer: JSONObject {
    let checks: [CheckRecord]
    let changes: [HealthChange]
    let gates: [ClosedGate]
    let queue: [QueuedVideos]
    let workers: [WorkerRecord]
    let schedules: [ScheduleStanding]
    let testMails: [TestMail]
    let webhookTest: WebhookTest?
    let versions: Versions
    let timestamp: Date

    static var schemaName: String? { "ShopHealth" }

    static func list<List: FieldList>(_ fields: inout List) where List.Source == ShopHealthAnswer {
        fields.field("checks") { $0.checks }
        fields.field("changes", "Of 90 days, the newest first, at most 100.") { $0.changes }
        fields.field("gates", "Steps that are not taken now.") { $0.gates }
        fields.field("queue", "Videos that have not ended now.") { $0.queue }
        fields.field("workers", "Those that live, or went silent within a day.") { $0.workers }
        fields.field("schedules", "What one worker does for all.") { $0.schedules }
        fields.field("testMails", "The caller's last five, the newest first.") { $0.testMails }
        fields.field("webhookTest", "The last, whoever asked for it.") { $0.webhookTest }
        fields.field("versions") { $0.versions }
        fields.field("timestamp") { $0.timestamp }
    }
}

/// What was asked for, by the checks of the next seconds.
struct VendorQuestion: JSONObject {
    let since: Date

    static var schemaName: String? { "VendorQuestion" }

    static func list<List: FieldList>(_ fields: inout List) where List.Source == VendorQuestion {
        fields.field("since", "A check after this is the answer.") { $0.since }
    }
}
