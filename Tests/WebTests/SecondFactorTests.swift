import Authenticator
import Domain
import FoundationEssentials
import HTTP
import HTTPTypes
import JSON
import MariaDB
import Sodium
import Store
import Testing

@testable import Console
@testable import Entrance
@testable import Web

extension TestSite {
    /// Makes the user's sign-ins take a code, and gives the authenticator with the recovery codes.
    fileprivate func turnOn(
        _ user: TestUser
    ) throws -> (authenticator: OneTimePassword, recovery: [String]) {
        let prepared = try post("/api/me/second-factor", as: user)
        try #require(prepared.status == 201)
        let authenticator = try authenticator(of: user)
        #expect(prepared.json["secret"]?.string == authenticator.text)
        #expect(prepared.json["url"]?.string == authenticator.url(account: user.email))
        let answer = try activate(code(authenticator), user)
        try #require(answer.status == 200)
        let codes = answer.json["recoveryCodes"]?.array ?? []
        return (authenticator, codes.compactMap(\.string))
    }

    fileprivate func authenticator(of user: TestUser) throws -> OneTimePassword {
        let factor = try #require(try database.secondFactor(of: user.id))
        return OneTimePassword(secret: try #require(site.secrets.secret(of: factor, of: user.id)))
    }

    /// The code of now, or of so many steps later.
    fileprivate func code(_ authenticator: OneTimePassword, later: Int64 = 0) -> String {
        authenticator.code(at: OneTimePassword.step(at: Date()) + later)
    }

    fileprivate func activate(_ code: String, _ user: TestUser) throws -> Answer {
        try post("/api/me/second-factor/activation", #"{"code": "\#(code)"}"#, as: user)
    }

    fileprivate func signIn(_ user: TestUser, _ headers: [(name: String, value: String)] = [])
        throws -> Answer
    {
        try post(
            "/api/auth/login",
            #"{"email": "\#(user.email)", "password": "\#(TestUser.password)"}"#, headers)
    }

    fileprivate func ticket(for user: TestUser) throws -> String {
        let answer = try signIn(user)
        #expect(answer.status == 202)
        #expect(answer.json["status"]?.string == "code_needed")
        #expect(answer.fields[.setCookie] == nil)
        return try #require(answer.json["ticket"]?.string)
    }

    fileprivate func complete(_ ticket: String, _ code: String) throws -> Answer {
        try post("/api/auth/login/code", #"{"ticket": "\#(ticket)", "code": "\#(code)"}"#)
    }

    fileprivate func confirm(
        _ user: TestUser, code: String? = nil, password: String = TestUser.password
    ) throws -> Answer {
        let code = code.map { #", "code": "\#($0)""# } ?? ""
        return try post(
            "/api/auth/confirmation", #"{"currentPassword": "\#(password)"\#(code)}"#, as: user)
    }

    /// As ten minutes later.
    fileprivate func passProof(of user: TestUser) throws {
        try database.execute(
            """
            UPDATE sessions SET proved_at = UTC_TIMESTAMP(6) - INTERVAL 10 MINUTE
            WHERE user_id = \(user.id)
            """)
    }

    /// As half an hour later for whoever typed wrong codes.
    fileprivate func forgetUse(of user: TestUser) throws {
        try database.execute(
            "UPDATE second_factors SET last_step = 0, last_use = NULL WHERE user_id = \(user.id)")
    }
}

@Suite struct `Second factor` {
    @Test func `a sign-in takes the code after the password, once, and only while it is new`()
        throws
    {
        try withSite { site in
            let user = try site.makeUser()
            let (authenticator, _) = try site.turnOn(user)
            let ticket = try site.ticket(for: user)
            // The code that switched it on is used up.
            let used = try site.database.first(
                "SELECT last_step FROM second_factors WHERE user_id = \(user.id)"
            ) { row in try row("last_step") as Int64 }
            let step = try #require(used)
            let repeated = try site.complete(ticket, authenticator.code(at: step))
            #expect(repeated.status == 400)
            #expect(repeated.refused == ["code"])
            let answer = try site.complete(ticket, site.code(authenticator, later: 1))
            #expect(answer.status == 200)
            #expect(answer.json["user"]?["email"]?.string == user.email)
            #expect(answer.fields[values: .setCookie].count == 2)
            // The ticket is good for five minutes, the code for one sign-in.
            let again = try site.complete(ticket, site.code(authenticator, later: 1))
            #expect(again.status == 400)
            #expect(try site.get("/api/me", as: user).json["secondFactor"] == .bool(true))
        }
    }

    @Test func `codes of two steps ago and two steps ahead are refused`() throws {
        try withSite { site in
            let user = try site.makeUser()
            let (authenticator, _) = try site.turnOn(user)
            try site.forgetUse(of: user)
            let ticket = try site.ticket(for: user)
            for wrong in [
                site.code(authenticator, later: -3), site.code(authenticator, later: 3), "12345",
            ] {
                #expect(try site.complete(ticket, wrong).refused == ["code"])
            }
            #expect(try site.complete(ticket, "").refused == ["code"])
        }
    }

    @Test func `a ticket that is forged, too old or of an old password is none`() throws {
        try withSite { site in
            let user = try site.makeUser()
            let other = try site.makeUser()
            let (authenticator, _) = try site.turnOn(user)
            try site.forgetUse(of: user)
            let code = site.code(authenticator)
            let good = try site.ticket(for: user)
            let parts = good.split(separator: ".").map(String.init)
            let hash = try #require(try site.database.login(of: user.id)).passwordHash
            let old = SignInTicket(
                for: user.id, passwordHash: hash, at: Date() - 301, site.site.tokens)
            let late = "\(parts[0]).\((Int(parts[1]) ?? 0) + 1).\(parts[2])"
            let others = "\(other.id).\(parts[1]).\(parts[2])"
            for ticket in [
                old.text, late, others, "", "a.b.c", String(good.dropLast(2)), user.token,
            ] {
                let answer = try site.complete(ticket, code)
                #expect(answer.status == 400)
                #expect(answer.refused == ["ticket"])
            }
            try site.database.setPasswordHash(Password.hash("another one of theirs"), of: user.id)
            #expect(try site.complete(good, code).refused == ["ticket"])
            try site.database.setPasswordHash(hash, of: user.id)
            #expect(try site.complete(good, code).status == 200)
        }
    }

    @Test func `a ticket opens nothing by itself`() throws {
        try withSite { site in
            let user = try site.makeUser()
            _ = try site.turnOn(user)
            let ticket = try site.ticket(for: user)
            let answer = try site.send(
                .get, "/api/me", [(Header.authorization, "Bearer \(ticket)")])
            #expect(answer.status == 401)
        }
    }

    @Test func `wrong codes are slowed, whoever tries, and the right one with them`() throws {
        try withSite { site in
            let user = try site.makeUser()
            let (authenticator, _) = try site.turnOn(user)
            try site.forgetUse(of: user)
            let ticket = try site.ticket(for: user)
            for _ in 1...5 { #expect(try site.complete(ticket, "000000").status == 400) }
            let slowed = try site.complete(ticket, site.code(authenticator))
            #expect(slowed.status == 429)
            #expect(slowed.fields[.retryAfter] != nil)
            // From elsewhere too: it is the account that is guessed at.
            site.address = "2001:db8:ffff::1"
            #expect(try site.complete(ticket, site.code(authenticator)).status == 429)
        }
    }

    @Test func `each recovery code stands for a code once, and its owner is told`() throws {
        try withSite { site in
            let user = try site.makeUser()
            try site.database.setMail(isOn: true)
            let (_, recovery) = try site.turnOn(user)
            #expect(Set(recovery).count == 10)
            let first = try #require(recovery.first)
            let ticket = try site.ticket(for: user)
            #expect(try site.complete(ticket, first.uppercased()).status == 200)
            #expect(try site.complete(ticket, first).refused == ["code"])
            let state = try site.get("/api/me/second-factor", as: user)
            #expect(state.json["recoveryCodesLeft"] == .integer(9))
            #expect(try site.mails(.recoveryCodeUsed, of: user.email) == 1)
            #expect(try site.mails(.secondFactorOn, of: user.email) == 1)
            let stored = try site.count(
                """
                SELECT COUNT(*) AS count FROM recovery_codes
                WHERE user_id = \(user.id) AND LOCATE(\(first), HEX(code_hash)) > 0
                """)
            #expect(stored == 0)
            // New ones end the old.
            let renewed = try site.post("/api/me/second-factor/recovery-codes", as: user)
            #expect(renewed.status == 200)
            #expect(try site.complete(ticket, recovery[1]).refused == ["code"])
            let code = try #require(renewed.json["recoveryCodes"]?.array?.first?.string)
            #expect(try site.complete(ticket, code).status == 200)
        }
    }

    @Test func `the database alone makes no codes, and a row is no good as another's`() throws {
        try withSite { site in
            let (user, other) = (try site.makeUser(), try site.makeUser())
            let (authenticator, _) = try site.turnOn(user)
            _ = try site.turnOn(other)
            let factor = try #require(try site.database.secondFactor(of: user.id))
            #expect(!factor.sealedSecret.contains(Array(authenticator.text.utf8)))
            #expect(site.site.secrets.secret(of: factor, of: other.id) == nil)
            let foreign = SecretBox(
                secret: Array("another shop's secret".utf8), previous: nil,
                purpose: SecondFactor.purpose)
            #expect(foreign.secret(of: factor, of: user.id) == nil)
        }
    }

    @Test func `it is on only once a code of it was shown, and is not replaced while it is`() throws
    {
        try withSite { site in
            let user = try site.makeUser()
            #expect(try site.activate("123456", user).status == 409)
            #expect(try site.post("/api/me/second-factor/recovery-codes", as: user).status == 409)
            for _ in 1...2 {
                #expect(try site.post("/api/me/second-factor", as: user).status == 201)
            }
            #expect(try site.activate("no code", user).refused == ["code"])
            #expect(try site.signIn(user).status == 200)
            _ = try site.activate(site.code(site.authenticator(of: user)), user)
            #expect(try site.signIn(user).status == 202)
            #expect(try site.post("/api/me/second-factor", as: user).status == 409)
            #expect(try site.activate("123456", user).status == 409)
        }
    }

    @Test func `switching it on ends the other sessions`() throws {
        try withSite { site in
            let user = try site.makeUser()
            let token = try #require(try site.signIn(user).json["token"]?.string)
            let elsewhere = TestUser(
                id: user.id, account: user.account, email: user.email, token: token)
            #expect(try site.get("/api/me", as: elsewhere).status == 200)
            _ = try site.turnOn(user)
            #expect(try site.get("/api/me", as: elsewhere).status == 401)
            #expect(try site.get("/api/me", as: user).status == 200)
        }
    }

    @Test func `what is dangerous asks for password and code again after ten minutes`() throws {
        try withSite { site in
            let user = try site.makeUser()
            let (authenticator, _) = try site.turnOn(user)
            try site.forgetUse(of: user)
            try site.passProof(of: user)
            let change =
                #"{"email": "new-\#(user.email)", "currentPassword": "\#(TestUser.password)"}"#
            func attempts() throws -> [Answer] {
                [
                    try site.send(.delete, "/api/me/second-factor", TestSite.bearer(user)),
                    try site.post("/api/me/second-factor/recovery-codes", as: user),
                    try site.send(
                        .patch, "/api/me",
                        TestSite.bearer(user) + [("CONTENT_TYPE", "application/json")],
                        body: Array(change.utf8)),
                ]
            }
            for answer in try attempts() {
                #expect(answer.status == 403)
                #expect(answer.code == "CONFIRMATION_NEEDED")
                #expect(answer.json["error"]?["action"]?.string == "confirm")
            }
            #expect(try site.confirm(user).refused == ["code"])
            let wrong = try site.confirm(
                user, code: site.code(authenticator), password: "not the one")
            #expect(wrong.refused == ["currentPassword"])
            #expect(try site.confirm(user, code: "000000").refused == ["code"])
            #expect(try site.confirm(user, code: site.code(authenticator)).status == 204)
            #expect(try attempts().map(\.status) == [204, 409, 200])
            #expect(try site.signIn(user).status == 200)
        }
    }

    @Test func `without a second factor the password alone is asked for again`() throws {
        try withSite { site in
            let user = try site.makeUser()
            try site.passProof(of: user)
            #expect(try site.post("/api/me/second-factor", as: user).code == "CONFIRMATION_NEEDED")
            #expect(try site.confirm(user, password: "").refused == ["currentPassword"])
            #expect(try site.confirm(user).status == 204)
            #expect(try site.post("/api/me/second-factor", as: user).status == 201)
        }
    }

    @Test func `an operator switches it off, with a reason and what was before in the log`() throws
    {
        try withSite { site in
            let (administrator, user) = (try site.makeAdministrator(), try site.makeUser())
            _ = try site.turnOn(user)
            func reset(_ reason: String, by person: TestUser) throws -> Answer {
                try site.post(
                    "/api/admin/users/\(user.id)/second-factor-reset",
                    #"{"reason": "\#(reason)"}"#, as: person,
                    [(Header.idempotencyKey, "reset \(user.id)")])
            }
            #expect(try reset("lost phone", by: user).status == 404)
            #expect(try reset("", by: administrator).refused == ["reason"])
            let person = try site.get("/api/admin/users/\(user.id)", as: administrator)
            #expect(person.json["secondFactor"] == .bool(true))
            for _ in 1...2 { #expect(try reset("lost phone", by: administrator).status == 204) }
            #expect(try site.get("/api/me", as: user).status == 401)
            #expect(try site.signIn(user).status == 200)
            let details = try site.database.query(
                """
                SELECT detail FROM audit_log
                WHERE action = 'user.reset-second-factor' AND subject = \("\(user.id)")
                    AND reason = 'lost phone' AND actor_id = \(administrator.id)
                """
            ) { row in try row("detail") as String }
            #expect(details == ["before: on, 10 recovery codes; after: off"])
        }
    }
}
