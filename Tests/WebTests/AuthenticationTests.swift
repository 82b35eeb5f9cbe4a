import DatabaseSupport
import Domain
import FoundationEssentials
import HTTP
import HTTPTypes
import JSON
import MariaDB
import Sodium
import Store
import Synchronization
import Testing

@testable import API
@testable import Entrance
@testable import Web

struct TokenTests {
    private static let header = #"{"alg":"HS256","typ":"JWT"}"#

    /// A token with any header and claims, signed with `key`.
    private func token(
        header: String = header, claims: String, key: [UInt8] = TestSite.secret
    ) -> String {
        let signed = [header, claims].map { Base64.encode(Array($0.utf8), .urlSafe) }
            .joined(separator: ".")
        let code = HMACSHA256(key: key).code(for: Array(signed.utf8))
        return "\(signed).\(Base64.encode(code, .urlSafe))"
    }

    private func claims(of token: String) throws -> String {
        let part = try #require(token.split(separator: ".").dropFirst().first)
        return String(
            decoding: try #require(Base64.decode(String(part), .urlSafe)), as: UTF8.self)
    }

    private func status(_ site: TestSite, _ token: String) throws -> Int {
        try site.get("/api/me", [(Header.authorization, "Bearer \(token)")]).status
    }

    @Test func `a token of ours is accepted, and under the previous secret too`() throws {
        try withSite { site in
            let user = try site.makeUser()
            let claims = try claims(of: user.token)
            #expect(try status(site, user.token) == 200)
            #expect(token(claims: claims) == user.token)
            #expect(try status(site, token(claims: claims, key: TestSite.previousSecret)) == 200)
        }
    }

    @Test func `a token that another key signed is refused`() throws {
        try withSite { site in
            let claims = try claims(of: site.makeUser().token)
            for key in [[], Array("another secret of at least thirty-two".utf8)] {
                #expect(try status(site, token(claims: claims, key: key)) == 401)
            }
        }
    }

    @Test(arguments: [
        #"{"alg":"none","typ":"JWT"}"#, #"{"alg":"None"}"#, #"{"alg":"RS256","typ":"JWT"}"#,
        #"{"alg":"HS512","typ":"JWT"}"#, #"{"typ":"JWT","alg":"HS256"}"#, #"{"alg":"HS256"}"#,
        #"{"alg":"HS256","typ":"JWT","jku":"https://evil.example/keys"}"#,
        #"{"alg":"HS256","typ":"JWT","jwk":{}}"#, #"{"alg": "HS256", "typ": "JWT"}"#, "{}", "",
    ])
    func `a token with any other header than ours is refused`(header: String) throws {
        try withSite { site in
            let claims = try claims(of: site.makeUser().token)
            let signed = token(header: header, claims: claims)
            #expect(try status(site, signed) == 401)
            let unsigned =
                signed.split(separator: ".", omittingEmptySubsequences: false)
                .prefix(2).joined(separator: ".") + "."
            #expect(try status(site, unsigned) == 401)
        }
    }

    @Test func `a token is refused from the second it expires`() throws {
        try withSite { site in
            let user = try site.makeUser()
            let claims = try #require(
                try JSONValue(parsing: Array(claims(of: user.token).utf8)).object)
            let sub = try #require(claims["sub"]?.string)
            let sid = try #require(claims["sid"]?.string)
            let now = Int(Date().timeIntervalSince1970)
            func signed(_ exp: String) -> String {
                token(claims: #"{"sub":"\#(sub)","sid":"\#(sid)","iat":\#(now),"exp":\#(exp)}"#)
            }
            #expect(try status(site, signed("\(now + 60)")) == 200)
            for exp in ["\(now)", "\(now - 1)", "0", "-1", "\"\(now + 60)\"", "null", "1e3"] {
                #expect(try status(site, signed(exp)) == 401)
            }
            let exact = try #require(site.site.tokens.read(user.token, at: Date()))
            #expect(site.site.tokens.read(user.token, at: exact.expiresAt - 1) == exact)
            #expect(site.site.tokens.read(user.token, at: exact.expiresAt) == nil)
        }
    }

    /// Signed with our secret, and not in our form: nothing is read of them that two readers could
    /// read in two ways.
    @Test(arguments: [
        #"{"sub":"SUB","sid":"SID","iat":1,"exp":EXP,"exp":EXP}"#,
        #"{"sub":"SUB","sub":"SUB","sid":"SID","iat":1,"exp":EXP}"#,
        #"{"sub":"SUB","sid":"SID","iat":1,"exp":EXP,"role":"admin"}"#,
        #"{"sid":"SID","sub":"SUB","iat":1,"exp":EXP}"#,
        #"{"sub":"SUB","sid":"SID","exp":EXP}"#, #"{"sub":"SUB","sid":"SID","iat":1}"#,
        #"{"sub":"SUB","sid":"SID","iat":null,"exp":EXP}"#,
        #"{"sub": "SUB","sid":"SID","iat":1,"exp":EXP}"#,
        #"{"sub":"SUB","sid":"SID","iat":1,"exp":EXP} "#,
        #"{"sub":"SUB","sid":"SID","iat":1,"exp":EXP}}"#,
        #"{"sub":"SUB","sid":"SID","iat":1,"exp":EXP"#,
        #"{"\u0073ub":"SUB","sid":"SID","iat":1,"exp":EXP}"#,
        #"{"sub":"SUB","sid":"SID","iat":1,"exp":0EXP}"#,
        #"{"sub":"SUB","sid":"SID","iat":1,"exp":EXP.0}"#,
        #"{"sub":"SUB","sid":"SID","iat":1,"exp":+EXP}"#,
        #"{"sub":"SUB","sid":"SID","iat":1,"exp":"EXP"}"#,
        #"{"sub":"SUB","sid":"SID","iat":1,"exp":99999999999999999999}"#,
        #"{"sub":"SUB0","sid":"SID","iat":1,"exp":EXP}"#,
        #"{"sub":"SUB","sid":"SIDA","iat":1,"exp":EXP}"#,
        #"{"sub":"SUB","sid":"","iat":1,"exp":EXP}"#, #"{"sub":""#, "[]", "{}", "",
    ])
    func `claims in any other form than ours are refused`(form: String) throws {
        try withSite { site in
            let user = try site.makeUser()
            let known = try JSONValue(parsing: Array(claims(of: user.token).utf8))
            let exp = Int(Date().timeIntervalSince1970) + 60
            func written(_ form: String) throws -> String {
                token(
                    claims: form.replacing("SUB", with: try #require(known["sub"]?.string))
                        .replacing("SID", with: try #require(known["sid"]?.string))
                        .replacing("EXP", with: "\(exp)"))
            }
            let ours = #"{"sub":"SUB","sid":"SID","iat":1,"exp":EXP}"#
            #expect(try status(site, written(ours)) == 200)
            #expect(try status(site, written(form)) == 401)
        }
    }

    @Test func `a token for another user's session is refused`() throws {
        try withSite { site in
            let first = try claims(of: site.makeUser().token)
            let other = try site.makeUser()
            let sid = try #require(try JSONValue(parsing: Array(first.utf8))["sid"]?.string)
            let exp = Int(Date().timeIntervalSince1970) + 60
            let mixed = token(
                claims: #"{"sub":"\#(other.id)","sid":"\#(sid)","iat":1,"exp":\#(exp)}"#)
            #expect(site.site.tokens.read(mixed, at: Date()) != nil)
            #expect(try status(site, mixed) == 401)
        }
    }

    @Test func `a token that was changed anywhere is refused`() throws {
        try withSite { site in
            let user = try site.makeUser()
            let bytes = Array(user.token.utf8)
            for index in bytes.indices {
                var changed = bytes
                changed[index] = changed[index] == UInt8(ascii: "A") ? 0x42 : 0x41
                let text = String(decoding: changed, as: UTF8.self)
                #expect(site.site.tokens.read(text, at: Date()) == nil)
            }
            for text in [
                "", ".", "..", "...", user.token + ".", "." + user.token, user.token + "A",
                user.token + "=", String(user.token.dropLast()), user.token + ".e30",
                user.token + String(repeating: "A", count: 2000),
            ] {
                #expect(try status(site, text) == 401)
            }
        }
    }
}

struct SessionTests {
    private func login(_ user: TestUser, password: String = TestUser.password) -> String {
        #"{"email": "\#(user.email)", "password": "\#(password)"}"#
    }

    @Test func `logging out ends the session at once, and only this one`() throws {
        try withSite { site in
            let user = try site.makeUser()
            let other = try site.post("/api/auth/login", login(user))
            #expect(try site.get("/api/me", as: user).status == 200)
            let logout = try site.post("/api/auth/logout", as: user)
            #expect(logout.status == 204)
            #expect(logout.fields[.setCookie] == SessionCookie.cleared)
            let cleared = try #require(HTTPField.Name("Clear-Site-Data"))
            #expect(logout.fields[cleared] == #""cache", "storage""#)
            #expect(try site.get("/api/me", as: user).status == 401)
            #expect(try site.post("/api/auth/refresh", as: user).status == 401)
            // Twice, or with nothing to end, is no error.
            #expect(try site.post("/api/auth/logout", as: user).status == 204)
            #expect(try site.post("/api/auth/logout").status == 204)
            let token = try #require(other.json["token"]?.string)
            let still = TestUser(
                id: user.id, account: user.account, email: user.email, token: token)
            #expect(try site.get("/api/me", as: still).status == 200)
        }
    }

    @Test func `a refresh puts a new session in the place of the old one`() throws {
        try withSite { site in
            let user = try site.makeUser()
            let answer = try site.post("/api/auth/refresh", as: user)
            #expect(answer.status == 200)
            let token = try #require(answer.json["token"]?.string)
            #expect(token != user.token)
            #expect(try site.get("/api/me", as: user).status == 401)
            let renewed = TestUser(
                id: user.id, account: user.account, email: user.email, token: token)
            #expect(try site.get("/api/me", as: renewed).status == 200)
        }
    }

    @Test func `the right pair signs in, any other is refused alike`() throws {
        try withSite { site in
            let user = try site.makeUser()
            let good = try site.post("/api/auth/login", login(user))
            #expect(good.status == 200)
            #expect(good.json["user"]?["id"]?.string == user.id.description)
            let upper = TestUser(
                id: user.id, account: user.account, email: " \(user.email.uppercased()) ", token: ""
            )
            #expect(try site.post("/api/auth/login", login(upper)).status == 200)

            let wrong = try site.post("/api/auth/login", login(user, password: "another one"))
            let nobody = TestUser(
                id: user.id, account: user.account, email: "nobody@example.org", token: "")
            let unknown = try site.post("/api/auth/login", login(nobody))
            let impossible = TestUser(
                id: user.id, account: user.account, email: "not an address", token: "")
            let malformed = try site.post("/api/auth/login", login(impossible))
            for answer in [wrong, unknown, malformed] {
                #expect(answer.status == 401)
                #expect(answer.code == "INVALID_CREDENTIALS")
                #expect(answer.response.body == wrong.response.body)
            }
        }
    }

    @Test func `a blocked account is refused everywhere`() throws {
        try withSite { site in
            let user = try site.makeUser()
            try site.database.execute(
                "UPDATE users SET blocked_at = UTC_TIMESTAMP(6) WHERE id = \(user.id)")
            #expect(try site.get("/api/me", as: user).status == 401)
            #expect(try site.post("/api/auth/login", login(user)).status == 401)
        }
    }

    @Test func `only the hash of a session's id is stored`() throws {
        try withSite { site in
            let user = try site.makeUser()
            let token = try #require(site.site.tokens.read(user.token, at: Date()))
            let stored = try site.database.query(
                "SELECT id_hash FROM sessions WHERE user_id = \(user.id)"
            ) { row in try row("id_hash") as [UInt8] }
            #expect(stored == [SHA256.hash(token.sessionID)])
            #expect(token.sessionID.count == 16)
        }
    }

    @Test func `any browser's name is kept, as far as it fits`() throws {
        try withSite { site in
            let user = try site.makeUser()
            // One letter and its accents is one character of many code points.
            let name = String(repeating: "e\u{301}\u{302}", count: 400)
            let answer = try site.post(
                "/api/auth/login", login(user), [("HTTP_USER_AGENT", name)])
            #expect(answer.status == 200)
        }
    }
}

struct CookieTests {
    private func cookie(_ user: TestUser) -> (name: String, value: String) {
        (Header.cookie, "theme=dark; \(SessionCookie.name)=\(user.token); other=1")
    }

    private static let unsafePaths = [
        "/api/videos/quote", "/api/videos/generate", "/api/credits/purchase", "/api/auth/refresh",
        "/api/auth/logout", "/api/auth/password/change", "/api/me/verification",
        "/api/videos/019abf53-3f7b-7c4e-9a51-0d6f4b8e21c7/cancellation",
    ]

    @Test func `the cookie is bound to this host and hidden from scripts`() throws {
        try withSite { site in
            let answer = try site.post(
                "/api/auth/register",
                #"{"email": "cookie@example.org", "password": "four words of mine"}"#)
            #expect(answer.status == 201)
            let token = try #require(answer.json["token"]?.string)
            #expect(
                answer.fields[values: .setCookie].first
                    == "__Host-rushes_session=\(token); Path=/; Max-Age=7776000; Secure; "
                    + "HttpOnly; SameSite=Lax")
        }
    }

    @Test func `a cookie reads without an Origin`() throws {
        try withSite { site in
            let user = try site.makeUser()
            #expect(try site.get("/api/me", [cookie(user)]).status == 200)
            let foreign = (Header.origin, "https://evil.example")
            #expect(try site.get("/api/me", [cookie(user), foreign]).status == 200)
        }
    }

    @Test(arguments: unsafePaths)
    func `a cookie changes nothing for another site`(path: String) throws {
        try withSite { site in
            let user = try site.makeUser(credit: 5.dollars)
            for origin in [
                nil, "https://evil.example", "http://rushes.example", "null",
                "https://rushes.example.evil.example", "https://rushes.example:8443", "",
            ] {
                let headers = [cookie(user)] + (origin.map { [(Header.origin, $0)] } ?? [])
                let answer = try site.post(path, "{}", headers)
                #expect(answer.status == 403)
                #expect(answer.code == "FORBIDDEN")
            }
            #expect(try site.get("/api/me", as: user).status == 200)
            let twice = [
                cookie(user), (Header.origin, TestSite.origin),
                (Header.origin, TestSite.origin),
            ]
            #expect(try site.post(path, "{}", twice).status == 400)
        }
    }

    @Test(arguments: unsafePaths)
    func `a cookie works from our own pages, and a token from anywhere`(path: String) throws {
        try withSite { site in
            for origin in [
                TestSite.origin, "HTTPS://Rushes.Example", TestSite.origin + ":443",
            ] {
                let user = try site.makeUser()
                let answer = try site.post(path, "{}", [cookie(user), (Header.origin, origin)])
                #expect(![401, 403].contains(answer.status))
            }
            let user = try site.makeUser()
            let answer = try site.post(path, "{}", as: user)
            #expect(![401, 403].contains(answer.status))
        }
    }

    @Test func `signing in from another site's page is refused`() throws {
        try withSite { site in
            let user = try site.makeUser()
            let body = #"{"email": "\#(user.email)", "password": "\#(TestUser.password)"}"#
            for path in [
                "/api/auth/login", "/api/auth/register", "/api/auth/logout",
                "/api/auth/verify-email", "/api/auth/password/forgot", "/api/auth/password/reset",
            ] {
                let answer = try site.post(path, body, [(Header.origin, "https://evil.example")])
                #expect(answer.status == 403)
            }
            let own = (Header.origin, TestSite.origin)
            #expect(try site.post("/api/auth/login", body, [own]).status == 200)
        }
    }

    @Test func `headers that come twice are refused`() throws {
        try withSite { site in
            let user = try site.makeUser()
            let bearer = (Header.authorization, "Bearer \(user.token)")
            #expect(try site.get("/api/me", [bearer, bearer]).status == 401)
            #expect(try site.get("/api/me", [cookie(user), cookie(user)]).status == 401)
            #expect(try site.get("/api/me", [bearer, cookie(user)]).status == 200)
            let twice = "\(SessionCookie.name)=\(user.token); \(SessionCookie.name)=\(user.token)"
            #expect(try site.get("/api/me", [(Header.cookie, twice)]).status == 401)
            #expect(try site.post("/api/auth/logout", "", [bearer, bearer]).status == 401)
        }
    }

    @Test(arguments: [
        "", "Bearer", "Bearer ", "Basic dXNlcjpwYXNz", "bearer", "Token x", "Bearer x y",
        "Bearer rk_unknown",
    ])
    func `another kind of authorization is refused`(header: String) throws {
        try withSite { site in
            let answer = try site.get("/api/me", [(Header.authorization, header)])
            #expect(answer.status == 401)
            #expect(answer.code == "UNAUTHENTICATED")
            #expect(answer.json["error"]?["action"] == "sign_in")
        }
    }

    @Test func `every route but the open ones wants a user`() throws {
        let open: Set = [
            "/api/health/live", "/api/health", "/api/openapi.json", "/api/status",
            "/api/status/page", "/api/announcements/page", "/api/tiers", "/api/tiers/page",
            "/api/credits/packages",
            "/api/credits/packages/page", "/api/auth/register", "/api/auth/login",
            "/api/auth/login/code", "/api/auth/logout",
            "/api/auth/verify-email", "/api/auth/password/forgot", "/api/auth/password/reset",
            "/api/webhooks/stripe", "/api/webhooks/pollo", "/api/webhooks/pollo/:token",
            "/api/shared/:token", "/api/shared/:token/page", "/api/shared/:token/file",
            "/api/shared/:token/poster",
        ]
        try withSite { site in
            var closed = 0
            for route in routes where !open.contains(route.pattern) {
                closed += 1
                let path = route.pattern.replacing(":id", with: ID<Contract>.new().description)
                let answer = try site.send(route.method, path)
                #expect(answer.status == 401)
                #expect(answer.code == "UNAUTHENTICATED")
            }
            #expect(closed >= 13)
        }
    }
}

struct PasswordGateTests {
    @Test func `a fifth hash at once waits a moment and is then told to come again`() throws {
        try withFreshDatabase { configuration in
            let gate = PasswordGate()
            let site = TestSite(Connection(configuration), passwords: gate)
            let user = try site.makeUser()
            let body = #"{"email": "\#(user.email)", "password": "\#(TestUser.password)"}"#
            func occupy(_ places: Int, _ then: () throws -> Void) throws {
                guard places > 0 else { return try then() }
                try gate.pass { try occupy(places - 1, then) }
            }
            try occupy(3) {
                let answer = try site.post("/api/auth/login", body)
                #expect(answer.status == 200)
            }
            try occupy(4) {
                let start = ContinuousClock.now
                let answer = try site.post("/api/auth/login", body)
                #expect(ContinuousClock.now - start >= .milliseconds(50))
                #expect(answer.status == 503)
                #expect(answer.code == "API_ERROR")
                #expect(answer.fields[.retryAfter] == "2")
                let register = #"{"email": "gate@example.org", "password": "four words of mine"}"#
                #expect(try site.post("/api/auth/register", register).status == 503)
            }
            // Every place was given back, by those that were refused too.
            #expect(try site.post("/api/auth/login", body).status == 200)
        }
    }

    @Test func `no more than four hash at once`() throws {
        let gate = PasswordGate()
        let running = Atomic(0)
        let most = Atomic(0)
        let outcomes = try inParallel(16) { _ in
            do {
                try gate.pass {
                    let now = running.add(1, ordering: .relaxed).newValue
                    most.max(now, ordering: .relaxed)
                    _ = Password.hash("four words of mine")
                    running.subtract(1, ordering: .relaxed)
                }
                return true
            } catch Refusal.busy {
                return false
            }
        }
        #expect(most.load(ordering: .relaxed) <= 4)
        #expect(outcomes.count { $0 } >= 4)
    }
}

struct AccountTests {
    @Test func `an account is made, signed in, and has nothing`() throws {
        try withSite { site in
            let answer = try site.post(
                "/api/auth/register",
                #"{"email": " New.Name@Example.ORG ", "password": "four words of mine", "x": 1}"#)
            #expect(answer.status == 201)
            #expect(answer.json["user"]?["email"] == "new.name@example.org")
            #expect(answer.json["user"]?["role"] == "user")
            #expect(answer.json["user"]?["emailVerified"] == .bool(false))
            let token = try #require(answer.json["token"]?.string)
            let me = try site.get("/api/me", [(Header.authorization, "Bearer \(token)")])
            #expect(me.json["balance"] == .integer(0))
            #expect(me.json["reserved"] == .integer(0))
            #expect(me.json["id"] == answer.json["user"]?["id"])
        }
    }

    @Test func `an address has one account, however it is written`() throws {
        try withSite { site in
            let user = try site.makeUser()
            for email in [user.email, user.email.uppercased(), " \(user.email)"] {
                let answer = try site.post(
                    "/api/auth/register",
                    #"{"email": "\#(email)", "password": "four words of mine"}"#)
                #expect(answer.status == 409)
                #expect(answer.code == "CONFLICT")
            }
        }
    }

    @Test(arguments: [
        ("{}", ["email", "password"]),
        (#"{"email": "a@b", "password": "short"}"#, ["email", "password"]),
        (#"{"email": "name@example.org"}"#, ["password"]),
        (#"{"email": "name@example.org", "password": "1234567"}"#, ["password"]),
        (#"{"email": "name@example.org", "password": "password1"}"#, ["password"]),
        (#"{"email": "name@example.org", "password": "name@example.org"}"#, ["password"]),
        (#"{"email": "name@example.org", "password": "with \u0000 inside"}"#, ["password"]),
        (#"{"email": "name@example.org", "password": 12345678}"#, ["password"]),
        (#"{"email": ["name@example.org"], "password": "four words of mine"}"#, ["email"]),
        (#"{"email": "na me@example.org", "password": "four words of mine"}"#, ["email"]),
        (#"{"email": "name@example.org\u0000", "password": "four words of mine"}"#, ["email"]),
        (#"{"email": null, "password": "four words of mine"}"#, ["email"]),
    ])
    func `bad fields of an account are all named`(body: String, fields: [String]) throws {
        try withSite { site in
            let answer = try site.post("/api/auth/register", body)
            #expect(answer.status == 400)
            #expect(answer.code == "INVALID_INPUT")
            #expect(answer.refused == fields)
        }
    }

    @Test func `a long password counts to its last letter`() throws {
        try withSite { site in
            let password = String(repeating: "ü", count: 64)
            func status(_ path: String, _ password: some StringProtocol) throws -> Int {
                let body = #"{"email": "long@example.org", "password": "\#(password)"}"#
                return try site.post(path, body).status
            }
            let made = try status("/api/auth/register", password)
            #expect(made == 201)
            #expect(try status("/api/auth/login", password) == 200)
            #expect(try status("/api/auth/login", password + "x") == 401)
            #expect(try status("/api/auth/login", password.dropLast()) == 401)
        }
    }

    @Test func `an answer never holds a password or its hash`() throws {
        try withSite { site in
            let answer = try site.post(
                "/api/auth/register",
                #"{"email": "secret@example.org", "password": "four words of mine"}"#)
            #expect(!answer.text.contains("four words"))
            #expect(!answer.text.contains("argon2"))
        }
    }
}
