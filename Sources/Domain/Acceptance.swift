import JSON

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
        json.beginObject()
        json.member("jobId", videoIDs[0])
        if videoIDs.count > 1 {
            json.key("jobIds")
            json.beginArray()
            for id in videoIDs { json.string(id.description) }
            json.endArray()
        }
        json.member("taskId", nil as String?)
        json.member("status", VideoStatus.pending.rawValue)
        json.member("tier", tierID)
        json.member("estimatedCost", price)
        json.member("estimatedTime", estimatedSeconds)
        json.member("balance", balance)
        json.member("position", jobsAhead + 1)
        json.endObject()
        return String(decoding: json.bytes, as: UTF8.self)
    }
}
