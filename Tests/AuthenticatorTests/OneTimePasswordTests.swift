import Authenticator
import FoundationEssentials
import Testing

@Suite struct `Codes of authenticators` {
    private let password = OneTimePassword(secret: Array("12345678901234567890".utf8))

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
        #expect(Base32.encode([]).isEmpty)
        #expect(Base32.encode(Array("fooba".utf8)) == "MZXW6YTB")
        #expect(
            password.url(account: "a+b@example.org")
                == "otpauth://totp/Rushes:a%2Bb%40example.org"
                + "?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Rushes")
    }
}
