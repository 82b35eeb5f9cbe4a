import COath
import Glibc

/// Base32 (RFC 4648, section 6).
package enum Base32 {
    /// The text of as many bytes as fill it without padding: a multiple of five.
    package static func encode(_ bytes: [UInt8]) -> String {
        precondition(bytes.count % 5 == 0, "text with padding")
        var text: UnsafeMutablePointer<CChar>?
        var length = 0
        let status = unsafe bytes.withUnsafeBytes { bytes in
            unsafe oath_base32_encode(
                bytes.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count, &text, &length)
        }
        guard status == 0, let start = unsafe text else { preconditionFailure("out of memory") }
        defer { unsafe free(start) }
        return unsafe String(
            decoding: UnsafeRawBufferPointer(start: start, count: length), as: UTF8.self)
    }
}
