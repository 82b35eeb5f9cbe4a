import Domain
import HTTP
import HTTPTypes
package import JSON
package import Store

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

    private static func index(
        _ request: Request, _ context: Context, _ caller: Caller
    ) throws -> Response {
        let page = try Page<SessionKind>(request)
        let sessions = try context.database.sessions(
            of: caller.person().id, current: caller.session.token.sessionHash,
            before: page.cursor, limit: page.limit)
        return .json(page.answer(sessions, id: \.id))
    }

    private static func end(
        _ request: Request, _ context: Context, _ caller: Caller
    ) throws -> Response {
        guard try context.database.endSession(context.id(), of: caller.person().id) else {
            throw NotFound()
        }
        return .nothing
    }

    private static func endOthers(
        _ request: Request, _ context: Context, _ caller: Caller
    ) throws -> Response {
        try context.database.endSessions(
            of: caller.person().id, except: caller.session.token.sessionHash)
        return .nothing
    }
}

extension SessionRecord: JSONObject {
    package static var schemaName: String? { "SignIn" }

    package static func list<List: FieldList>(_ fields: inout List)
    where List.Source == SessionRecord {
        fields.field("id") { $0.id }
        fields.field("isCurrent", example: "true") { $0.isCurrent }
        fields.field("createdAt") { $0.createdAt }
        fields.field("lastUsedAt", example: "2026-11-23T10:00:00.123Z".quoted) { $0.lastUsedAt }
        fields.field("expiresAt", example: "2026-12-23T10:00:00.123Z".quoted) { $0.expiresAt }
        fields.field("userAgent", example: "Mozilla/5.0".quoted) { $0.userAgent }
        fields.field("address", example: "192.0.2.1".quoted) { $0.address }
    }
}
