import API
import Domain
import Entrance
import HTTP
import HTTPTypes
import JSON
import Sodium
import Store
import Web

/// Several videos as one file, made by `work`, there for a day.
enum Archives {
    static let routes: [Route] = .part(
        "Videos",
        [
            Route(
                .post, "/api/archives", "orderArchive", by: .caller(.readVideos),
                takes: Body("VideoSelection", Inputs.videoIDs),
                answers: [.accepted(VideoArchiveAnswer.self, "Being made, or there already.")],
                refuses: [.conflict, .notFound],
                "Has a ZIP made of those of these videos that are ready", create),
            Route(
                .get, "/api/archives/:id", "showArchive", by: .caller(.readVideos),
                answers: [.ok(VideoArchiveAnswer.self, "As it stands.")],
                "What became of an archive", show),
            Route(
                .get, "/api/archives/:id/file", "downloadArchive", by: .caller(.readVideos),
                answers: [.file("application/zip", "The file.")], "The archive, with ranges", file),
        ])

    /// The same videos again are the same archive, as long as it is there.
    private static func create(_ context: Context, _ caller: Caller) throws -> Response {
        let archive = try context.database.orderArchive(
            .new(), named: Hex.encode(randomBytes(16)), of: context.videoIDs(),
            of: caller.account, by: caller.person().id)
        return .json(
            .accepted, VideoArchiveAnswer(archive, appURL: context.settings.appURL))
    }

    private static func show(_ context: Context, _ caller: Caller) throws -> Response {
        try .json(
            VideoArchiveAnswer(archive(context, caller), appURL: context.settings.appURL))
    }

    /// 404 until it is ready, and when its time is over.
    private static func file(_ context: Context, _ caller: Caller) throws -> Response {
        let archive = try archive(context, caller)
        guard archive.status == .ready else { throw NotFound() }
        context.noteDownload { try $0.noteDownload(of: archive.id, from: $1) }
        return .stored(
            archive.key, type: "application/zip",
            disposition: "attachment; filename=\"rushes-videos.zip\"")
    }

    private static func archive(_ context: Context, _ caller: Caller) throws -> VideoArchive {
        guard let archive = try context.database.archive(context.id(), of: caller.account) else {
            throw NotFound()
        }
        return archive
    }
}
