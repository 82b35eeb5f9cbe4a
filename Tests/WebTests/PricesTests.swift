import DatabaseSupport
import Domain
import FoundationEssentials
import JSON
import Ledger
import MariaDB
import PaymentSupport
import Sandbox
import Store
import Synchronization
import Testing

@testable import Console
@testable import Web

/// Prices that an operator changes.
@Suite struct `Prices` {
    private func change(
        _ path: String, _ members: String, key: String = "key-\(UserID.new())", version: Int = 1,
        _ site: TestSite, by administrator: TestUser
    ) throws -> Answer {
        try site.post(
            "/api/admin/\(path)",
            #"{"reason": "a test", "version": \#(version)\#(members)}"#, as: administrator,
            [(Header.idempotencyKey, key)])
    }

    @Test func `a change is a version, once for its key, and what was ordered keeps its price`()
        throws
    {
        try withFreshSite { site in
            let administrator = try site.makeAdministrator()
            let user = try site.makeUser(credit: 20.dollars)
            let before = try site.makeVideo(for: user)
            for outcome in ["done", "repeated"] {
                let answer = try change(
                    "tiers/economy", #", "pricePerSecond": 0.25, "popular": true"#, key: "raise",
                    site, by: administrator)
                #expect(answer.json["outcome"]?.string == outcome)
                #expect(answer.json["version"] == .integer(2))
            }
            let after = try site.makeVideo(for: user)
            let prices = try [before, after].map {
                try site.get("/api/videos/\($0)", as: user).json["userCharged"]
                    .flatMap { Money($0) }
            }
            #expect(prices == [Money(cents: 100), Money(cents: 125)])
            let tiers = try site.get("/api/tiers")
            #expect(
                tiers.items.map { $0["popular"] == .bool(true) } == [true, false, false, false])
            let catalog = try site.get("/api/admin/catalog", as: administrator)
            #expect(catalog.json["currentVersion"] == .integer(2))
            #expect(catalog.json["versions"]?.array?.count == 2)
            let log = try site.get("/api/admin/audit", as: administrator)
            #expect(log.items.map { $0["action"]?.string } == ["catalog.tier"])
            #expect(try site.database.audit() == [])
        }
    }

    @Test func `a rehearsal tells the last thirty days at the new price, and changes nothing`()
        throws
    {
        try withFreshSite { site in
            let administrator = try site.makeAdministrator()
            let user = try site.makeUser(credit: 20.dollars)
            let video = try site.makeVideo(for: user)
            try site.database.execute(
                """
                UPDATE video_jobs
                SET state = 'delivered', task_id = 't', file_bytes = 1, file_sha256 = '',
                    actual_cost_micros = 300000, deadline_at = NULL,
                    completed_at = UTC_TIMESTAMP(6)
                WHERE id = \(video)
                """)
            let answer = try change(
                "tiers/economy", #", "pricePerSecond": 0.3, "dryRun": true"#, site,
                by: administrator)
            let effect = answer.json["effect"]
            #expect(effect?["videos"] == .integer(1))
            #expect(effect?["margin"].flatMap { Money($0) } == Money(cents: 70))
            #expect(effect?["newRevenue"].flatMap { Money($0) } == Money(cents: 150))
            #expect(answer.json["changes"]?.array?.first?.string?.contains("0.2 -> $0.3") == true)
            #expect(try site.database.currentCatalogVersion() == 1)
        }
    }

    @Test func `a change of a date waits for it, and none is made over another unseen`() throws {
        try withFreshSite { site in
            let administrator = try site.makeAdministrator()
            let later = (Date() + 86_400).iso8601
            let answer = try change(
                "packages/pro", #", "bonus": 7, "validFrom": "\#(later)""#, site,
                by: administrator)
            #expect(answer.json["outcome"]?.string == "done")
            #expect(try site.database.currentCatalogVersion() == 1)
            let unseen = try change("tiers/pro", #", "enabled": false"#, site, by: administrator)
            #expect(unseen.status == 409)
            // What comes after it is not valid before it.
            let next = try change(
                "tiers/pro", #", "enabled": false"#, version: 2, site, by: administrator)
            #expect(next.json["validFrom"]?.string == answer.json["validFrom"]?.string)
            #expect(try site.database.currentCatalogVersion() == 1)
            try site.database.execute("UPDATE catalog_versions SET valid_from = created_at")
            #expect(try site.get("/api/tiers").items.count == 3)
            let packages = try site.get("/api/credits/packages")
            #expect(
                packages.items.first { $0["id"]?.string == "pro" }?["bonus"] == .integer(7))
            for (members, version) in [
                ("", 3), (#", "bonus": 7"#, 3), (#", "validFrom": "2020-01-01", "bonus": 8"#, 3),
            ] {
                let refused = try change(
                    "packages/pro", members, version: version, site, by: administrator)
                #expect([400, 409].contains(refused.status))
            }
        }
    }

    @Test func `a cost by volume holds for what is ordered once the month has so much`() throws {
        try withFreshSite { site in
            let administrator = try site.makeAdministrator()
            let user = try site.makeUser(credit: 20.dollars)
            let steps = #", "costSteps": [{"fromSeconds": 100, "costPerSecond": 0.05}]"#
            let rehearsed = try change(
                "tiers/economy", steps + #", "dryRun": true"#, site, by: administrator)
            #expect(
                rehearsed.json["changes"]?.array?.map(\.string) == [
                    "cost by volume: none -> $0.05 from 100 s a month on"
                ])
            #expect(try change("tiers/economy", steps, site, by: administrator).status == 200)
            let first = try site.makeVideo(for: user)
            try site.database.execute(
                """
                INSERT INTO daily_figures (day, tier, video_seconds, counted_at)
                VALUES (UTC_DATE(), 'economy', 98, UTC_TIMESTAMP(6)),
                    (UTC_DATE() - INTERVAL 40 DAY, 'economy', 5000, UTC_TIMESTAMP(6))
                """)
            // Another process, or this one half a minute later.
            let later = TestSite(site.database)
            let second = try later.makeVideo(for: user)
            let costs = try [first, second].map { video in
                try site.database.first(
                    "SELECT estimated_cost_micros FROM video_jobs WHERE id = \(video)"
                ) { try $0("estimated_cost_micros") as Money }
            }
            #expect(costs == [Money(cents: 35), Money(cents: 29)])
            let tier = try site.get("/api/admin/catalog", as: administrator).json["tiers"]?
                .array?.first
            #expect(tier?["secondsThisMonth"] == .integer(98))
            #expect(tier?["costPerSecondNow"].flatMap { Money($0) } == Money(micros: 70_000))
            let cost = tier?["lengths"]?.array?.first?["cost"].flatMap { Money($0) }
            #expect(cost == Money(cents: 29))
            #expect(try site.database.audit() == [])
        }
    }

    @Test func `words and places are part of a version`() throws {
        try withFreshSite { site in
            let administrator = try site.makeAdministrator()
            let answer = try change(
                "tiers/premium",
                #", "position": 1, "features": ["For film", "Quiet \u0041"]"#, site,
                by: administrator)
            #expect(
                answer.json["changes"]?.array?.map(\.string) == [
                    "words: Hollywood quality, Ultra-realistic, Maximum detail -> For film, Quiet A",
                    "place: 4 -> 1",
                ])
            let tiers = try site.get("/api/tiers").items
            #expect(
                tiers.map { $0["id"]?.string } == ["premium", "economy", "basic", "pro"])
            #expect(tiers.first?["features"]?.array?.count == 2)
            // Behind the last is the last.
            _ = try change(
                "packages/starter", #", "position": 100"#, version: 2, site, by: administrator)
            let packages = try site.get("/api/credits/packages").items
            #expect(packages.last?["id"]?.string == "starter")
            #expect(Set(packages.map { $0["id"]?.string }).count == packages.count)
            // Where it is already.
            let same = try change(
                "tiers/premium", #", "position": 1"#, version: 3, site, by: administrator)
            #expect(same.status == 409)
        }
    }

    @Test(arguments: [
        #""position": 0"#, #""position": "first""#, #""features": "quick""#, #""features": [""]"#,
        #""costSteps": {}"#, #""costSteps": [7]"#,
        #""costSteps": [{"fromSeconds": 0, "costPerSecond": 1}]"#,
        #""costSteps": [{"fromSeconds": 5, "costPerSecond": -1}]"#,
        #""costSteps": [{"fromSeconds": 5, "costPerSecond": "1"}]"#,
        #""costSteps": [{"fromSeconds": 5, "costPerSecond": 1, "more": 1}]"#,
        #""costSteps": [{"fromSeconds": 5, "costPerSecond": 1}, {"fromSeconds": 5, "costPerSecond": 2}]"#,
        #""pricePerSecond": 0"#, #""pricePerSecond": -1"#, #""pricePerSecond": 100.01"#,
        #""costPerSecond": -0.1"#, #""name": """#, #""enabled": "yes""#,
        #""validFrom": "soon""#, #""pricePerSecond": 0.0000001"#,
    ])
    func `what is no price is refused`(member: String) throws {
        try withSite { site in
            let administrator = try site.makeAdministrator()
            let answer = try change("tiers/pro", ", \(member)", site, by: administrator)
            #expect(answer.status == 400)
            #expect(answer.refused.count == 1)
            #expect(
                try change("tiers/none", "", site, by: administrator).status == 404)
        }
    }

    /// 64 orders of eight threads while the price goes up and down: each is charged what its quote
    /// said, or is asked again.
    @Test func `nobody pays another price than they were told`() throws {
        try withFreshDatabase { configuration in
            let site = TestSite(Connection(configuration), limit: 1000)
            let administrator = try site.makeAdministrator()
            let users = try (1...8).map { _ in try site.makeUser(credit: 50.dollars) }
            let refused = Atomic(0)
            _ = try inParallel(9) { index in
                let mine = TestSite(Connection(configuration), limit: 1000)
                guard index < 8 else {
                    for version in 1...12 {
                        _ = try change(
                            "tiers/economy",
                            #", "pricePerSecond": \#(version.isMultiple(of: 2) ? 0.2 : 0.25)"#,
                            version: version, mine, by: administrator)
                    }
                    return
                }
                for _ in 1...8 {
                    let user = users[index]
                    let quote = try mine.post(
                        "/api/videos/quote", #"{"tier": "economy", "duration": 5}"#, as: user)
                    let price = try #require(quote.json["price"].flatMap { Money($0) })
                    let order = try mine.post(
                        "/api/videos/generate",
                        """
                        {"tier": "economy", "duration": 5, "prompt": "a boat on a quiet lake",
                         "price": \(price.json)}
                        """, as: user)
                    if order.status == 409 {
                        refused.add(1, ordering: .relaxed)
                        continue
                    }
                    #expect(order.status == 202)
                    let id = try #require(order.json["jobId"]?.string)
                    let video = try mine.get("/api/videos/\(id)", as: user)
                    #expect(video.json["userCharged"].flatMap { Money($0) } == price)
                }
            }
            let wrong = try site.count(
                """
                SELECT COUNT(*) AS count
                FROM video_jobs
                JOIN tiers ON tiers.catalog_version = video_jobs.catalog_version
                    AND tiers.id = video_jobs.tier
                WHERE user_charged_micros <> price_per_second_micros * duration_seconds
                """)
            #expect(wrong == 0)
            let ordered = try site.count("SELECT COUNT(*) AS count FROM video_jobs")
            #expect(ordered + refused.load(ordering: .relaxed) == 64)
            #expect(try site.database.audit() == [])
        }
    }

    @Test func `an order at another price than was quoted is refused, but not its repetition`()
        throws
    {
        try withFreshSite { site in
            let administrator = try site.makeAdministrator()
            let user = try site.makeUser(credit: 20.dollars)
            let body = """
                {"tier": "economy", "duration": 5, "prompt": "a boat on a quiet lake", "price": 1}
                """
            let key = [(Header.idempotencyKey, "order-1")]
            let first = try site.post("/api/videos/generate", body, as: user, key)
            #expect(first.status == 202)
            _ = try change("tiers/economy", #", "pricePerSecond": 0.25"#, site, by: administrator)
            let again = try site.post("/api/videos/generate", body, as: user, key)
            #expect(again.status == 202)
            #expect(again.json == first.json)
            let other = try site.post("/api/videos/generate", body, as: user)
            #expect(other.status == 409)
            #expect(other.json["error"]?["message"]?.string?.contains("$1.25") == true)
            #expect(try site.count("SELECT COUNT(*) AS count FROM video_jobs") == 1)
        }
    }
}
