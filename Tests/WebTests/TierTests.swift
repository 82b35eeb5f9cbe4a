import DatabaseSupport
import Domain
import FoundationEssentials
import JSON
import Ledger
import MariaDB
import PaymentSupport
import Store
import Testing

@testable import Console
@testable import Sandbox
@testable import Web

/// Tiers that an operator adds by the specification of a model.
@Suite struct `New tiers` {
    private func text(_ json: String) -> String { json.quoted }

    private func specification(_ path: String) -> String {
        let model = PolloModel.all.first { $0.path == path }
        return String(decoding: model?.specification ?? [], as: UTF8.self)
    }

    private func add(
        _ members: [String: String] = [:], key: String = "new", to site: TestSite,
        by administrator: TestUser
    ) throws -> Answer {
        var body = [
            "reason": #""a new model""#, "version": "1", "id": #""swift""#, "name": #""Swift""#,
            "model": #""Hailuo 02""#, "vendorPath": #""minimax/minimax-hailuo-02""#,
            "costPerSecond": "0.08", "pricePerSecond": "0.25",
            "specification": text(specification("minimax/minimax-hailuo-02")),
        ]
        body.merge(members) { $1 }
        let json = body.map { "\"\($0)\": \($1)" }.joined(separator: ", ")
        return try site.post(
            "/api/admin/tiers", "{\(json)}", as: administrator, [(Header.idempotencyKey, key)])
    }

    private func give(_ credit: Money, to user: TestUser, of site: TestSite) throws {
        try site.database.grantCredit(
            credit, to: user.account, reason: "Test", policy: site.site.settings.creditPolicy,
            grant: .new())
    }

    private func deliver(_ video: VideoID, of site: TestSite) throws {
        try site.database.execute(
            """
            UPDATE video_jobs
            SET state = 'delivered', task_id = 't', file_bytes = 1, file_sha256 = '',
                deadline_at = NULL, completed_at = UTC_TIMESTAMP(6)
            WHERE id = \(video)
            """)
    }

    private func act(
        _ path: String, _ members: String, key: String = "\(UserID.new())", on site: TestSite,
        by administrator: TestUser
    ) throws -> Answer {
        try site.post(
            "/api/admin/tiers/\(path)", #"{"reason": "a test"\#(members)}"#, as: administrator,
            [(Header.idempotencyKey, key)])
    }

    @Test func `one is added once, tried, and only then sold, with its own fields and lengths`()
        throws
    {
        try withFreshSite { site in
            let administrator = try site.makeAdministrator()
            let rehearsed = try add(["dryRun": "true"], to: site, by: administrator)
            let words = (rehearsed.json["changes"]?.array ?? []).compactMap(\.string)
            #expect(words.contains("6 s: $1.50, cost $0.48"))
            #expect(words.contains("left to the vendor: promptOptimizer"))
            #expect(try site.database.currentCatalogVersion() == 1)
            for outcome in ["done", "repeated"] {
                let answer = try add(to: site, by: administrator)
                #expect(answer.json["outcome"]?.string == outcome)
                #expect(answer.json["version"] == .integer(2))
            }
            #expect(try site.get("/api/tiers").items.count == 4)

            let switchOn = #", "version": 2, "enabled": true"#
            #expect(try act("swift", switchOn, on: site, by: administrator).status == 409)
            // Nobody else orders it, and the operator pays like everybody.
            let order = #"{"tier": "swift", "prompt": "A heron", "duration": 6}"#
            #expect(
                try site.post("/api/videos/generate", order, as: administrator).status == 400)
            let poor = try act("swift/trial", "", key: "try", on: site, by: administrator)
            #expect(poor.status == 402)
            try give(20.dollars, to: administrator, of: site)
            let trial = try act("swift/trial", "", key: "try", on: site, by: administrator)
            #expect(trial.status == 202)
            #expect(trial.json["estimatedCost"].flatMap { Money($0) } == Money(cents: 150))
            let again = try act("swift/trial", "", key: "try", on: site, by: administrator)
            #expect(again.json["jobId"]?.string == trial.json["jobId"]?.string)
            #expect(try act("swift", switchOn, on: site, by: administrator).status == 409)

            let video = try #require(trial.json["jobId"]?.string.flatMap(VideoID.init))
            try deliver(video, of: site)
            let catalog = try site.get("/api/admin/catalog", as: administrator)
            let shown = catalog.json["tiers"]?.array?.last
            #expect(shown?["trialJobId"]?.string == "\(video)")
            #expect(shown?["trialStatus"]?.string == "completed")
            #expect(try act("swift", switchOn, on: site, by: administrator).status == 200)
            #expect(try site.post("/api/videos/generate", order, as: administrator).status == 202)
            let tier = try #require(try site.get("/api/tiers").items.last)
            #expect(tier["durations"] == .array([.integer(6), .integer(10)]))
            #expect(tier["fields"]?["text"]?["resolution"]?["default"]?.string == "768p")
            let wrong = order.replacing("6}", with: "5}")
            #expect(try site.post("/api/videos/generate", wrong, as: administrator).status == 400)
            // What was on sale once needs no other try.
            for (version, isOn) in [(3, false), (4, true)] {
                let answer = try act(
                    "swift", #", "version": \#(version), "enabled": \#(isOn)"#, on: site,
                    by: administrator)
                #expect(answer.status == 200)
            }
            #expect(try act("swift/trial", "", on: site, by: administrator).status == 409)
        }
    }

    @Test func `a model of pictures alone is tried by a picture`() throws {
        try withFreshSite { site in
            let administrator = try site.makeAdministrator()
            try give(20.dollars, to: administrator, of: site)
            let onlyImage = #"""
                {"required":["image"],"properties":{"image":{"type":"string"},
                "prompt":{"type":"string"},"length":{"enum":[5]}}}
                """#
            _ = try add(["specification": text(onlyImage)], to: site, by: administrator)
            let without = try act("swift/trial", "", on: site, by: administrator)
            #expect(without.status == 400)
            let with = try act(
                "swift/trial", #", "image": "https://example.com/a.jpg""#, on: site,
                by: administrator)
            #expect(with.status == 202)
        }
    }

    @Test func `a try under a key that is used charges nothing (P7)`() throws {
        try withFreshSite { site in
            let administrator = try site.makeAdministrator()
            try give(20.dollars, to: administrator, of: site)
            _ = try add(key: "of another", to: site, by: administrator)
            func balance() throws -> Money {
                try site.database.balance(of: administrator.account).available
            }
            let another = try act(
                "swift/trial", "", key: "of another", on: site, by: administrator)
            #expect(another.status == 409)
            #expect(try balance() == 20.dollars)
            let tried = try act("swift/trial", "", key: "try", on: site, by: administrator)
            #expect(tried.status == 202)
            let left = try balance()
            // Orders forget their keys after a day; commands do not.
            try site.database.execute("DELETE FROM idempotency_keys")
            let late = try act("swift/trial", "", key: "try", on: site, by: administrator)
            #expect(late.status == 409)
            #expect(try balance() == left)
            #expect(try site.database.audit() == [])
        }
    }

    @Test func `all that is wrong with one is told at once`() throws {
        try withFreshSite { site in
            let administrator = try site.makeAdministrator()
            let answer = try add(
                [
                    "id": #""Auto!""#, "name": #""  ""#, "vendorPath": #""kling""#,
                    "costPerSecond": "-1", "pricePerSecond": "0",
                    "specification": #""{}""#, "features": "[1]",
                ], to: site, by: administrator)
            #expect(answer.status == 400)
            let fields = (answer.json["error"]?["details"]?.array ?? []).compactMap {
                $0["field"]?.string
            }
            #expect(
                fields.sorted() == [
                    "costPerSecond", "features", "id", "name", "pricePerSecond", "specification",
                    "vendorPath",
                ])
            for id in [#""auto""#, #""pro""#, #""a""#, "null"] {
                #expect(try add(["id": id], to: site, by: administrator).status == 400, "\(id)")
            }
            let user = try site.makeUser()
            #expect(try add(to: site, by: user).status == 404)
            #expect(try act("pro/trial", "", on: site, by: administrator).status == 409)
            #expect(try act("none/trial", "", on: site, by: administrator).status == 404)
            #expect(try act("pro/trial", "", on: site, by: user).status == 404)
        }
    }

    @Test(arguments: PolloModel.all.map(\.path))
    func `every model of the vendor's can be read`(path: String) throws {
        let specification = try ModelSpecification(specification(path))
        #expect(!specification.durations.isEmpty)
        #expect(specification.fields.image?["image"]?.required == true)
    }
}
