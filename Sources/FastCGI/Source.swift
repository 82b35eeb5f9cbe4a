import HTTP

/// The parameters and the body of the request that a worker is answering.
final class Source: RequestSource {
    private let reader: RecordReader
    private var isValid = true
    private var body: [UInt8]?

    init(_ reader: RecordReader) {
        self.reader = reader
    }

    /// Answers nil from now on: the reader goes on to another request.
    func invalidate() {
        isValid = false
        body = nil
    }

    func parameter(_ name: StaticString) -> String? {
        isValid ? reader.parameters.value(of: name) : nil
    }

    func count(of name: StaticString) -> Int {
        isValid ? reader.parameters.count(of: name) : 0
    }

    /// As in the protocol; throws ``BodyIncomplete`` when the peer goes away before the end.
    ///
    /// `CONTENT_LENGTH` decides what there is to read (RFC 3875, 4.1.2 and 4.2); nginx gives it for
    /// chunked bodies too. A second call answers the same bytes.
    func body(upTo limit: Int) throws -> [UInt8] {
        let announced = parameter("CONTENT_LENGTH") ?? ""
        guard let length = announced.isEmpty ? 0 : announced.bytes.decimal else {
            throw BodyIncomplete()
        }
        guard length <= limit else { throw BodyTooLarge(limit: limit) }
        guard length > 0 else { return [] }
        if let body { return body }
        guard isValid, let bytes = try? reader.body(length) else {
            throw BodyIncomplete()
        }
        guard bytes.count == length else { throw BodyIncomplete() }
        body = bytes
        return bytes
    }
}
