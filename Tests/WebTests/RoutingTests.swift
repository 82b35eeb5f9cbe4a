import DatabaseSupport
import Domain
import Entrance
import HTTP
import HTTPTypes
import JSON
import MariaDB
import Store
import Testing

@testable import API
@testable import Web

struct RoutingTests {
    @Test(arguments: [
        "/", "", "/api", "/api/", "/api/me/", "//api/me", "/api//me", "/API/me", "/api/Me",
        "/api/tiers/pro", "/api/videos/", "/api/videos//status", "/api/videos/1/2/3",
        "/api/credits/purchase/", "/api/credits/purchases/", "/api/webhooks/pollo/",
        "/api/webhooks/pollo/a/b", "/api/health/livex", "/api/%6de", "/api/me\0", "/api/me?x",
        "/api/videos/../me", "/API/OPENAPI.JSON", "api/me",
    ])
    func `a path that is not exactly a route's is not found`(path: String) throws {
        try withSite { site in
            let user = try site.makeUser()
            for method in [HTTPRequest.Method.get, .post, .head, .put] {
                let answer = try site.send(method, path, TestSite.bearer(user))
                #expect(answer.status == 404)
                #expect(answer.code == "NOT_FOUND")
            }
        }
    }

    @Test func `a route takes its own method and says which when it is another`() throws {
        try withSite { site in
            for route in routes {
                let path = route.pattern.split(separator: "/")
                    .map { $0.first == ":" ? "/x" : "/\($0)" }.joined()
                let own = routes.filter { $0.pattern == route.pattern }.map(\.method)
                let allowed = Set(own.flatMap { $0 == .get ? [.get, .head] : [$0] })
                for method in [
                    HTTPRequest.Method.get, .head, .post, .put, .patch, .delete, .options,
                ]
                where !allowed.contains(method) {
                    let answer = try site.send(method, path)
                    #expect(answer.status == 405)
                    #expect(answer.code == "METHOD_NOT_ALLOWED")
                    let named = try #require(answer.fields[.allow])
                    #expect(
                        Set(named.split(separator: ", ").map(String.init))
                            == Set(allowed.map(\.rawValue)))
                }
            }
        }
    }

    @Test func `a route that is not for all asks for one scope, or one permission`() {
        for route in routes {
            switch route.access {
            case .anyone, .vendor: break
            case .caller(let scope):
                #expect(scope.rawValue.nonzeroBitCount == 1 && Scope.all.contains(scope))
            case .operator(let permission):
                #expect(permission.rawValue.nonzeroBitCount == 1)
                #expect(Permission.all.contains(permission))
            }
        }
    }

    @Test func `HEAD is answered like GET`() throws {
        try withSite { site in
            let user = try site.makeUser(credit: 5.dollars)
            let video = try site.makeVideo(for: user)
            for path in [
                "/api/health/live", "/api/tiers", "/api/me", "/api/videos/\(video)",
                "/api/videos", "/api/credits/balance", "/api/openapi.json",
            ] {
                let head = try site.send(.head, path, TestSite.bearer(user))
                let get = try site.send(.get, path, TestSite.bearer(user))
                #expect(head.status == 200)
                #expect(head.response.body == get.response.body)
                #expect(head.fields[.eTag] == get.fields[.eTag])
            }
        }
    }

    @Test(arguments: [
        "/api/tiers", "/api/credits/packages", "/api/openapi.json", "/api/videos", "video",
    ])
    func `an answer that the client has is not sent again`(path: String) throws {
        try withSite { site in
            let user = try site.makeUser(credit: 5.dollars)
            let video = try site.makeVideo(for: user)
            let path = path == "video" ? "/api/videos/\(video)" : path
            let first = try site.get(path, as: user)
            let tag = try #require(first.fields[.eTag])
            for known in [tag, "W/\(tag)", "\"other\", \(tag)", "*"] {
                let again = try site.get(path, as: user, [(Header.ifNoneMatch, known)])
                #expect(again.status == 304)
                #expect(again.response.body == [])
                #expect(again.fields[.eTag] == tag)
                #expect(again.fields[.cacheControl] == first.fields[.cacheControl])
            }
            for known in ["\"other\"", String(tag.dropLast(2)) + "\"", ""] {
                #expect(try site.get(path, as: user, [(Header.ifNoneMatch, known)]).status == 200)
            }
        }
    }

    @Test func `a private answer is kept by nobody else`() throws {
        try withSite { site in
            let user = try site.makeUser(credit: 5.dollars)
            let video = try site.makeVideo(for: user)
            for path in ["/api/me", "/api/credits/balance", "/api/credits/transactions"] {
                #expect(try site.get(path, as: user).fields[.cacheControl] == "no-store")
            }
            for path in ["/api/videos", "/api/videos/\(video)"] {
                #expect(try site.get(path, as: user).fields[.cacheControl] == "private, no-cache")
            }
            #expect(try site.get("/api/tiers").fields[.cacheControl] == "public, max-age=60")
            #expect(try site.get("/api/me").fields[.cacheControl] == "no-store")
        }
    }

    @Test func `without a database the process lives and the shop is closed`() throws {
        var nowhere = try DatabaseConfiguration(url: "mariadb://root@localhost/rushes")
        nowhere.socket = "/nonexistent/socket"
        let site = TestSite(Connection(nowhere))
        #expect(try site.get("/api/health/live").status == 200)
        let health = try site.get("/api/health")
        #expect(health.status == 503)
        #expect(health.json["status"] == "degraded")
        #expect(health.json["checks"]?["database"] == "failing")
        for path in ["/api/tiers", "/api/credits/packages", "/api/openapi.json"] {
            let answer = try site.get(path)
            #expect(answer.status == 503)
            #expect(answer.code == "API_ERROR")
            #expect(answer.fields[.retryAfter] != nil)
            #expect(!answer.text.contains("nonexistent"))
        }
    }

    @Test func `a thread that has its session tells that another was refused one`() throws {
        var nowhere = try DatabaseConfiguration(url: "mariadb://root@localhost/rushes")
        nowhere.socket = "/nonexistent/socket"
        try withFreshDatabase { configuration in
            func health(remembering memory: Duration) throws -> Answer {
                let trouble = DatabaseTrouble(memory: memory)
                let lucky = TestSite(Connection(configuration), trouble: trouble)
                // What is refused for a reason of its own says nothing of the database.
                #expect(try lucky.get("/api/me").status == 401)
                #expect(try lucky.get("/api/health").json["status"] == "healthy")
                let unlucky = TestSite(Connection(nowhere), trouble: trouble)
                #expect(try unlucky.get("/api/tiers").status == 503)
                return try lucky.get("/api/health")
            }
            let told = try health(remembering: .seconds(3600))
            #expect(told.status == 200)
            #expect(told.json["checks"]?["database"] == "failing")
            let forgotten = try health(remembering: .zero)
            #expect(forgotten.json["checks"]?["database"] == "ok")
        }
    }

    @Test func `a vendor that fails leaves the shop degraded and open`() throws {
        try withFreshSite { site in
            let unknown = try site.get("/api/health")
            #expect(unknown.status == 200)
            #expect(unknown.json["status"] == "healthy")
            #expect(unknown.json["checks"]?["stripe"] == "unknown")
            try site.database.setHealth("stripe", isHealthy: false, detail: "refused")
            let failing = try site.get("/api/health")
            #expect(failing.status == 200)
            #expect(failing.json["status"] == "degraded")
            #expect(failing.json["checks"]?["stripe"] == "failing")
            #expect(!failing.text.contains("refused"))
            try site.database.setHealth("stripe", isHealthy: true, detail: "")
            #expect(try site.get("/api/health").json["status"] == "healthy")
            // Whoever should look again is dead.
            try site.database.execute(
                "UPDATE health_checks SET checked_at = UTC_TIMESTAMP(6) - INTERVAL 31 MINUTE")
            #expect(try site.get("/api/health").json["checks"]?["stripe"] == "failing")
        }
    }

    @Test func `a verdict of the auditor that is old, or has no successor, is red (A2)`() throws {
        try withFreshSite { site in
            func check(_ name: String = "ledger") throws -> String? {
                try site.get("/api/health").json["checks"]?[name]?.string
            }
            #expect(try check() == "unknown")
            try site.database.setHealth("ledger", isHealthy: true, detail: "clean")
            try site.database.setHealth("deadlines", isHealthy: true, detail: "kept")
            try site.database.execute(
                """
                INSERT INTO schedules (name, due_at, done_at)
                VALUES ('audit', UTC_TIMESTAMP(6), UTC_TIMESTAMP(6))
                """)
            #expect(try check() == "ok")
            // The row of the check is fresh; what counts is the instant that was seen.
            try site.database.execute(
                "UPDATE schedules SET done_at = UTC_TIMESTAMP(6) - INTERVAL 901 SECOND")
            #expect(try check() == "failing")
            #expect(try check("deadlines") == "failing")
            try site.database.execute(
                """
                UPDATE schedules
                SET done_at = UTC_TIMESTAMP(6), failed_at = UTC_TIMESTAMP(6), problem = 'no answer'
                """)
            #expect(try check() == "failing")
            #expect(try site.get("/api/health").json["status"] == "degraded")
            try site.database.execute("UPDATE schedules SET failed_at = NULL, problem = NULL")
            #expect(try check() == "ok")
            // So is a daily walk that does not go on.
            try site.database.execute(
                """
                INSERT INTO schedules (name, due_at, done_at)
                VALUES ('chains', UTC_TIMESTAMP(6), UTC_TIMESTAMP(6) - INTERVAL 1510 SECOND)
                """)
            #expect(try check() == "failing")
            try site.database.execute(
                "UPDATE schedules SET done_at = UTC_TIMESTAMP(6) WHERE name = 'chains'")
            #expect(try check() == "ok")
        }
    }
}

/// What holds for every route that takes JSON.
struct InputTests {
    private static let paths = [
        "/api/auth/register", "/api/auth/login", "/api/videos/quote", "/api/videos/generate",
        "/api/credits/purchase",
    ]

    @Test(arguments: paths)
    func `only JSON is taken`(path: String) throws {
        try withSite { site in
            let user = try site.makeUser()
            for type in [
                nil, "", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data",
                "application/jsonx", "application/json-patch+json", "text/json",
            ] {
                let headers = TestSite.bearer(user) + (type.map { [("CONTENT_TYPE", $0)] } ?? [])
                let answer = try site.send(.post, path, headers, body: Array("{}".utf8))
                #expect(answer.status == 415)
                #expect(answer.code == "UNSUPPORTED_MEDIA_TYPE")
            }
            for type in [
                "application/json; charset=utf-8", "Application/JSON", "application/json ;x=1",
            ] {
                let answer = try site.send(
                    .post, path, TestSite.bearer(user) + [("CONTENT_TYPE", type)],
                    body: Array("{}".utf8))
                #expect(answer.status == 400)
            }
        }
    }

    @Test(arguments: routes.filter { $0.body != nil }.map(\.label))
    func `a body is as long as the API says and no longer`(label: String) throws {
        let route = try #require(routes.first { $0.label == label })
        let limit = try #require(route.body).limit
        if route.pattern.hasPrefix("/api/auth/") { #expect(limit <= 4096) }
        try withSite { site in
            let user = try site.makeUser()
            try site.database.execute("UPDATE users SET role = 'admin' WHERE id = \(user.id)")
            let path = route.pattern.split(separator: "/", omittingEmptySubsequences: false)
                .map { $0.first == ":" ? "\(VideoID.new())" : String($0) }.joined(separator: "/")
            func send(_ size: Int) throws -> Answer {
                try site.send(
                    route.method, path,
                    TestSite.bearer(user) + [("CONTENT_TYPE", "application/json")],
                    body: Array("{}".utf8) + [UInt8](repeating: 0x20, count: size - 2))
            }
            #expect(try send(limit).status != 413)
            let refused = try send(limit + 1)
            #expect(refused.status == 413)
            #expect(refused.code == "PAYLOAD_TOO_LARGE")
            #expect(
                refused.json["error"]?["message"]?.string == "Send at most \(limit / 1024) kB.")
        }
    }

    @Test func `of a thousand problems twenty are named, each in short`() throws {
        try withSite { site in
            let user = try site.makeUser()
            let many = (0..<1000).map { #""f\#($0)": 1"# }.joined(separator: ",")
            let answer = try site.post("/api/videos/quote", "{\(many)}", as: user)
            #expect(answer.status == 400)
            #expect(answer.refused.count == 20)
            // `tier` and `duration` are missing too.
            #expect(
                answer.json["error"]?["message"]?.string?.contains("982 more of them") == true)
            let name = String(repeating: "e\u{301}", count: 85)
            let long = try site.post("/api/videos/generate", #"{"\#(name)": 1}"#, as: user)
            #expect(long.status == 400)
            #expect(long.response.body.count < 600)
            let longer = try site.post("/api/videos/generate", #"{"\#(name)aa": 1}"#, as: user)
            #expect(longer.status == 400)
            #expect(longer.refused == ["body"])
        }
    }

    @Test(arguments: [
        (#"{"a": [[[[[[[[1]]]]]]]]}"#, "Nest arrays and objects at most 8 deep."),
        (#"{"email": "a@b.example", "email": "c@d.example"}"#, "Send each field once."),
        (#"{"\u00e9": 1, "e\u0301": 1}"#, "Send each field once."),
        (#"{"a": 1e400}"#, "Send numbers of at most 38 digits."),
        (#"{"a": 1,}"#, "This is not JSON in UTF-8."),
    ])
    func `a body that is refused whole says why`(body: String, message: String) throws {
        try withSite { site in
            let answer = try site.post("/api/auth/login", body)
            #expect(answer.status == 400)
            let details = answer.json["error"]?["details"]?.array ?? []
            #expect(details.map { $0["message"]?.string } == [message])
        }
    }

    @Test(arguments: paths)
    func `what is not JSON in UTF-8 is refused`(path: String) throws {
        try withSite { site in
            let user = try site.makeUser()
            let bodies: [[UInt8]] =
                [
                    "", " ", "{", "{}}", "{'a': 1}", "{\"a\": }", "{\"a\": 1,}", "nope",
                    "\u{FEFF}{}",
                    "{\"a\": \"\\ud800\"}", "{\"a\": 01}", "{\"a\": NaN}", "{\"a\": \"\n\"}",
                    String(repeating: "[", count: 4_000),
                    String(repeating: #"{"a":"#, count: 800),
                ].map { Array($0.utf8) } + [
                    [0x7B, 0x22, 0xFF, 0x22, 0x3A, 0x31, 0x7D],
                    [0x7B, 0x22, 0xC0, 0x80, 0x22, 0x3A, 0x31, 0x7D],
                    // {} in UTF-16 and UTF-32.
                    [0x7B, 0, 0x7D, 0], [0xFF, 0xFE, 0x7B, 0, 0x7D, 0],
                    [0x7B, 0, 0, 0, 0x7D, 0, 0, 0],
                ]
            for body in bodies {
                let answer = try site.send(
                    .post, path, TestSite.bearer(user) + [("CONTENT_TYPE", "application/json")],
                    body: body)
                #expect(answer.status == 400)
                #expect(answer.code == "INVALID_INPUT")
                #expect(answer.json["error"]?["action"] == "correct_input")
            }
        }
    }

    @Test(arguments: paths, ["[]", "1", "null", "\"text\"", "true", "1e400", "[{}]"])
    func `JSON that is no object is refused`(path: String, body: String) throws {
        try withSite { site in
            let user = try site.makeUser()
            #expect(try site.post(path, body, as: user).status == 400)
        }
    }
}
