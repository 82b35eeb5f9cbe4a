import DatabaseSupport
import Domain
import FoundationEssentials
import HTTP
import HTTPTypes
import JSON
import MariaDB
import Sodium
import Store
import Testing

@testable import Entrance
@testable import Web

extension TestSite {
    static let freshPassword = "quite another sentence"

    func login(
        _ email: String, _ password: String = TestUser.password, from place: String? = nil,
        device: String? = nil
    ) throws -> Answer {
        if let place { address = place }
        return try post(
            "/api/auth/login", #"{"email": "\#(email)", "password": "\#(password)"}"#,
            device.map { [(Header.cookie, $0)] } ?? [])
    }

    func register(_ email: String) throws -> Answer {
        try post(
            "/api/auth/register", #"{"email": "\#(email)", "password": "\#(TestUser.password)"}"#)
    }

    /// The token of the newest link that was mailed to an address, as the mail would show it.
    func token(_ purpose: MailTokenPurpose, sentTo email: String) throws -> String {
        let id = try database.first(
            """
            SELECT id FROM mail_tokens
            WHERE email = \(email) AND purpose = \(purpose) ORDER BY id DESC LIMIT 1
            """
        ) { row in try row("id") as MailTokenID }
        return site.links.token(of: try #require(id).description).text
    }

    func follow(_ token: String) throws -> Answer {
        try post("/api/auth/verify-email", #"{"token": "\#(token)"}"#)
    }

    func reset(_ token: String, to password: String = freshPassword) throws -> Answer {
        try post(
            "/api/auth/password/reset", #"{"token": "\#(token)", "password": "\#(password)"}"#)
    }

    func mails(_ kind: NoticeKind, of email: String) throws -> Int {
        try count(
            """
            SELECT COUNT(*) AS count
            FROM outbox
            JOIN users ON users.id = outbox.user_id
            WHERE topic = \(kind) AND email = \(email)
            """)
    }

    /// How many statements, and hashes of passwords, `body` takes.
    func cost(_ body: () throws -> Void) throws -> [Int] {
        func statements() throws -> Int {
            try count(
                """
                SELECT CAST(variable_value AS INT) AS count
                FROM information_schema.session_status WHERE variable_name = 'QUESTIONS'
                """)
        }
        let before = try [statements(), site.passwords.passed]
        try body()
        return try [statements() - before[0], site.passwords.passed - before[1]]
    }

    /// Lets the time of every count pass.
    func passWaits() throws {
        try database.execute(
            """
            UPDATE throttles
            SET blocked_until = NULL, tried_at = tried_at - INTERVAL 1 DAY
            """)
    }
}

extension Answer {
    /// What a browser sends back of one cookie.
    func cookie(_ name: String) -> String? {
        fields[values: .setCookie].first { $0.hasPrefix("\(name)=") }
            .map { String($0.prefix { $0 != ";" }) }
    }
}

private func withAttackedSite(
    requiresVerified: Bool = false, signupCredit: Money = .zero, _ body: (TestSite) throws -> Void
) throws {
    try withFreshDatabase { configuration in
        let site = TestSite(
            Connection(configuration), signupCredit: signupCredit,
            requiresVerified: requiresVerified)
        try site.database.setMail(isOn: true)
        try body(site)
    }
}

struct GuessingTests {
    @Test func `of 80 wrong passwords from 80 places five are tried, and the owner is told once`()
        throws
    {
        try withAttackedSite { site in
            let user = try site.makeUser()
            let known = try #require(try site.login(user.email).cookie(DeviceCookie.name))
            let begin = ContinuousClock.now
            let answers = try (1...80).map { place in
                try site.login(user.email, "guess \(place)", from: "198.51.100.\(place)")
            }
            // A busy machine may take longer than the first wait, which is 15 s.
            let waits = Int(begin.duration(to: .now) / .seconds(15))
            let tried = answers.count { $0.status == 401 }
            #expect((5...(5 + waits)).contains(tried))
            let slowed = answers.filter { $0.status == 429 }
            #expect(slowed.count == 80 - tried)
            for answer in slowed {
                #expect(answer.code == "RATE_LIMITED")
                let seconds = try #require(Int(answer.fields[.retryAfter] ?? ""))
                #expect((1...(waits == 0 ? 15 : 900)).contains(seconds))
            }
            #expect(try site.mails(.signInsRefused, of: user.email) == 1)
            // The right password waits too where nobody knows the device, and not where it is known.
            #expect(try site.login(user.email, from: "203.0.113.9").status == 429)
            #expect(try site.login(user.email, from: "203.0.113.9", device: known).status == 200)
            // Another row of tries after the first is forgotten is told again.
            try site.passWaits()
            for place in 1...6 {
                _ = try site.login(user.email, "guess", from: "198.51.100.\(place)")
            }
            #expect(try site.mails(.signInsRefused, of: user.email) == 2)
        }
    }

    @Test func `many at once are counted before they are tried`() throws {
        try withFreshDatabase { configuration in
            let user = try TestSite(Connection(configuration)).makeUser()
            let gate = PasswordGate()
            let statuses = try inParallel(16) { index in
                let site = TestSite(Connection(configuration), passwords: gate)
                return try (1...3).map { turn in
                    try site.login(
                        user.email, "guess", from: "198.51.100.\(3 * index + turn)"
                    ).status
                }
            }.flatMap { $0 }
            #expect(statuses.count { $0 == 401 } <= 5)
            #expect(statuses.allSatisfy { [401, 429, 503].contains($0) })
        }
    }

    @Test func `a network that tries many accounts is slowed, and another is not`() throws {
        try withAttackedSite { site in
            let own = "2001:db8:1:2:"
            func spray(_ numbers: ClosedRange<Int>) throws -> [Int] {
                try numbers.map { number in
                    try site.login("user\(number)@example.org", "guess", from: "\(own):\(number)")
                        .status
                }
            }
            #expect(try spray(1...5) == [401, 401, 401, 401, 401])
            // The first wait is a second: long enough for this test when it is lengthened.
            try site.database.execute(
                "UPDATE throttles SET blocked_until = blocked_until + INTERVAL 1 HOUR")
            #expect(try spray(6...20).allSatisfy { $0 == 429 })
            let user = try site.makeUser()
            #expect(try site.login(user.email, from: "\(own)ffff:0:0:1").status == 429)
            #expect(try site.login(user.email, from: "2001:db8:1:3::1").status == 200)
        }
    }

    @Test func `a known device has a small allowance of its own`() throws {
        try withAttackedSite { site in
            let user = try site.makeUser()
            let known = try #require(try site.login(user.email).cookie(DeviceCookie.name))
            let statuses = try (1...8).map { number in
                try site.login(user.email, "guess", from: "198.51.100.\(number)", device: known)
                    .status
            }
            #expect(statuses == [401, 401, 401, 401, 401, 429, 429, 429])
            // What it spent is not the account's.
            #expect(try site.login(user.email, from: "203.0.113.9").status == 200)
            try site.passWaits()
            #expect(try site.login(user.email, device: known).status == 200)
        }
    }

    @Test func `a device is known to the account that signed in on it alone`() throws {
        try withAttackedSite { site in
            let user = try site.makeUser()
            let other = try site.makeUser()
            let foreign = try #require(try site.login(other.email).cookie(DeviceCookie.name))
            for place in 1...5 {
                _ = try site.login(user.email, "guess", from: "198.51.100.\(place)")
            }
            let value = foreign.dropFirst(DeviceCookie.name.utf8.count + 1)
            let id = value.prefix { $0 != "." }
            for device in [
                foreign, "\(foreign)x", "\(DeviceCookie.name)=\(id)", "\(DeviceCookie.name)=\(id).",
                "\(DeviceCookie.name)=.\(id)", "\(foreign); \(foreign)", "\(DeviceCookie.name)=",
                "a=b\u{37E}\(foreign)", "=\(foreign)",
            ] {
                let answer = try site.login(user.email, from: "203.0.113.9", device: device)
                #expect(answer.status == 429)
            }
        }
    }

    @Test func `the device's cookie is bound to this host, and stays the same`() throws {
        try withAttackedSite { site in
            let user = try site.makeUser()
            let answer = try site.login(user.email)
            let header = try #require(
                answer.fields[values: .setCookie].first { $0.hasPrefix(DeviceCookie.name) })
            #expect(
                header.hasSuffix("; Path=/; Max-Age=31536000; Secure; HttpOnly; SameSite=Lax"))
            let cookie = try #require(answer.cookie(DeviceCookie.name))
            #expect(
                try site.login(user.email, device: cookie).cookie(DeviceCookie.name) == cookie)
            #expect(try site.login(user.email).cookie(DeviceCookie.name) != cookie)
        }
    }

    @Test func `who signs in often is not slowed`() throws {
        try withAttackedSite { site in
            let user = try site.makeUser()
            for _ in 1...12 { #expect(try site.login(user.email).status == 200) }
            for _ in 1...4 { #expect(try site.login(user.email, "mistyped").status == 401) }
            for _ in 1...4 { #expect(try site.login(user.email).status == 200) }
        }
    }

    @Test func `an address without an account is treated as one with, statement by statement`()
        throws
    {
        try withAttackedSite { site in
            let user = try site.makeUser()
            let nobody = "nobody@example.org"
            _ = try site.login("warm@example.org", "guess", from: "198.51.100.1")
            var bodies: [[[UInt8]]] = [[], []]
            for turn in 1...7 {
                let costs = try [user.email, nobody].enumerated().map { index, email in
                    try site.cost {
                        let place = "198.51.\(100 + index).\(turn)"
                        let answer = try site.login(email, "guess", from: place)
                        #expect(answer.status == (turn <= 5 ? 401 : 429))
                        bodies[index].append(turn <= 5 ? answer.response.body : [])
                    }
                }
                // The fifth tells the owner, by a statement that finds nobody for the other.
                #expect(costs[0] == costs[1], "turn \(turn)")
            }
            #expect(bodies[0] == bodies[1])
        }
    }

    @Test func `neither address nor what was typed stands in the table of tries`() throws {
        try withAttackedSite { site in
            _ = try site.login("typed.in.the.wrong.field@example.org", "guess")
            let hashes = try site.database.query("SELECT key_hash FROM throttles") { row in
                try row("key_hash") as [UInt8]
            }
            #expect(hashes.count == 2)
            let plain = SHA256.hash(Array("typed.in.the.wrong.field@example.org".utf8))
            #expect(!hashes.contains(plain))
        }
    }

    @Test func `who is signed in cannot guess the present password either`() throws {
        try withAttackedSite { site in
            let user = try site.makeUser()
            func change(_ present: String) throws -> Int {
                try site.post(
                    "/api/auth/password/change",
                    #"{"currentPassword": "\#(present)", "password": "\#(TestSite.freshPassword)"}"#,
                    as: user
                ).status
            }
            func move(_ present: String) throws -> Int {
                try site.send(
                    .patch, "/api/me",
                    TestSite.bearer(user) + [("CONTENT_TYPE", "application/json")],
                    body: Array(
                        #"{"email": "n@example.org", "currentPassword": "\#(present)"}"#.utf8)
                ).status
            }
            #expect(
                try [change("a"), move("b"), change("c"), move("d"), change("e")]
                    == [400, 400, 400, 400, 400])
            #expect(try change(TestUser.password) == 429)
            #expect(try move(TestUser.password) == 429)
            // Signing in is not slowed by it, nor it by others' tries to sign in.
            #expect(try site.login(user.email).status == 200)
        }
    }
}

struct ProofTests {
    @Test func `what a new account gets waits for the link, and comes once`() throws {
        try withAttackedSite(signupCredit: Money(cents: 155)) { site in
            let email = "new@example.org"
            let made = try site.register(email)
            #expect(made.status == 201)
            let bearer = [
                (Header.authorization, "Bearer \(try #require(made.json["token"]?.string))")
            ]
            var me = try site.get("/api/me", bearer)
            #expect(me.json["emailVerified"] == .bool(false))
            #expect(me.json["balance"] == .integer(0))
            let first = try site.token(.verify, sentTo: email)
            let again = try site.post("/api/me/verification", "", bearer)
            #expect(again.status == 202)
            let second = try site.token(.verify, sentTo: email)
            #expect(first != second)
            let answer = try site.follow(second)
            #expect(answer.status == 200)
            #expect(answer.json["user"]?["emailVerified"] == .bool(true))
            #expect(answer.json["token"] == nil)
            for token in [second, first, "", "x", first + "x"] {
                // The first proves what is proved already, and is used up.
                let status = try site.follow(token).status
                #expect(status == (token == first ? 200 : 400))
            }
            #expect(try site.follow(first).status == 400)
            me = try site.get("/api/me", bearer)
            #expect(me.text.contains(#""balance":1.55,"#))
            #expect(try site.get("/api/credits/transactions", bearer).items.count == 1)
            // A new password by mail proves the address too, and gives nothing more.
            _ = try site.post("/api/auth/password/forgot", #"{"email": "\#(email)"}"#)
            #expect(try site.reset(site.token(.reset, sentTo: email)).status == 204)
            #expect(
                try site.count("SELECT COUNT(*) AS count FROM transactions") == 1)
        }
    }

    @Test func `a link that is followed twice at once proves once`() throws {
        try withFreshDatabase { configuration in
            let site = TestSite(Connection(configuration))
            _ = try site.register("new@example.org")
            let token = try site.token(.verify, sentTo: "new@example.org")
            let statuses = try inParallel(8) { _ in
                try TestSite(Connection(configuration), signupCredit: 2.dollars).follow(token)
                    .status
            }
            #expect(statuses.count { $0 == 200 } == 1)
            #expect(statuses.count { $0 == 400 } == 7)
            #expect(try site.count("SELECT COUNT(*) AS count FROM transactions") == 1)
        }
    }

    @Test func `a link is too old after a day, and one to a former address proves nothing`() throws
    {
        try withAttackedSite { site in
            _ = try site.register("new@example.org")
            let token = try site.token(.verify, sentTo: "new@example.org")
            try site.database.execute(
                "UPDATE mail_tokens SET expires_at = expires_at - INTERVAL 1 DAY")
            #expect(try site.follow(token).status == 400)
            try site.database.execute(
                "UPDATE mail_tokens SET expires_at = expires_at + INTERVAL 1 DAY")
            try site.database.execute("UPDATE users SET email = 'moved@example.org'")
            #expect(try site.follow(token).refused == ["token"])
            // A link of one kind is none of another.
            #expect(try site.reset(token).refused == ["token"])
        }
    }

    @Test func `an address that nobody proved gets no mail but the link`() throws {
        try withAttackedSite { site in
            let made = try site.register("stranger@example.org")
            let id = try #require(made.json["user"]?["id"]?.string.flatMap { UserID($0) })
            let account = try #require(try site.database.account(ownedBy: id))
            let user = TestUser(
                id: id, account: account, email: "stranger@example.org",
                token: try #require(made.json["token"]?.string))
            try site.database.grantCredit(
                1.dollars, to: account, reason: "Test", policy: site.site.settings.creditPolicy,
                grant: .new())
            _ = try site.makeVideo(for: user)
            for place in 1...7 {
                _ = try site.login(user.email, "guess", from: "198.51.100.\(place)")
            }
            _ = try site.post(
                "/api/auth/password/change",
                #"{"currentPassword": "\#(TestUser.password)", "password": "\#(TestSite.freshPassword)"}"#,
                as: user)
            #expect(try site.count("SELECT COUNT(*) AS count FROM outbox") == 1)
            #expect(try site.mails(.addressToProve, of: user.email) == 1)
            _ = try site.post("/api/auth/password/forgot", #"{"email": "\#(user.email)"}"#)
            #expect(try site.mails(.passwordToReset, of: user.email) == 1)
        }
    }

    @Test func `the owner of an address hears once a day that it was asked for`() throws {
        try withAttackedSite { site in
            let user = try site.makeUser()
            for _ in 1...3 { #expect(try site.register(user.email).status == 409) }
            #expect(try site.mails(.addressInUse, of: user.email) == 1)
            try site.database.execute(
                "UPDATE outbox SET created_at = created_at - INTERVAL 1 DAY")
            #expect(try site.register(user.email).status == 409)
            #expect(try site.mails(.addressInUse, of: user.email) == 2)
            #expect(try site.register(user.email).status == 409)
            // Asked too often, it is slowed; and who registers what is new is not.
            let slowed = try site.register(user.email)
            #expect(slowed.status == 429)
            #expect(slowed.fields[.retryAfter] != nil)
            for number in 1...30 {
                #expect(try site.register("new\(number)@example.org").status == 201)
            }
        }
    }

    @Test func `a network that asks which addresses have an account is slowed`() throws {
        try withAttackedSite { site in
            let users = try (1...25).map { _ in try site.makeUser() }
            let statuses = try users.map { try site.register($0.email).status }
            #expect(statuses.count { $0 == 409 } == 20)
            #expect(statuses.suffix(5).allSatisfy { $0 == 429 })
        }
    }

    @Test func `where addresses are proved first, known and new are answered alike`() throws {
        try withAttackedSite(requiresVerified: true) { site in
            let known = try site.makeUser().email
            _ = try site.register("waiting@example.org")
            _ = try site.register("warm@example.org")
            var answers: [Answer] = []
            let costs = try [known, "waiting@example.org", "fresh@example.org"].map { email in
                try site.cost { answers.append(try site.register(email)) }
            }
            #expect(costs[0] == costs[1])
            #expect(costs[0] == costs[2])
            for answer in answers {
                #expect(answer.status == 202)
                #expect(answer.json == .object(["status": "check_mail"]))
                #expect(answer.response.fields == answers[0].response.fields)
                #expect(answer.cookie(SessionCookie.name) == nil)
            }
            #expect(try site.mails(.addressInUse, of: known) == 1)
            #expect(try site.mails(.addressToProve, of: "waiting@example.org") == 2)
            #expect(try site.mails(.addressToProve, of: "fresh@example.org") == 1)
            #expect(try site.login(known).status == 200)
        }
    }

    @Test func `where addresses are proved first, nobody is signed in before`() throws {
        try withAttackedSite(requiresVerified: true) { site in
            let email = "new@example.org"
            _ = try site.register(email)
            #expect(try site.login(email, "guess").status == 401)
            let early = try site.login(email)
            #expect(early.status == 202)
            #expect(early.json == .object(["status": "check_mail"]))
            #expect(early.fields[.setCookie] == nil)
            #expect(try site.mails(.addressToProve, of: email) == 2)
            #expect(try site.follow(site.token(.verify, sentTo: email)).status == 200)
            let late = try site.login(email)
            #expect(late.status == 200)
            // A session from before the setting was made is none either.
            let token = [(Header.authorization, "Bearer \(late.json["token"]?.string ?? "")")]
            #expect(try site.get("/api/me", token).status == 200)
            try site.database.execute("UPDATE users SET email_verified_at = NULL")
            #expect(try site.get("/api/me", token).status == 401)
        }
    }
}

struct PasswordChangeTests {
    @Test func `a forgotten password is answered alike whether or not there is an account`() throws
    {
        try withAttackedSite { site in
            let user = try site.makeUser()
            func forget(_ email: String) throws -> Answer {
                try site.post("/api/auth/password/forgot", #"{"email": "\#(email)"}"#)
            }
            _ = try forget("warm@example.org")
            var answers: [[Answer]] = [[], []]
            for _ in 1...6 {
                let costs = try [user.email, "nobody@example.org"].enumerated().map { at, email in
                    try site.cost { answers[at].append(try forget(email)) }
                }
                #expect(costs[0] == costs[1])
            }
            #expect(answers[0].map(\.status) == [202, 202, 202, 202, 202, 429])
            #expect(answers[0].map(\.status) == answers[1].map(\.status))
            #expect(
                answers[0].dropLast().map(\.response.body)
                    == answers[1].dropLast().map(\.response.body))
            #expect(try site.mails(.passwordToReset, of: user.email) == 5)
        }
    }

    @Test func `a mailed link sets a password once, and ends every session`() throws {
        try withAttackedSite { site in
            let user = try site.makeUser()
            for _ in 1...2 {
                _ = try site.post("/api/auth/password/forgot", #"{"email": "\#(user.email)"}"#)
            }
            let token = try site.token(.reset, sentTo: user.email)
            #expect(try site.reset(token, to: "short").refused == ["password"])
            #expect(try site.get("/api/me", as: user).status == 200)
            let answer = try site.reset(token)
            #expect(answer.status == 204)
            #expect(answer.cookie(SessionCookie.name) == nil)
            #expect(try site.get("/api/me", as: user).status == 401)
            #expect(try site.login(user.email).status == 401)
            #expect(try site.login(user.email, TestSite.freshPassword).status == 200)
            #expect(try site.reset(token).refused == ["token"])
            // Nor does the other link that was sent before.
            #expect(try site.count("SELECT COUNT(*) AS count FROM mail_tokens") == 1)
            #expect(try site.mails(.passwordChanged, of: user.email) == 1)
            // Whoever guesses meanwhile does not keep the owner of the mailbox out.
            for place in 1...6 {
                _ = try site.login(user.email, "guess", from: "198.51.100.\(place)")
            }
            let device = try #require(answer.cookie(DeviceCookie.name))
            #expect(
                try site.login(user.email, TestSite.freshPassword, device: device).status == 200)
        }
    }

    @Test func `a link for a password is too old after half an hour, and used once by two`() throws
    {
        try withFreshDatabase { configuration in
            let site = TestSite(Connection(configuration))
            let user = try site.makeUser()
            _ = try site.post("/api/auth/password/forgot", #"{"email": "\#(user.email)"}"#)
            let token = try site.token(.reset, sentTo: user.email)
            try site.database.execute(
                "UPDATE mail_tokens SET expires_at = expires_at - INTERVAL 30 MINUTE")
            #expect(try site.reset(token).refused == ["token"])
            try site.database.execute(
                "UPDATE mail_tokens SET expires_at = expires_at + INTERVAL 30 MINUTE")
            let statuses = try inParallel(3) { index in
                try TestSite(Connection(configuration)).reset(
                    token, to: "a sentence of number \(index)"
                ).status
            }
            #expect(statuses.count { $0 == 204 } == 1)
            #expect(statuses.count { $0 == 400 } == 2)
        }
    }

    @Test func `what is wrong with a new password and its proof is said at once`() throws {
        try withAttackedSite { site in
            let user = try site.makeUser()
            for body in ["{}", #"{"password": "short"}"#] {
                let reset = try site.post("/api/auth/password/reset", body)
                #expect(reset.status == 400)
                #expect(reset.refused == ["token", "password"])
                let change = try site.post("/api/auth/password/change", body, as: user)
                #expect(change.status == 400)
                #expect(change.refused == ["currentPassword", "password"])
            }
            let fresh = #"{"password": "\#(TestSite.freshPassword)"}"#
            #expect(try site.post("/api/auth/password/reset", fresh).refused == ["token"])
            #expect(
                try site.post("/api/auth/password/change", fresh, as: user).refused
                    == ["currentPassword"])
        }
    }

    @Test func `a changed password ends the other sessions and stays signed in here`() throws {
        try withAttackedSite { site in
            let user = try site.makeUser()
            let other = try site.login(user.email)
            let elsewhere = [(Header.authorization, "Bearer \(other.json["token"]?.string ?? "")")]
            _ = try site.post("/api/auth/password/forgot", #"{"email": "\#(user.email)"}"#)
            let link = try site.token(.reset, sentTo: user.email)
            let changed = try site.post(
                "/api/auth/password/change",
                #"{"currentPassword": "\#(TestUser.password)", "password": "\#(TestSite.freshPassword)"}"#,
                as: user)
            #expect(changed.status == 204)
            #expect(try site.get("/api/me", as: user).status == 200)
            #expect(try site.get("/api/me", elsewhere).status == 401)
            #expect(try site.reset(link).refused == ["token"])
            #expect(try site.mails(.passwordChanged, of: user.email) == 1)
            #expect(try site.login(user.email).status == 401)
            #expect(try site.login(user.email, TestSite.freshPassword).status == 200)
        }
    }

    @Test func `an account moves when the link at the new address is followed`() throws {
        try withAttackedSite { site in
            let user = try site.makeUser()
            func move(to email: String, as user: TestUser) throws -> Answer {
                try site.send(
                    .patch, "/api/me",
                    TestSite.bearer(user) + [("CONTENT_TYPE", "application/json")],
                    body: Array(
                        #"{"email": "\#(email)", "currentPassword": "\#(TestUser.password)"}"#.utf8)
                )
            }
            let asked = try move(to: " Moved@Example.org", as: user)
            #expect(asked.status == 200)
            #expect(asked.json["pendingEmail"] == "moved@example.org")
            #expect(asked.json["email"]?.string == user.email)
            #expect(try site.mails(.addressChanging, of: user.email) == 1)
            let token = try site.token(.change, sentTo: "moved@example.org")
            let moved = try site.follow(token)
            #expect(moved.status == 200)
            #expect(moved.json["user"]?["email"] == "moved@example.org")
            #expect(try site.follow(token).status == 400)
            let me = try site.get("/api/me", as: user)
            #expect(me.json["pendingEmail"] == .null)
            #expect(me.json["emailVerified"] == .bool(true))
            #expect(try site.mails(.addressChanged, of: "moved@example.org") == 1)
            #expect(try site.login(user.email).status == 401)
            #expect(try site.login("moved@example.org").status == 200)

            // An address that has an account is asked for alike; its owner is told, no link is sent.
            let other = try site.makeUser()
            #expect(try move(to: other.email, as: user).json["pendingEmail"]?.string == other.email)
            #expect(try site.mails(.addressInUse, of: other.email) == 1)
            #expect(try site.mails(.addressToProve, of: "moved@example.org") == 1)
            #expect(try site.follow(site.token(.change, sentTo: other.email)).status == 400)
            // Its own address again: nothing is waited for any more.
            let stayed = try move(to: "moved@example.org", as: user)
            #expect(stayed.json["pendingEmail"] == .null)
            // A new password ends the move.
            _ = try move(to: "thief@example.org", as: user)
            let theft = try site.token(.change, sentTo: "thief@example.org")
            _ = try site.post("/api/auth/password/forgot", #"{"email": "moved@example.org"}"#)
            #expect(try site.reset(site.token(.reset, sentTo: "moved@example.org")).status == 204)
            #expect(try site.follow(theft).status == 400)
        }
    }
}

struct SessionLifeTests {
    @Test func `a session ends after thirty days without use, and after ninety in all`() throws {
        try withAttackedSite { site in
            let user = try site.makeUser()
            let token = try #require(try site.login(user.email).json["token"]?.string)
            let bearer = [(Header.authorization, "Bearer \(token)")]
            let hash = try #require(site.site.tokens.read(token, at: Date())).sessionHash
            func idle(_ days: Int) throws {
                try site.database.execute(
                    """
                    UPDATE sessions SET last_used_at = UTC_TIMESTAMP(6) - INTERVAL \(days) DAY
                    WHERE id_hash = \(hash)
                    """)
            }
            let lasting = try site.count(
                """
                SELECT TIMESTAMPDIFF(DAY, created_at, expires_at) AS count
                FROM sessions WHERE id_hash = \(hash)
                """)
            #expect(lasting == 90)
            try idle(29)
            #expect(try site.get("/api/me", bearer).status == 200)
            // That was use.
            #expect(
                try site.count(
                    """
                    SELECT COUNT(*) AS count FROM sessions
                    WHERE id_hash = \(hash) AND last_used_at > UTC_TIMESTAMP(6) - INTERVAL 1 MINUTE
                    """) == 1)
            try idle(30)
            #expect(try site.get("/api/me", bearer).status == 401)
            #expect(try site.post("/api/auth/refresh", "", bearer).status == 401)
            try idle(0)
            #expect(try site.get("/api/me", bearer).status == 200)
            try site.database.execute(
                "UPDATE sessions SET expires_at = UTC_TIMESTAMP(6) WHERE id_hash = \(hash)")
            #expect(try site.get("/api/me", bearer).status == 401)
            try site.database.purgeSessions()
            #expect(
                try site.count(
                    "SELECT COUNT(*) AS count FROM sessions WHERE id_hash = \(hash)") == 0)
        }
    }

    @Test func `that a session is used is written down once in five minutes`() throws {
        try withAttackedSite { site in
            let user = try site.makeUser()
            func writes() throws -> Int {
                try site.count(
                    """
                    SELECT CAST(variable_value AS INT) AS count
                    FROM information_schema.session_status WHERE variable_name = 'COM_UPDATE'
                    """)
            }
            let before = try writes()
            for _ in 1...3 { _ = try site.get("/api/me", as: user) }
            #expect(try writes() == before)
        }
    }

    @Test func `a refresh gives back what came with the call, and no more time`() throws {
        try withAttackedSite { site in
            let user = try site.makeUser()
            let login = try site.login(user.email)
            let cookie = try #require(login.cookie(SessionCookie.name))
            let renewed = try site.post(
                "/api/auth/refresh", "",
                [(Header.cookie, cookie), (Header.origin, TestSite.origin)])
            #expect(renewed.status == 200)
            #expect(renewed.json["token"] == nil)
            #expect(!renewed.text.contains("eyJ"))
            let next = try #require(renewed.cookie(SessionCookie.name))
            #expect(next != cookie)
            #expect(try site.get("/api/me", [(Header.cookie, cookie)]).status == 401)
            #expect(try site.get("/api/me", [(Header.cookie, next)]).status == 200)
            let before = try #require(Date(iso8601: login.json["expiresAt"]?.string ?? ""))
            let after = try #require(Date(iso8601: renewed.json["expiresAt"]?.string ?? ""))
            #expect(abs(after.timeIntervalSince(before)) < 10)

            let bearer = try site.post("/api/auth/refresh", "", as: user)
            #expect(bearer.status == 200)
            #expect(bearer.json["token"]?.string != nil)
            #expect(bearer.fields[.setCookie] == nil)
        }
    }

    @Test func `a session is renewed by one of two calls at once`() throws {
        try withFreshDatabase { configuration in
            let user = try TestSite(Connection(configuration)).makeUser()
            let statuses = try inParallel(8) { _ in
                try TestSite(Connection(configuration)).post("/api/auth/refresh", "", as: user)
                    .status
            }
            #expect(statuses.count { $0 == 200 } == 1)
            #expect(statuses.count { $0 == 401 } == 7)
        }
    }

    @Test func `a user sees and ends their own sessions alone`() throws {
        try withAttackedSite { site in
            let user = try site.makeUser()
            let other = try site.makeUser()
            let name = String(repeating: "Browser ", count: 3)
            _ = try site.post(
                "/api/auth/login",
                #"{"email": "\#(user.email)", "password": "\#(TestUser.password)"}"#,
                [("HTTP_USER_AGENT", name)])
            _ = try site.login(user.email)
            let list = try site.get("/api/sessions", as: user)
            #expect(list.items.count == 3)
            #expect(
                list.items.map { $0["isCurrent"] } == [.bool(false), .bool(false), .bool(true)])
            #expect(list.items[1]["userAgent"]?.string == name)
            #expect(list.json["nextCursor"] == .null)
            let first = try site.get("/api/sessions", query: "limit=2", as: user)
            let cursor = try #require(first.json["nextCursor"]?.string)
            let rest = try site.get("/api/sessions", query: "limit=2&cursor=\(cursor)", as: user)
            #expect(first.items + rest.items == list.items)
            #expect(try site.get("/api/sessions", query: "limit=0", as: user).status == 400)

            let id = try #require(list.items[0]["id"]?.string)
            func end(_ path: String, as user: TestUser) throws -> Int {
                try site.send(.delete, path, TestSite.bearer(user)).status
            }
            #expect(try end("/api/sessions/\(id)", as: other) == 404)
            #expect(try end("/api/sessions/\(id)", as: user) == 204)
            #expect(try end("/api/sessions/\(id)", as: user) == 404)
            #expect(try end("/api/sessions/x", as: user) == 404)
            #expect(try site.get("/api/sessions", as: user).items.count == 2)
            #expect(try end("/api/sessions", as: user) == 204)
            let left = try site.get("/api/sessions", as: user)
            #expect(left.items.map { $0["isCurrent"] } == [.bool(true)])
            #expect(try site.get("/api/sessions", as: other).items.count == 1)
        }
    }
}
