import DatabaseSupport
import Domain
import FoundationEssentials
import HTTP
import HTTPTypes
import JSON
import MariaDB
import Store
import Testing

@testable import Console
@testable import Front
@testable import Web

/// What an operator stops for a while, and tells everybody.
@Suite struct `Pauses and the banner` {
    private static let order =
        #"{"tier": "economy", "duration": 5, "prompt": "a boat on a quiet lake"}"#

    @discardableResult
    private func pause(
        _ part: String, _ members: String = #""paused": true"#, key: String,
        on site: TestSite, by actor: TestUser
    ) throws -> Answer {
        try site.post(
            "/api/admin/pauses/\(part)", #"{"reason": "a test of pauses", \#(members)}"#,
            as: actor, [(Header.idempotencyKey, key)])
    }

    private func setBanner(
        _ members: String, key: String, on site: TestSite, by actor: TestUser
    ) throws -> Answer {
        try site.post(
            "/api/admin/banner", #"{"reason": "a test of banners"\#(members)}"#, as: actor,
            [(Header.idempotencyKey, key)])
    }

    private func text(after seconds: Double) -> String { (Date() + seconds).iso8601 }

    @Test func `paused orders are refused before anything is held, and go on afterwards`() throws {
        try withFreshSite { site in
            let owner = try site.makeAdministrator()
            let user = try site.makeUser(credit: 10.dollars)
            let before = try site.makeVideo(for: user)
            let end = text(after: 600)
            let done = try pause(
                "orders", #""paused": true, "words": "We move.", "until": "\#(end)""#, key: "1",
                on: site, by: owner)
            #expect(done.status == 200 && done.json["outcome"] == "done")
            let refused = try site.post("/api/videos/generate", Self.order, as: user)
            #expect(refused.status == 503 && refused.code == "PAUSED")
            #expect(refused.json["error"]?["message"]?.string == "We move.")
            let wait = try #require(refused.fields[.retryAfter].flatMap { Int($0) })
            #expect((590...600).contains(wait))
            #expect(try site.count("SELECT COUNT(*) AS count FROM video_jobs") == 1)
            #expect(try site.count("SELECT COUNT(*) AS count FROM generate_calls") == 1)
            let balance = try site.get("/api/credits/balance", as: user).json
            #expect(balance["available"] == .integer(9) && balance["reserved"] == .integer(1))
            // What was ordered is there, and may be taken back.
            #expect(try site.get("/api/videos/\(before)", as: user).status == 200)
            #expect(
                try site.post("/api/videos/\(before)/cancellation", as: user).status == 200)
            #expect(try site.post("/api/videos/\(before)/retry", as: user).code == "PAUSED")
            // Nothing else is.
            let bought = try site.post(
                "/api/credits/purchase", #"{"packageId": "pro"}"#, as: user)
            #expect(bought.status == 201)
            try pause("orders", #""paused": false"#, key: "2", on: site, by: owner)
            #expect(
                try site.post("/api/videos/generate", Self.order, as: user).status == 202)
        }
    }

    @Test func `an order and a purchase that were accepted are answered again while paused`() throws
    {
        try withFreshSite { site in
            let owner = try site.makeAdministrator()
            let user = try site.makeUser(credit: 10.dollars)
            func order(_ key: String) throws -> Answer {
                try site.post(
                    "/api/videos/generate", Self.order, as: user, [(Header.idempotencyKey, key)])
            }
            func buy(_ key: String) throws -> Answer {
                try site.post(
                    "/api/credits/purchase", #"{"packageId": "pro"}"#, as: user,
                    [(Header.idempotencyKey, key)])
            }
            let (ordered, bought) = (try order("o1"), try buy("p1"))
            #expect(ordered.status == 202 && bought.status == 201)
            for part in ["orders", "purchases"] {
                try pause(part, key: part, on: site, by: owner)
            }
            #expect(try order("o1").text == ordered.text)
            #expect(try buy("p1").text == bought.text)
            #expect(try order("o2").code == "PAUSED")
            let refused = try buy("p2")
            #expect(refused.status == 503 && refused.code == "PAUSED")
            #expect(refused.json["error"]?["message"]?.string?.contains("Purchases") == true)
            #expect(refused.fields[.retryAfter] == "300")
            #expect(try site.count("SELECT COUNT(*) AS count FROM purchases") == 1)
            // The same call goes through once it may: its key was not used up.
            for part in ["orders", "purchases"] {
                try pause(part, #""paused": false"#, key: "\(part) on", on: site, by: owner)
            }
            #expect(try order("o2").status == 202)
            #expect(try buy("p2").status == 201)
        }
    }

    @Test func `paused sign-ups make no account, and take nobody's tries`() throws {
        try withFreshSite { site in
            let owner = try site.makeAdministrator()
            try pause("signups", key: "1", on: site, by: owner)
            let body = #"{"email": "new@example.org", "password": "four words of mine"}"#
            for _ in 1...8 {
                let refused = try site.post("/api/auth/register", body)
                #expect(refused.status == 503 && refused.code == "PAUSED")
            }
            #expect(try site.count("SELECT COUNT(*) AS count FROM users") == 1)
            #expect(
                try site.post(
                    "/api/auth/login",
                    #"{"email": "\#(owner.email)", "password": "\#(TestUser.password)"}"#
                ).status == 200)
            try pause("signups", #""paused": false"#, key: "2", on: site, by: owner)
            #expect(try site.post("/api/auth/register", body).status == 201)
        }
    }

    @Test func `no order is accepted once the pause was answered`() throws {
        try withFreshDatabase { configuration in
            let site = TestSite(Connection(configuration))
            let owner = try site.makeAdministrator()
            let users = try (0..<32).map { _ in try site.makeUser(credit: 50.dollars) }
            var accepted: [String] = []
            let codes = try inParallel(32) { index in
                let own = TestSite(Connection(configuration), limit: 1000)
                var codes: [Int] = []
                while codes.last != 503, codes.count < 40 {
                    codes.append(
                        try own.post("/api/videos/generate", Self.order, as: users[index]).status)
                }
                return codes
            } whileRunning: {
                let watch = TestSite(Connection(configuration))
                while try watch.count("SELECT COUNT(*) AS count FROM generate_calls") < 16 {}
                try pause("orders", key: "1", on: watch, by: owner)
                accepted = try watch.database.query("SELECT id FROM generate_calls") { row in
                    try (row("id") as GenerateCallID).description
                }
            }
            // Each was refused in the end, and nothing came after the answer.
            #expect(codes.allSatisfy { $0.last == 503 && $0.dropLast().allSatisfy { $0 == 202 } })
            #expect(accepted.count >= 16)
            #expect(
                try site.count("SELECT COUNT(*) AS count FROM generate_calls") == accepted.count)
            #expect(codes.map { $0.count - 1 }.reduce(0, +) == accepted.count)
        }
    }

    @Test func `owners alone pause, with reason, key and a line in the log`() throws {
        try withFreshSite { site in
            let owner = try site.makeAdministrator()
            for role in [User.Role.support, .accountant] {
                let other = try site.makeOperator(role)
                #expect(try pause("orders", key: "x", on: site, by: other).status == 403)
                #expect(try site.get("/api/admin/announcements", as: other).status == 200)
            }
            let user = try site.makeUser()
            #expect(try pause("orders", key: "x", on: site, by: user).status == 404)
            #expect(try pause("everything", key: "x", on: site, by: owner).status == 404)
            let long = String(repeating: "w", count: 301)
            let wrong = try pause(
                "orders", #""paused": 1, "words": "\#(long)", "until": "2020-01-01T00:00:00Z""#,
                key: "x", on: site, by: owner)
            #expect(wrong.status == 400 && wrong.refused == ["paused", "words", "until"])
            #expect(
                try pause("orders", #""words": "a\nb""#, key: "x", on: site, by: owner).refused
                    == ["paused", "words"])
            let unkeyed = try site.post(
                "/api/admin/pauses/orders", #"{"reason": "a test", "paused": true}"#, as: owner)
            #expect(unkeyed.status == 400 && unkeyed.refused == ["Idempotency-Key"])

            #expect(try pause("orders", key: "1", on: site, by: owner).json["outcome"] == "done")
            #expect(
                try pause("orders", key: "1", on: site, by: owner).json["outcome"] == "repeated")
            let other = try pause("purchases", key: "1", on: site, by: owner)
            #expect(other.status == 409 && other.code == "IDEMPOTENCY_CONFLICT")
            try pause(
                "orders", #""paused": true, "words": "Soon.""#, key: "2", on: site, by: owner)
            let lines = try site.get("/api/admin/audit", query: "action=shop.pause", as: owner)
            #expect(
                lines.items.map { $0["detail"]?.string } == [#"on -> on, "Soon.""#, "off -> on"])
            #expect(lines.items.allSatisfy { $0["reason"]?.string == "a test of pauses" })
            let now = try site.get("/api/admin/announcements", as: owner).json
            #expect(
                now["pauses"]?.array?.map { $0["isPaused"]?.bool } == [true, false, false])
            // A session of long ago is asked to show that it is them.
            try site.database.execute(
                "UPDATE sessions SET proved_at = UTC_TIMESTAMP(6) - INTERVAL 1 HOUR")
            #expect(
                try pause("orders", key: "3", on: site, by: owner).code == "CONFIRMATION_NEEDED")
        }
    }

    @Test func `a pause is told as what it is, and is no incident`() throws {
        try withFreshSite { site in
            let owner = try site.makeAdministrator()
            #expect(try site.get("/api/announcements/page").text.isEmpty)
            #expect(try site.get("/api/status").json["pauses"] == .array([]))
            try pause(
                "orders", #""paused": true, "words": "<b>We & co move</b>""#, key: "1", on: site,
                by: owner)
            for path in ["/api/status", "/api/health"] {
                let pauses = try site.get(path).json["pauses"]?.array
                #expect(pauses?.count == 1 && pauses?.first?["part"] == "orders")
                #expect(pauses?.first?["since"]?.string != nil)
            }
            let health = try site.get("/api/health")
            #expect(health.status == 200 && health.json["status"] == "healthy")
            #expect(try site.get("/api/status").json["incidents"] == .array([]))
            for path in ["/api/announcements/page", "/api/status/page"] {
                let page = try site.get(path).text
                #expect(page.contains("&lt;b&gt;We &amp; co move&lt;/b&gt;"))
                #expect(!page.contains("<b>We"))
            }
            #expect(
                try site.get("/api/announcements/page").text.contains(#"data-paused="orders""#))
        }
    }

    @Test func `the banner is shown in its time, and a new one is another`() throws {
        try withFreshSite { site in
            let owner = try site.makeAdministrator()
            func page() throws -> String { try site.get("/api/announcements/page").text }
            #expect(
                try setBanner(
                    #", "words": "Ten seconds!", "kind": "loud", "from": "soon""#, key: "x",
                    on: site, by: owner
                ).refused == ["kind", "from"])
            let backwards = try setBanner(
                #", "words": "x", "from": "\#(text(after: 60))", "until": "\#(text(after: 30))""#,
                key: "x", on: site, by: owner)
            #expect(backwards.refused == ["until"])
            #expect(
                try setBanner(
                    #", "words": "Ten seconds!""#, key: "1", on: site, by: owner
                ).status == 200)
            let first = try page()
            #expect(first.contains("Ten seconds!") && first.contains("data-close="))
            _ = try setBanner(#", "words": "Ten seconds!""#, key: "2", on: site, by: owner)
            #expect(try page() != first)
            _ = try setBanner(
                #", "words": "Mind the gap", "kind": "warning""#, key: "3", on: site, by: owner)
            #expect(try page().contains("Mind the gap") && !page().contains("data-close="))
            _ = try setBanner(
                #", "words": "Later", "from": "\#(text(after: 60))""#, key: "4", on: site,
                by: owner)
            #expect(try page().isEmpty)
            let known = try site.get("/api/admin/announcements", as: owner).json["banner"]
            #expect(known?["words"] == "Later" && known?["isShown"] == .bool(false))
            _ = try setBanner(
                #", "words": "Ends", "until": "\#(text(after: 60))""#, key: "5", on: site,
                by: owner)
            #expect(try page().contains("Ends"))
            try site.database.execute(
                "UPDATE announcements SET until_at = UTC_TIMESTAMP(6) WHERE name = 'banner'")
            #expect(try page().isEmpty)
            _ = try setBanner("", key: "6", on: site, by: owner)
            #expect(try site.get("/api/admin/announcements", as: owner).json["banner"] == .null)
            let lines = try site.get("/api/admin/audit", query: "action=shop.banner", as: owner)
            #expect(lines.items.count == 6)
            #expect(lines.items.last?["detail"] == #"off -> on, "Ten seconds!""#)
        }
    }
}
