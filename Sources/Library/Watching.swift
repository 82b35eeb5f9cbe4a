import API
import Domain
import HTTP
import HTTPTypes
import Store
import Web

/// What the pages say of what their reader sees.
enum Watching {
    static let routes: [Route] = .part(
        "Videos",
        [
            Route(
                .post, "/api/videos/:id/seen", "seeVideo", by: .caller(.readVideos),
                answers: [.nothing("No mail is sent about it, unless it was sent before.")],
                "Says that its user has seen on a page how a video ended", see)
        ])

    private static func see(_ context: Context, caller: Caller) throws -> Response {
        try context.database.noteSeen(
            context.id(), by: caller.person().id, of: caller.account)
        return .nothing
    }
}
