import DatabaseSupport
import Domain
import FoundationEssentials
import HTTP
import HTTPTypes
import JSON
import MariaDB
import PaymentSupport
import Sodium
import Store
import Testing

@testable import API
@testable import Web

private func order(_ members: String = "") -> String {
    #"{"tier": "economy", "duration": 5, "prompt": "a boat on a quiet lake"\#(members)}"#
}

struct CatalogTests {
    @Test func `the tiers cost what the price list says`() throws {
        try withSite { site in
            let answer = try site.get("/api/tiers")
            #expect(
                answer.items.compactMap { $0["id"]?.string }
                    == ["economy", "basic", "pro", "premium"])
            // As exact numbers: the text itself, not what a parser makes of it.
            for text in [
                #""pricePerSecond":0.2,"prices":{"5":1,"10":2}"#,
                #""pricePerSecond":0.31,"prices":{"5":1.55,"10":3.1}"#,
                #""pricePerSecond":0.372,"prices":{"5":1.86,"10":3.72}"#,
                #""pricePerSecond":0.93,"prices":{"5":4.65,"10":9.3}"#,
            ] {
                #expect(answer.text.contains(text))
            }
            #expect(
                answer.items.map { $0["requiresImage"] == .bool(true) }
                    == [false, false, false, true])
            #expect(
                answer.items.map { $0["popular"] == .bool(true) }
                    == [false, false, true, false])
            #expect(answer.items[3]["fields"]?["text"] == .null)
        }
    }

    @Test func `our costs and the vendor's names are not shown`() throws {
        try withSite { site in
            let text = try site.get("/api/tiers").text
            for secret in ["kling-ai/", "cost", "alwaysSent", "vendor", "0.07", "0.12"] {
                #expect(!text.contains(secret))
            }
        }
    }

    @Test func `the packages cost what the price list says`() throws {
        try withSite { site in
            let answer = try site.get("/api/credits/packages")
            #expect(
                answer.text
                    == #"{"items":["#
                    + #"{"id":"starter","price":9.99,"credits":10,"bonus":0,"total":10,"popular":false},"#
                    + #"{"id":"standard","price":24.99,"credits":25,"bonus":2,"total":27,"popular":false},"#
                    + #"{"id":"pro","price":47.99,"credits":50,"bonus":5,"total":55,"popular":true},"#
                    + #"{"id":"enterprise","price":89.99,"credits":100,"bonus":15,"total":115,"popular":false}"#
                    + "]}")
        }
    }
}

struct QuoteTests {
    @Test(arguments: [
        ("economy", 5, "1"), ("economy", 10, "2"), ("basic", 5, "1.55"), ("basic", 10, "3.1"),
        ("pro", 5, "1.86"), ("pro", 10, "3.72"), ("premium", 5, "4.65"), ("premium", 10, "9.3"),
    ])
    func `a quote is the price list's price, to the cent`(
        tier: String, duration: Int, price: String
    ) throws {
        try withSite { site in
            let user = try site.makeUser(credit: 10.dollars)
            let answer = try site.post(
                "/api/videos/quote", #"{"tier": "\#(tier)", "duration": \#(duration)}"#, as: user)
            #expect(answer.status == 200)
            #expect(answer.text.contains(#""price":\#(price),"#))
            #expect(
                try site.count(
                    "SELECT COUNT(*) AS count FROM video_jobs WHERE account_id = \(user.account)")
                    == 0)
        }
    }

    @Test func `a quote says what is left, also when it is too little`() throws {
        try withSite { site in
            let user = try site.makeUser(credit: 1.dollars)
            let answer = try site.post(
                "/api/videos/quote", #"{"tier": "pro", "duration": 5, "count": 3}"#, as: user)
            #expect(answer.text == #"{"tier":"pro","price":5.58,"balanceAfter":-4.58}"#)
        }
    }

    @Test(arguments: [
        ("", "economy"), (#", "resolution": "720p""#, "basic"), (#", "seed": 5"#, "basic"),
        (#", "aspectRatio": "4:3""#, "basic"), (#", "negativePrompt": "blur""#, "economy"),
        (#", "image": "https://example.org/a.png", "aspectRatio": "21:9""#, "premium"),
    ])
    func `auto is the cheapest tier that can do it, and says why`(
        members: String, tier: String
    ) throws {
        try withSite { site in
            let user = try site.makeUser()
            let answer = try site.post(
                "/api/videos/quote", #"{"tier": "auto", "duration": 5\#(members)}"#, as: user)
            #expect(answer.status == 200)
            #expect(answer.json["tier"]?.string == tier)
            #expect(answer.json["reason"]?.string?.isEmpty == false)
        }
    }
}

struct GenerateTests {
    @Test func `an order is charged once and queued`() throws {
        try withSite { site in
            let user = try site.makeUser(credit: 5.dollars)
            let answer = try site.post("/api/videos/generate", order(), as: user)
            #expect(answer.status == 202)
            #expect(answer.text.contains(#""estimatedCost":1,"#))
            #expect(answer.text.contains(#""balance":4,"#))
            let balance = try site.get("/api/credits/balance", as: user)
            #expect(balance.json["available"] == .integer(4))
            #expect(balance.json["reserved"] == .integer(1))
            let id = try #require(answer.json["jobId"]?.string)
            let video = try site.get("/api/videos/\(id)", as: user)
            #expect(video.json["status"] == "pending")
            #expect(video.json["statusDetail"] == "queued")
            #expect(video.json["videoUrl"] == .null)
        }
    }

    @Test func `several videos are all charged, or none`() throws {
        try withSite { site in
            let user = try site.makeUser(credit: 3.dollars)
            let refused = try site.post("/api/videos/generate", order(#", "count": 4"#), as: user)
            #expect(refused.status == 402)
            #expect(try site.get("/api/credits/balance", as: user).json["available"] == .integer(3))
            #expect(try site.get("/api/videos", as: user).items == [])
            let answer = try site.post("/api/videos/generate", order(#", "count": 3"#), as: user)
            #expect(answer.status == 202)
            #expect(answer.json["jobIds"]?.array?.count == 3)
            #expect(answer.json["balance"] == .integer(0))
            #expect(try site.get("/api/videos", as: user).items.count == 3)
        }
    }

    @Test func `each video has a callback path of 24 random bytes before it is sent (J7)`() throws {
        try withSite { site in
            let user = try site.makeUser(credit: 10.dollars)
            for _ in 1...2 {
                let answer = try site.post(
                    "/api/videos/generate", order(#", "count": 4"#), as: user)
                #expect(answer.status == 202)
            }
            let paths = try site.database.query(
                "SELECT callback_token FROM video_jobs WHERE account_id = \(user.account)"
            ) { row in try row("callback_token") as String }
            #expect(Set(paths).count == 8)
            for path in paths {
                // 24 bytes in the alphabet of URLs, of which no two share what a clock would give.
                #expect(path.wholeMatch(of: /[A-Za-z0-9_-]{32}/) != nil)
                #expect(paths.count { $0.prefix(4) == path.prefix(4) } == 1)
            }
        }
    }

    @Test func `a balance that is too low is told to the cent`() throws {
        try withSite { site in
            let user = try site.makeUser(credit: Money(cents: 99))
            let answer = try site.post("/api/videos/generate", order(), as: user)
            #expect(answer.status == 402)
            #expect(answer.code == "INSUFFICIENT_CREDITS")
            #expect(answer.json["error"]?["action"] == "purchase_credits")
            #expect(
                answer.text.contains(
                    #""details":{"required":1,"current":0.99,"shortfall":0.01}"#))
            #expect(try site.get("/api/videos", as: user).items == [])
        }
    }

    @Test func `an open debt blocks, whatever the balance`() throws {
        try withSite { site in
            let user = try site.makeUser(credit: 5.dollars)
            try site.database.execute(
                "UPDATE wallets SET shortfall_micros = 2500000 WHERE account_id = \(user.account)")
            let answer = try site.post("/api/videos/generate", order(), as: user)
            #expect(answer.status == 402)
            #expect(answer.text.contains(#""shortfall":2.5}"#))
            #expect(
                try site.get("/api/credits/balance", as: user).text.contains(
                    #""shortfall":2.5}"#))
        }
    }

    @Test func `more calls than the limit wait, refused ones do not count`() throws {
        try withSite(limit: 2) { site in
            let user = try site.makeUser(credit: 20.dollars)
            for _ in 0..<3 {
                let answer = try site.post("/api/videos/generate", "{}", as: user)
                #expect(answer.status == 400)
            }
            for _ in 0..<2 { _ = try site.makeVideo(for: user) }
            let answer = try site.post("/api/videos/generate", order(), as: user)
            #expect(answer.status == 429)
            #expect(answer.code == "RATE_LIMITED")
            let details = try #require(answer.json["error"]?["details"])
            #expect(details["limit"] == .integer(2))
            #expect(details["windowSeconds"] == .integer(900))
            let seconds = try #require(details["retryAfterSeconds"]?.integer)
            #expect((840...901).contains(seconds))
            #expect(answer.fields[.retryAfter] == String(seconds))
            #expect(answer.text.contains("You can start 2 in 15 minutes. Try again in "))
            #expect(
                try site.get("/api/credits/balance", as: user).json["available"]
                    == .integer(18))
            // Another user has a window of their own.
            _ = try site.makeVideo(for: site.makeUser(credit: 1.dollars))
        }
    }

    @Test func `what the limit allows is told before it is met, and when it opens`() throws {
        try withSite(limit: 2) { site in
            let user = try site.makeUser(credit: 20.dollars)
            func told() throws -> JSONValue? { try site.get("/api/me", as: user).json["orders"] }
            #expect(try told()?["left"] == .integer(2))
            #expect(try told()?["limit"] == .integer(2))
            #expect(try told()?["windowSeconds"] == .integer(900))
            #expect(try told()?["opensAt"] == .null)
            _ = try site.makeVideo(for: user)
            #expect(try told()?["left"] == .integer(1))
            _ = try site.makeVideo(for: user)
            #expect(try told()?["left"] == .integer(0))
            let opensAt = try #require(try told()?["opensAt"]?.string.flatMap { Date(iso8601: $0) })
            #expect((890...901).contains(opensAt.timeIntervalSinceNow))
            #expect(try site.post("/api/videos/generate", order(), as: user).status == 429)
            // The oldest leaves the window: what is told and what is taken agree.
            try site.database.execute(
                """
                UPDATE generate_calls SET created_at = created_at - INTERVAL 15 MINUTE
                WHERE account_id = \(user.account) AND number = 1
                """)
            #expect(try told()?["left"] == .integer(1))
            #expect(try site.post("/api/videos/generate", order(), as: user).status == 202)
        }
    }

    @Test func `a limit that nobody meets by hand is not told of`() throws {
        try withSite(limit: 1001) { site in
            let user = try site.makeUser()
            #expect(try site.get("/api/me", as: user).json["orders"] == nil)
        }
    }

    @Test(arguments: [
        ("{}", ["duration", "prompt", "tier"]),
        (#"{"tier": "gold", "duration": 7, "prompt": "ab"}"#, ["duration", "prompt", "tier"]),
        (#"{"tier": 1, "duration": "5", "prompt": ["a"]}"#, ["duration", "prompt", "tier"]),
        (order(#", "count": 0"#), ["count"]), (order(#", "count": 5"#), ["count"]),
        (order(#", "count": "2""#), ["count"]), (order(#", "count": 1.5"#), ["count"]),
        (order(#", "fps": 24"#), ["fps"]), (order(#", "Tier": "pro""#), ["Tier"]),
        (order(#", "seed": 5"#), ["seed"]), (order(#", "strength": 101"#), ["strength"]),
        (order(#", "strength": 99999999999999999999"#), ["strength"]),
        (order(#", "aspectRatio": "2:1""#), ["aspectRatio"]),
        (order(#", "allowCached": true"#), ["allowCached"]),
        (order(#", "webhookUrl": "http://example.org""#), ["webhookUrl"]),
        (order(#", "webhookUrl": "https://127.0.0.1/""#), ["webhookUrl"]),
        (order(#", "image": "https://localhost/a.png""#), ["image"]),
        (order(#", "image": "ftp://example.org/a.png""#), ["image"]),
        (
            order(#", "negativePrompt": "\#(String(repeating: "x", count: 501))""#),
            ["negativePrompt"]
        ),
        (#"{"tier": "economy", "duration": 5, "prompt": "a boat \u0000 on a lake"}"#, ["prompt"]),
        (#"{"tier": "premium", "duration": 5, "prompt": "a boat on a lake"}"#, ["image"]),
    ])
    func `every bad field is named, and nothing is charged`(
        body: String, fields: [String]
    ) throws {
        try withSite { site in
            let user = try site.makeUser(credit: 20.dollars)
            let answer = try site.post("/api/videos/generate", body, as: user)
            #expect(answer.status == 400)
            #expect(answer.code == "INVALID_INPUT")
            #expect(answer.refused.sorted() == fields.sorted())
            #expect(
                try site.get("/api/credits/balance", as: user).json["available"]
                    == .integer(20))
        }
    }

    @Test func `what the person wrote comes back as it was written`() throws {
        try withSite { site in
            let user = try site.makeUser(credit: 5.dollars)
            let prompt = #"<script>\"'& 👩‍👩‍👧 \\ \n \u0001 \u2028 é %_ {{}}"#
            let id = try site.makeVideo(for: user, prompt: prompt)
            let sent = try JSONValue(parsing: Array(#"["\#(prompt)"]"#.utf8)).array?.first
            #expect(try site.get("/api/videos/\(id)", as: user).json["prompt"] == sent)
        }
    }
}

struct IdempotencyTests {
    private func key(_ text: String) -> [(name: String, value: String)] {
        [(Header.idempotencyKey, text)]
    }

    @Test func `the same key and body get the first answer, and pay once`() throws {
        try withSite { site in
            let user = try site.makeUser(credit: 5.dollars)
            let first = try site.post("/api/videos/generate", order(), as: user, key("k"))
            #expect(first.status == 202)
            for _ in 0..<3 {
                let again = try site.post("/api/videos/generate", order(), as: user, key("k"))
                #expect(again.status == 202)
                #expect(again.response.body == first.response.body)
            }
            #expect(try site.get("/api/credits/balance", as: user).json["available"] == .integer(4))
            #expect(try site.post("/api/videos/generate", order(), as: user).status == 202)
            #expect(
                try site.post("/api/videos/generate", order(), as: user, key("K")).status == 202)
            #expect(try site.get("/api/videos", as: user).items.count == 3)
        }
    }

    @Test func `the same key with another body or path is a conflict`() throws {
        try withSite { site in
            let user = try site.makeUser(credit: 20.dollars)
            let first = try site.post("/api/videos/generate", order(), as: user, key("k"))
            #expect(first.status == 202)
            for body in [order(#", "count": 2"#), order() + " "] {
                let other = try site.post("/api/videos/generate", body, as: user, key("k"))
                #expect(other.status == 409)
                #expect(other.code == "IDEMPOTENCY_CONFLICT")
            }
            let purchase = try site.post(
                "/api/credits/purchase", #"{"packageId": "pro"}"#, as: user, key("k"))
            #expect(purchase.status == 409)
            #expect(try site.get("/api/videos", as: user).items.count == 1)
            // A key is its user's own.
            let other = try site.makeUser(credit: 5.dollars)
            #expect(
                try site.post("/api/videos/generate", order(), as: other, key("k")).status == 202)
        }
    }

    @Test func `a refused call leaves its key free`() throws {
        try withSite { site in
            let user = try site.makeUser()
            #expect(
                try site.post("/api/videos/generate", order(), as: user, key("k")).status == 402)
            try site.database.grantCredit(
                5.dollars, to: user.account, reason: "Test",
                policy: site.site.settings.creditPolicy,
                grant: .new())
            #expect(
                try site.post("/api/videos/generate", order(), as: user, key("k")).status == 202)
        }
    }

    @Test func `a key is forgotten after a day`() throws {
        try withSite { site in
            let user = try site.makeUser(credit: 5.dollars)
            _ = try site.post("/api/videos/generate", order(), as: user, key("k"))
            try site.database.execute(
                """
                UPDATE idempotency_keys
                SET created_at = created_at - INTERVAL 86401 SECOND
                WHERE account_id = \(user.account)
                """)
            let later = try site.post("/api/videos/generate", order(" "), as: user, key("k"))
            #expect(later.status == 202)
            #expect(try site.get("/api/videos", as: user).items.count == 2)
        }
    }

    @Test(arguments: ["/api/videos/generate", "/api/credits/purchase"])
    func `a key that is malformed or comes twice is refused`(path: String) throws {
        try withSite { site in
            let user = try site.makeUser(credit: 5.dollars)
            let body = path.hasSuffix("generate") ? order() : #"{"packageId": "pro"}"#
            for text in [String(repeating: "k", count: 256), "é", "a\tb", "a\u{7F}"] {
                let answer = try site.post(path, body, as: user, key(text))
                #expect(answer.status == 400)
                #expect(answer.refused == ["Idempotency-Key"])
            }
            let twice = try site.post(path, body, as: user, key("a") + key("a"))
            #expect(twice.status == 400)
            let longest = String(repeating: "~", count: 255)
            #expect(try site.post(path, body, as: user, key(longest)).status / 100 == 2)
        }
    }

    @Test func `calls at once with one key are one order with one answer`() throws {
        try withFreshDatabase { configuration in
            let user = try TestSite(Connection(configuration)).makeUser(credit: 20.dollars)
            let answers = try inParallel(8) { _ in
                let site = TestSite(Connection(configuration))
                return try site.post(
                    "/api/videos/generate", order(), as: user, [(Header.idempotencyKey, "k")]
                ).text
            }
            #expect(Set(answers).count == 1)
            let site = TestSite(Connection(configuration))
            #expect(try site.get("/api/videos", as: user).items.count == 1)
            #expect(
                try site.get("/api/credits/balance", as: user).json["available"]
                    == .integer(19))
        }
    }
}

struct GalleryTests {
    /// Inserts `count` jobs that only have to be listed.
    private func fill(_ site: TestSite, for user: TestUser, count: Int) throws -> [VideoID] {
        let first = try site.makeVideo(for: user)
        let others = (1..<count).map { _ in VideoID.new() }
        for id in others {
            try site.database.execute(
                """
                INSERT INTO video_jobs
                    (id, account_id, user_id, generate_call_id, tier, catalog_version, state, prompt,
                     duration_seconds, vendor_path, vendor_input, estimated_cost_micros,
                     user_charged_micros, callback_token, next_attempt_at, deadline_at,
                     created_at, state_at)
                SELECT \(id), account_id, user_id, generate_call_id, tier, catalog_version, state, prompt,
                    duration_seconds, vendor_path, vendor_input, estimated_cost_micros,
                    user_charged_micros, \("token-\(id)"), next_attempt_at, deadline_at,
                    created_at, state_at
                FROM video_jobs
                WHERE id = \(first)
                """)
        }
        return [first] + others
    }

    /// The ids of all pages, in their order.
    private func walk(
        _ site: TestSite, _ path: String, as user: TestUser, query: String, key: String
    ) throws -> (pages: Int, ids: [String]) {
        var ids: [String] = []
        var cursor = ""
        var pages = 0
        repeat {
            let page = try site.get(path, query: query + cursor, as: user)
            #expect(page.status == 200)
            pages += 1
            ids += page.items.compactMap { $0[key]?.string }
            cursor = page.json["nextCursor"]?.string.map { "&cursor=\($0)" } ?? ""
        } while !cursor.isEmpty && pages < 100
        return (pages, ids)
    }

    @Test func `the pages show each of 250 videos once, newest first`() throws {
        try withSite { site in
            let user = try site.makeUser(credit: 5.dollars)
            let ids = try fill(site, for: user, count: 250)
            let expected = ids.map(\.description).sorted().reversed()
            for (limit, pages) in [("", 13), ("limit=100", 3), ("limit=7", 36), ("limit=50", 5)] {
                let walked = try walk(
                    site, "/api/videos", as: user, query: limit, key: "jobId")
                #expect(walked.ids == Array(expected))
                #expect(walked.pages == pages)
            }
        }
    }

    @Test func `videos that come meanwhile shift no page`() throws {
        try withSite { site in
            let user = try site.makeUser(credit: 5.dollars)
            let ids = try fill(site, for: user, count: 5).map(\.description).sorted()
            let first = try site.get("/api/videos", query: "limit=2", as: user)
            _ = try site.makeVideo(for: user)
            let cursor = try #require(first.json["nextCursor"]?.string)
            let second = try site.get("/api/videos", query: "limit=2&cursor=\(cursor)", as: user)
            #expect(
                (first.items + second.items).compactMap { $0["jobId"]?.string }
                    == ids.suffix(4).reversed())
        }
    }

    @Test func `the ledger's pages show each of 250 lines once, newest first`() throws {
        try withSite { site in
            let user = try site.makeUser()
            for _ in 0..<250 {
                try site.database.grantCredit(
                    Money(cents: 1), to: user.account, reason: "Test",
                    policy: site.site.settings.creditPolicy, grant: .new())
            }
            let walked = try walk(
                site, "/api/credits/transactions", as: user, query: "limit=60", key: "id")
            #expect(walked.pages == 5)
            #expect(walked.ids.count == 250)
            #expect(walked.ids == Array(Set(walked.ids).sorted().reversed()))
            let newest = try site.get("/api/credits/transactions", as: user).items[0]
            #expect(newest["balanceAfter"] == .number(2.5))
        }
    }

    @Test(arguments: [
        "limit=0", "limit=101", "limit=-1", "limit=x", "limit=1.5", "limit=%2B5", "limit=1e1",
        "limit=99999999999999999999", "cursor=x", "cursor=1",
        "cursor=019abf53-3f7b-7c4e-9a51-0d6f4b8e21c", "cursor=%00",
    ])
    func `a bad limit or cursor is refused`(query: String) throws {
        try withSite { site in
            let user = try site.makeUser()
            for path in ["/api/videos", "/api/credits/transactions"] {
                let answer = try site.get(path, query: query, as: user)
                #expect(answer.status == 400)
                #expect(answer.refused == [String(query.prefix { $0 != "=" })])
            }
        }
    }

    @Test(arguments: [
        ("status=done", "status"), ("status=Pending", "status"), ("tier=gold", "tier"),
        ("from=yesterday", "from"), ("to=2026-13-01", "to"), ("from=2026-02-30", "from"),
        ("q=%00", "q"), ("q=%FF", "q"),
        ("q=a+b+c+d+e+f+g+h+i", "q"), ("from=99999-01-01", "from"),
        ("from=0001-01-01T00:00:00Z", "from"), ("to=0990-12-31", "to"), ("from=0000-01-01", "from"),
        ("from=9999-12-31T23:59:59-12:00", "from"), ("to=9999-12-31T23:59:59.9999999Z", "to"),
        ("to=1e9", "to"), ("favorite=1", "favorite"), ("favorite=false", "favorite"),
    ])
    func `a bad filter is refused`(query: String, field: String) throws {
        try withSite { site in
            let user = try site.makeUser()
            let answer = try site.get("/api/videos", query: query, as: user)
            #expect(answer.status == 400)
            #expect(answer.refused == [field])
        }
    }

    @Test func `filters show what they name`() throws {
        try withSite { site in
            let user = try site.makeUser(credit: 20.dollars)
            var first = try site.makeVideo(for: user, tier: "economy")
            let second = try site.makeVideo(for: user, tier: "basic")
            let third = try site.makeVideo(for: user, tier: "basic")
            let old = VideoID.new(at: Date(timeIntervalSince1970: 1_768_478_400))
            #expect(try site.post("/api/videos/\(third)/cancellation", as: user).status == 200)
            // Its id tells the same time, as every id does.
            try site.database.execute(
                """
                SET STATEMENT foreign_key_checks = 0 FOR
                UPDATE video_jobs SET id = \(old), created_at = '2026-01-15 12:00:00'
                WHERE id = \(first)
                """)
            first = old
            func ids(_ query: String) throws -> [VideoID] {
                try site.get("/api/videos", query: query, as: user).items
                    .compactMap { $0["jobId"]?.string.flatMap { VideoID($0) } }
            }
            #expect(try ids("tier=basic") == [third, second])
            #expect(try ids("status=canceled") == [third])
            #expect(try ids("status=active") == [second, first])
            #expect(try ids("status=pending&tier=economy") == [first])
            #expect(try ids("status=completed") == [])
            #expect(try ids("to=2026-02-01") == [first])
            #expect(try ids("from=2026-02-01T00:00:00Z") == [third, second])
            #expect(try ids("from=2026-01-15T12:00:00Z&to=2026-01-15T12:00:00.001Z") == [first])
            #expect(try ids("to=2026-01-15T12:00:00Z") == [])
            #expect(try ids("") == [third, second, first])
        }
    }

    @Test func `a search finds words in any order and in either case`() throws {
        try withSite { site in
            let user = try site.makeUser(credit: 20.dollars)
            let boat = try site.makeVideo(for: user, prompt: "A paper BOAT on a rainy street")
            let fox = try site.makeVideo(for: user, prompt: "ЛИСА бежит по снегу, cafe\u{301} noir")
            let both = try site.makeVideo(for: user, prompt: "Fox and boat, καφές, café 100%")
            func ids(_ query: String) throws -> [VideoID] {
                try site.get("/api/videos", query: "q=\(query)", as: user).items
                    .compactMap { $0["jobId"]?.string.flatMap { VideoID($0) } }
            }
            #expect(try ids("street+boat+paper") == [boat])
            #expect(try ids("boat") == [both, boat])
            #expect(try ids("boat+fox") == [both])
            #expect(try ids("boat+лиса") == [])
            #expect(try ids("снегу+лиса") == [fox])
            #expect(try ids("ΚΑΦΈΣ") == [both])
            // One letter in both its forms finds both its forms.
            #expect(try ids("café") == [both, fox])
            #expect(try ids("CAFE\u{301}") == [both, fox])
            #expect(try ids("++boat++") == [both, boat])
            #expect(try ids("boat\u{3000}fox") == [both])
            // A wildcard is none, also with a mark behind it.
            #expect(try ids("%25\u{301}") == [])
            #expect(try ids("_\u{301}") == [])
            #expect(try ids("a+b+c+d+e+f+g+h") == [])
            #expect(try ids("+") == [both, fox, boat])
        }
    }

    @Test func `a search takes its words as they stand`() throws {
        try withSite { site in
            let user = try site.makeUser(credit: 20.dollars)
            let percent = try site.makeVideo(for: user, prompt: "a glass that is 100% full")
            let underscore = try site.makeVideo(for: user, prompt: "a file called my_boat here")
            let backslash = try site.makeVideo(for: user, prompt: #"a path like C:\\boats today"#)
            let plain = try site.makeVideo(for: user, prompt: "My Boat at the CAFÉ, 100 times")
            func ids(_ query: String) throws -> [VideoID] {
                try site.get("/api/videos", query: "q=\(query)", as: user).items
                    .compactMap { $0["jobId"]?.string.flatMap { VideoID($0) } }
            }
            #expect(try ids("100%25") == [percent])
            #expect(try ids("%25") == [percent])
            #expect(try ids("my_boat") == [underscore])
            #expect(try ids("_") == [underscore])
            #expect(try ids("%5C") == [backslash])
            #expect(try ids("my+boat") == [plain, underscore])
            #expect(try ids("cafe") == [plain])
            #expect(try ids("100") == [plain, percent])
            #expect(try ids("%27+OR+1=1") == [])
            #expect(try ids("") == [plain, backslash, underscore, percent])
        }
    }
}

struct OwnershipTests {
    @Test func `another user's video is not found on any route`() throws {
        try withSite(limit: 100) { site in
            let owner = try site.makeUser(credit: 50.dollars)
            let other = try site.makeUser(credit: 5.dollars)
            let nothing = VideoID.new()
            for route in routes where route.pattern.hasPrefix("/api/videos/:id") {
                // Each its own, since one of them deletes it.
                let video = try site.makeVideo(for: owner)
                try site.deliver(video)
                func status(_ id: some CustomStringConvertible, _ user: TestUser) throws -> Int {
                    let path = route.pattern.replacing(":id", with: id.description)
                    let json = route.body == nil ? [] : [("CONTENT_TYPE", "application/json")]
                    return try site.send(
                        route.method, path, TestSite.bearer(user) + json,
                        body: route.body == nil ? [] : Array("{}".utf8)
                    ).status
                }
                #expect(try status(video, owner) != 404)
                for id in [video.description, nothing.description, "x", "1", "\(video)x"] {
                    #expect(try status(id, other) == 404)
                }
                #expect(try status(video.description.uppercased(), owner) != 404)
            }
            #expect(try site.get("/api/videos", as: other).items == [])
        }
    }

    @Test func `another user's purchase is not found`() throws {
        try withSite { site in
            let owner = try site.makeUser()
            let answer = try site.post(
                "/api/credits/purchase", #"{"packageId": "pro"}"#, as: owner)
            let id = try #require(answer.json["purchaseId"]?.string)
            #expect(try site.get("/api/credits/purchases/\(id)", as: owner).status == 200)
            let other = try site.makeUser()
            let count = site.stripe.requests.count
            #expect(try site.get("/api/credits/purchases/\(id)", as: other).status == 404)
            #expect(site.stripe.requests.count == count)
        }
    }
}

struct VideoStateTests {
    @Test func `a queued video is canceled once, and its price comes back`() throws {
        try withSite { site in
            let user = try site.makeUser(credit: 5.dollars)
            let video = try site.makeVideo(for: user)
            let answer = try site.post("/api/videos/\(video)/cancellation", as: user)
            #expect(answer.status == 200)
            #expect(answer.json["status"] == "canceled")
            #expect(answer.json["userCharged"] == .integer(0))
            #expect(answer.json["error"] == nil)
            #expect(try site.get("/api/credits/balance", as: user).json["available"] == .integer(5))
            let again = try site.post("/api/videos/\(video)/cancellation", as: user)
            // The first answer may have been lost on its way: it is given again.
            #expect(again.status == 200)
            #expect(again.json["status"] == "canceled")
            #expect(try site.get("/api/credits/balance", as: user).json["available"] == .integer(5))
        }
    }

    @Test(arguments: ["submitting", "submit_unknown", "submitted", "storing"])
    func `a video that the vendor may have is not canceled`(state: String) throws {
        try withSite { site in
            let user = try site.makeUser(credit: 5.dollars)
            let video = try site.makeVideo(for: user)
            try site.database.execute(
                """
                UPDATE video_jobs SET state = \(state), task_id = \("task-\(video)")
                WHERE id = \(video)
                """)
            #expect(try site.post("/api/videos/\(video)/cancellation", as: user).status == 409)
            let shown = try site.get("/api/videos/\(video)/status", as: user)
            #expect(shown.json["status"] == "processing")
            #expect(shown.json["position"] == nil)
        }
    }

    @Test func `a failed video says why, that it was refunded, and has no file`() throws {
        try withSite { site in
            let user = try site.makeUser(credit: 5.dollars)
            for reason in FailureReason.allCases where reason != .canceled {
                let video = try site.makeVideo(for: user, prompt: "a boat \(reason)")
                try site.database.execute(
                    """
                    UPDATE video_jobs
                    SET state = 'refunded', failure_reason = \(reason), deadline_at = NULL,
                        completed_at = UTC_TIMESTAMP(6)
                    WHERE id = \(video)
                    """)
                let shown = try site.get("/api/videos/\(video)", as: user)
                #expect(shown.json["status"] == "failed")
                #expect(shown.json["error"]?["code"] == "GENERATION_FAILED")
                #expect(shown.json["error"]?["reason"]?.string == reason.rawValue)
                #expect(shown.json["error"]?["refund"] == .bool(true))
                #expect(try site.get("/api/videos/\(video)/file", as: user).status == 404)
                #expect(try site.get("/api/videos/\(video)/poster", as: user).status == 404)
            }
        }
    }

    @Test func `a file is handed to nginx once it is there`() throws {
        try withSite { site in
            let user = try site.makeUser(credit: 5.dollars)
            let video = try site.makeVideo(for: user)
            #expect(try site.get("/api/videos/\(video)/file", as: user).status == 404)
            try site.deliver(video, poster: false)
            let file = try site.get("/api/videos/\(video)/file", as: user)
            #expect(file.status == 200)
            #expect(file.response.contentType?.description == "video/mp4")
            let target = file.fields.first { $0.name.canonicalName == "x-accel-redirect" }?.value
            #expect(target == "/_media/\(VideoFile.path(of: video))")
            #expect(file.fields[.contentDisposition]?.hasPrefix("inline;") == true)
            let downloads: SQL =
                "SELECT COUNT(*) AS count FROM video_downloads WHERE video_id = \(video)"
            #expect(try site.count(downloads) == 0)
            let saved = try site.get("/api/videos/\(video)/file", query: "download=1", as: user)
            #expect(try site.count(downloads) == 1)
            #expect(
                saved.fields[.contentDisposition]
                    == "attachment; filename=\"rushes-\(video).mp4\"")
            #expect(try site.get("/api/videos/\(video)/poster", as: user).status == 404)
            try site.deliver(video)
            let poster = try site.get("/api/videos/\(video)/poster", as: user)
            #expect(poster.response.contentType?.description == "image/jpeg")
            let shown = try site.get("/api/videos/\(video)", as: user)
            #expect(
                shown.json["videoUrl"]?.string
                    == "\(TestSite.origin)/api/videos/\(video)/file")
        }
    }

    @Test func `a video that has ended is ordered again with its settings`() throws {
        try withSite { site in
            let user = try site.makeUser(credit: 5.dollars)
            let first = try site.post(
                "/api/videos/generate", order(#", "strength": 7, "aspectRatio": "9:16""#), as: user)
            let id = try #require(first.json["jobId"]?.string)
            let path = "/api/videos/\(id)/retry"
            let early = try site.post(path, as: user)
            #expect(early.status == 409)
            _ = try site.post("/api/videos/\(id)/cancellation", as: user)
            let key = [(Header.idempotencyKey, "again")]
            let again = try site.post(path, as: user, key)
            #expect(again.status == 202)
            #expect(try site.post(path, as: user, key).response.body == again.response.body)
            let other = try #require(again.json["jobId"]?.string)
            #expect(other != id)
            let shown = try site.get("/api/videos/\(other)", as: user)
            for (name, value) in [
                ("strength", JSONValue.integer(7)), ("aspectRatio", "9:16"), ("tier", "economy"),
                ("prompt", "a boat on a quiet lake"), ("duration", .integer(5)),
            ] {
                #expect(shown.json[name] == value)
            }
            #expect(try site.get("/api/credits/balance", as: user).json["available"] == .integer(4))
        }
    }

    /// Writes down what a look at the books would find.
    private func find(_ scope: String, _ account: AccountID?, _ site: TestSite) throws {
        try site.database.execute(
            """
            INSERT INTO findings (id, rule, subject, scope, account_id, detail, found_at, seen_at)
            VALUES (UUID(), 'L4', 'x', \(scope), \(account), 'x', UTC_TIMESTAMP(6), UTC_TIMESTAMP(6))
            """)
    }

    @Test func `with red books no order is taken, and what is paid goes on (A3)`() throws {
        try withFreshSite { site in
            let user = try site.makeUser(credit: 5.dollars)
            let video = try site.makeVideo(for: user)
            try find("whole", nil, site)
            let refused = try site.post("/api/videos/generate", order(), as: user)
            #expect(refused.status == 503)
            #expect(refused.code == "API_ERROR")
            #expect(try site.get("/api/videos/\(video)", as: user).status == 200)
            #expect(try site.post("/api/videos/\(video)/cancellation", as: user).status == 200)
            try site.database.execute("UPDATE findings SET gone_at = UTC_TIMESTAMP(6)")
            #expect(try site.post("/api/videos/generate", order(), as: user).status == 202)
        }
    }

    @Test func `books of one account that are wrong stop that account alone (A3)`() throws {
        try withFreshSite { site in
            let user = try site.makeUser(credit: 5.dollars)
            let other = try site.makeUser(credit: 5.dollars)
            let video = try site.makeVideo(for: user)
            try find("account", user.account, site)
            let package = #"{"packageId": "starter"}"#
            for (path, body) in [
                ("/api/videos/generate", order()), ("/api/credits/purchase", package),
            ] {
                let refused = try site.post(path, body, as: user)
                #expect(refused.status == 403)
                #expect(refused.code == "ACCOUNT_HELD")
                #expect(try (200..<300).contains(site.post(path, body, as: other).status))
            }
            #expect(try site.post("/api/videos/\(video)/cancellation", as: user).status == 200)
            #expect(try site.get("/api/credits/balance", as: user).status == 200)
            try site.database.execute("UPDATE findings SET closed_at = UTC_TIMESTAMP(6)")
            #expect(try site.post("/api/videos/generate", order(), as: user).status == 202)
        }
    }

    @Test func `what is only late stops nobody (A3)`() throws {
        try withFreshSite { site in
            let user = try site.makeUser(credit: 5.dollars)
            try find("lateness", nil, site)
            #expect(try site.post("/api/videos/generate", order(), as: user).status == 202)
        }
    }

    @Test func `the tag of a video changes with it`() throws {
        try withSite { site in
            let user = try site.makeUser(credit: 5.dollars)
            let video = try site.makeVideo(for: user)
            let tag = try #require(try site.get("/api/videos/\(video)", as: user).fields[.eTag])
            _ = try site.post("/api/videos/\(video)/cancellation", as: user)
            let later = try site.get(
                "/api/videos/\(video)", as: user, [(Header.ifNoneMatch, tag)])
            #expect(later.status == 200)
            #expect(later.json["status"] == "canceled")
        }
    }
}
