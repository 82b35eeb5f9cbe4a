import API
import Domain
import FoundationEssentials
import HTTP
import HTTPTypes
import JSON
import Sodium
import Store
import Web

/// What people see who have the link of a video: the video, and what its owner chose, nothing else. A
/// link that has ended, was taken back or never was is answered in one and the same way.
enum SharedVideos {
    static let routes: [Route] = .part(
        "Shared videos",
        [
            Route(
                .get, "/api/shared/:token/page", "showSharedPage", by: .anyone, with: [token],
                answers: [.page, .missingPage],
                "A shared video for people: nginx has the page at /s/{token}", page),
            Route(
                .get, "/api/shared/:token", "showShared", by: .anyone, with: [token],
                answers: [.ok(SharedAnswer.self, "What its owner shows.")], "A shared video", show),
            Route(
                .get, "/api/shared/:token/file", "downloadShared", by: .anyone,
                with: [token, download], answers: [.file("video/mp4", "The video.")],
                "Its file, with ranges", file),
            Route(
                .get, "/api/shared/:token/poster", "downloadSharedPoster", by: .anyone,
                with: [token], answers: [.file("image/jpeg", "The picture.")],
                "Its first clear picture", poster),
        ])

    private static let token = Parameter.path(
        "shareToken", "token", "As the link has it.",
        as: .text(pattern: "^[A-Za-z0-9_-]{43}$"))
    private static let download = Parameter.query(
        "download", "With 1 the browser saves the file; 404 unless its owner allows that.",
        as: .words(["1"]), refuses: [])

    private static func page(_ context: Context) throws -> Response {
        do {
            let shared = try shared(context)
            note(.sharedView, of: shared, context)
            let page = SharedPage(shared: shared, shop: Shop(context.request))
            return Response(
                status: .ok, contentType: "text/html; charset=utf-8",
                fields: [.cacheControl: "private, no-cache"], body: Array(page.html.utf8))
        } catch is NotFound {
            // nginx shows its own page for it, the same as for any other address.
            return Response(
                status: .notFound, contentType: "text/html; charset=utf-8",
                fields: [.cacheControl: "no-cache"])
        }
    }

    private static func show(_ context: Context) throws -> Response {
        try .json(SharedAnswer(shared: shared(context)))
    }

    private static func file(_ context: Context) throws -> Response {
        let shared = try shared(context)
        let isDownload = Query(context.request.queryString)["download"] == "1"
        guard !isDownload || shared.share.allowsDownload else { throw NotFound() }
        note(isDownload ? .sharedFile : .sharedView, of: shared, context)
        // Not by the video's id, which says when it was ordered.
        return .stored(
            VideoFile.path(of: shared.video.id), type: "video/mp4",
            disposition: "\(isDownload ? "attachment" : "inline"); filename=\"video.mp4\"")
    }

    private static func poster(_ context: Context) throws -> Response {
        let shared = try shared(context)
        guard shared.file.hasPoster else { throw NotFound() }
        return .stored(VideoFile.posterPath(of: shared.video.id), type: "image/jpeg")
    }

    private static func note(
        _ way: VideoDownload.Way, of shared: SharedVideo, _ context: Context
    ) {
        context.noteDownload { try $0.noteDownload(of: shared.video.id, by: way, from: $1) }
    }

    /// Throws ``NotFound``.
    private static func shared(_ context: Context) throws -> SharedVideo {
        let token = try context.argument()
        guard token.utf8.count == 43,
            let (share, video) = try context.database.sharedVideo(LinkTokens.hash(token)),
            let file = video.file
        else { throw NotFound() }
        return SharedVideo(
            token: token, share: share, video: video, file: file, appURL: context.settings.appURL)
    }
}

extension Outcome {
    fileprivate static let page = file("text/html; charset=utf-8", "The page.")
    fileprivate static let missingPage = Outcome(
        status: 404, says: "There is no such link, or it has ended.",
        mediaType: "text/html; charset=utf-8")
}

/// A video as its owner shows it.
struct SharedVideo {
    let token: String
    let share: VideoShare
    let video: Video
    let file: VideoFile
    let appURL: String

    var title: String? { share.showsPrompt ? video.title : nil }
    var prompt: String? { share.showsPrompt ? video.settings.prompt : nil }
    var address: String { "\(appURL)/s/\(token)" }
    var fileAddress: String { "\(appURL)\(filePath)" }
    var posterAddress: String? { posterPath.map { "\(appURL)\($0)" } }
    var filePath: String { "/api/shared/\(token)/file" }
    var posterPath: String? { file.hasPoster ? "/api/shared/\(token)/poster" : nil }
    var downloadPath: String? { share.allowsDownload ? "\(filePath)?download=1" : nil }
}

private struct SharedAnswer: JSONObject {
    let shared: SharedVideo

    static var schemaName: String? { "SharedVideo" }

    static func list<List: FieldList>(_ fields: inout List) where List.Source == SharedAnswer {
        let url = "https://rushes.example/api/shared/q0wVZ1n8Xk3mT7yR5uA2sD4fG6hJ9lB-cE_iOpKzQxM"
        fields.field("title", "Null unless its owner shows it.") { $0.shared.title }
        fields.field(
            "prompt", "Null unless its owner shows it.",
            example: "A paper boat sails down a rainy street".quoted
        ) { $0.shared.prompt }
        fields.field("videoUrl", as: .text(format: "uri"), example: "\(url)/file".quoted) {
            $0.shared.fileAddress
        }
        fields.field(
            "posterUrl", as: Schema.text(format: "uri").orNull, example: "\(url)/poster".quoted
        ) { $0.shared.posterAddress }
        fields.field(
            "downloadUrl", "Null unless its owner allows it.",
            as: Schema.text(format: "uri").orNull, example: "\(url)/file?download=1".quoted
        ) { answer in
            answer.shared.downloadPath.map { "\(answer.shared.appURL)\($0)" }
        }
        fields.field("width", example: "1280") { $0.shared.file.width }
        fields.field("height", example: "720") { $0.shared.file.height }
        fields.field("duration", "Seconds.", example: "5") { $0.shared.video.duration }
        fields.field("expiresAt") { $0.shared.share.expiresAt }
    }
}
