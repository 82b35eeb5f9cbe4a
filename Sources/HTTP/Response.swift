package import HTTPTypes

/// An answer: status, fields and the whole body.
package struct Response: Sendable {
    package var status: HTTPResponse.Status
    /// The value of `Content-Type`; nil when there is no body.
    package var contentType: StaticString?
    /// Every other field. `Content-Length` is written by the server.
    package var fields: HTTPFields
    package var body: [UInt8]

    package init(
        status: HTTPResponse.Status, contentType: StaticString? = nil, fields: HTTPFields = [:],
        body: [UInt8] = []
    ) {
        self.status = status
        self.contentType = contentType
        self.fields = fields
        self.body = body
    }
}
