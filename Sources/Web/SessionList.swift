import Domain
import HTTP
import HTTPTypes
import JSON
import Store

/// The sign-ins of an account, for its owner.
extension Sessions {
    /// `GET /api/sessions`: the sessions that are open, newest first, a page at a time.
    static func index(_ request: Request, _ context: Context, _ user: User) throws -> Response {
        var problems: [InvalidInput.Field] = []
        let page = Page<SessionKind>(Query(request.queryString), problems: &problems)
        guard problems.isEmpty else { throw InvalidInput(problems) }
        let sessions = try context.database.sessions(
            of: user.id, current: current(of: request, context)?.sessionHash,
            before: page.cursor, limit: page.limit)
        return .json { json in
            page.write(sessions, id: \.id, &json) { json, session in
                json.beginObject()
                json.member("id", session.id)
                json.member("isCurrent", session.isCurrent)
                json.member("createdAt", session.createdAt)
                json.member("lastUsedAt", session.lastUsedAt)
                json.member("expiresAt", session.expiresAt)
                json.member("userAgent", session.userAgent)
                json.member("address", session.address)
                json.endObject()
            }
        }
    }

    /// `DELETE /api/sessions/:id`: ends one session. Answers 204, 404 for another user's.
    static func end(_ request: Request, _ context: Context, _ user: User) throws -> Response {
        guard try context.database.endSession(context.id(), of: user.id) else { throw NotFound() }
        return Response(status: .noContent, fields: [.cacheControl: "no-store"])
    }

    /// `DELETE /api/sessions`: ends every session but the one that asks. Answers 204.
    static func endOthers(_ request: Request, _ context: Context, _ user: User) throws -> Response {
        try context.database.endSessions(
            of: user.id, except: current(of: request, context)?.sessionHash)
        return Response(status: .noContent, fields: [.cacheControl: "no-store"])
    }

    /// The token that the request signs in with.
    static func current(of request: Request, _ context: Context) throws -> TokenAuthority.Token? {
        try Credential.of(request).flatMap { context.site.tokens.read($0.text, at: context.now) }
    }
}
