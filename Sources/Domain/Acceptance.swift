package import JSON

/// What became of an order of videos: the answer to its call.
package struct Acceptance: Hashable, Sendable {
    package let videoIDs: [VideoID]
    package let tierID: String
    /// Of all its videos.
    package let price: Money
    /// How long one of them takes.
    package let estimatedSeconds: Int
    /// What the user can spend afterwards.
    package let balance: Money
    /// How many queued jobs stand before the first of these.
    package let jobsAhead: Int

    package init(
        videoIDs: [VideoID], tierID: String, price: Money, estimatedSeconds: Int, balance: Money,
        jobsAhead: Int
    ) {
        precondition(!videoIDs.isEmpty, "an order has a video")
        self.videoIDs = videoIDs
        self.tierID = tierID
        self.price = price
        self.estimatedSeconds = estimatedSeconds
        self.balance = balance
        self.jobsAhead = jobsAhead
    }

    /// The body of the answer, now and whenever the call's key comes again.
    package var json: String {
        var json = JSONWriter()
        write(to: &json)
        return String(decoding: json.bytes, as: UTF8.self)
    }
}

extension Acceptance: JSONObject {
    package static var schemaName: String? { "AcceptedVideo" }

    package static func list<List: FieldList>(_ fields: inout List)
    where List.Source == Acceptance {
        let pending = VideoStatus.pending.rawValue
        fields.field("jobId") { $0.videoIDs[0] }
        fields.optional("jobIds", "All of them, when several were ordered.") {
            $0.videoIDs.count > 1 ? $0.videoIDs : nil
        }
        fields.field("taskId", as: .type("null")) { _ in nil as String? }
        fields.field("status", as: .constant(pending.quoted), example: pending.quoted) { _ in
            pending
        }
        fields.field("tier", example: "pro".quoted) { $0.tierID }
        fields.field("estimatedCost", "Of all together.") { $0.price }
        fields.field("estimatedTime", "Seconds.", example: "120") { $0.estimatedSeconds }
        fields.field("balance", example: "53.14") { $0.balance }
        fields.field("position", "In the queue, from 1.") { $0.jobsAhead + 1 }
    }
}
