import API
package import Domain
import FoundationEssentials
package import HTTP
import HTTPTypes
import JSON
import Ledger
import Sodium
package import Store
import Texts

/// Orders of videos.
package enum Videos {
    static let routes: [Route] = .part(
        "Videos",
        [
            Route(
                .post, "/api/videos/quote", "quoteVideo", by: .caller(.readVideos),
                takes: .order("QuoteOrder", for: .quote, example: #"{"tier":"pro","duration":5}"#),
                answers: [.ok(Quote.self, "Nothing was ordered.")], "What a video would cost",
                quote),
            Route(
                .post, "/api/videos/generate", "generateVideo", by: .caller(.orderVideos),
                with: [.idempotencyKey],
                takes: .order("VideoOrder", for: .order, example: orderExample),
                answers: [.acceptedVideo], refuses: orderRefusals + [.conflict, .rateLimited],
                "Orders one to four videos, paid in credit", create),
            Route(
                .post, "/api/videos/:id/cancellation", "cancelVideo", by: .caller(.orderVideos),
                answers: [.ok(VideoAnswer.self, "Canceled.", example: canceledExample)],
                refuses: [.conflict],
                "Takes a video back that was not begun; its price is returned", cancel),
            Route(
                .post, "/api/videos/:id/retry", "retryVideo", by: .caller(.orderVideos),
                with: [.idempotencyKey], answers: [.acceptedVideo],
                refuses: orderRefusals + [.conflict, .rateLimited],
                "Orders a video that has ended again, at the price of today", retry),
        ])

    private static let orderRefusals: [Refusal] = [
        .insufficientCredits, .accountHeld, .intakeStopped, .paused,
    ]

    private static var canceledExample: String {
        let day = Date(timeIntervalSince1970: 1_795_341_600.5)
        let video = Video(
            id: VideoID(at: day, random: (0, 0)), tierID: "pro", state: .refunded,
            failureReason: .canceled, settings: VideoSettings(prompt: "A boat sails down a street"),
            duration: 5, taskID: nil, price: Money(micros: 1_860_000), jobsAhead: nil,
            createdAt: day, completedAt: day, file: nil, version: 2)
        var json = JSONWriter()
        VideoAnswer(video, estimate: nil, appURL: "").write(to: &json)
        return String(decoding: json.bytes, as: UTF8.self)
    }

    private static let orderExample = #"""
        {"tier":"pro","prompt":"A paper boat sails down a rainy street","duration":5,\#
        "aspectRatio":"16:9"}
        """#

    /// What a video would cost. `tier` and `duration` are needed; the other fields of an order are
    /// judged when they are there.
    private static func quote(_ context: Context, _ caller: Caller) throws -> Response {
        let members = try context.withPictures(context.body.members, of: caller)
        let draft = try VideoDraft(
            .object(members), catalog: context.site.catalog(), for: .quote,
            own: context.settings.origin)
        let balance = try context.database.balance(of: caller.account)
        return .json(Quote(draft, available: balance.available))
    }

    /// The same `Idempotency-Key` and body get the first answer again. 402 when the balance is too
    /// low, 429 beyond GENERATE_LIMIT.
    private static func create(_ context: Context, _ caller: Caller) throws -> Response {
        let key = try context.request.clientKey(body: context.body.bytes, of: caller)
        let catalog = try context.site.catalog()
        let members = try context.withPictures(context.body.members, of: caller)
        let draft = try VideoDraft(
            .object(members), catalog: catalog, own: context.settings.origin)
        return try accept(draft, at: catalog.version, key: key, context, caller)
    }

    /// Orders the video again that has ended, with its settings. 409 while it is under way.
    private static func retry(_ context: Context, _ caller: Caller) throws -> Response {
        let key = try context.request.clientKey(body: [], of: caller)
        guard let video = try context.database.video(context.id(), of: caller.account) else {
            throw NotFound()
        }
        guard video.state.isFinal else { throw Conflict(.videoUnfinished) }
        let catalog = try context.site.catalog()
        guard case .object(let order) = video.order else { throw NotFound() }
        let members = try context.withPictures(order, of: caller)
        return try accept(
            VideoDraft(.object(members), catalog: catalog, own: context.settings.origin),
            at: catalog.version, key: key, context, caller)
    }

    private static func accept(
        _ draft: VideoDraft, at catalogVersion: Int, key: ClientKey?, _ context: Context,
        _ caller: Caller
    ) throws -> Response {
        try .json(
            context.database.accept(
                order(of: draft, at: catalogVersion, context), from: caller.account,
                by: caller.person().id, key: key, limit: context.settings.generateLimit,
                queueDeadline: context.settings.deadlines.queue
            ).stored)
    }

    /// What the database is asked to accept for a draft.
    package static func order(
        of draft: VideoDraft, at catalogVersion: Int, _ context: Context
    ) throws -> VideoOrder {
        let seconds = try renderTime(of: draft.tier.id, draft.duration, context).p50Seconds
        return VideoOrder(
            call: .new(), draft: draft, catalogVersion: catalogVersion,
            videos: (0..<draft.count).map { _ in
                (id: .new(), callbackToken: Base64.encode(randomBytes(24), .urlSafe))
            }, estimatedSeconds: seconds,
            secondsMade: try secondsMade(of: draft.tier, context))
    }

    /// Asked only of a tier whose cost goes by it.
    private static func secondsMade(of tier: Tier, _ context: Context) throws -> Int {
        guard !tier.costSteps.isEmpty else { return 0 }
        return try context.site.secondsMade(at: context.now)[tier.id] ?? 0
    }

    /// Takes a job back that the vendor does not have yet, also when it is canceled already; 409
    /// when it is too late.
    private static func cancel(_ context: Context, _ caller: Caller) throws -> Response {
        let id: VideoID = try context.id()
        try context.database.cancel(id, of: caller.account, policy: context.settings.creditPolicy)
        guard let video = try context.database.video(id, of: caller.account) else {
            throw NotFound()
        }
        return try .json(context.answer(video))
    }

    static func renderTime(
        of tier: String, _ duration: Int, _ context: Context
    ) throws -> RenderTime {
        try context.site.renderTimes(at: context.now)[
            RenderTimeKey(tierID: tier, duration: duration)]
            ?? RenderTime(p50Seconds: 90 + 6 * duration, p90Seconds: 120 + 12 * duration)
    }
}

extension Response {
    package static func json(_ answer: StoredAnswer) -> Response {
        .json(HTTPResponse.Status(code: answer.status), Array(answer.body.utf8))
    }
}

extension Outcome {
    fileprivate static let acceptedVideo = accepted(Acceptance.self, "Charged and queued.")
}

extension Body {
    fileprivate static func order(_ name: String, for purpose: DraftPurpose, example: String)
        -> Body
    {
        Body(name, .order, example: example) { OrderForm.schema($0, for: purpose) }
    }
}
