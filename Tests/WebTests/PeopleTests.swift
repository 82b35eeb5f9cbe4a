import DatabaseSupport
import Domain
import JSON
import Ledger
import MariaDB
import PaymentSupport
import Sandbox
import Store
import Testing

@testable import Console
@testable import Web

/// What the operator sees and does of people.
@Suite struct `People` {
    private func act(
        _ act: String, on user: TestUser, key: String = "key-\(UserID.new())", _ site: TestSite,
        by administrator: TestUser
    ) throws -> Answer {
        try site.post(
            "/api/admin/users/\(user.id)/\(act)", #"{"reason": "a test"}"#, as: administrator,
            [(Header.idempotencyKey, key)])
    }

    @Test func `somebody is found by address, id, purchase, payment and video`() throws {
        try withFreshSite { site in
            let administrator = try site.makeAdministrator()
            let user = try site.makeUser(credit: 5.dollars)
            let other = try site.makeUser()
            let video = try site.makeVideo(for: user)
            let purchase = PurchaseID.new()
            let package = try #require(try site.site.catalog().packages.first)
            try site.database.insertPurchase(
                purchase, of: package, catalogVersion: 1, for: user.account, by: user.id,
                isLive: false)
            try site.database.setSession("cs_test_1", url: "https://pay.example", of: purchase)
            try site.database.execute(
                "UPDATE purchases SET payment_intent = 'pi_1' WHERE id = \(purchase)")
            let words = [
                user.email, String(user.email.prefix(20)).uppercased(), "\(user.id)",
                "\(user.account)", "\(video)", "\(purchase)", "cs_test_1", "pi_1",
            ]
            for word in words {
                let answer = try site.get("/api/admin/users", query: "q=\(word)", as: administrator)
                #expect(answer.items.map { $0["id"]?.string } == [user.id.description], "\(word)")
            }
            for word in ["nobody@", "\(UserID.new())", "pi_2", "%25", "_"] {
                let answer = try site.get("/api/admin/users", query: "q=\(word)", as: administrator)
                #expect(answer.items.isEmpty, "\(word)")
            }
            let all = try site.get("/api/admin/users", query: "limit=2", as: administrator)
            #expect(
                all.items.map { $0["id"]?.string } == [other.id.description, user.id.description])
            let next = try #require(all.json["nextCursor"]?.string)
            let last = try site.get(
                "/api/admin/users", query: "limit=2&cursor=\(next)", as: administrator)
            #expect(last.items.map { $0["id"]?.string } == [administrator.id.description])
        }
    }

    @Test func `a person has the figures of the account that they own`() throws {
        try withFreshSite { site in
            let administrator = try site.makeAdministrator()
            let user = try site.makeUser(credit: 5.dollars)
            let video = try site.makeVideo(for: user)
            let price = try site.database.first(
                "SELECT user_charged_micros FROM video_jobs WHERE id = \(video)"
            ) { row in try row("user_charged_micros") as Money }
            let held = try #require(price)
            for id in ["\(user.id)", "\(user.account)"] {
                let person = try site.get("/api/admin/users/\(id)", as: administrator)
                #expect(person.status == 200)
                #expect(person.json["email"]?.string == user.email)
                #expect(person.json["videos"] == .integer(1))
                #expect(person.json["available"].flatMap { Money($0) } == 5.dollars - held)
                #expect(person.json["reserved"].flatMap { Money($0) } == held)
                #expect(person.json["lots"]?.array?.count == 1)
            }
            let lines = try site.get(
                "/api/admin/accounts/\(user.account)/transactions", as: administrator)
            #expect(lines.items.count == 2)
            let sessions = try site.get(
                "/api/admin/users/\(user.id)/sessions", as: administrator)
            #expect(sessions.items.map { $0["isCurrent"] } == [.bool(false)])
            #expect(
                try site.get("/api/admin/users/\(UserID.new())", as: administrator).status == 404)
        }
    }

    @Test func `who is blocked is out, what waits is canceled, and credit stays`() throws {
        try withFreshSite { site in
            let administrator = try site.makeAdministrator()
            let user = try site.makeUser(credit: 5.dollars)
            let video = try site.makeVideo(for: user)
            #expect(try act("block", on: user, site, by: administrator).status == 204)
            #expect(try site.get("/api/me", as: user).status == 401)
            let record = try site.get("/api/admin/videos/\(video)", as: administrator)
            #expect(record.json["state"]?.string == "refunded")
            #expect(record.json["failureReason"]?.string == "canceled")
            let person = try site.get("/api/admin/users/\(user.id)", as: administrator)
            #expect(person.json["blockedAt"]?.string != nil)
            #expect(person.json["available"].flatMap { Money($0) } == 5.dollars)
            #expect(try act("unblock", on: user, site, by: administrator).status == 204)
            let back = try site.get("/api/admin/users/\(user.id)", as: administrator)
            #expect(back.json["blockedAt"] == .null)
            #expect(try site.database.audit() == [])
        }
    }

    @Test func `an act is done once for its key, and written down`() throws {
        try withFreshSite { site in
            let administrator = try site.makeAdministrator()
            let user = try site.makeUser()
            for _ in 1...2 {
                #expect(
                    try act("notes", on: user, key: "note-1", site, by: administrator).status
                        == 204)
            }
            let person = try site.get("/api/admin/users/\(user.id)", as: administrator)
            #expect(person.json["notes"]?.array?.compactMap { $0["text"]?.string } == ["a test"])
            let another = try act("block", on: user, key: "note-1", site, by: administrator)
            #expect(another.status == 409)
            let log = try site.get("/api/admin/audit", as: administrator)
            #expect(log.items.map { $0["action"]?.string } == ["user.note"])
            let keyless = try site.post(
                "/api/admin/users/\(user.id)/notes", #"{"reason": "a test"}"#, as: administrator)
            #expect(keyless.refused == ["Idempotency-Key"])
        }
    }

    @Test func `sessions end, and an address that was vouched for brings its credit once`() throws {
        try withFreshDatabase { configuration in
            let site = TestSite(Connection(configuration), signupCredit: 2.dollars)
            let administrator = try site.makeAdministrator()
            let user = try site.makeUser()
            try site.database.execute(
                "UPDATE users SET email_verified_at = NULL WHERE id = \(user.id)")
            for key in ["first", "second"] {
                let answer = try act(
                    "verification", on: user, key: key, site, by: administrator)
                #expect(answer.status == 204)
            }
            #expect(try site.database.balance(of: user.account).available == 2.dollars)
            #expect(try act("sign-out", on: user, site, by: administrator).status == 204)
            #expect(try site.get("/api/me", as: user).status == 401)
        }
    }

    @Test func `credit is given once for a key, and not more than is meant`() throws {
        try withFreshSite { site in
            let administrator = try site.makeAdministrator()
            let user = try site.makeUser()
            let path = "/api/admin/accounts/\(user.account)/grant"
            for _ in 1...2 {
                let answer = try site.post(
                    path, #"{"reason": "for the wait", "amount": 4.5}"#, as: administrator,
                    [(Header.idempotencyKey, "grant-1")])
                #expect(answer.status == 204)
            }
            #expect(
                try site.database.balance(of: user.account).available == Money(cents: 450))
            for amount in ["0", "-1", "500.01", "4.505", "null", #""5""#] {
                let answer = try site.post(
                    path, #"{"reason": "for the wait", "amount": \#(amount)}"#, as: administrator,
                    [(Header.idempotencyKey, "grant-2")])
                #expect(answer.status == 400)
                #expect(answer.refused == ["amount"])
            }
            #expect(try site.database.audit() == [])
        }
    }
}
