import FoundationEssentials
import Sodium
import Stripe
import Testing

/// Test vectors of the signature that Stripe documents.
private struct Vector: Sendable {
    let secret: String
    let seconds: Int
    let body: [UInt8]
    let bodyHash: String
    let header: String

    func verifies(
        header: [String]? = nil, body: [UInt8]? = nil, secrets: [String]? = nil, age: Int = 0
    ) -> Bool {
        StripeSignature.verify(
            header: header ?? [self.header], body: body ?? self.body, secrets: secrets ?? [secret],
            now: Date(timeIntervalSince1970: TimeInterval(seconds + age)))
    }

    static let alpha = Vector(
        secret: "whsec_testvector_alpha_0123456789abcdef", seconds: 1_767_225_600,
        body: Array(
            #"{"id":"evt_1TestVectorAlpha","object":"event","type":"checkout.session.completed","livemode":false,"data":{"object":{"id":"cs_test_a1","object":"checkout.session","payment_status":"paid","amount_total":1000,"currency":"usd","client_reference_id":"order_42"}}}"#
                .utf8),
        bodyHash: "4d52afc5edac7cae76233ec4dda281bf7c6a88a5b96c5262beee1ecd61400e3e",
        header: "t=1767225600,v1=4eef7455ec582d2e5f17f5d029e7e760e93ea6426edbdea21f6e0c58b0bd68e1")

    static let beta = Vector(
        secret: "whsec_testvector_beta_fedcba9876543210", seconds: 1_767_229_261,
        body: Base64.decode(
            "ewogICJpZCI6ICJldnRfMVRlc3RWZWN0b3JCZXRhIiwKICAib2JqZWN0IjogImV2ZW50IiwKICAidHlwZSI6ICJjaGFyZ2UucmVmdW5kZWQiLAogICJsaXZlbW9kZSI6IGZhbHNlLAogICJkYXRhIjogewogICAgIm9iamVjdCI6IHsKICAgICAgImlkIjogImNoXzFUZXN0VmVjdG9yIiwKICAgICAgIm9iamVjdCI6ICJjaGFyZ2UiLAogICAgICAiYW1vdW50IjogMTAwMCwKICAgICAgImFtb3VudF9yZWZ1bmRlZCI6IDQwMCwKICAgICAgInJlZnVuZGVkIjogZmFsc2UsCiAgICAgICJwYXltZW50X2ludGVudCI6ICJwaV8xVGVzdFZlY3RvciIsCiAgICAgICJkZXNjcmlwdGlvbiI6ICJDcsOpZGl0cyDigJMgMTAwIFwvIGNhZlx1MDBlOSIKICAgIH0KICB9Cn0K"
        ) ?? [],
        bodyHash: "15e4bcacef3b72b503aa4cdf8655a3529facae9b6e030c9c70fbf13bbad2eb49",
        header:
            "t=1767229261,v1=fe2ccf6e7c0144e9291345eaa5b9d2c0569f3ad282d3b5622698ad4b4736203a,v1=b44fe4396e629a3d9b2509fda9adac4d0eb7b00037a40f1783ff29e4c61c20f1,v0=6ff86ff86ff86ff86ff86ff86ff86ff86ff86ff86ff86ff86ff86ff86ff86ff8"
    )

    static let code = "4eef7455ec582d2e5f17f5d029e7e760e93ea6426edbdea21f6e0c58b0bd68e1"
}

/// W1: Stripe's events.
struct StripeSignatureTests {
    @Test(arguments: [(Vector.alpha, 259), (Vector.beta, 372)])
    private func `the vectors of the reference are accepted`(vector: Vector, length: Int) {
        #expect(vector.body.count == length)
        #expect(Hex.encode(SHA256.hash(vector.body)) == vector.bodyHash)
        #expect(vector.verifies())
    }

    @Test func `while a secret is rolled, either one is enough`() {
        let previous = "whsec_testvector_beta_previous_secret"
        #expect(Vector.beta.verifies(secrets: [previous]))
        #expect(Vector.beta.verifies(secrets: ["whsec_other", Vector.beta.secret]))
        #expect(Vector.alpha.verifies(secrets: ["", Vector.alpha.secret]))
        #expect(!Vector.beta.verifies(secrets: ["whsec_other", Vector.alpha.secret]))
    }

    @Test func `every change to the body is refused`() {
        for vector in [Vector.alpha, .beta] {
            for index in vector.body.indices {
                var changed = vector.body
                changed[index] ^= 1 << UInt8(index % 8)
                #expect(!vector.verifies(body: changed))
            }
            #expect(!vector.verifies(body: vector.body + [0x0a]))
            #expect(!vector.verifies(body: Array(vector.body.dropLast())))
            #expect(!vector.verifies(body: []))
        }
    }

    @Test func `a body that was parsed and written again is refused`() throws {
        let compact = Vector.beta.body.filter { $0 != 0x20 && $0 != 0x0a }
        #expect(!Vector.beta.verifies(body: compact))
    }

    @Test func `the secret is the whole text`() {
        #expect(!Vector.alpha.verifies(secrets: ["testvector_alpha_0123456789abcdef"]))
        #expect(!Vector.alpha.verifies(secrets: [Vector.alpha.secret + " "]))
        #expect(!Vector.alpha.verifies(secrets: [Vector.alpha.secret.uppercased()]))
    }

    @Test func `another time than the signed one is refused`() {
        for t in ["1767225601", "1767225599", "01767225600", "+1767225600", " 1767225600", ""] {
            #expect(!Vector.alpha.verifies(header: ["t=\(t),v1=\(Vector.code)"]))
        }
    }

    @Test(arguments: [
        "", "t=1767225600", "v1=\(Vector.code)", "t=1767225600,v0=\(Vector.code)",
        "t=1767225600,v1=", "t=1767225600,v1", "t=1767225600,v1=\(Vector.code.prefix(32))",
        "t=1767225600,v1=\(Vector.code)0", "t=1767225600,v1=\(Vector.code.uppercased())",
        "t=1767225600,V1=\(Vector.code)", "t=1767225600;v1=\(Vector.code)",
        "t=1767225600, v1=\(Vector.code)", "t=x,v1=\(Vector.code)",
        "t=99999999999999999999,v1=\(Vector.code)", "t=-1767225600,v1=\(Vector.code)",
        "t=1767225600,t=1767225600,v1=\(Vector.code)",
    ])
    func `a header without one time and a whole v1 is refused`(header: String) {
        #expect(!Vector.alpha.verifies(header: [header]))
    }

    @Test(arguments: ["\u{301}", "\u{200D}", "\u{FE0F}", "\u{1F3FB}"])
    func `a mark beside a separator hides no part and makes none`(mark: String) {
        let code = Vector.code
        for header in [
            "t=1767225600,\(mark)v1=\(code)", "t=1767225600,v1\(mark)=\(code)",
            "t=1767225600,v1=\(mark)\(code)", "t=1767225600,v1=\(code)\(mark)",
            "t=\(mark)1767225600,v1=\(code)", "t=1767225600\(mark),v1=\(code)",
            "t=1767225600,\(mark),t=1767225600,v1=\(code)", "t\u{FF1D}1767225600,v1=\(code)",
            "t=1767225600\u{FF0C}v1=\(code)", "t=\u{661}767225600,v1=\(code)",
        ] {
            #expect(!Vector.alpha.verifies(header: [header]))
        }
        for header in [
            "\(mark),t=1767225600,v1=\(code)", "a=\(mark),t=1767225600,v1=\(code),\(mark)",
            "t=1767225600,v1=\(mark),v1=\(code)", ",,t=1767225600,=,==,v1=\(code),",
        ] {
            #expect(Vector.alpha.verifies(header: [header]))
        }
    }

    @Test func `other schemes and the order of the parts do not matter`() {
        #expect(Vector.alpha.verifies(header: ["v1=\(Vector.code),v9=x,t=1767225600,junk"]))
    }

    @Test func `every bit of the signature counts`() throws {
        let code = try #require(Hex.decode(Vector.code))
        for bit in 0..<256 {
            var changed = code
            changed[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(!Vector.alpha.verifies(header: ["t=1767225600,v1=\(Hex.encode(changed))"]))
        }
    }

    @Test(arguments: [(-300, true), (0, true), (300, true), (301, false), (-301, false)])
    func `a time is accepted up to 300 seconds off`(age: Int, isAccepted: Bool) {
        #expect(Vector.alpha.verifies(age: age) == isAccepted)
    }

    @Test func `a header that is missing or repeated is refused`() {
        #expect(!Vector.alpha.verifies(header: []))
        #expect(!Vector.alpha.verifies(header: [Vector.alpha.header, Vector.alpha.header]))
    }

    @Test func `without a secret everything is refused`() {
        let code = Hex.encode(
            HMACSHA256(key: []).code(for: Array("1767225600.".utf8), Vector.alpha.body))
        for secrets in [[], [""], ["", ""]] {
            #expect(!Vector.alpha.verifies(secrets: secrets))
            #expect(!Vector.alpha.verifies(header: ["t=1767225600,v1=\(code)"], secrets: secrets))
        }
    }
}
