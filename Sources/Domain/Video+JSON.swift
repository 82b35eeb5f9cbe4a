package import JSON
import Texts

extension VideoStatus: JSONWord {}
extension FailureReason: JSONWord {}

/// A job as its owner sees it, in answers and in webhooks.
package struct VideoAnswer: JSONObject {
    /// How long videos like this one take.
    package struct Estimate: JSONObject {
        let p50Seconds: Int
        let p90Seconds: Int

        package init(p50Seconds: Int, p90Seconds: Int) {
            self.p50Seconds = p50Seconds
            self.p90Seconds = p90Seconds
        }

        package static func list<List: FieldList>(_ fields: inout List)
        where List.Source == Estimate {
            fields.field("p50Seconds", "Half of them take no longer.", example: "120") {
                $0.p50Seconds
            }
            fields.field("p90Seconds", "Nine of ten take no longer.", example: "180") {
                $0.p90Seconds
            }
        }
    }

    let video: Video
    /// Shown until it has ended.
    let estimate: Estimate?
    let appURL: String

    package init(_ video: Video, estimate: Estimate?, appURL: String) {
        self.video = video
        self.estimate = estimate
        self.appURL = appURL
    }

    package static var schemaName: String? { "Video" }

    /// Here, where the list is known, so that it is compiled for this type.
    package func writeMembers(to json: inout JSONWriter) { writeListed(to: &json) }

    package static func list<List: FieldList>(_ fields: inout List)
    where List.Source == VideoAnswer {
        fields.field("jobId") { $0.video.id }
        fields.field("taskId", "The vendor's own name for it.") { $0.video.taskID }
        fields.field("tier", example: "pro".quoted) { $0.video.tierID }
        fields.field("status", example: "completed".quoted) { $0.video.status }
        fields.field("statusDetail") { $0.video.statusDetail }
        listSettings(&fields)
        fields.field("estimatedCost") { $0.video.price }
        fields.field("userCharged", "Zero once it was returned.") { $0.video.charged }
        fields.field(
            "videoUrl", as: Schema.text(format: "uri").orNull,
            example: "https://rushes.example/api/videos/019abf53-3f7b-7c4e-9a51-0d6f4b8e21c7/file"
                .quoted
        ) { answer in answer.video.file.map { _ in "\(answer.address)/file" } }
        fields.field("posterUrl", as: Schema.text(format: "uri").orNull) { answer in
            answer.video.file?.hasPoster == true ? "\(answer.address)/poster" : nil
        }
        fields.optional(
            "position", "In the queue, from 1."
        ) { $0.video.jobsAhead.map { $0 + 1 } }
        fields.optional(
            "undoUntil", "Until then nothing is sent, and a cancellation is certain.",
            example: "2026-11-22T10:00:08.000Z".quoted
        ) { $0.video.undoUntil }
        fields.optional("estimate") { $0.video.state.isFinal ? nil : $0.estimate }
        fields.optional("error") { Failure($0.video.failureReason) }
        fields.field("createdAt") { $0.video.createdAt }
        fields.field("completedAt", example: "2026-11-22T10:02:31.789Z".quoted) {
            $0.video.completedAt
        }
    }

    private static func listSettings<List: FieldList>(_ fields: inout List)
    where List.Source == VideoAnswer {
        fields.field("title", "What its owner calls it.") { $0.video.title }
        fields.field("favorite") { $0.video.isFavorite }
        fields.field("prompt", example: "A paper boat sails down a rainy street".quoted) {
            $0.video.settings.prompt
        }
        fields.field("negativePrompt") { $0.video.settings.negativePrompt }
        fields.field("image") { $0.video.settings.image }
        fields.field("imageTail") { $0.video.settings.imageTail }
        fields.field("duration", "Seconds.", example: "5") { $0.video.duration }
        fields.field("aspectRatio", example: "16:9".quoted) { $0.video.settings.aspectRatio }
        fields.field("resolution") { $0.video.settings.resolution }
        fields.field("mode") { $0.video.settings.mode }
        fields.field("strength") { $0.video.settings.strength }
        fields.field("seed") { $0.video.settings.seed }
    }

    private var address: String { "\(appURL)/api/videos/\(video.id)" }
}

/// What became of a job that failed.
private struct Failure: JSONObject {
    let reason: FailureReason

    /// Nil when the job did not fail.
    init?(_ reason: FailureReason?) {
        guard let reason, reason != .canceled else { return nil }
        self.reason = reason
    }

    static func list<List: FieldList>(_ fields: inout List) where List.Source == Failure {
        let code = "GENERATION_FAILED"
        fields.field("code", as: .constant(code.quoted)) { _ in code }
        fields.field("message") { $0.reason.phrase.text() }
        fields.field("action", as: .words(FailureReason.actions)) { $0.reason.action }
        fields.field("refund", as: .constant("true")) { _ in true }
        fields.field("reason") { $0.reason }
    }
}

extension FailureReason {
    fileprivate static var actions: [String] {
        allCases.map(\.action).reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    }
}
