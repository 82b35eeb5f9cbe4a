import Entrance
import Testing

@Suite struct `Recovery codes` {
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
