package import HTTPTypes
package import System

/// An answer: status, fields and the whole body.
package struct Response: Sendable {
    /// What is sent behind the fields.
    package enum Content: Sendable {
        case bytes([UInt8])
        /// Read as it is sent, so that it never lies in memory whole.
        case file(OpenFile)
    }

    package var status: HTTPResponse.Status
    /// The value of `Content-Type`; nil when there is no body.
    package var contentType: StaticString?
    /// Every other field. `Content-Length` is written by the server.
    package var fields: HTTPFields
    package var content: Content

    package init(
        status: HTTPResponse.Status, contentType: StaticString? = nil, fields: HTTPFields = [:],
        body: [UInt8] = []
    ) {
        self.status = status
        self.contentType = contentType
        self.fields = fields
        content = .bytes(body)
    }

    package init(
        status: HTTPResponse.Status, contentType: StaticString?, fields: HTTPFields = [:],
        file: OpenFile
    ) {
        self.status = status
        self.contentType = contentType
        self.fields = fields
        content = .file(file)
    }

    /// The body that lies in memory; empty for one in a file.
    package var body: [UInt8] {
        get {
            guard case .bytes(let bytes) = content else { return [] }
            return bytes
        }
        set { content = .bytes(newValue) }
    }
}
