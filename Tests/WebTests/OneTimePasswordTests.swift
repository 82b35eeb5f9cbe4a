import FoundationEssentials
import Sodium
import Testing

@testable import Entrance

@Suite struct `Codes of authenticators` {
    private let password = OneTimePassword(secret: Array("12345678901234567890".utf8))

    @Test(
        arguments: [
            ("", "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
            ("abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
            (
                "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                "84983e441c3bd26ebaae4aa1f95129e5e54670f1"
            ),
            (String(repeating: "a", count: 119), "ee971065aaa017e0632a8ca6c77bb3bf8b1dfc56"),
            (String(repeating: "a", count: 1_000), "291e9a6c66994949b57ba5e650361e98fc36b1ba"),
        ])
    func `SHA-1 is that of FIPS 180-4`(text: String, hash: String) {
        #expect(Hex.encode(SHA1.hash(Array(text.utf8))) == hash)
    }

    // RFC 2202, test cases 1, 2 and 6.
    @Test(
        arguments: [
            (
                [UInt8](repeating: 0x0b, count: 20), "Hi There",
                "b617318655057264e28bc0b6fb378c8ef146be00"
            ),
            (
                Array("Jefe".utf8), "what do ya want for nothing?",
                "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"
            ),
            (
                [UInt8](repeating: 0xaa, count: 80),
                "Test Using Larger Than Block-Size Key - Hash Key First",
                "aa4ae5e15272d00e95705637ce8a3b55ed402112"
            ),
        ])
    func `HMAC-SHA-1 is that of RFC 2202`(key: [UInt8], message: String, code: String) {
        #expect(Hex.encode(SHA1.code(key: key, for: Array(message.utf8))) == code)
    }

    // RFC 6238, appendix B, whose codes have two digits more.
    @Test(
        arguments: [
            (59, "287082"), (1_111_111_109, "081804"), (1_111_111_111, "050471"),
            (1_234_567_890, "005924"), (2_000_000_000, "279037"), (20_000_000_000, "353130"),
        ])
    func `codes are those of RFC 6238`(seconds: Int, code: String) {
        let now = Date(timeIntervalSince1970: Double(seconds))
        #expect(password.code(at: OneTimePassword.step(at: now)) == code)
        #expect(password.step(of: code, at: now) == OneTimePassword.step(at: now))
    }

    @Test func `a code is good one step either side and no further`() {
        let now = Date(timeIntervalSince1970: 1_234_567_890)
        let present = OneTimePassword.step(at: now)
        let found = (-2...2).map { password.step(of: password.code(at: present + $0), at: now) }
        #expect(found == [nil, present - 1, present, present + 1, nil])
        for wrong in ["", "05924", "0059240", "005925", "00592４"] {
            #expect(password.step(of: wrong, at: now) == nil)
        }
    }

    @Test func `the secret is Base32, and the address what authenticators read`() {
        #expect(password.text == "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")
        // RFC 4648, section 10.
        let vectors = ["", "MY", "MZXQ", "MZXW6", "MZXW6YQ", "MZXW6YTB", "MZXW6YTBOI"]
        for (length, text) in vectors.enumerated() {
            #expect(Base32.encode(Array("foobar".utf8.prefix(length))) == text)
        }
        #expect(
            password.url(account: "a+b@example.org")
                == "otpauth://totp/Rushes:a%2Bb%40example.org"
                + "?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Rushes")
    }

    @Test func `a recovery code is found however it is typed`() {
        let code = RecoveryCode.new()
        #expect(code.text.wholeMatch(of: /([a-z2-7]{4}-){3}[a-z2-7]{4}/) != nil)
        let bare = code.text.replacing("-", with: "")
        for typed in [code.text, bare, code.text.uppercased(), bare.replacing("-", with: " ")] {
            #expect(RecoveryCode.hash(typed) == code.hash)
        }
        #expect(RecoveryCode.new().text != code.text)
        for other in ["", String(bare.dropLast()), bare + "a", "1" + bare.dropFirst(), "492039"] {
            #expect(RecoveryCode.hash(other) == nil)
        }
    }
}
