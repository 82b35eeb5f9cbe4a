import API
import Domain
import FoundationEssentials
import HTTP
import HTTPTypes
import JSON
import Store
import Texts
import Web

enum Inputs {
    /// Several of an account's videos.
    static let videoIDs = Input<Set<VideoID>>(
        "ids",
        as: Schema.array(of: .text(format: "uuid"))
            .with("minItems", "\(Deletion.range.lowerBound)")
            .with("maxItems", "\(Deletion.range.upperBound)"),
        example: #"["019abf53-3f7b-7c4e-9a51-0d6f4b8e21c7"]"#
    ) { reader, name in
        let given = reader.value(name)?.array ?? []
        let ids = given.compactMap { $0.string.flatMap { VideoID($0) } }
        guard Deletion.range.contains(given.count), ids.count == given.count else {
            reader.refuse(name, .idsMalformed, ["most": .number(Deletion.range.upperBound)])
            return nil
        }
        return Set(ids)
    }
}

extension Context {
    /// The videos that the body names. Throws ``InvalidInput``.
    func videoIDs() throws -> Set<VideoID> {
        var reader = body.reader
        let ids = reader.read(Inputs.videoIDs)
        try reader.finish()
        return ids ?? []
    }
}

/// The end of videos, and the way back from it.
enum Removals {
    static let routes: [Route] = .part(
        "Videos",
        [
            Route(
                .delete, "/api/videos/:id", "deleteVideo", by: .caller(.orderVideos),
                answers: [.nothing("It is gone, and its files in a moment.")],
                refuses: [.conflict], "Deletes a video that has ended; what it cost stays",
                destroy),
            Route(
                .post, "/api/videos/deletion", "deleteVideos", by: .caller(.orderVideos),
                takes: Body("VideoSelection", Inputs.videoIDs),
                answers: [.ok(DeletionAnswer.self, "What became of each.")],
                "Deletes several videos, and can be taken back for some seconds", destroyAll),
            Route(
                .post, "/api/videos/restoration", "restoreVideos", by: .caller(.orderVideos),
                takes: Body("VideoSelection", Inputs.videoIDs),
                answers: [.ok(RestorationAnswer.self, "Those that are there.")],
                "Takes a deletion back", restore),
        ])

    /// 409 while it is being made. The same again is no error as long as it can be taken back.
    private static func destroy(_ context: Context, _ caller: Caller) throws -> Response {
        let deletion = try context.database.deleteVideos([context.id()], of: caller.account)
        guard deletion.open.isEmpty else { throw Conflict(.videoUnfinished) }
        guard !deletion.deleted.isEmpty else { throw NotFound() }
        return .nothing
    }

    private static func destroyAll(_ context: Context, _ caller: Caller) throws -> Response {
        try .json(
            DeletionAnswer(
                deletion: context.database.deleteVideos(context.videoIDs(), of: caller.account)))
    }

    private static func restore(_ context: Context, _ caller: Caller) throws -> Response {
        try .json(
            RestorationAnswer(
                restored: context.database.restoreVideos(context.videoIDs(), of: caller.account)))
    }
}

private struct DeletionAnswer: JSONObject {
    let deletion: Deletion

    static var schemaName: String? { "VideoDeletion" }

    static func list<List: FieldList>(_ fields: inout List) where List.Source == DeletionAnswer {
        fields.field("deleted") { $0.deletion.deleted }
        fields.field("open", "These are still being made, and stay.", example: "[]") {
            $0.deletion.open
        }
        fields.field("undoUntil", "Until then they can be brought back.") {
            $0.deletion.undoUntil
        }
    }
}

private struct RestorationAnswer: JSONObject {
    let restored: [VideoID]

    static var schemaName: String? { "VideoRestoration" }

    static func list<List: FieldList>(_ fields: inout List)
    where List.Source == RestorationAnswer {
        fields.field("restored") { $0.restored }
    }
}
