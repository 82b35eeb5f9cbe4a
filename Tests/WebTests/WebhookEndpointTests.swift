import Domain
import HTTP
import HTTPTypes
import JSON
import MariaDB
import Store
import Testing

@testable import Web

private let endpoints = "/api/webhooks/endpoints"

extension TestSite {
    /// Adds an endpoint and returns its id.
    fileprivate func addEndpoint(
        for user: TestUser, _ url: String = "https://hooks.example.org/in"
    ) throws -> String {
        let answer = try post(endpoints, #"{"url": "\#(url)"}"#, as: user)
        try #require(answer.status == 201)
        return try #require(answer.json["id"]?.string)
    }

    fileprivate func delete(_ path: String, as user: TestUser) throws -> Answer {
        try send(.delete, path, Self.bearer(user))
    }

    fileprivate func patch(_ path: String, _ json: String, as user: TestUser) throws -> Answer {
        try send(
            .patch, path, Self.bearer(user) + [("CONTENT_TYPE", "application/json")],
            body: Array(json.utf8))
    }

    /// What a worker writes down that has sent the user's delivery.
    fileprivate func deliver(_ delivery: String) throws {
        try database.execute(
            """
            UPDATE outbox SET next_attempt_at = NULL, sent_at = UTC_TIMESTAMP(6), attempts = 1
            WHERE id = \(delivery)
            """)
        try database.execute(
            """
            INSERT INTO webhook_attempts
                (outbox_id, attempt, status_code, problem, milliseconds, created_at)
            VALUES (\(delivery), 1, 204, NULL, 12, UTC_TIMESTAMP(6))
            """)
    }
}

struct WebhookEndpointTests {
    @Test func `an endpoint is added with a secret that is shown once`() throws {
        try withSite { site in
            let user = try site.makeUser()
            let added = try site.post(
                endpoints,
                #"{"url": "https://hooks.example.org/in", "events": ["video.failed"]}"#, as: user)
            #expect(added.status == 201)
            let secret = try #require(added.json["secret"]?.string)
            #expect(secret.hasPrefix("whsec_"))
            #expect(secret.count == 6 + 44)  // 32 bytes in Base64
            let id = try #require(added.json["id"]?.string)
            let shown = try site.get("\(endpoints)/\(id)", as: user)
            #expect(shown.json["url"]?.string == "https://hooks.example.org/in")
            #expect(shown.json["events"]?.array == [.string("video.failed")])
            #expect(!shown.text.contains("whsec_"))
            let list = try site.get(endpoints, as: user)
            #expect(list.items.count == 1)
            #expect(!list.text.contains("whsec_"))
        }
    }

    @Test(arguments: [
        "http://hooks.example.org/in", "https://localhost/in", "https://127.0.0.1/in",
        "https://10.0.0.8/in", "https://169.254.169.254/latest", "https://[::1]/in",
        "https://printer.local/in", "https://user:pw@hooks.example.org/in", "ftp://x.example",
        "hooks.example.org", "",
    ])
    func `an address that is private by its form, or not HTTPS, is refused`(url: String) throws {
        try withSite { site in
            let user = try site.makeUser()
            let answer = try site.post(endpoints, #"{"url": "\#(url)"}"#, as: user)
            #expect(answer.status == 400)
            #expect(answer.refused == ["url"])
            #expect(try site.get(endpoints, as: user).items.isEmpty)
        }
    }

    @Test(arguments: [
        "{}", #"{"url": 1}"#, #"{"url": null, "events": ["video.completed"]}"#,
    ])
    func `an endpoint needs an address`(body: String) throws {
        try withSite { site in
            let answer = try site.post(endpoints, body, as: site.makeUser())
            #expect(answer.status == 400)
            #expect(answer.refused == ["url"])
        }
    }

    @Test(arguments: [#"[]"#, #""video.completed""#, #"["video.deleted"]"#, "[1]"])
    func `events that do not exist are refused`(events: String) throws {
        try withSite { site in
            let answer = try site.post(
                endpoints, #"{"url": "https://hooks.example.org", "events": \#(events)}"#,
                as: site.makeUser())
            #expect(answer.status == 400)
            #expect(answer.refused == ["events"])
        }
    }

    @Test func `ten endpoints are the most, and one less makes room`() throws {
        try withSite { site in
            let user = try site.makeUser()
            let ids = try (0..<10).map { _ in try site.addEndpoint(for: user) }
            let body = #"{"url": "https://hooks.example.org/in"}"#
            #expect(try site.post(endpoints, body, as: user).status == 409)
            #expect(try site.delete("\(endpoints)/\(ids[3])", as: user).status == 204)
            #expect(try site.delete("\(endpoints)/\(ids[3])", as: user).status == 404)
            #expect(try site.post(endpoints, body, as: user).status == 201)
        }
    }

    @Test func `another user's endpoint does not exist`() throws {
        try withSite { site in
            let owner = try site.makeUser()
            let other = try site.makeUser()
            let id = try site.addEndpoint(for: owner)
            let test = try site.post("\(endpoints)/\(id)/test", as: owner)
            let delivery = try #require(test.json["id"]?.string)
            let resend = "\(endpoints)/\(id)/deliveries/\(delivery)/resend"
            #expect(try site.get("\(endpoints)/\(id)", as: other).status == 404)
            #expect(try site.get("\(endpoints)/\(id)/deliveries", as: other).status == 404)
            #expect(try site.post("\(endpoints)/\(id)/test", as: other).status == 404)
            #expect(try site.post("\(endpoints)/\(id)/secret", as: other).status == 404)
            #expect(try site.post(resend, as: other).status == 404)
            #expect(try site.delete("\(endpoints)/\(id)", as: other).status == 404)
            let ownID = try site.addEndpoint(for: other)
            #expect(
                try site.post(
                    "\(endpoints)/\(ownID)/deliveries/\(delivery)/resend", as: other
                ).status == 404)
            #expect(try site.get(endpoints, as: other).items.count == 1)
            #expect(try site.post(resend, as: owner).status == 202)
        }
    }

    @Test func `a test is a delivery, and ten in a minute are the most`() throws {
        try withSite { site in
            let user = try site.makeUser()
            let id = try site.addEndpoint(for: user)
            for _ in 0..<10 {
                let answer = try site.post("\(endpoints)/\(id)/test", as: user)
                #expect(answer.status == 202)
                #expect(answer.json["type"]?.string == "test")
                #expect(answer.json["status"]?.string == "pending")
            }
            #expect(try site.post("\(endpoints)/\(id)/test", as: user).status == 429)
            let page = try site.get("\(endpoints)/\(id)/deliveries", query: "limit=4", as: user)
            #expect(page.items.count == 4)
            let cursor = try #require(page.json["nextCursor"]?.string)
            let rest = try site.get(
                "\(endpoints)/\(id)/deliveries", query: "cursor=\(cursor)", as: user)
            #expect(rest.items.count == 6)
            let bad = try site.get("\(endpoints)/\(id)/deliveries", query: "limit=0", as: user)
            #expect(bad.refused == ["limit"])
        }
    }

    @Test func `a delivery shows its tries and is sent again once in a minute`() throws {
        try withSite { site in
            let user = try site.makeUser()
            let id = try site.addEndpoint(for: user)
            let test = try site.post("\(endpoints)/\(id)/test", as: user)
            let delivery = try #require(test.json["id"]?.string)
            try site.deliver(delivery)
            let sent = try #require(
                try site.get("\(endpoints)/\(id)/deliveries", as: user).items.first)
            #expect(sent["status"]?.string == "delivered")
            #expect(sent["attempts"]?.array?.first?["statusCode"] == .integer(204))
            let resend = "\(endpoints)/\(id)/deliveries/\(delivery)/resend"
            let again = try site.post(resend, as: user)
            #expect(again.status == 202)
            #expect(again.json["status"]?.string == "pending")
            #expect(again.json["id"]?.string == delivery)
            #expect(try site.post(resend, as: user).status == 429)
        }
    }

    @Test func `what is being sent is not sent again`() throws {
        try withSite { site in
            let user = try site.makeUser()
            let id = try site.addEndpoint(for: user)
            let test = try site.post("\(endpoints)/\(id)/test", as: user)
            let delivery = try #require(test.json["id"]?.string)
            try site.database.execute(
                """
                UPDATE outbox
                SET lease_token = id, lease_until = UTC_TIMESTAMP(6) + INTERVAL 60 SECOND
                WHERE id = \(delivery)
                """)
            let resend = "\(endpoints)/\(id)/deliveries/\(delivery)/resend"
            #expect(try site.post(resend, as: user).status == 409)
        }
    }

    @Test func `a secret is replaced, also that of the orders' own addresses`() throws {
        try withSite { site in
            let user = try site.makeUser()
            let id = try site.addEndpoint(for: user)
            var secrets: Set<String> = []
            for source in [id, id, "default", "default"] {
                let answer = try site.post("\(endpoints)/\(source)/secret", as: user)
                #expect(answer.status == 201)
                secrets.insert(try #require(answer.json["secret"]?.string))
            }
            #expect(secrets.count == 4)
            #expect(try site.get("\(endpoints)/default/deliveries", as: user).status == 200)
            #expect(try site.get("\(endpoints)/default", as: user).status == 404)
        }
    }
}

struct NotificationTests {
    @Test func `every kind of mail is on until it is switched off`() throws {
        try withSite { site in
            let user = try site.makeUser()
            let me = try site.get("/api/me", as: user)
            #expect(
                me.json["notifications"]?.object?.values.allSatisfy { $0 == .bool(true) } == true)
            let changed = try site.patch(
                "/api/me", #"{"notifications": {"receipt": false, "lowBalance": false}}"#, as: user)
            #expect(changed.status == 200)
            _ = try site.patch("/api/me", #"{"notifications": {"receipt": true}}"#, as: user)
            let after = try site.get("/api/me", as: user).json["notifications"]
            #expect(after?["receipt"] == .bool(true))
            #expect(after?["lowBalance"] == .bool(false))
            #expect(after?["videoReady"] == .bool(true))
        }
    }

    @Test(arguments: [
        (#"{"notifications": {"receipt": 1}}"#, ["notifications.receipt"]),
        (#"{"notifications": {"receipt": false, "news": true}}"#, ["notifications.news"]),
        (#"{"notifications": []}"#, ["notifications"]), (#"{"role": "admin"}"#, ["role"]),
        (#"{"notifications": null}"#, ["notifications"]),
    ])
    func `what cannot be changed is refused, and then nothing is`(
        body: String, refused: [String]
    ) throws {
        try withSite { site in
            let user = try site.makeUser()
            let before = try site.get("/api/me", as: user).json
            let answer = try site.patch("/api/me", body, as: user)
            #expect(answer.status == 400)
            #expect(answer.refused == refused)
            #expect(try site.get("/api/me", as: user).json == before)
        }
    }
}
