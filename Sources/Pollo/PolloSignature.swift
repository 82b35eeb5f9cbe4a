import Domain
import HTTP
import Sodium

/// The signature of a callback.
package enum PolloSignature {
    /// Whether anything can be verified by this secret: it is base64 and not empty.
    package static func isSecret(_ text: String) -> Bool { key(from: text) != nil }

    /// Whether the vendor signed this very body.
    ///
    /// Signed are the bytes of id, `.`, timestamp, `.`, body, under the secret decoded from
    /// base64. The age is not judged: a late retry may carry its first timestamp.
    ///
    /// - Parameters:
    ///   - id: every `X-Webhook-Id` that was sent; refused unless it is one.
    ///   - timestamp: every `X-Webhook-Timestamp`; likewise.
    ///   - signature: every `X-Webhook-Signature`; likewise. The one may be a list in the manner
    ///     of Standard Webhooks (`v1,… v1,…`), of which one match is enough.
    ///   - body: as it came, before any parsing.
    ///   - secret: as the vendor shows it. Empty, or no base64, refuses everything.
    package static func verify(
        id: [String], timestamp: [String], signature: [String], body: [UInt8], secret: String
    ) -> Bool {
        guard id.count == 1, timestamp.count == 1, signature.count == 1,
            !id[0].isEmpty, !timestamp[0].isEmpty, let key = key(from: secret)
        else { return false }
        let code = HMACSHA256(key: key)
            .code(for: Array("\(id[0]).\(timestamp[0]).".utf8), body)
        let expected = Array(Base64.encode(code).utf8)
        var isGenuine = false
        for candidate in signature[0].bytes.parts(at: " ") {
            let text = candidate.starts(with: "v1,") ? candidate.dropFirst(3) : candidate
            // No early exit: how many were compared says nothing.
            if constantTimeEquals(Array(text), expected) { isGenuine = true }
        }
        return isGenuine
    }

    /// The bytes of a secret. Vendors show it padded or not, in either alphabet.
    private static func key(from secret: String) -> [UInt8]? {
        var digits = secret.trimmed.utf8.map { byte in
            switch byte {
            case UInt8(ascii: "-"): UInt8(ascii: "+")
            case UInt8(ascii: "_"): UInt8(ascii: "/")
            default: byte
            }
        }
        while digits.last == UInt8(ascii: "=") { digits.removeLast() }
        // Zeros instead of padding, so that the unused bits of the last digit do not matter.
        let missing = (4 - digits.count % 4) % 4
        digits += Array(repeating: UInt8(ascii: "A"), count: missing)
        guard missing < 3, let key = Base64.decode(String(decoding: digits, as: UTF8.self)),
            !key.isEmpty
        else { return nil }
        return Array(key.dropLast(missing))
    }
}
