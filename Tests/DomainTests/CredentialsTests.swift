import Testing

@testable import Domain

/// The fields that registering with these is refused for.
private func refused(_ email: String?, _ password: String?) -> [String] {
    do {
        _ = try Credentials(registering: email, password: password)
        return []
    } catch {
        return (error as? InvalidInput)?.fields.map(\.field) ?? ["\(error)"]
    }
}

struct CredentialsTests {
    private static let good = "correct horse battery"

    @Test(arguments: [
        ("ann@example.org", "ann@example.org"), (" Ann@Example.ORG\n", "ann@example.org"),
        ("a.b+c_d@mail.example.co.uk", "a.b+c_d@mail.example.co.uk"),
        ("o'neil@xn--bcher-kva.example", "o'neil@xn--bcher-kva.example"),
        (String(repeating: "a", count: 64) + "@b.de", String(repeating: "a", count: 64) + "@b.de"),
    ])
    func `an address is kept in lower case and without spaces around it`(
        typed: String, stored: String
    ) throws {
        let credentials = try Credentials(registering: typed, password: Self.good)
        #expect(credentials.email == stored)
        #expect(credentials.password.text == Self.good)
        #expect(try Credentials(signingIn: typed, password: Self.good) == credentials)
    }

    @Test(
        arguments: [
            nil, "", "ann", "@example.org", "ann@", "ann@localhost", "a@b@c.de", "an n@example.org",
            "ann@example..org", ".ann@example.org", "ann.@example.org", "a..n@example.org",
            "ann@-example.org", "ann@example-.org", "ann@exa_mple.org", "änn@example.org",
            "ann@exämple.org", "an\u{212A}@example.org", "ann\0@example.org", "<ann@example.org>",
            "\"ann\"@example.org",
            "ann@[127.0.0.1]", "ann@example.org\r\nBcc: x@y.de",
            String(repeating: "a", count: 65) + "@b.de",
            "a@" + String(repeating: "b", count: 64) + ".de",
            "a@" + String(repeating: "bcdefghi.", count: 28) + "de",
        ] as [String?])
    func `what cannot be an address is refused`(email: String?) {
        #expect(refused(email, Self.good) == ["email"])
    }

    @Test(arguments: ["83610274", "pässword8", "🦊🦊🦊🦊🦊🦊🦊🦊", String(repeating: "x", count: 1024)])
    func `a password of eight characters or more is taken as it is`(password: String) throws {
        let credentials = try Credentials(registering: "ann@example.org", password: password)
        #expect(credentials.password.text == password)
    }

    @Test(
        arguments: [
            nil, "", "1234567", "🦊🦊🦊🦊🦊🦊🦊", "password", "PassWord1", "12345678", "qwerty123",
            "nul\0character", "bell\u{7}character",
            "line\nend of a line",
            "\u{200B}\u{200B}\u{200B}\u{200B}\u{200B}\u{200B}\u{200B}\u{200B}",
            "        ", "e\u{301}e\u{301}e\u{301}e\u{301}", String(repeating: "x", count: 1025),
            "ann@example.org",
            "ANN@example.org",
        ] as [String?])
    func `a password that is short, long, common or the address is refused`(password: String?) {
        #expect(refused("ann@example.org", password) == ["password"])
    }

    @Test func `the name before the @ is no password`() {
        #expect(refused("a.very.long.name@example.org", "A.very.long.name") == ["password"])
        #expect(refused("a.very.long.name@example.org", "a.very.long.nam3") == [])
    }

    @Test(arguments: [
        ("ann.smith@example.org", "annsmith"), ("ann.smith@example.org", "Ann-Smith!"),
        ("ann.smith@example.org", "smith1984"), ("ann.smith@example.org", "example.org"),
        ("ann.smith@example.org", "2026Example"), ("ann.smith@example.org", "smith@example"),
        ("jonathan@mail.example.org", "jonathan"), ("jonathan@mail.example.org", "!jonathan99"),
        ("ann1984@example.org", "ann1984!"), ("12345679@example.org", "12345679"),
    ])
    func `a part of the address, with digits and signs around it, is no password`(
        email: String, password: String
    ) {
        #expect(refused(email, password) == ["password"])
    }

    @Test(arguments: [
        ("ann.smith@example.org", "annsmithson"), ("ann.smith@example.org", "smithy-horse"),
        ("me@example.org", "me-84736251"), ("ann.smith@example.org", "84736251!"),
        ("ann@example.org", "Пароль-весна"),
    ])
    func `what only begins like the address is one`(email: String, password: String) {
        #expect(refused(email, password) == [])
    }

    @Test(arguments: [
        // First, last and others of the ten thousand; more common as a name; ours; by rule.
        "password1", "!qaz2wsx", "samantha", "trustno1", "zxcvbnm1", "michelle", "Contraseña",
        "abcdefg1", "yourpassword", "aaaaaaaa", "12341234", "abcabcabc", "testtest", "abcdefgh",
        "87654321",
    ])
    func `what guessing programs try first is refused`(password: String) {
        #expect(refused("ann@example.org", password) == ["password"])
    }

    @Test func `the list is in the order in which it is searched, and every word of it is found`() {
        let words = CommonPasswords.list.utf8.split { $0 <= 0x20 }.map { Array($0) }
        #expect(words.count >= 10_000)
        #expect(zip(words, words.dropFirst()).allSatisfy { $0.lexicographicallyPrecedes($1) })
        for word in words {
            let text = String(decoding: word, as: UTF8.self)
            #expect(CommonPasswords.contains(text), "\(text)")
            #expect(!CommonPasswords.contains(text + "-x9"))
        }
    }

    @Test func `both are named when both are wrong`() {
        #expect(refused("ann", "short") == ["email", "password"])
        #expect(refused(nil, nil) == ["email", "password"])
    }

    @Test func `signing in names only what is missing`() {
        #expect(throws: InvalidInput.self) { try Credentials(signingIn: " ", password: "x") }
        #expect(throws: InvalidInput.self) { try Credentials(signingIn: "a@b.de", password: "") }
        #expect(throws: InvalidInput.self) { try Credentials(signingIn: nil, password: nil) }
    }

    @Test(arguments: [
        ("not an address", "some password"), ("ann@example.org", "nul\0character"),
        ("ann@example.org", String(repeating: "x", count: 1025)),
    ])
    func `what no account can have is refused like a wrong password`(
        email: String, password: String
    ) {
        #expect(throws: InvalidCredentials()) {
            try Credentials(signingIn: email, password: password)
        }
    }

    @Test func `signing in does not judge a password that was allowed once`() throws {
        #expect(
            try Credentials(signingIn: "ann@example.org", password: "old").password.text == "old")
    }

    @Test(arguments: [
        ("cafe\u{301} at\u{A0}noon", "café at noon"),
        ("café\u{3000}at\u{2009}noon", "café at noon"),
        ("\u{212B}ngstr\u{F6}m unit", "\u{C5}ngström unit"),
        ("\u{1112}\u{1161}\u{11AB} eight of it", "\u{D55C} eight of it"),
        ("ﬁnely ②③ set", "ﬁnely ②③ set"), ("Ｗｉｄｅ letters", "Ｗｉｄｅ letters"),
        (" spaces at both ends ", " spaces at both ends "), ("👩‍🚀 and ❤️ and 🏳️‍🌈", "👩‍🚀 and ❤️ and 🏳️‍🌈"),
    ])
    func `one password has one form whatever keyboard typed it`(typed: String, form: String) throws
    {
        let chosen = try PreparedPassword(choosing: typed, for: nil)
        #expect(Array(chosen.text.utf8) == Array(form.utf8))
        let proof = try #require(PreparedPassword(proving: typed))
        #expect(proof == chosen)
        let isChanged = !typed.utf8.elementsEqual(form.utf8)
        #expect(proof.typed.map { Array($0.utf8) } == (isChanged ? Array(typed.utf8) : nil))
    }

    @Test func `an old password with a control character is tried as it was typed`() throws {
        let proof = try #require(PreparedPassword(proving: "tab\there e\u{301}"))
        #expect(Array(proof.text.utf8) == Array("tab\there e\u{301}".utf8))
        #expect(proof.typed == nil)
    }
}
