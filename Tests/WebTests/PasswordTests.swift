import HTTP
import Sodium
import Store
import Testing

@testable import Web

struct PasswordTests {
    private func status(
        _ site: TestSite, _ path: String, _ email: String, _ password: String
    ) throws -> Int {
        let body = #"{"email": "\#(email)", "password": "\#(password)"}"#
        return try site.post(path, body).status
    }

    @Test func `a password signs in from any keyboard`() throws {
        try withSite { site in
            let email = "keyboards@example.org"
            let made = try status(site, "/api/auth/register", email, "cafe\u{301} at\u{A0}noon")
            #expect(made == 201)
            for typed in ["café at noon", "cafe\u{301} at noon", "café\u{3000}at\u{2009}noon"] {
                #expect(try status(site, "/api/auth/login", email, typed) == 200)
            }
            for other in ["cafe at noon", "café at  noon", "Café at noon", "café\u{200B} at noon"] {
                #expect(try status(site, "/api/auth/login", email, other) == 401)
            }
        }
    }

    @Test(arguments: ["cafe\u{301} at\u{A0}noon", "with \\t inside"])
    func `a hash of the typed form still signs in, and is made anew once`(typed: String) throws {
        try withSite { site in
            let user = try site.makeUser()
            let raw = typed.replacing("\\t", with: "\t")
            try site.database.setPasswordHash(Password.hash(raw), of: user.id)
            #expect(try status(site, "/api/auth/login", user.email, typed) == 200)
            let stored = try #require(try site.database.login(email: user.email)).passwordHash
            #expect(Password.verify(raw, against: stored) == typed.contains("\\t"))
            #expect(try status(site, "/api/auth/login", user.email, typed) == 200)
            let isComposed = !typed.contains("\\t")
            let composed = try status(site, "/api/auth/login", user.email, "café at noon")
            #expect(composed == (isComposed ? 200 : 401))
        }
    }
}
