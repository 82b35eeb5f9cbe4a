package import Domain
package import HTTP
import HTTPTypes
import Sodium

/// The cookie by which a browser is known to have signed in to an account before: a random id and
/// its HMAC with the account's. It opens nothing; but tries from such a browser are counted apart,
/// so that whoever guesses at an account cannot lock its owner out.
package struct DeviceCookie: Equatable {
    package static let name = "__Host-rushes_device"
    private static let lifetimeSeconds = 365 * 86_400

    package let id: [UInt8]
    private let code: [UInt8]

    /// A cookie for a browser that has just shown that it is the account's. One that was known
    /// before keeps its id, and with it what was counted.
    package init(known: DeviceCookie?, of user: UserID, _ tokens: TokenAuthority) {
        let id = known.flatMap { $0.belongs(to: user, tokens) ? $0.id : nil } ?? randomBytes(16)
        self.id = id
        code = tokens.code(of: Self.text(id, user))
    }

    /// What the request brought; nil when that cannot be one of ours.
    package init?(of request: Request) {
        guard request.source.count(of: "HTTP_COOKIE") == 1,
            let header = request.source.parameter("HTTP_COOKIE"),
            let value = Cookies.value(of: Self.name, in: header)
        else { return nil }
        let parts = value.utf8.split(
            separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 2, let id = Base64.decode(String(Substring(parts[0])), .urlSafe),
            let code = Base64.decode(String(Substring(parts[1])), .urlSafe), id.count == 16
        else { return nil }
        self.id = id
        self.code = code
    }

    package func belongs(to user: UserID, _ tokens: TokenAuthority) -> Bool {
        tokens.isCode(code, of: Self.text(id, user))
    }

    package var header: String {
        let value = "\(Base64.encode(id, .urlSafe)).\(Base64.encode(code, .urlSafe))"
        return "\(Self.name)=\(value); Path=/; Max-Age=\(Self.lifetimeSeconds); Secure; HttpOnly; "
            + "SameSite=Lax"
    }

    private static func text(_ id: [UInt8], _ user: UserID) -> String {
        "device:\(user):\(Base64.encode(id, .urlSafe))"
    }
}

extension Response {
    /// This answer, with the cookie that makes the browser known to the account.
    package func knowing(
        _ user: UserID, _ request: Request, _ tokens: TokenAuthority
    ) -> Response {
        let cookie = DeviceCookie(known: DeviceCookie(of: request), of: user, tokens)
        var response = self
        response.fields.append(HTTPField(name: .setCookie, value: cookie.header))
        return response
    }
}
