import Addresses
import Domain
import FoundationEssentials
import HTTP
import HTTPTypes
import JSON
import Sodium
import Texts

/// Signs and reads our tokens: JWT (RFC 7519) by HS256, with exactly our own header. Reading one
/// is on the way of nearly every request, so it is done here with one keyed HMAC context for each
/// thread rather than by a library.
final class TokenAuthority {
    struct Token: Equatable {
        let userID: UserID
        /// 128 random bits; the session is stored under their hash.
        let sessionID: [UInt8]
        let expiresAt: Date

        var sessionHash: [UInt8] { SHA256.hash(sessionID) }
    }

    /// `{"alg":"HS256","typ":"JWT"}`
    private static let header = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9"
    private let current: HMACSHA256
    private let previous: HMACSHA256?

    init(secret: [UInt8], previous: [UInt8]?) {
        current = HMACSHA256(key: secret)
        self.previous = previous.map(HMACSHA256.init(key:))
    }

    func sign(_ token: Token, at now: Date) -> String {
        var json = JSONWriter()
        json.beginObject()
        json.member("sub", token.userID.description)
        json.member("sid", Base64.encode(token.sessionID, .urlSafe))
        json.member("iat", Int(now.timeIntervalSince1970))
        json.member("exp", Int(token.expiresAt.timeIntervalSince1970))
        json.endObject()
        let signed = "\(Self.header).\(Base64.encode(json.bytes, .urlSafe))"
        return "\(signed).\(Base64.encode(current.code(for: Array(signed.utf8)), .urlSafe))"
    }

    /// The token, when its signature is ours and its time is not over.
    func read(_ text: String, at now: Date) -> Token? {
        guard text.utf8.count <= 1024 else { return nil }
        let parts = text.bytes.parts(at: ".")
        guard parts.count == 3, parts[0].equals(Self.header),
            let signature = Base64.decode(parts[2].text, .urlSafe),
            isSigned(Array(parts[0]) + [UInt8(ascii: ".")] + parts[1], by: signature),
            let payload = Base64.decode(parts[1].text, .urlSafe),
            let claims = try? JSONValue(parsing: payload),
            let user = claims["sub"]?.string.flatMap({ UserID($0) }),
            let session = claims["sid"]?.string.flatMap({ Base64.decode($0, .urlSafe) }),
            session.count == 16, let expiry = claims["exp"]?.integer,
            Double(expiry) > now.timeIntervalSince1970
        else { return nil }
        return Token(
            userID: user, sessionID: session,
            expiresAt: Date(timeIntervalSince1970: Double(expiry)))
    }

    private func isSigned(_ bytes: [UInt8], by signature: [UInt8]) -> Bool {
        [current, previous].contains { key in
            key.map { constantTimeEquals($0.code(for: bytes), signature) } ?? false
        }
    }

    /// What only we can compute of a text. No token of ours is such a text: those begin with our
    /// header, these with words.
    func code(of text: String) -> [UInt8] { current.code(for: Array(text.utf8)) }

    /// Whether ``code(of:)`` gave this, under the present secret or the one before.
    func isCode(_ code: [UInt8], of text: String) -> Bool { isSigned(Array(text.utf8), by: code) }
}

/// The cookie that signs a browser in. `__Host-` binds it to this host, HTTPS and all paths.
enum SessionCookie {
    static let name = "__Host-rushes_session"

    static func set(_ token: String, lasting seconds: Int) -> String {
        "\(name)=\(token); Path=/; Max-Age=\(seconds); Secure; HttpOnly; SameSite=Lax"
    }

    static let cleared = "\(name)=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Lax"

    /// The token in the `Cookie` header; nil when there is none, or more than one.
    static func token(in header: String) -> String? { Cookies.value(of: name, in: header) }
}

/// How a request says who it is from.
enum Credential {
    case bearer(String)
    case cookie(String)

    /// Throws ``Unauthenticated`` when the headers contradict each other. An `Authorization` of
    /// another scheme is not for us, such as that of a server in front: the cookie counts then.
    static func of(_ request: Request) throws -> Credential? {
        guard request.source.count(of: "HTTP_AUTHORIZATION") <= 1,
            request.source.count(of: "HTTP_COOKIE") <= 1
        else { throw Unauthenticated() }
        if let field = request.source.parameter("HTTP_AUTHORIZATION"),
            let token = Authorization.credentials(of: "bearer", in: field)
        {
            return .bearer(token)
        }
        return request.source.parameter("HTTP_COOKIE").flatMap(SessionCookie.token(in:))
            .map(Credential.cookie)
    }

    var text: String {
        switch self {
        case .bearer(let text), .cookie(let text): text
        }
    }

    var isCookie: Bool {
        if case .cookie = self { true } else { false }
    }

    /// Refuses a cookie unless one of our own pages sent it: a browser adds it whoever asks.
    func demandOwnOrigin(of request: Request, _ context: Context) throws {
        guard isCookie else { return }
        guard try request.origin()?.isOwn(context) == true else {
            throw Forbidden(.foreignOrigin)
        }
    }
}

/// Refuses a request that another site sent from a visitor's browser. Programs send no `Origin`.
func refuseForeignOrigin(_ request: Request, _ context: Context) throws {
    guard let origin = try request.origin() else { return }
    guard origin.isOwn(context) else {
        throw Forbidden(.foreignOrigin)
    }
}

extension Request {
    /// RFC 9110 9.2.1: methods that change nothing.
    var isSafe: Bool { method == .get || method == .head }

    /// Where a browser says that the request comes from; nil when there is no such header.
    func origin() throws -> Sender? {
        try single("HTTP_ORIGIN", "Origin").map { Sender(origin: try? Origin($0)) }
    }
}

/// The site whose page sent a request; without an origin it is none that we know (`null`).
struct Sender {
    let origin: Origin?

    func isOwn(_ context: Context) -> Bool { origin == context.settings.origin }
}
