import CFastCGI
import Glibc
import HTTP

/// The parameters and the body of the request that a worker is answering.
///
/// libfcgi keeps the parameters as an array of `NAME=value` strings, which live until the request
/// is finished. They are searched in place; a value is copied when it is asked for.
@safe
final class Source: RequestSource {
    private var request: UnsafeMutablePointer<FCGX_Request>?
    private let reader: RecordReader
    private var body: [UInt8]?

    init(_ request: UnsafeMutablePointer<FCGX_Request>, _ reader: RecordReader) {
        unsafe self.request = unsafe request
        self.reader = reader
    }

    /// Answers nil from now on: the strings are freed.
    func invalidate() {
        unsafe request = nil
        body = nil
    }

    func parameter(_ name: StaticString) -> String? {
        guard var entry = unsafe request?.pointee.envp else { return nil }
        while let string = unsafe entry.pointee {
            if let value = unsafe Self.value(of: name, in: string) {
                // Repairs what is not UTF-8, so that no bytes of a client can stop us.
                return unsafe String(cString: value)
            }
            unsafe entry += 1
        }
        return nil
    }

    func count(of name: StaticString) -> Int {
        guard var entry = unsafe request?.pointee.envp else { return 0 }
        var count = 0
        while let string = unsafe entry.pointee {
            if unsafe Self.value(of: name, in: string) != nil { count += 1 }
            unsafe entry += 1
        }
        return count
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
        guard unsafe request != nil, let bytes = try? reader.body(length) else {
            throw BodyIncomplete()
        }
        guard bytes.count == length else { throw BodyIncomplete() }
        body = bytes
        return bytes
    }

    /// Where the value begins when the entry's name is `name`, as `FCGX_GetParam` has it.
    @inline(__always)
    private static func value(
        of name: StaticString, in entry: UnsafeMutablePointer<CChar>
    ) -> UnsafeMutablePointer<CChar>? {
        let length = name.utf8CodeUnitCount
        let start = unsafe UnsafeRawPointer(name.utf8Start).assumingMemoryBound(to: CChar.self)
        // Most names differ in their first letter, and need no call. strncmp() stops at the entry's
        // end, so entry[length] is inside when the names agree.
        guard unsafe entry.pointee == start.pointee, unsafe strncmp(entry, start, length) == 0,
            unsafe entry[length] == CChar(UInt8(ascii: "="))
        else { return nil }
        return unsafe entry + length + 1
    }
}
