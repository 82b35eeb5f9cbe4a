// Authenticator: the only importer of liboath and libqrencode. Codes by time, Base32, QR codes.
// It knows no user, and keeps no secret.

import Addresses
import COath
package import FoundationEssentials
import Sodium

/// `oath_init`, run at the first use. A global is initialised once, whichever threads ask for it
/// first (liboath, "Initialization").
private let isReady: Bool = oath_init() == 0

/// The codes of an authenticator (RFC 6238): six digits of an HMAC-SHA-1, another every 30 seconds.
package struct OneTimePassword: Sendable {
    /// 160 bits, as RFC 4226 advises.
    package static let secretLength = 20
    private static let stepSeconds = 30.0
    private static let digits = 6

    private let secret: [UInt8]

    package init(secret: [UInt8]) {
        precondition(isReady, "liboath could not be initialised")
        self.secret = secret
    }

    /// The number of the span of 30 seconds that `now` lies in.
    package static func step(at now: Date) -> Int64 {
        Int64((now.timeIntervalSince1970 / stepSeconds).rounded(.down))
    }

    package func code(at step: Int64) -> String {
        var text = [CChar](repeating: 0, count: Self.digits + 1)
        // `SIZE_MAX` is OATH_HOTP_DYNAMIC_TRUNCATION: RFC 4226, 5.3.
        let status = unsafe secret.withUnsafeBytes { secret in
            unsafe oath_hotp_generate(
                secret.baseAddress?.assumingMemoryBound(to: CChar.self), secret.count,
                UInt64(bitPattern: step), UInt32(Self.digits), false, Int(bitPattern: .max), &text)
        }
        precondition(status == 0, "liboath makes no code")
        return String(decoding: text.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
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

    /// The secret as people type it.
    package var text: String { Base32.encode(secret) }

    /// What an authenticator reads from a QR code.
    package func url(account: String) -> String {
        "otpauth://totp/Rushes:\(account.percentEncoded)?secret=\(text)&issuer=Rushes"
    }
}
