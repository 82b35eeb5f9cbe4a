import Sodium
import Testing

@Suite struct `Sealed secrets` {
    private let old = Array("the secret of before".utf8)
    private let new = Array("the secret of today".utf8)
    private let secret: [UInt8] = [1, 2, 3, 0, 255]

    private func box(
        _ secret: [UInt8], _ previous: [UInt8]? = nil, _ purpose: String = "a test"
    ) -> SecretBox {
        SecretBox(secret: secret, previous: previous, purpose: purpose)
    }

    @Test func `what is sealed is opened by the same secret and purpose alone`() {
        let sealed = box(new).seal(secret)
        #expect(box(new).open(sealed) == secret)
        #expect(box(old).open(sealed) == nil)
        #expect(box(new, nil, "another").open(sealed) == nil)
        #expect(sealed.count == secret.count + 40)
    }

    @Test func `while the secret is changed, what the old one sealed is opened too`() {
        let sealed = box(old).seal(secret)
        #expect(box(new, old).open(sealed) == secret)
        #expect(box(new, old).mark == box(new).mark)
        #expect(box(new).mark != box(old).mark)
        #expect(box(new).mark.count == 8)
    }

    @Test func `what was changed or cut is not opened, and nothing is sealed alike twice`() {
        let sealed = box(new).seal(secret)
        for at in sealed.indices {
            var changed = sealed
            changed[at] ^= 1
            #expect(box(new).open(changed) == nil)
            #expect(box(new).open(Array(sealed[..<at])) == nil)
        }
        #expect(box(new).seal(secret) != sealed)
        #expect(box(new).open(box(new).seal([])) == [])
    }
}
