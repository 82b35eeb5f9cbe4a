import Authenticator
import Sodium

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
