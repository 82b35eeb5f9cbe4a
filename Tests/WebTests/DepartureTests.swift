import Domain
import FoundationEssentials
import HTTP
import HTTPTypes
import JSON
import MariaDB
import Store
import Testing

@testable import Console
@testable import Web

extension TestSite {
    fileprivate func leave(_ user: TestUser, givingUp: Bool? = nil) throws -> Answer {
        let body = givingUp.map { #"{"giveUpCredit": \#($0)}"# } ?? "{}"
        return try send(
            .delete, "/api/me", Self.bearer(user) + [("CONTENT_TYPE", "application/json")],
            body: Array(body.utf8))
    }
}

@Suite struct `Removal of an account` {
    @Test func `credit that is left has to be given up, and what is left is said`() throws {
        try withSite { site in
            let user = try site.makeUser(credit: 5.dollars)
            for answer in [try site.leave(user), try site.leave(user, givingUp: false)] {
                #expect(answer.status == 400)
                #expect(answer.refused == ["giveUpCredit"])
                #expect(answer.text.contains("$5.00 of credit is left"))
            }
            #expect(try site.get("/api/me", as: user).json["leavesAt"] == .null)
            #expect(try site.leave(user, givingUp: true).status == 202)
            let poor = try site.makeUser()
            #expect(try site.leave(poor).status == 202)
        }
    }

    @Test func `it is in fourteen days, said once, and mailed`() throws {
        try withSite { site in
            let user = try site.makeUser()
            try site.database.setMail(isOn: true)
            let first = try site.leave(user)
            #expect(try site.leave(user).json["leavesAt"] == first.json["leavesAt"])
            #expect(try site.get("/api/me", as: user).json["leavesAt"] == first.json["leavesAt"])
            #expect(try site.mails(.accountLeaving, of: user.email) == 1)
            let days = try site.count(
                """
                SELECT TIMESTAMPDIFF(HOUR, UTC_TIMESTAMP(6), leaves_at) AS count FROM users
                WHERE id = \(user.id)
                """)
            #expect((14 * 24 - 1...14 * 24).contains(days))
        }
    }

    @Test func `until then one may look, sign in and take it back, and neither order nor buy`()
        throws
    {
        try withSite { site in
            let user = try site.makeUser(credit: 5.dollars)
            #expect(try site.leave(user, givingUp: true).status == 202)
            let order = #"{"tier": "economy", "duration": 5, "prompt": "a boat on a quiet lake"}"#
            for (path, body) in [
                ("/api/videos/generate", order),
                ("/api/credits/purchase", #"{"packageId": "pro"}"#),
            ] {
                let answer = try site.post(path, body, as: user)
                #expect(answer.status == 403)
                #expect(answer.text.contains("to be removed"))
            }
            #expect(try site.get("/api/videos", as: user).status == 200)
            let signedIn = try site.post(
                "/api/auth/login",
                #"{"email": "\#(user.email)", "password": "\#(TestUser.password)"}"#)
            #expect(signedIn.status == 200)
            for _ in 1...2 { #expect(try site.post("/api/me/restoration", as: user).status == 204) }
            #expect(try site.get("/api/me", as: user).json["leavesAt"] == .null)
            #expect(try site.post("/api/videos/generate", order, as: user).status == 202)
            #expect(try site.database.nextDeparture()?.user != user.id)
        }
    }

    @Test func `the other sessions end, and who was not asked just now is asked again`() throws {
        try withSite { site in
            let user = try site.makeUser()
            let token = try #require(
                try site.post(
                    "/api/auth/login",
                    #"{"email": "\#(user.email)", "password": "\#(TestUser.password)"}"#
                ).json["token"]?.string)
            let elsewhere = TestUser(
                id: user.id, account: user.account, email: user.email, token: token)
            try site.database.execute(
                """
                UPDATE sessions SET proved_at = UTC_TIMESTAMP(6) - INTERVAL 10 MINUTE
                WHERE user_id = \(user.id)
                """)
            #expect(try site.leave(user).code == "CONFIRMATION_NEEDED")
            #expect(try site.get("/api/me", as: elsewhere).status == 200)
            try site.database.execute(
                "UPDATE sessions SET proved_at = UTC_TIMESTAMP(6) WHERE user_id = \(user.id)")
            #expect(try site.leave(user).status == 202)
            #expect(try site.get("/api/me", as: elsewhere).status == 401)
        }
    }

    @Test func `an operator stays, and so does who shares an account`() throws {
        try withSite { site in
            let administrator = try site.makeAdministrator()
            #expect(try site.leave(administrator).status == 409)
            let (owner, member) = (try site.makeUser(), try site.makeUser())
            try site.database.execute(
                """
                INSERT INTO members (account_id, user_id, role, created_at)
                VALUES (\(owner.account), \(member.id), 'member', UTC_TIMESTAMP(6))
                """)
            #expect(try site.leave(owner).status == 409)
        }
    }

    @Test func `nobody is let in again who was removed, and the address is free`() throws {
        try withSite { site in
            let administrator = try site.makeAdministrator()
            let user = try site.makeUser()
            try site.database.remove(Departure(user: user.id, account: user.account))
            for act in ["unblock", "verification", "notes"] {
                let answer = try site.post(
                    "/api/admin/users/\(user.id)/\(act)", #"{"reason": "a test"}"#,
                    as: administrator, [(Header.idempotencyKey, "\(act) \(user.id)")])
                #expect(answer.status == 409)
            }
            #expect(try site.get("/api/me", as: user).status == 401)
            #expect(try site.register(user.email).status == 201)
        }
    }
}
