import Authenticator
import Testing

/// That a code can be read is tried in the browser, by a reader of other people.
@Suite struct `QR codes` {
    @Test(arguments: [(1, 21), (14, 21), (15, 25), (90, 41), (400, 77), (2_331, 177)])
    func `a text has the smallest code that holds it`(length: Int, side: Int) throws {
        let code = try #require(QRCode(String(repeating: "x", count: length)))
        #expect(code.rows.count == side)
        #expect(code.rows.allSatisfy { $0.utf8.count == side })
        // The upper corners, by which a camera finds it.
        #expect(code.rows[0].hasPrefix("11111110") && code.rows[0].hasSuffix("01111111"))
        #expect(code.rows[1].hasPrefix("10000010") && code.rows[2].hasPrefix("10111010"))
    }

    @Test func `no text and one that is too long have none`() {
        #expect(QRCode(String(repeating: "x", count: 2_332)) == nil)
        #expect(QRCode("") == nil)
    }
}
