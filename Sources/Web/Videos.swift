import Domain
import FoundationEssentials
import HTTP
import HTTPTypes
import JSON
import Ledger
import Media
import Sodium
import Store
import Texts

/// Videos, from order to file.
enum Videos {
    /// `POST /api/videos/quote`: what a video would cost, without making it.
    ///
    /// Body: `tier` and `duration`; the other fields of an order are judged when they are there.
    /// Answers 200 `{tier, price, balanceAfter, reason?}`.
    static func quote(_ request: Request, _ context: Context, _ user: User) throws -> Response {
        let body = try request.json(upTo: BodyLimit.order).value
        let draft = try VideoDraft(body, catalog: context.site.catalog(), for: .quote)
        let balance = try context.database.balance(of: user.id)
        return .json { json in
            json.member("tier", draft.tier.id)
            json.member("price", draft.total)
            json.member("balanceAfter", balance.available - draft.total)
            if let reason = draft.reason { json.member("reason", reason.text()) }
        }
    }

    /// `POST /api/videos/generate`: orders one to four videos, paid in credit.
    ///
    /// Body: what a tier takes, as the OpenAPI document says. Header `Idempotency-Key`: the same key
    /// and body get the first answer again. Answers 202 and the job, 400 for bad fields, 402 when the
    /// balance is too low, 429 beyond GENERATE_LIMIT.
    static func create(_ request: Request, _ context: Context, _ user: User) throws -> Response {
        let (body, bytes) = try request.json(upTo: BodyLimit.order)
        let key = try request.clientKey(body: bytes)
        let catalog = try context.site.catalog()
        return try accept(
            VideoDraft(body, catalog: catalog), at: catalog.version, key: key, context, user)
    }

    /// `POST /api/videos/:id/retry`: orders the video again that has ended, with its settings, at
    /// the price of today. Answers as an order does; 409 while the first is under way.
    static func retry(_ request: Request, _ context: Context, _ user: User) throws -> Response {
        let key = try request.clientKey(body: [])
        guard let video = try context.database.video(context.id(), of: user.id) else {
            throw NotFound()
        }
        guard video.state.isFinal else { throw Conflict(.videoUnfinished) }
        let catalog = try context.site.catalog()
        return try accept(
            VideoDraft(video.order, catalog: catalog), at: catalog.version, key: key, context, user)
    }

    private static func accept(
        _ draft: VideoDraft, at catalogVersion: Int, key: ClientKey?, _ context: Context,
        _ user: User
    ) throws -> Response {
        let seconds = try renderTime(of: draft.tier.id, draft.duration, context).p50Seconds
        let order = VideoOrder(
            call: .new(), draft: draft, catalogVersion: catalogVersion,
            videos: (0..<draft.count).map { _ in
                (id: .new(), callbackToken: Base64.encode(randomBytes(24), .urlSafe))
            }, estimatedSeconds: seconds)
        let answer = try context.database.accept(
            order, from: user.id, key: key, limit: context.settings.generateLimit,
            queueDeadline: context.settings.deadlines.queue
        ).stored
        return .json(HTTPResponse.Status(code: answer.status), Array(answer.body.utf8))
    }

    /// `GET /api/videos?status&tier&q&from&to&limit&cursor`: the gallery, newest first.
    ///
    /// `status` is one of the five, or `active` for all that are not ended.
    static func index(_ request: Request, _ context: Context, _ user: User) throws -> Response {
        let query = Query(request.queryString)
        var problems: [InvalidInput.Field] = []
        let page = Page<VideoKind>(query, problems: &problems)
        let filter = try filter(query, catalog: context.site.catalog(), problems: &problems)
        guard problems.isEmpty else { throw InvalidInput(problems) }
        let videos = try context.database.videos(
            of: user.id, matching: filter, before: page.cursor, limit: page.limit + 1)
        let times = try context.site.renderTimes(at: context.now)
        let response = Response.json { json in
            page.write(videos, id: \.id, &json) { json, video in
                json.beginObject()
                json.members(of: video, times: times, appURL: context.settings.appURL)
                json.endObject()
            }
        }
        return response.revalidated(for: request, cacheControl: "private, no-cache")
    }

    private static func filter(
        _ query: Query, catalog: Catalog, problems: inout [InvalidInput.Field]
    ) throws -> VideoFilter {
        var filter = VideoFilter()
        switch query["status"] {
        case nil: break
        case "active": filter.statuses = [.pending, .processing]
        case let text?:
            if let status = VideoStatus(rawValue: text) {
                filter.statuses = [status]
            } else {
                let names = VideoStatus.allCases.map(\.rawValue)
                problems.append(.init("status", .statusToChoose, ["names": .list(names)]))
            }
        }
        if let tier = query["tier"] {
            if catalog.tier(tier) == nil {
                problems.append(.init("tier", .tierUnknown))
            }
            filter.tier = tier
        }
        if let text = query["q"] {
            // U+FFFD stands for what was no UTF-8.
            if text.codeUnits > 200
                || text.unicodeScalars.contains(where: { $0 == "\0" || $0 == "\u{FFFD}" })
            {
                problems.append(.init("q", .searchTooLong))
            }
            filter.words = text.words
            if filter.words.count > 8 {
                problems.append(.init("q", .searchTooManyWords))
            }
        }
        func date(_ name: String) -> Date? {
            guard let text = query[name] else { return nil }
            guard let date = Date(iso8601: text) else {
                problems.append(.init(name, .timeMalformed))
                return nil
            }
            return date
        }
        filter.from = date("from")
        filter.to = date("to")
        return filter
    }

    /// `GET /api/videos/:id` and `/status`: one job. Answers 304 when nothing changed, 404 for
    /// another user's.
    static func show(_ request: Request, _ context: Context, _ user: User) throws -> Response {
        guard let video = try context.database.video(context.id(), of: user.id) else {
            throw NotFound()
        }
        return try response(for: video, context)
            .revalidated(for: request, cacheControl: "private, no-cache")
    }

    /// `POST /api/videos/:id/cancellation`: takes a job back that the vendor does not have yet.
    /// Answers 200 and the job, also when it is canceled already; 409 when it is too late.
    static func cancel(_ request: Request, _ context: Context, _ user: User) throws -> Response {
        let id: VideoID = try context.id()
        try context.database.cancel(id, of: user.id, policy: context.settings.creditPolicy)
        guard let video = try context.database.video(id, of: user.id) else { throw NotFound() }
        return try response(for: video, context)
    }

    private static func response(for video: Video, _ context: Context) throws -> Response {
        let times = try context.site.renderTimes(at: context.now)
        return .json { json in
            json.members(of: video, times: times, appURL: context.settings.appURL)
        }
    }

    /// `GET /api/videos/:id/file`: the video, sent by nginx with ranges. With `?download=1` the
    /// browser saves it. Answers 404 until it is ready.
    static func file(_ request: Request, _ context: Context, _ user: User) throws -> Response {
        guard let video = try context.database.video(context.id(), of: user.id),
            video.file != nil
        else { throw NotFound() }
        var response = media(VideoFile.path(of: video.id), type: "video/mp4")
        let disposition = Query(request.queryString)["download"] == "1" ? "attachment" : "inline"
        response.fields[.contentDisposition] =
            "\(disposition); filename=\"rushes-\(video.id).mp4\""
        return response
    }

    /// `GET /api/videos/:id/poster`: its first clear picture, as JPEG.
    static func poster(_ request: Request, _ context: Context, _ user: User) throws -> Response {
        guard let video = try context.database.video(context.id(), of: user.id),
            video.file?.hasPoster == true
        else { throw NotFound() }
        return media(VideoFile.posterPath(of: video.id), type: "image/jpeg")
    }

    /// Hands the sending to nginx, which alone can reach `/_media/` and adds the `ETag`. A browser
    /// may keep the file but has to ask each time, so that it shows nothing after a sign-out.
    private static func media(_ key: String, type: StaticString) -> Response {
        Response(
            status: .ok, contentType: type,
            fields: [
                .xAccelRedirect: Storage.link(to: key), .cacheControl: "private, no-cache",
            ])
    }

    static func renderTime(
        of tier: String, _ duration: Int, _ context: Context
    ) throws -> RenderTime {
        try context.site.renderTimes(at: context.now)[
            RenderTimeKey(tierID: tier, duration: duration)]
            ?? RenderTime(p50Seconds: 90 + 6 * duration, p90Seconds: 120 + 12 * duration)
    }
}

extension Video {
    /// The body of an order for the same again.
    fileprivate var order: JSONValue {
        var members: [String: JSONValue] = [
            "tier": .string(tierID), "duration": .integer(Int64(duration)),
            "prompt": .string(settings.prompt),
        ]
        let texts = [
            "negativePrompt": settings.negativePrompt, "image": settings.image,
            "imageTail": settings.imageTail, "aspectRatio": settings.aspectRatio,
            "resolution": settings.resolution, "mode": settings.mode,
        ]
        for (name, text) in texts { members[name] = text.map(JSONValue.string) }
        let numbers = ["strength": settings.strength, "seed": settings.seed]
        for (name, number) in numbers { members[name] = number.map { .integer(Int64($0)) } }
        return .object(members)
    }
}

extension HTTPField.Name {
    /// nginx, ngx_http_upstream_module: sends the file of this internal path instead of the body.
    fileprivate static let xAccelRedirect = HTTPField.Name("X-Accel-Redirect") ?? .location
}

extension JSONWriter {
    fileprivate mutating func members(
        of video: Video, times: [RenderTimeKey: RenderTime], appURL: String
    ) {
        let key = RenderTimeKey(tierID: video.tierID, duration: video.duration)
        members(
            of: video, estimate: times[key].map { ($0.p50Seconds, $0.p90Seconds) }, appURL: appURL)
    }
}
