package import JSON
import Texts

extension JSONWriter {
    /// Writes the members of a job as its owner sees it, in answers and in webhooks.
    ///
    /// - Parameter estimate: how long videos like this one take; shown until it has ended.
    package mutating func members(
        of video: Video, estimate: (p50Seconds: Int, p90Seconds: Int)?, appURL: String
    ) {
        let settings = video.settings
        member("jobId", video.id)
        member("taskId", video.taskID)
        member("tier", video.tierID)
        member("status", video.status.rawValue)
        member("statusDetail", video.statusDetail)
        member("prompt", settings.prompt)
        member("negativePrompt", settings.negativePrompt)
        member("image", settings.image)
        member("imageTail", settings.imageTail)
        member("duration", video.duration)
        member("aspectRatio", settings.aspectRatio)
        member("resolution", settings.resolution)
        member("mode", settings.mode)
        member("strength", settings.strength)
        member("seed", settings.seed)
        member("estimatedCost", video.price)
        member("userCharged", video.charged)
        let base = "\(appURL)/api/videos/\(video.id)"
        member("videoUrl", video.file.map { _ in "\(base)/file" })
        member("posterUrl", video.file?.hasPoster == true ? "\(base)/poster" : nil)
        if let ahead = video.jobsAhead { member("position", ahead + 1) }
        if !video.state.isFinal, let estimate {
            key("estimate")
            beginObject()
            member("p50Seconds", estimate.p50Seconds)
            member("p90Seconds", estimate.p90Seconds)
            endObject()
        }
        if let reason = video.failureReason, reason != .canceled {
            key("error")
            beginObject()
            member("code", "GENERATION_FAILED")
            member("message", reason.phrase.text())
            member("action", reason.action)
            member("refund", true)
            member("reason", reason.rawValue)
            endObject()
        }
        member("createdAt", video.createdAt)
        member("completedAt", video.completedAt)
    }
}
