import Domain
import HTTP
import HTTPTypes
import JSON
import Ledger
import MariaDB
import PaymentSupport
import Sandbox
import Store
import Testing

@testable import API
@testable import Web

struct AdministrationTests {
    private let reads = ["/api/admin/attention", "/api/admin/audit"]

    @Test func `to everyone else the routes do not exist`() throws {
        try withSite { site in
            let user = try site.makeUser()
            let administrator = try site.makeAdministrator()
            var count = 0
            for route in routes where route.pattern.hasPrefix("/api/admin/") {
                count += 1
                let path = route.pattern.replacing(":id", with: VideoID.new().description)
                let headers = TestSite.bearer(user) + [("CONTENT_TYPE", "application/json")]
                let answer = try site.send(route.method, path, headers, body: Array("{}".utf8))
                #expect(answer.status == 404)
                #expect(try site.send(route.method, path).status == 401)
            }
            #expect(count >= 5)
            for path in reads { #expect(try site.get(path, as: administrator).status == 200) }
        }
    }

    @Test func `every act needs a reason`() throws {
        try withSite { site in
            let administrator = try site.makeAdministrator()
            let id = VideoID.new()
            let long = String(repeating: "e\u{301}", count: 400)
            for path in ["/api/admin/purchases/\(id)/refund", "/api/admin/videos/\(id)/resolution"]
            {
                for reason in [
                    "null", "\"\"", "\"  \"", "\"ab\"", "5", #""a\u0000bc""#, "\"\(long)\"",
                ] {
                    let answer = try site.post(path, #"{"reason": \#(reason)}"#, as: administrator)
                    #expect(answer.status == 400)
                    #expect(answer.refused == ["reason"])
                }
                let unknown = try site.post(path, #"{"reason": "a test"}"#, as: administrator)
                #expect(unknown.status == 404)
            }
        }
    }

    @Test(arguments: ["0", "-1", "4.505", "1e12", #""4.50""#, "1000001", "true"])
    func `an amount of money that is none is refused`(amount: String) throws {
        try withSite { site in
            let administrator = try site.makeAdministrator()
            let answer = try site.post(
                "/api/admin/purchases/\(PurchaseID.new())/refund",
                #"{"reason": "a test", "amount": \#(amount)}"#, as: administrator)
            #expect(answer.status == 400)
            #expect(answer.refused == ["amount"])
        }
    }

    @Test func `an uncertain video is resolved once, and that is written down`() throws {
        try withFreshSite { site in
            let administrator = try site.makeAdministrator()
            let user = try site.makeUser(credit: 5.dollars)
            let video = try site.makeVideo(for: user)
            let path = "/api/admin/videos/\(video)/resolution"
            let early = try site.post(path, #"{"reason": "a test"}"#, as: administrator)
            #expect(early.status == 409)
            try site.database.execute(
                "UPDATE video_jobs SET state = 'submit_unknown' WHERE id = \(video)")
            let accents = String(repeating: "e\u{301}", count: 200)
            for task in ["\"\"", "5", "\"\(accents)\""] {
                let answer = try site.post(
                    path, #"{"reason": "a test", "taskId": \#(task)}"#, as: administrator)
                #expect(answer.status == 400)
            }
            #expect(try site.post(path, #"{"reason": "a test"}"#, as: administrator).status == 204)
            #expect(try site.get("/api/me", as: user).json["balance"] == .integer(5))
            #expect(try site.post(path, #"{"reason": "a test"}"#, as: administrator).status == 409)
            let lines = try site.get("/api/admin/audit", as: administrator)
            #expect(lines.items.compactMap { $0["reason"]?.string } == ["a test"])
            #expect(lines.items.first?["actorId"]?.string == administrator.id.description)
        }
    }

    @Test func `a video is ended in any state, once, and that is written down`() throws {
        try withFreshSite { site in
            let administrator = try site.makeAdministrator()
            let user = try site.makeUser(credit: 5.dollars)
            let video = try site.makeVideo(for: user)
            let path = "/api/admin/videos/\(video)/closure"
            #expect(try site.post(path, #"{"reason": "a test"}"#, as: user).status == 404)
            #expect(try site.post(path, "{}", as: administrator).refused == ["reason"])
            #expect(try site.post(path, #"{"reason": "a test"}"#, as: administrator).status == 204)
            #expect(try site.get("/api/me", as: user).json["balance"] == .integer(5))
            #expect(try site.post(path, #"{"reason": "a test"}"#, as: administrator).status == 409)
            let unknown = "/api/admin/videos/\(VideoID.new())/closure"
            #expect(
                try site.post(unknown, #"{"reason": "a test"}"#, as: administrator).status == 404)
            let lines = try site.get("/api/admin/audit", as: administrator)
            let ended = lines.items.filter { $0["action"]?.string == "video.end" }
            #expect(ended.compactMap { $0["subject"]?.string } == ["\(video)"])
        }
    }

    // MARK: Refunds

    /// $10.00 of credit that were paid with $9.99.
    private func buy(_ site: TestSite) throws -> (user: TestUser, id: String) {
        let user = try site.makeUser()
        let order = try site.post(
            "/api/credits/purchase", #"{"packageId": "starter"}"#, as: user)
        let id = try #require(order.json["purchaseId"]?.string)
        site.stripe.complete(try #require(order.json["sessionId"]?.string))
        let paid = try site.get("/api/credits/purchases/\(id)", as: user)
        try #require(paid.json["status"]?.string == "paid")
        return (user, id)
    }

    private func refund(
        _ id: String, _ site: TestSite, as administrator: TestUser, amount: String = "5"
    ) throws -> Answer {
        try site.post(
            "/api/admin/purchases/\(id)/refund",
            #"{"reason": "asked by mail", "amount": \#(amount)}"#, as: administrator)
    }

    @Test(arguments: ["5", "5.0", "5.00"])
    func `money goes back with its credit, and that is written down`(amount: String) throws {
        try withFreshSite { site in
            let administrator = try site.makeAdministrator()
            let (user, id) = try buy(site)
            let answer = try refund(id, site, as: administrator, amount: amount)
            #expect(answer.status == 200)
            #expect(answer.json["id"]?.string == id)
            #expect(answer.json["status"]?.string == "paid")
            let me = try site.get("/api/me", as: user)
            #expect(me.text.contains(#""balance":4.99"#))
            let line = try site.get("/api/admin/audit", as: administrator).items[0]
            #expect(line["action"]?.string == "purchase.refund")
            #expect(line["subject"]?.string == id)
            #expect(line["reason"]?.string == "asked by mail")
            #expect(line["detail"]?.string == "$5.00")
            let call = try #require(site.stripe.requests.last { $0.method == .post })
            let body = String(decoding: call.body ?? [], as: UTF8.self)
            #expect(body.contains("&amount=500&"))
            #expect(call.idempotencyKey?.hasPrefix("refund:") == true)
        }
    }

    @Test func `without an amount all that is not spent goes back`() throws {
        try withFreshSite { site in
            let administrator = try site.makeAdministrator()
            let (user, id) = try buy(site)
            let answer = try refund(id, site, as: administrator, amount: "null")
            #expect(answer.json["status"]?.string == "refunded")
            #expect(try site.get("/api/me", as: user).json["balance"] == .integer(0))
        }
    }

    @Test func `more than is left is refused, and Stripe is not asked`() throws {
        try withFreshSite { site in
            let administrator = try site.makeAdministrator()
            let (user, id) = try buy(site)
            let calls = site.stripe.requests.count
            let answer = try refund(id, site, as: administrator, amount: "10")
            #expect(answer.status == 409)
            #expect(answer.json["error"]?["message"]?.string?.contains("$9.99") == true)
            #expect(site.stripe.requests.count == calls)
            #expect(try site.get("/api/me", as: user).json["balance"] == .integer(10))
        }
    }

    @Test func `what Stripe refuses is said in its words, and needs a person`() throws {
        try withFreshSite { site in
            let administrator = try site.makeAdministrator()
            let (user, id) = try buy(site)
            #expect(try site.get("/api/admin/attention", as: administrator).items.isEmpty)
            site.stripe.refuseNext(400, "The charge is disputed.")
            let answer = try refund(id, site, as: administrator)
            #expect(answer.status == 409)
            #expect(
                answer.json["error"]?["message"]?.string
                    == "Stripe refuses it: The charge is disputed.")
            #expect(try site.get("/api/me", as: user).json["balance"] == .integer(10))
            let items = try site.get("/api/admin/attention", as: administrator).items
            #expect(items.map { $0["kind"]?.string } == ["refund_failed"])
            #expect(items[0]["subject"]?.string == id)
            #expect(items[0]["amount"] == .integer(5))
            #expect(items[0]["detail"]?.string == "The charge is disputed.")
        }
    }

    @Test func `without an answer of Stripe the refund stays under way`() throws {
        try withFreshSite { site in
            let administrator = try site.makeAdministrator()
            let (user, id) = try buy(site)
            site.stripe.meet(.answerLost)
            let answer = try refund(id, site, as: administrator)
            // It is being finished, and nobody is told to repeat it (P7).
            #expect(answer.status == 202)
            #expect(answer.json["status"]?.string == "paid")
            #expect(try site.get("/api/me", as: user).json["balance"] == .integer(10))
            #expect(try refund(id, site, as: administrator).status == 409)
            #expect(try site.get("/api/admin/attention", as: administrator).items.isEmpty)
        }
    }

    @Test func `the same key is the same refund, whatever became of the first call`() throws {
        try withFreshSite { site in
            let administrator = try site.makeAdministrator()
            let (user, id) = try buy(site)
            func call(_ amount: String) throws -> Answer {
                let body = #"{"reason": "asked by mail", "amount": \#(amount)}"#
                return try site.send(
                    .post, "/api/admin/purchases/\(id)/refund",
                    TestSite.bearer(administrator) + [
                        ("CONTENT_TYPE", "application/json"),
                        ("HTTP_IDEMPOTENCY_KEY", "refund-1"),
                    ], body: Array(body.utf8))
            }
            site.stripe.meet(.answerLost)
            #expect(try call("5").status == 202)
            #expect(try call("5").status == 200)
            let calls = site.stripe.requests.count
            #expect(try call("5").status == 200)
            #expect(site.stripe.requests.count == calls)
            #expect(try call("4").code == "IDEMPOTENCY_CONFLICT")
            #expect(try site.get("/api/me", as: user).text.contains(#""balance":4.99"#))
            #expect(try site.count("SELECT COUNT(*) AS count FROM refunds") == 1)
        }
    }

    @Test func `the log can be read by action`() throws {
        try withFreshSite { site in
            let administrator = try site.makeAdministrator()
            let user = try site.makeUser()
            let actor = try Operator(userID: nil, systemUser: "ann", reason: "a test")
            try site.database.grantCredit(
                5.dollars, to: user.account, reason: "a gift",
                policy: site.site.settings.creditPolicy,
                grant: .new(),
                by: actor)
            try site.database.takeCredit(
                2.dollars, from: user.account, reason: "back", take: .new(), by: actor)
            func actions(_ query: String) throws -> [String?] {
                try site.get("/api/admin/audit", query: query, as: administrator).items
                    .map { $0["action"]?.string }
            }
            #expect(try actions("") == ["credit.take", "credit.grant"])
            #expect(try actions("action=credit.grant") == ["credit.grant"])
            #expect(try actions("action=purchase.refund") == [])
            let line = try site.get("/api/admin/audit", as: administrator).items[0]
            #expect(line["systemUser"]?.string == "ann")
            #expect(line["actorId"] == .null)
            for query in ["action=A", "action=a%20b", "action=%C3%A9"] {
                #expect(
                    try site.get("/api/admin/audit", query: query, as: administrator).refused
                        == ["action"])
            }
        }
    }

    @Test func `a difference is shown until a person closes it`() throws {
        try withFreshSite { site in
            let administrator = try site.makeAdministrator()
            try site.database.record(
                [Difference(.payment, subject: "cs_1", amount: 5.dollars, "not credited")],
                examined: [:])
            let item = try site.get("/api/admin/attention", as: administrator).items[0]
            #expect(item["kind"]?.string == "difference")
            #expect(item["subject"]?.string == "cs_1")
            let id = try #require(item["differenceId"]?.string)
            let path = "/api/admin/differences/\(id)/closure"
            #expect(try site.post(path, "{}", as: administrator).refused == ["reason"])
            let body = #"{"reason": "credited by hand"}"#
            #expect(try site.post(path, body, as: administrator).status == 204)
            #expect(try site.post(path, body, as: administrator).status == 409)
            #expect(try site.get("/api/admin/attention", as: administrator).items.isEmpty)
            let line = try site.get("/api/admin/audit", as: administrator).items[0]
            #expect(line["action"]?.string == "difference.close")
            #expect(line["subject"]?.string == id)
        }
    }

    // MARK: Repairs

    private func command(
        _ path: String, _ body: String, key: String? = "k1", _ site: TestSite,
        as administrator: TestUser
    ) throws -> Answer {
        var headers =
            TestSite.bearer(administrator) + [("CONTENT_TYPE", "application/json")]
        if let key { headers.append(("HTTP_IDEMPOTENCY_KEY", key)) }
        return try site.send(.post, path, headers, body: Array(body.utf8))
    }

    @Test func `a command that repairs needs a reason and a key, and sound members`() throws {
        try withFreshSite { site in
            let administrator = try site.makeAdministrator()
            let id = try site.makeUser().id
            let paths = [
                "accounts/\(id)/rebuild", "accounts/\(id)/adjustment", "accounts/\(id)/take",
                "accounts/\(id)/waiver", "purchases/\(id)/credit", "purchases/\(id)/refresh",
                "purchases/\(id)/closure", "findings/\(id)/closure",
            ].map { "/api/admin/\($0)" }
            for path in paths {
                func refused(_ body: String, key: String? = "k1") throws -> [String] {
                    try command(path, body, key: key, site, as: administrator).refused
                }
                #expect(try refused(#"{"reason": "a test"}"#, key: nil) == ["Idempotency-Key"])
                #expect(try refused("{}") == ["reason"])
                #expect(try refused(#"{"reason": "a test", "dryRun": 1}"#) == ["dryRun"])
            }
            for path in paths[1...3] {
                for amount in ["0", "\"1\"", "1e12", "0.0000001", "1000001", "true"] {
                    let body = #"{"reason": "a test", "amount": \#(amount)}"#
                    #expect(
                        try command(path, body, site, as: administrator).refused == ["amount"])
                }
            }
            let both = #"{"reason": "a test", "amount": 1, "reverse": "x"}"#
            #expect(try command(paths[1], both, site, as: administrator).refused == ["amount"])
            #expect(
                try command(paths[1], #"{"reason": "a test"}"#, site, as: administrator).refused
                    == ["amount"])
        }
    }

    @Test func `a dry run tells what the command does, and the same key does it once`() throws {
        try withFreshSite { site in
            let administrator = try site.makeAdministrator()
            let user = try site.makeUser()
            let path = "/api/admin/accounts/\(user.account)/adjustment"
            func adjust(_ rest: String, key: String = "k1") throws -> Answer {
                try command(
                    path, #"{"reason": "lost by us", "amount": 4.5\#(rest)}"#, key: key, site,
                    as: administrator)
            }
            let plan = try adjust(#", "dryRun": true"#)
            #expect(plan.json["outcome"] == "rehearsed")
            #expect(plan.json["changes"]?.array == ["available: $0.00 -> $4.50"])
            #expect(try site.get("/api/me", as: user).json["balance"] == .integer(0))
            let done = try adjust("")
            #expect(done.status == 200)
            #expect(done.json["outcome"] == "done")
            #expect(done.json["changes"] == plan.json["changes"])
            #expect(try adjust("").json["outcome"] == "repeated")
            #expect(try site.get("/api/me", as: user).text.contains(#""balance":4.5,"#))
            #expect(
                try command(
                    path, #"{"reason": "lost by us", "amount": 5}"#, site, as: administrator
                ).code == "IDEMPOTENCY_CONFLICT")
            let take = try command(
                "/api/admin/accounts/\(user.account)/take",
                #"{"reason": "too much", "amount": 0.5}"#,
                key: "k2", site, as: administrator)
            #expect(take.json["outcome"] == "done")
            #expect(try site.get("/api/me", as: user).json["balance"] == .integer(4))
            let waive = try command(
                "/api/admin/accounts/\(user.account)/waiver", #"{"reason": "no debt"}"#, key: "k3",
                site,
                as: administrator)
            #expect(waive.status == 409)
            let unknown = try command(
                "/api/admin/accounts/\(AccountID.new())/rebuild", #"{"reason": "a test"}"#,
                key: "k4",
                site, as: administrator)
            #expect(unknown.status == 404)
        }
    }

    @Test func `above the limit the answer is 202, until a second one says the same`() throws {
        try withFreshSite { site in
            let first = try site.makeAdministrator()
            let second = try site.makeAdministrator()
            let user = try site.makeUser()
            func give(_ administrator: TestUser) throws -> Answer {
                try command(
                    "/api/admin/accounts/\(user.account)/adjustment",
                    #"{"reason": "lost by us", "amount": 200}"#, site, as: administrator)
            }
            for _ in 1...2 {
                let waits = try give(first)
                #expect(waits.status == 202)
                #expect(waits.json["outcome"] == "waits")
            }
            let item = try site.get("/api/admin/attention", as: first).items[0]
            #expect(item["kind"] == "approval")
            #expect(item["subject"] == "k1")
            #expect(try give(second).json["outcome"] == "done")
            #expect(try site.get("/api/me", as: user).json["balance"] == .integer(200))
        }
    }

    @Test func `an account whose books are wrong is named, and goes on when it is rebuilt`() throws
    {
        try withFreshSite { site in
            let administrator = try site.makeAdministrator()
            let user = try site.makeUser(credit: 5.dollars)
            try site.database.execute(
                """
                UPDATE wallets SET available_micros = available_micros + 1
                WHERE account_id = \(user.account)
                """)
            func look() throws {
                try site.database.execute("UPDATE schedules SET due_at = UTC_TIMESTAMP(6)")
                let turn = try #require(
                    try site.database.take("audit", lasting: .seconds(60)))
                try site.database.record(
                    AuditVerdict(
                        lookedAt: site.database.databaseTime(), violations: site.database.audit()),
                    of: turn, nextAfter: .seconds(300))
            }
            try look()
            let items = try site.get("/api/admin/attention", as: administrator).items
            #expect(items.map { $0["kind"]?.string } == ["quarantine", "quarantine"])
            #expect(items[0]["subject"]?.string == "\(user.account)")
            let finding = try #require(items[0]["findingId"]?.string)
            let closed = try command(
                "/api/admin/findings/\(finding)/closure", #"{"reason": "a test"}"#, site,
                as: administrator)
            #expect(closed.status == 204)
            #expect(try site.get("/api/admin/attention", as: administrator).items.count == 1)
            let report = try command(
                "/api/admin/accounts/\(user.account)/rebuild", #"{"reason": "finding L4"}"#,
                key: "k2",
                site, as: administrator)
            #expect(report.json["changes"]?.array?.count == 1)
            try look()
            #expect(try site.get("/api/admin/attention", as: administrator).items.isEmpty)
        }
    }

    @Test func `a payment that does not fit is credited once Stripe says that it is paid`() throws {
        try withFreshSite { site in
            let administrator = try site.makeAdministrator()
            let user = try site.makeUser()
            let order = try site.post(
                "/api/credits/purchase", #"{"packageId": "starter"}"#, as: user)
            let id = try #require(order.json["purchaseId"]?.string)
            let path = "/api/admin/purchases/\(id)/credit"
            let body = #"{"reason": "paid by the bank"}"#
            #expect(try command(path, body, site, as: administrator).status == 409)
            site.stripe.meet(.answerLost)
            #expect(try command(path, body, site, as: administrator).status == 502)
            try site.database.execute("UPDATE purchases SET price_micros = 9980000")
            site.stripe.complete(try #require(order.json["sessionId"]?.string))
            let shown = try site.get("/api/credits/purchases/\(id)", as: user)
            #expect(shown.json["status"] == "pending")
            #expect(
                try site.get("/api/admin/attention", as: administrator).items[0]["kind"]
                    == "purchase_problem")
            #expect(try command(path, body, site, as: administrator).json["outcome"] == "done")
            #expect(try site.get("/api/me", as: user).json["balance"] == .integer(10))
            #expect(try site.get("/api/admin/attention", as: administrator).items.isEmpty)
            let closure = try command(
                "/api/admin/purchases/\(id)/closure", body, key: "k2", site, as: administrator)
            #expect(closure.status == 409)
        }
    }

    // MARK: Videos and reconciliation

    @Test func `an uncertain video is shown, and goes on with the vendor's task`() throws {
        try withFreshSite { site in
            let administrator = try site.makeAdministrator()
            let user = try site.makeUser(credit: 5.dollars)
            let video = try site.makeVideo(for: user)
            try site.database.execute(
                "UPDATE video_jobs SET state = 'submit_unknown' WHERE id = \(video)")
            let items = try site.get("/api/admin/attention", as: administrator).items
            #expect(items.map { $0["kind"]?.string } == ["uncertain_video"])
            #expect(items[0]["subject"]?.string == video.description)
            #expect(items[0]["amount"] == .integer(1))
            let answer = try site.post(
                "/api/admin/videos/\(video)/resolution",
                #"{"reason": "seen in the vendor's list", "taskId": "task-1"}"#,
                as: administrator)
            #expect(answer.status == 204)
            let shown = try site.get("/api/videos/\(video)", as: user)
            #expect(shown.json["taskId"]?.string == "task-1")
            #expect(shown.json["statusDetail"]?.string == "rendering")
            #expect(try site.get("/api/me", as: user).json["balance"] == .integer(4))
            #expect(try site.get("/api/admin/attention", as: administrator).items.isEmpty)
        }
    }

    @Test func `the last comparison with the vendors can be read once there was one`() throws {
        try withFreshSite { site in
            let administrator = try site.makeAdministrator()
            let path = "/api/admin/reconciliation"
            #expect(try site.get(path, as: administrator).status == 404)
            let id = PurchaseID.new()
            try site.database.insertReconciliation(
                .new(), startedAt: site.database.databaseTime(), differences: 1,
                report: """
                    [{"kind": "payment", "jobId": null, "purchaseId": "\(id)", "amount": 9.99,
                    "detail": "not credited"}]
                    """, polloHundredths: nil)
            let answer = try site.get(path, as: administrator)
            #expect(answer.items.map { $0["purchaseId"]?.string } == ["\(id)"])
            #expect(answer.text.contains(#""amount": 9.99"#))
            #expect(answer.json["unknown"]?.array == [])
            try site.database.note(.stripe, problem: "no answer")
            let unknown = try site.get(path, as: administrator).json["unknown"]?.array?[0]
            #expect(unknown?["part"]?.string == "stripe")
            #expect(unknown?["since"] == .null)
            #expect(unknown?["problem"]?.string == "no answer")
        }
    }
}
