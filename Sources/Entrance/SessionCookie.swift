import HTTP

/// The cookie that signs a browser in. `__Host-` binds it to this host, HTTPS and all paths.
package enum SessionCookie {
    package static let name = "__Host-rushes_session"

    package static func set(_ token: String, lasting seconds: Int) -> String {
        "\(name)=\(token); Path=/; Max-Age=\(seconds); Secure; HttpOnly; SameSite=Lax"
    }

    package static let cleared = "\(name)=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Lax"

    /// The token in the `Cookie` header; nil when there is none, or more than one.
    package static func token(in header: String) -> String? { Cookies.value(of: name, in: header) }
}
