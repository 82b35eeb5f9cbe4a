import CFastCGI
import HTTP
import HTTPTypes
import System

extension Response {
    /// Writes the answer in CGI form (RFC 3875, 6.2) into the stream.
    ///
    /// The stream gathers it: what is shorter than 8 kB leaves in a single write when the request
    /// is finished. That the peer is gone shows there too, so nothing is checked here.
    /// No field can break the header: `HTTPField` turns CR, LF and NUL into spaces.
    ///
    /// Returns false when a file has become shorter than was announced, or cannot be read: then the
    /// connection must break, so that nobody takes the part for the whole.
    func write(
        to stream: UnsafeMutablePointer<FCGX_Stream>, withoutBody isHead: Bool
    ) -> Bool {
        unsafe stream.put("Status: ")
        unsafe stream.put(status.code)
        // nginx copies the line as it is, and HTTP/1.1 wants a space after the number even when no
        // words follow (RFC 9112, 4).
        unsafe stream.put(" ")
        unsafe stream.put(status.reasonPhrase)
        for field in fields {
            unsafe stream.put("\r\n")
            unsafe stream.put(field.name.rawName)
            unsafe stream.put(": ")
            unsafe field.withUnsafeBytesOfValue { unsafe stream.put(UnsafeRawBufferPointer($0)) }
        }
        // RFC 9110, 8.6: neither of them has a length or a body.
        guard status.code != 204, status.code != 304 else {
            unsafe stream.put("\r\n\r\n")
            return true
        }
        if let contentType {
            unsafe stream.put("\r\nContent-Type: ")
            unsafe stream.put(contentType)
        }
        unsafe stream.put("\r\nContent-Length: ")
        switch content {
        case .bytes(let body):
            unsafe stream.put(body.count)
            unsafe stream.put("\r\n\r\n")
            if !isHead {
                unsafe body.withUnsafeBytes { unsafe stream.put($0) }
            }
            return true
        case .file(let file):
            unsafe stream.put(Int(clamping: file.sizeBytes))
            unsafe stream.put("\r\n\r\n")
            return unsafe isHead || stream.put(file)
        }
    }
}

extension UnsafeMutablePointer<FCGX_Stream> {
    fileprivate func put(_ text: StaticString) {
        unsafe put(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    fileprivate func put(_ text: String) {
        var text = text
        text.withUTF8 { unsafe put(UnsafeRawBufferPointer($0)) }
    }

    /// Writes the number in decimal. It is not negative.
    fileprivate func put(_ number: Int) {
        unsafe withUnsafeTemporaryAllocation(byteCount: 20, alignment: 1) { digits in
            var rest = number
            var start = digits.count
            repeat {
                start -= 1
                unsafe digits[start] = UInt8(ascii: "0") + UInt8(rest % 10)
                rest /= 10
            } while rest > 0
            unsafe put(UnsafeRawBufferPointer(rebasing: digits[start...]))
        }
    }

    /// Writes all of the file, a part at a time. False when that is not as much as it had.
    fileprivate func put(_ file: OpenFile) -> Bool {
        let part = 64 * 1024
        return unsafe withUnsafeTemporaryAllocation(byteCount: part, alignment: 16) { buffer in
            var sent: UInt64 = 0
            while sent < file.sizeBytes {
                let wanted = Int(min(UInt64(part), file.sizeBytes - sent))
                let room = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[..<wanted])
                guard (try? unsafe file.read(into: room, at: sent)) == wanted else { return false }
                unsafe put(UnsafeRawBufferPointer(room))
                // The peer is gone.
                guard unsafe pointee.isClosed == 0 else { return true }
                sent += UInt64(wanted)
            }
            return true
        }
    }

    fileprivate func put(_ bytes: UnsafeRawBufferPointer) {
        var rest = unsafe bytes
        while unsafe !rest.isEmpty {
            let part = unsafe rest.prefix(Int(Int32.max))
            let start = unsafe UnsafeRawBufferPointer(rebasing: part).baseAddress
            guard let start = unsafe start?.assumingMemoryBound(to: CChar.self),
                unsafe FCGX_PutStr(start, Int32(part.count), self) >= 0
            else { return }
            unsafe rest = unsafe UnsafeRawBufferPointer(rebasing: rest.dropFirst(part.count))
        }
    }
}
