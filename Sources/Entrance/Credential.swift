import API
package import Addresses
import Domain
package import HTTP
import HTTPTypes
import Texts

/// How a request says who it is from.
package enum Credential {
    case bearer(String)
    case cookie(String)

    /// Throws ``Unauthenticated`` when the headers contradict each other. An `Authorization` of
    /// another scheme is not for us, such as that of a server in front: the cookie counts then.
    package static func of(_ request: Request) throws -> Credential? {
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

    package var text: String {
        switch self {
        case .bearer(let text), .cookie(let text): text
        }
    }

    package var isCookie: Bool {
        if case .cookie = self { true } else { false }
    }

    /// Refuses a cookie unless one of our own pages sent it: a browser adds it whoever asks.
    package func demandOwnOrigin(of request: Request, _ own: Origin) throws {
        guard isCookie else { return }
        guard try request.origin()?.origin == own else {
            throw Forbidden(.foreignOrigin)
        }
    }
}

/// Refuses a request that another site sent from a visitor's browser. Programs send no `Origin`.
package func refuseForeignOrigin(_ request: Request, _ own: Origin) throws {
    guard let origin = try request.origin() else { return }
    guard origin.origin == own else {
        throw Forbidden(.foreignOrigin)
    }
}

extension Request {
    /// RFC 9110 9.2.1: methods that change nothing.
    package var isSafe: Bool { method == .get || method == .head }

    /// Where a browser says that the request comes from; nil when there is no such header.
    package func origin() throws -> Sender? {
        try single("HTTP_ORIGIN", "Origin").map { Sender(origin: try? Origin($0)) }
    }
}

/// The site whose page sent a request; without an origin it is none that we know (`null`).
package struct Sender {
    package let origin: Origin?
}
