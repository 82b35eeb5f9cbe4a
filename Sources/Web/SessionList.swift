import API
import Domain
import Entrance
import HTTP
import HTTPTypes
import JSON
import Store

/// The sign-ins of a person, for their owner.
enum SessionList {
    static let routes: [Route] = .part(
        "Accounts",
        [
            Route(
                .get, "/api/sessions", "listSessions", by: .caller(.person), with: .page,
                answers: [.ok(PageAnswer<SessionRecord>.self, "A page.")],
                "Where the account is signed in, newest first", index),
            Route(
                .delete, "/api/sessions", "endOtherSessions", by: .caller(.person),
                answers: [.nothing("They are over.")], "Ends every session but the call's own",
                endOthers),
            Route(
                .delete, "/api/sessions/:id", "endSession", by: .caller(.person),
                answers: [.nothing("It is over.")], "Ends one session", end),
        ])

    private static func index(_ context: Context, _ caller: Caller) throws -> Response {
        let page = try Page<SessionKind>(context.request)
        let sessions = try context.database.sessions(
            of: caller.person().id, current: caller.session.token.sessionHash,
            before: page.cursor, limit: page.limit)
        return .json(page.answer(sessions, id: \.id))
    }

    private static func end(_ context: Context, _ caller: Caller) throws -> Response {
        guard try context.database.endSession(context.id(), of: caller.person().id) else {
            throw NotFound()
        }
        return .nothing
    }

    private static func endOthers(_ context: Context, _ caller: Caller) throws -> Response {
        try context.database.endSessions(
            of: caller.person().id, except: caller.session.token.sessionHash)
        return .nothing
    }
}
