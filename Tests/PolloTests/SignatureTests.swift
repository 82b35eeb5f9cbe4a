import Pollo
import Sodium
import Testing

/// The test vectors of the vendor's signature.
private struct Vector: Sendable {
    let secret: String
    let id: String
    let timestamp: String
    let body: String
    let bodyHash: String
    let signature: String

    func verifies(
        id: [String]? = nil, timestamp: [String]? = nil, signature: [String]? = nil,
        body: [UInt8]? = nil, secret: String? = nil
    ) -> Bool {
        PolloSignature.verify(
            id: id ?? [self.id], timestamp: timestamp ?? [self.timestamp],
            signature: signature ?? [self.signature], body: body ?? Array(self.body.utf8),
            secret: secret ?? self.secret)
    }

    static let one = Vector(
        secret: "cG9sbG8tdGVzdC12ZWN0b3Ita2V5LW9uZS0zMmJ5dGU=", id: "msg_test_0001",
        timestamp: "1767225600",
        body: #"{"taskId":"cm0testtask0000000000001","status":"succeed"}"#,
        bodyHash: "6ac120db9c644812dbfe1ac3d5737d876fbfb51d447c53b9f8c768f08409abd3",
        signature: "1E+/oqfqIEIT62wZpSoAbjGTSDt25don30DrYLwQrb4=")

    static let two = Vector(
        secret: "TestVectorTwoSecret0123456789abcdefABCDEFxyz", id: "msg_test_0002",
        timestamp: "1767225690",
        body:
            #"{"taskId":"cm0testtask0000000000002","status":"failed","generations":[{"id":"cm0testgen00000000000002","status":"failed","failMsg":"Contenu refusé","url":"","mediaType":"video","createdDate":"2026-01-01T00:00:00.000Z","updatedDate":"2026-01-01T00:01:30.000Z"}]}"#,
        bodyHash: "928da70268b0bed5918d2ecedc511b5036e8d5f070270f83ed51eb824ed4de25",
        signature: "/tRTWtXfWVjifEfrfWZ/k36HnPsZnrina1qEdMAM/uQ=")
}

/// W1: the callbacks of the video vendor, whose age is not judged.
struct PolloSignatureTests {
    @Test(arguments: [(Vector.one, 56), (Vector.two, 262)])
    private func `the vectors of the reference are accepted`(vector: Vector, length: Int) {
        #expect(vector.body.utf8.count == length)
        #expect(Hex.encode(SHA256.hash(Array(vector.body.utf8))) == vector.bodyHash)
        #expect(vector.verifies())
    }

    @Test func `the secret may be padded or not, in either alphabet, with space around it`() {
        let unpadded = String(Vector.one.secret.dropLast())
        #expect(Vector.one.verifies(secret: unpadded))
        #expect(Vector.one.verifies(secret: " \(Vector.one.secret)\n"))
        let key = [UInt8](repeating: 0xfb, count: 32) + [0xff, 0xef]
        let code = HMACSHA256(key: key).code(
            for: Array("\(Vector.one.id).\(Vector.one.timestamp).\(Vector.one.body)".utf8))
        for alphabet in [Base64.Alphabet.standard, .urlSafe] {
            #expect(
                Vector.one.verifies(
                    signature: [Base64.encode(code)], secret: Base64.encode(key, alphabet)))
        }
    }

    @Test func `a list needs one match, with or without its prefix`() {
        let good = Vector.one.signature
        let bad = Vector.two.signature
        #expect(Vector.one.verifies(signature: ["v1,\(good)"]))
        #expect(Vector.one.verifies(signature: ["v1,\(bad) v1,\(good)"]))
        #expect(Vector.one.verifies(signature: ["\(good) \(bad)"]))
        #expect(!Vector.one.verifies(signature: ["v1,\(bad) v1,\(bad)"]))
        #expect(!Vector.one.verifies(signature: ["v2,\(good)"]))
        #expect(!Vector.one.verifies(signature: ["v1,v1,\(good)"]))
    }

    @Test(arguments: ["\u{301}", "\u{200D}", "\u{FE0F}", "\u{1F3FB}"])
    func `a mark beside a separator hides no signature and makes none`(mark: String) {
        let good = Vector.one.signature
        #expect(Vector.one.verifies(signature: ["v1,x\(mark) v1,\(good)"]))
        #expect(Vector.one.verifies(signature: ["\(mark)  v1,\(good) \(mark)"]))
        #expect(!Vector.one.verifies(signature: ["v1,\(mark)\(good)"]))
        #expect(!Vector.one.verifies(signature: ["v1,\(good)\(mark)"]))
        #expect(!Vector.one.verifies(signature: ["v1\(mark),\(good)"]))
        #expect(!Vector.one.verifies(signature: ["v1\u{FF0C}\(good)"]))
        #expect(!Vector.one.verifies(signature: ["x\u{A0}\(good)"]))
        #expect(!Vector.one.verifies(id: ["\(Vector.one.id)\(mark)"]))
    }

    @Test func `the undecoded secret is not the key`() {
        #expect(
            !Vector.one.verifies(signature: ["N/AVBiwy+64DgMquXr6MgI5SEA5mz/CI8Jv1liM8s44="]))
    }

    @Test(arguments: [
        (Vector.one, "de15b3fb1aa3036f3424e747a939be80cfbfed59063b81a267d45fe8aa7ebf5e"),
        (Vector.two, "474d123281e66227eaff0cb55ed8bf1bf9471a41439b9292ba6c6cf927e869da"),
    ])
    private func `the vendor's other scheme is refused`(vector: Vector, signature: String) {
        #expect(!vector.verifies(signature: [signature]))
    }

    @Test func `every change to what is signed is refused`() {
        let vector = Vector.two
        let body = Array(vector.body.utf8)
        for index in body.indices {
            var changed = body
            changed[index] ^= 1 << UInt8(index % 8)
            #expect(!vector.verifies(body: changed))
        }
        #expect(!vector.verifies(body: body + [0x0a]))
        #expect(!vector.verifies(body: Array(body.dropLast())))
        #expect(!vector.verifies(body: []))
        #expect(!vector.verifies(id: ["msg_test_0001"]))
        #expect(!vector.verifies(timestamp: ["1767225691"]))
        #expect(!vector.verifies(timestamp: ["01767225690"]))
        // The same bytes, cut elsewhere.
        #expect(!vector.verifies(id: ["msg_test_0002.1767225690"], timestamp: [""]))
        #expect(!vector.verifies(secret: Vector.one.secret))
    }

    @Test func `every bit of the signature counts`() throws {
        let code = try #require(Base64.decode(Vector.one.signature))
        for bit in 0..<256 {
            var changed = code
            changed[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(!Vector.one.verifies(signature: [Base64.encode(changed)]))
        }
        #expect(!Vector.one.verifies(signature: [Base64.encode(Array(code.prefix(16)))]))
        #expect(!Vector.one.verifies(signature: [String(Vector.one.signature.dropLast())]))
    }

    @Test func `what is missing, empty or sent twice is refused`() {
        let vector = Vector.one
        for values in [[], [""], [vector.id, vector.id]] {
            #expect(!vector.verifies(id: values))
        }
        for values in [[], [""], [vector.timestamp, vector.timestamp]] {
            #expect(!vector.verifies(timestamp: values))
        }
        for values in [[], [""], [" "], ["v1,"], [vector.signature, vector.signature]] {
            #expect(!vector.verifies(signature: values))
        }
    }

    @Test(arguments: ["", " ", "=", "====", "A", "not base64!", "pollo-secret-é"])
    func `an empty or unreadable secret refuses everything`(secret: String) {
        let code = HMACSHA256(key: []).code(
            for: Array("\(Vector.one.id).\(Vector.one.timestamp).\(Vector.one.body)".utf8))
        #expect(!Vector.one.verifies(secret: secret))
        #expect(!Vector.one.verifies(signature: [Base64.encode(code)], secret: secret))
    }
}
