import Sodium
import Testing

struct LinkTokensTests {
    private let old = Array("the secret that was good until today".utf8)
    private let new = Array("a secret of thirty-two bytes, or more".utf8)

    @Test func `a token has 256 bits, is the row's alone, and is looked up by its hash`() {
        let tokens = LinkTokens(secret: new, previous: nil)
        let first = tokens.token(of: "row 1")
        #expect(first.text.utf8.count == 43)
        #expect(Base64.decode(first.text, .urlSafe)?.count == 32)
        #expect(first.hash == LinkTokens.hash(first.text))
        #expect(first.hash == SHA256.hash(Array(first.text.utf8)))
        #expect(tokens.token(of: "row 2").text != first.text)
        #expect(tokens.token(of: "row 1", hash: first.hash) == first.text)
        #expect(tokens.token(of: "row 2", hash: first.hash) == nil)
    }

    @Test func `a mail that was written under the secret before gets its own token`() {
        let written = LinkTokens(secret: old, previous: nil).token(of: "row")
        let rotated = LinkTokens(secret: new, previous: old)
        #expect(rotated.token(of: "row").text != written.text)
        #expect(rotated.token(of: "row", hash: written.hash) == written.text)
        #expect(LinkTokens(secret: new, previous: nil).token(of: "row", hash: written.hash) == nil)
    }
}
