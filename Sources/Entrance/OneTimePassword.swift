package import FoundationEssentials
import Sodium

/// The codes of an authenticator (RFC 6238): six digits of an HMAC-SHA-1, another every 30 seconds.
package struct OneTimePassword: Sendable {
    /// 160 bits, as RFC 4226 advises.
    package static let secretLength = 20
    private static let stepSeconds = 30.0

    private let secret: [UInt8]

    package init(secret: [UInt8]) {
        self.secret = secret
    }

    /// The number of the span of 30 seconds that `now` lies in.
    package static func step(at now: Date) -> Int64 {
        Int64((now.timeIntervalSince1970 / stepSeconds).rounded(.down))
    }

    package func code(at step: Int64) -> String {
        let counter = (0..<8).map { UInt8(truncatingIfNeeded: step >> (56 - 8 * $0)) }
        let hash = SHA1.code(key: secret, for: counter)
        // RFC 4226, 5.3: where the four bytes begin is said by the last.
        let offset = Int(hash[19] & 0xF)
        let number = hash[offset..<(offset + 4)].reduce(0) { $0 << 8 | UInt32($1) } & 0x7FFF_FFFF
        let digits = String(number % 1_000_000)
        return String(repeating: "0", count: 6 - digits.utf8.count) + digits
    }

    /// The step whose code this is: the present one, or one either side for clocks that differ. Nil
    /// when it is another. All three are compared, whichever it is.
    package func step(of code: String, at now: Date) -> Int64? {
        let typed = Array(code.utf8)
        let present = Self.step(at: now)
        let fitting = (-1...1).map { present + $0 }
            .filter { constantTimeEquals(Array(self.code(at: $0).utf8), typed) }
        // Two steps may share a code; the later one is used up, and the other with it.
        return fitting.last
    }

    /// The secret as people type it: Base32 (RFC 4648).
    package var text: String { Base32.encode(secret) }

    /// What an authenticator reads from a QR code.
    package func url(account: String) -> String {
        "otpauth://totp/Rushes:\(Self.percentEncoded(account))?secret=\(text)&issuer=Rushes"
    }

    private static func percentEncoded(_ text: String) -> String {
        text.utf8.map { byte in
            let isPlain =
                (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
                || "-._~".utf8.contains(byte)
            return isPlain
                ? String(UnicodeScalar(byte)) : "%" + Hex.encode([byte]).uppercased()
        }.joined()
    }
}

/// Base32 (RFC 4648, section 6), without padding.
enum Base32 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".utf8)

    static func encode(_ bytes: [UInt8]) -> String {
        var (text, bits, count): ([UInt8], UInt32, UInt32) = ([], 0, 0)
        for byte in bytes {
            bits = bits << 8 | UInt32(byte)
            count += 8
            while count >= 5 {
                count -= 5
                text.append(alphabet[Int(bits >> count & 31)])
            }
        }
        if count > 0 { text.append(alphabet[Int(bits << (5 - count) & 31)]) }
        return String(decoding: text, as: UTF8.self)
    }
}

/// A code that stands for a lost authenticator, once: 80 random bits.
package struct RecoveryCode: Sendable {
    package static let count = 10

    /// Four groups of four.
    package let text: String

    package static func new() -> RecoveryCode {
        let letters = Array(Base32.encode(randomBytes(10)).lowercased().utf8)
        let groups = stride(from: 0, to: 16, by: 4).map {
            String(decoding: letters[$0..<($0 + 4)], as: UTF8.self)
        }
        return RecoveryCode(text: groups.joined(separator: "-"))
    }

    package var hash: [UInt8] { Self.hash(text) ?? [] }

    /// What is stored of a code, however it is typed; nil for what is none.
    package static func hash(_ typed: String) -> [UInt8]? {
        let letters = typed.utf8.filter { $0 != UInt8(ascii: "-") && $0 != UInt8(ascii: " ") }
            .map { (65...90).contains($0) ? $0 + 32 : $0 }
        guard letters.count == 16,
            letters.allSatisfy({ (97...122).contains($0) || (50...55).contains($0) })
        else { return nil }
        return SHA256.hash(letters)
    }
}
