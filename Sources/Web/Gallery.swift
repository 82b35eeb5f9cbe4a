import API
import Domain
import FoundationEssentials
import HTTP
import HTTPTypes
import JSON
import Logging
import Media
import Store
import Texts

/// The videos that an account has, and their files.
enum Gallery {
    static let routes: [Route] = .part(
        "Videos",
        [
            Route(
                .get, "/api/videos", "listVideos", by: .caller(.readVideos),
                with: filters + [Parameter].page,
                answers: [.ok(PageAnswer<VideoAnswer>.self, "A page.", isRevalidated: true)],
                "The gallery, newest first", index),
            Route(
                .get, "/api/videos/:id", "showVideo", by: .video(.readVideos),
                answers: [.ok(VideoAnswer.self, "As it stands.", isRevalidated: true)],
                "One video", show),
            Route(
                .patch, "/api/videos/:id", "changeVideo", by: .caller(.orderVideos),
                takes: Body("VideoChange", VideoChange.favorite, VideoChange.title),
                answers: [.ok(VideoAnswer.self, "As it stands now.")],
                "Marks a video, or gives it a title", change),
            Route(
                .get, "/api/videos/:id/status", "showVideoStatus", by: .video(.readVideos),
                answers: [.ok(VideoAnswer.self, "As it stands.", isRevalidated: true)],
                "One video, by another path", show),
            Route(
                .get, "/api/videos/:id/stages", "listVideoStages", by: .video(.readVideos),
                answers: [.ok(List<VideoStage>.self, "Those that it has come to, in order.")],
                "When a video waited, was made and was saved", stages),
            Route(
                .get, "/api/videos/:id/file", "downloadVideo", by: .video(.readVideos),
                with: [download], answers: [.file("video/mp4", "The video.")],
                "The file, with ranges", file),
            Route(
                .get, "/api/videos/:id/poster", "downloadPoster", by: .video(.readVideos),
                answers: [.file("image/jpeg", "The picture.")], "The first clear picture", poster),
        ])

    private static let download = Parameter.query(
        "download", "With 1 the browser saves the file.", as: .words(["1"]), refuses: [])

    private static let filters: [Parameter] = [
        .query(
            "status", "`active` is all that have not ended.",
            as: .words(VideoStatus.allCases.map(\.rawValue) + ["active"])),
        .query("tier", "The id of a tier."),
        .query(
            "q", "Up to 8 words that title and prompt contain, in any order and either case.",
            as: .text(atMost: 200)),
        .query("favorite", "Only those that are marked.", as: .words(["true"])),
        .query("from", "The first instant, or day.", example: "2026-11-01T00:00:00Z"),
        .query("to", "The instant, or day, after the last.", example: "2026-12-01"),
    ]

    private static func index(_ context: Context, _ caller: Caller) throws -> Response {
        let query = Query(context.request.queryString)
        var problems: [InvalidInput.Field] = []
        let page = Page<VideoKind>(query, problems: &problems)
        let filter = try filter(query, catalog: context.site.catalog(), problems: &problems)
        guard problems.isEmpty else { throw InvalidInput(problems) }
        let videos = try context.database.videos(
            of: caller.account, matching: filter, before: page.cursor, limit: page.limit + 1)
        let times = try context.site.renderTimes(at: context.now)
        let answer = page.answer(videos, id: \.id) {
            VideoAnswer($0, times: times, appURL: context.settings.appURL)
        }
        return Response.json(answer)
            .revalidated(for: context.request, cacheControl: "private, no-cache")
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
        if let text = query["favorite"] {
            filter.isFavorite = text == "true"
            if !filter.isFavorite {
                problems.append(.init("favorite", .wordToChoose, ["names": .text("true")]))
            }
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

    /// Answers 304 when nothing changed, 404 for another account's.
    private static func show(
        _ context: Context, _ caller: Caller, _ video: Video
    ) throws -> Response {
        try Response.json(context.answer(video))
            .revalidated(for: context.request, cacheControl: "private, no-cache")
    }

    private static func stages(
        _ context: Context, _ caller: Caller, _ video: Video
    ) throws -> Response {
        try .json(List(context.database.stages(of: video.id)))
    }

    /// What is not sent stays as it is.
    private static func change(_ context: Context, _ caller: Caller) throws -> Response {
        var reader = context.body.reader
        let change = try VideoChange(&reader)
        guard
            let video = try context.database.change(
                context.id(), of: caller.account, to: change)
        else { throw NotFound() }
        return try .json(context.answer(video))
    }

    /// 404 until it is ready.
    private static func file(
        _ context: Context, _ caller: Caller, _ video: Video
    ) throws -> Response {
        guard video.file != nil else { throw NotFound() }
        let isKept = Query(context.request.queryString)["download"] == "1"
        if isKept {
            context.noteDownload { try $0.noteDownload(of: video.id, by: .file, from: $1) }
        }
        let disposition = isKept ? "attachment" : "inline"
        return .stored(
            VideoFile.path(of: video.id), type: "video/mp4",
            disposition: "\(disposition); filename=\"rushes-\(video.id).mp4\"")
    }

    private static func poster(
        _ context: Context, _ caller: Caller, _ video: Video
    ) throws -> Response {
        guard video.file?.hasPoster == true else { throw NotFound() }
        return .stored(VideoFile.posterPath(of: video.id), type: "image/jpeg")
    }
}

extension Context {
    /// The job as its owner sees it.
    func answer(_ video: Video) throws -> VideoAnswer {
        try VideoAnswer(video, times: site.renderTimes(at: now), appURL: settings.appURL)
    }
}

extension VideoAnswer {
    fileprivate init(_ video: Video, times: [RenderTimeKey: RenderTime], appURL: String) {
        let time = times[RenderTimeKey(tierID: video.tierID, duration: video.duration)]
        self.init(
            video,
            estimate: time.map { Estimate(p50Seconds: $0.p50Seconds, p90Seconds: $0.p90Seconds) },
            appURL: appURL)
    }
}
