package import HTTPTypes
package import System

/// A request of ours to another server.
package struct OutboundRequest: Sendable {
    package var method: HTTPRequest.Method
    package var url: String
    package var fields: HTTPFields
    package var body: [UInt8]?
    /// What is sent as the body instead, read as it is sent.
    package var file: OpenFile?
    /// For the whole request and its answer, where that is less than the sender's own bound.
    package var timeout: Duration?
    /// Whether the answer's body is of interest. If not, its status decides and the rest is left.
    package var readsBody = true

    package init(
        method: HTTPRequest.Method, url: String, fields: HTTPFields = [:], body: [UInt8]? = nil
    ) {
        self.method = method
        self.url = url
        self.fields = fields
        self.body = body
    }
}

/// Another server's answer to a request of ours.
package struct InboundResponse: Sendable {
    package var status: HTTPResponse.Status
    package var fields: HTTPFields
    package var body: [UInt8]

    package init(status: HTTPResponse.Status, fields: HTTPFields = [:], body: [UInt8] = []) {
        self.status = status
        self.fields = fields
        self.body = body
    }
}

/// No answer came. Holds no header and no body, so that it can be logged.
package struct TransportError: Error, Equatable {
    package enum Kind: Equatable, Sendable {
        /// Name, connection or TLS failed: the peer has received no byte of the request.
        case notSent
        /// The request may have reached the peer; what became of it is unknown.
        case unknown
        /// The peer's answer is larger than we take.
        case tooLarge
        /// The address is private or malformed, or the scheme is not allowed: nothing was connected.
        case refusedAddress
    }

    package let kind: Kind
    package let message: String

    package init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }
}

/// Sends one request and waits for its answer: the seam between a vendor's client and libcurl.
package typealias Send = (OutboundRequest) throws(TransportError) -> InboundResponse

/// Fetches what lies at an address that somebody else has chosen into a new file at a path. Throws
/// `.refusedAddress`, `.tooLarge`, or what went wrong on the way; then there is no file.
package typealias Fetch = (_ url: String, _ path: String) throws(TransportError) -> Void
