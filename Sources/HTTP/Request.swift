// HTTP: requests, answers and exchanges as values, and the readers of headers, cookies, queries and
// forms, all on bytes. No socket: FastCGI and Curl have those, tests need none.
// `Bytes` is how a protocol's text is taken apart.

package import HTTPTypes

/// Where a request's parameters and body come from: the FastCGI connection, or a test.
///
/// Parameters are read in place, one by one, because most requests need only a few of them.
package protocol RequestSource: AnyObject {
    /// The first value of the CGI parameter, or nil when it was not sent.
    func parameter(_ name: StaticString) -> String?

    /// How often the parameter was sent. A header that was repeated by the client stands here
    /// more than once.
    func count(of name: StaticString) -> Int

    /// Reads the whole body. Throws ``BodyTooLarge`` when it is longer than `limit` bytes, and
    /// ``BodyIncomplete`` when the peer went away before its end.
    func body(upTo limit: Int) throws -> [UInt8]

    /// The same, with a long body in a file. Also throws `SystemError` when that cannot be written.
    func body(within limit: Request.BodyAllowance) throws -> Request.Body
}

extension RequestSource {
    /// For sources that hold their bodies anyway.
    package func body(within limit: Request.BodyAllowance) throws -> Request.Body {
        .bytes(try body(upTo: limit.bytes))
    }
}

/// The body is longer than the route takes.
package struct BodyTooLarge: Error, Equatable {
    package let limit: Int

    package init(limit: Int) {
        self.limit = limit
    }
}

/// Less came than was announced, so the request must not be acted on. Nobody waits for its answer.
package struct BodyIncomplete: Error, Equatable {
    package init() {}
}

/// A request as the application sees it. Valid only while it is being answered.
package struct Request {
    package let method: HTTPRequest.Method
    /// The decoded, normalised path, as nginx matched it (`DOCUMENT_URI`).
    package let path: String
    /// The raw query string, without the question mark; empty when there is none.
    package let queryString: String
    /// The id that nginx gave the request; it is in the answer's `X-Request-Id` and in the logs.
    package let id: String
    package let source: any RequestSource

    package init(
        method: HTTPRequest.Method, path: String, queryString: String = "", id: String,
        source: any RequestSource
    ) {
        self.method = method
        self.path = path
        self.queryString = queryString
        self.id = id
        self.source = source
    }

    /// The address of the peer that nginx saw.
    package var remoteAddress: String { source.parameter("REMOTE_ADDR") ?? "" }
}

/// Answers one request. Made on the thread that it is used on.
package typealias Responder = (Request) -> Response
