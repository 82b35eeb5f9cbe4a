import Sodium
import Testing

struct HMACSHA256Tests {
    // RFC 4231, test cases 1, 2 and 6.
    @Test(arguments: [
        (
            [UInt8](repeating: 0x0b, count: 20), "Hi There",
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
        ),
        (
            Array("Jefe".utf8), "what do ya want for nothing?",
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        ),
        (
            [UInt8](repeating: 0xaa, count: 131),
            "Test Using Larger Than Block-Size Key - Hash Key First",
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        ),
    ])
    func `codes are those of RFC 4231`(key: [UInt8], message: String, code: String) {
        #expect(Hex.encode(HMACSHA256(key: key).code(for: Array(message.utf8))) == code)
    }

    @Test func `one key gives codes for any number of messages, whole or in parts`() {
        let key = HMACSHA256(key: Array("Jefe".utf8))
        let whole = key.code(for: Array("what do ya want for nothing?".utf8))
        let parts = key.code(
            for: Array("what do ya ".utf8), [], Array("want for nothing?".utf8))
        #expect(whole == parts)
        #expect(key.code(for: Array("something else".utf8)) != whole)
        #expect(key.code(for: Array("what do ya want for nothing?".utf8)) == whole)
    }
}

struct SHA256Tests {
    // FIPS 180-4 examples, one and two blocks.
    @Test(arguments: [
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ])
    func `hashes are those of FIPS 180-4`(message: String, hash: String) {
        #expect(Hex.encode(SHA256.hash(Array(message.utf8))) == hash)
    }

    @Test func `a message in pieces has the hash of the whole`() {
        let message = [UInt8]((0..<1000).map { UInt8(truncatingIfNeeded: $0) })
        var hash = SHA256()
        hash.update(message[..<1])
        hash.update(message[1..<700])
        hash.update(AnyCollection(message[700...]))
        #expect(hash.finalize() == SHA256.hash(message))
    }

    @Test func `taking the hash does not end the message`() {
        var hash = SHA256()
        hash.update(Array("a".utf8))
        #expect(hash.finalize() == SHA256.hash(Array("a".utf8)))
        hash.update(Array("bc".utf8))
        #expect(hash.finalize() == SHA256.hash(Array("abc".utf8)))
    }
}

struct Base64Tests {
    // RFC 4648, section 10.
    @Test(arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="),
        ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy"),
    ])
    func `text is that of RFC 4648, in both directions`(plain: String, text: String) {
        #expect(Base64.encode(Array(plain.utf8)) == text)
        #expect(Base64.decode(text) == Array(plain.utf8))
        let unpadded = text.filter { $0 != "=" }
        #expect(Base64.encode(Array(plain.utf8), .urlSafe) == unpadded)
        #expect(Base64.decode(unpadded, .urlSafe) == Array(plain.utf8))
    }

    @Test func `the alphabets differ in two characters and the padding`() {
        let bytes: [UInt8] = [0xfb, 0xff, 0xbf, 0xff]
        #expect(Base64.encode(bytes) == "+/+//w==")
        #expect(Base64.encode(bytes, .urlSafe) == "-_-__w")
        #expect(Base64.decode("-_-__w==") == nil)
        #expect(Base64.decode("+/+//w", .urlSafe) == nil)
    }

    @Test(arguments: ["Z", "Zg", "Zg=", "Zh==", "Zg==\n", " Zg==", "Zm9v=", "Zm9vZé==", "\0"])
    func `text that is not canonical is refused`(text: String) {
        #expect(Base64.decode(text) == nil)
    }
}

struct HexTests {
    @Test func `bytes become lower-case digits and come back`() {
        #expect(Hex.encode([0x00, 0x0f, 0xff]) == "000fff")
        #expect(Hex.decode("000FfF") == [0x00, 0x0f, 0xff])
        #expect(Hex.encode([]) == "")
        #expect(Hex.decode("") == [])
    }

    @Test(arguments: ["0", "0g", "00 00", "0x00", "00\0"])
    func `other text is refused`(text: String) {
        #expect(Hex.decode(text) == nil)
    }
}

struct BytesTests {
    @Test func `byte strings are equal only when all of them is`() {
        #expect(constantTimeEquals([], []))
        #expect(constantTimeEquals([1, 2, 3], [1, 2, 3]))
        #expect(!constantTimeEquals([1, 2, 3], [1, 2, 4]))
        #expect(!constantTimeEquals([1, 2, 3], [1, 2]))
        #expect(!constantTimeEquals([], [0]))
    }

    @Test func `random bytes have the length asked for and do not repeat`() {
        #expect(randomBytes(0).isEmpty)
        #expect(randomBytes(33).count == 33)
        #expect(Set((0..<100).map { _ in randomBytes(16) }).count == 100)
    }
}
