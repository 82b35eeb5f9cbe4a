import API
import Domain
import FoundationEssentials
import HTTP
import HTTPTypes
import JSON
import Sodium
import Store
import Texts
import Web

/// The links by which an owner shows a video to people who have no account.
enum ShareLinks {
    static let routes: [Route] = .part(
        "Videos",
        [
            Route(
                .get, "/api/videos/:id/share", "showShare", by: .video(.readVideos),
                answers: [.ok(ShareStanding.self, "Null when there is no link.")],
                "The link of a video", show),
            Route(
                .post, "/api/videos/:id/share", "shareVideo", by: .caller(.orderVideos),
                takes: Body(
                    "ShareDraft", ShareTerms.days, ShareTerms.showPrompt, ShareTerms.allowDownload,
                    ShareTerms.replaces),
                answers: [.ok(ShareAnswer.self, "The same link as before, if there was one.")],
                refuses: [.conflict],
                "Gives a video a link for people who have no account, or its link other terms",
                create),
            Route(
                .delete, "/api/videos/:id/share", "unshareVideo", by: .video(.orderVideos),
                answers: [.nothing("It leads nowhere any more.")], "Ends the link of a video",
                destroy),
        ])

    private static func show(
        _ context: Context, _ caller: Caller, _ video: Video
    ) throws -> Response {
        let share = try context.database.share(of: video.id, of: caller.account)
        return .json(ShareStanding(share: share.map { ShareAnswer($0, context) }))
    }

    /// The same call again gives the same link, also one that replaces a token. 409 until the video is
    /// ready.
    private static func create(_ context: Context, _ caller: Caller) throws -> Response {
        var reader = context.body.reader
        let (terms, replaced) = try ShareTerms.read(&reader)
        guard let video = try context.database.video(context.id(), of: caller.account) else {
            throw NotFound()
        }
        guard video.state == .delivered else { throw Conflict(.videoNotReady) }
        let link = ShareLinkID.new()
        let share = try context.database.share(
            video.id, of: caller.account, by: caller.person().id, on: terms,
            as: NewShareLink(
                id: link, hash: context.shareLinks.token(of: link.description).hash),
            replacing: replaced.map(LinkTokens.hash))
        return .json(ShareAnswer(share, context))
    }

    private static func destroy(
        _ context: Context, _ caller: Caller, _ video: Video
    ) throws -> Response {
        try context.database.unshare(video.id, of: caller.account)
        return .nothing
    }
}

private struct ShareStanding: JSONObject {
    let share: ShareAnswer?

    static var schemaName: String? { "ShareStanding" }

    static func list<List: FieldList>(_ fields: inout List) where List.Source == ShareStanding {
        fields.field("share", example: ShareAnswer.example) { $0.share }
    }
}

private struct ShareAnswer: JSONObject {
    let share: VideoShare
    /// Nil when the secret that it was made under is gone.
    let token: String?
    let appURL: String

    init(_ share: VideoShare, _ context: Context) {
        self.share = share
        token = context.shareLinks.token(of: share.link.description, hash: share.tokenHash)
        appURL = context.settings.appURL
    }

    static var schemaName: String? { "Share" }

    static func list<List: FieldList>(_ fields: inout List) where List.Source == ShareAnswer {
        fields.field(
            "token",
            "Null when the secret of the shop has changed since: the link is good, and cannot be shown.",
            example: "q0wVZ1n8Xk3mT7yR5uA2sD4fG6hJ9lB-cE_iOpKzQxM".quoted
        ) { $0.token }
        fields.field(
            "url", "Whoever has it may look at the video.",
            as: Schema.text(format: "uri").orNull,
            example: "https://rushes.example/s/q0wVZ1n8Xk3mT7yR5uA2sD4fG6hJ9lB-cE_iOpKzQxM".quoted
        ) { answer in answer.token.map { "\(answer.appURL)/s/\($0)" } }
        fields.field("expiresAt") { $0.share.expiresAt }
        fields.field("showPrompt") { $0.share.showsPrompt }
        fields.field("allowDownload", example: "true") { $0.share.allowsDownload }
        fields.field("createdAt") { $0.share.createdAt }
    }
}
