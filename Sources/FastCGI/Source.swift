import HTTP
import System

/// The parameters and the body of the request that a worker is answering.
final class Source: RequestSource {
    private let reader: RecordReader
    private var isValid = true
    private var body: [UInt8]?
    /// Whether the body was read, and not kept here.
    private var isTaken = false

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
    /// A second call answers the same bytes.
    func body(upTo limit: Int) throws -> [UInt8] {
        let length = try length(upTo: limit)
        guard length > 0 else { return [] }
        if let body { return body }
        guard isValid, !isTaken, let bytes = try? reader.body(length), bytes.count == length else {
            throw BodyIncomplete()
        }
        body = bytes
        return bytes
    }

    /// As in the protocol. A long body is read once; no part of it stays when it breaks off.
    func body(within limit: Request.BodyAllowance) throws -> Request.Body {
        let length = try length(upTo: limit.bytes)
        guard length > limit.memoryBytes else { return .bytes(try body(upTo: limit.bytes)) }
        guard isValid, !isTaken, body == nil else { throw BodyIncomplete() }
        let file = try TemporaryFile(in: limit.folder, prefix: "body")
        isTaken = true
        var failure: SystemError?
        let count = try? unsafe reader.body(length) { part in
            guard failure == nil else { return }
            do throws(SystemError) { try unsafe file.write(part) } catch { failure = error }
        }
        if let failure { throw failure }
        guard count == length else { throw BodyIncomplete() }
        return .file(file, sizeBytes: length)
    }

    /// How long the body is, if it may be so long.
    ///
    /// `CONTENT_LENGTH` decides what there is to read (RFC 3875, 4.1.2 and 4.2); nginx gives it for
    /// chunked bodies too.
    private func length(upTo limit: Int) throws -> Int {
        let announced = parameter("CONTENT_LENGTH") ?? ""
        guard let length = announced.isEmpty ? 0 : announced.bytes.decimal else {
            throw BodyIncomplete()
        }
        guard length <= limit else { throw BodyTooLarge(limit: limit) }
        return length
    }
}
