import Domain
import Glibc
import HTTP
import HTTPTypes
import JSON
import Sodium
import Testing

@testable import API
@testable import Web

/// What a stranger's request may cost, the password hash apart: two milliseconds of a core, which is
/// three hundred plain refusals.
struct CostTests {
    private struct Hostile {
        let name: String
        let request: Request
    }

    /// Texts of about `size` bytes that are dear to split, to count, to compare, to hash, to fold or
    /// to decode for somebody who is careless.
    private static let texts: [(name: String, text: @Sendable (Int) -> String)] = [
        ("letters", { String(repeating: "a", count: $0) }),
        ("combining marks", { String(repeating: "\u{301}\u{327}", count: $0 / 4) }),
        ("marks on a letter", { "a" + String(repeating: "\u{327}\u{301}", count: $0 / 4) }),
        ("Hangul", { String(repeating: "\u{1100}\u{1161}\u{11A8}", count: $0 / 9) }),
        ("joined emoji", { String(repeating: "\u{1F469}\u{200D}", count: $0 / 7) }),
        ("flags", { String(repeating: "\u{1F1E6}", count: $0 / 4) }),
        ("capitals that grow", { String(repeating: "\u{130}", count: $0 / 2) }),
        ("commas", { String(repeating: ",", count: $0) }),
        ("semicolons", { String(repeating: "; ", count: $0 / 2) }),
        ("equals signs", { String(repeating: "=;", count: $0 / 2) }),
        ("dots", { String(repeating: ".", count: $0) }),
        ("slashes", { String(repeating: "/", count: $0) }),
        ("spaces", { String(repeating: " ", count: $0) }),
        ("percent signs", { String(repeating: "%", count: $0) }),
        ("encoded marks", { String(repeating: "%CC%81%CC%A7", count: $0 / 12) }),
        ("quotes", { String(repeating: "\"", count: $0) }),
        ("nearly our tag", { String(repeating: "\"0123456789abcdef01234567", count: $0 / 25) }),
        ("ampersands", { String(repeating: "a&", count: $0 / 2) }),
        ("pairs", { String(repeating: "limit=1&", count: $0 / 8) }),
        ("digits", { String(repeating: "9", count: $0) }),
        ("replacement", { String(repeating: "\u{FFFD}", count: $0 / 3) }),
        ("our cookie", { String(repeating: "__Host-rushes_session=a;", count: $0 / 24) }),
    ]

    /// Headers that something of ours reads, with one of 8 kB in it.
    private static let headers: [(parameter: String, prefix: String)] = [
        (Header.authorization, ""), (Header.authorization, "Bearer "), (Header.cookie, ""),
        (Header.cookie, "__Host-rushes_session="), (Header.origin, ""),
        (Header.idempotencyKey, ""), (Header.ifNoneMatch, ""), ("CONTENT_TYPE", ""),
        ("HTTP_RANGE", "bytes="), ("HTTP_USER_AGENT", ""), ("REMOTE_ADDR", ""),
    ]

    /// Bodies of `size` bytes for a call that takes JSON of anybody.
    private static let bodies: [(name: String, text: @Sendable (Int) -> String)] = [
        (
            "the first report",
            { _ in
                String(repeating: "[", count: 500)
                    + Array(repeating: "1", count: 400).joined(separator: ",")
                    + String(repeating: "]", count: 500)
            }
        ),
        ("brackets", { String(repeating: "[", count: $0) }),
        ("braces", { String(repeating: #"{"a":"#, count: $0 / 5) }),
        (
            "many fields",
            { size in
                "{" + (0..<(size / 12)).map { "\"f\($0)\":0" }.joined(separator: ",") + "}"
            }
        ),
        (
            "names of marks",
            { size in
                let marks = String(repeating: "\u{301}\u{327}", count: 60)
                return "{"
                    + (0..<(size / 252)).map { "\"\(marks)\($0)\":1" }.joined(separator: ",") + "}"
            }
        ),
        (
            "a name of marks",
            { "{\"" + String(repeating: "\u{327}\u{301}", count: $0 / 5) + "\":1}" }
        ),
        ("digits", { "[" + String(repeating: "9", count: $0 - 2) + "]" }),
        ("decimals", { "[0." + String(repeating: "3", count: $0 - 4) + "]" }),
        ("escapes", { "[\"" + String(repeating: "\\u0301", count: $0 / 6 - 1) + "\"]" }),
        ("small lists", { "[" + String(repeating: "[],", count: $0 / 3 - 1) + "[]]" }),
        ("words", { "[" + String(repeating: "null,", count: $0 / 5 - 1) + "1]" }),
    ]

    private static func request(
        _ method: HTTPRequest.Method, _ path: String, query: String = "",
        _ headers: [(name: String, value: String)] = [], body: [UInt8] = []
    ) -> Request {
        Request(
            method: method, path: path, queryString: query, id: "request-1",
            source: TestSource([("REMOTE_ADDR", "192.0.2.1")] + headers, body: body))
    }

    private static let json: (name: String, value: String) = ("CONTENT_TYPE", "application/json")

    private static func corpus() -> [Hostile] { ofVisitors() + ofVendors() }

    private static func ofVisitors() -> [Hostile] {
        var corpus: [Hostile] = []
        func add(_ name: String, _ request: Request) {
            corpus.append(Hostile(name: name, request: request))
        }
        for (name, text) in texts {
            let text = text(8000)
            for (parameter, prefix) in headers {
                let header = (parameter, prefix + text)
                add(
                    "\(parameter) \(prefix)\(name)",
                    request(.post, "/api/auth/logout", [header]))
                add("\(parameter) \(prefix)\(name)", request(.get, "/api/tiers", [header]))
            }
            add("query of \(name)", request(.get, "/api/tiers", query: text))
            add("path of \(name)", request(.get, "/api/" + text))
            add("id of \(name)", request(.get, "/api/videos/" + text))
            add("callback of \(name)", request(.post, "/api/webhooks/pollo/" + text))
            // A token that looks like ours, as long as one may be.
            let header = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9"
            for token in ["\(header).\(text.prefix(450)).\(text.prefix(450))", "\(header).\(text)"]
            {
                add(
                    "token of \(name)",
                    request(.get, "/api/me", [(Header.authorization, "Bearer \(token)")]))
            }
            // Of an account: only the password is missing, so nothing is hashed.
            let field = text.replacing("\"", with: "'").utf8.prefix(3800)
            let email = String(decoding: field, as: UTF8.self)
            for path in ["/api/auth/login", "/api/auth/register"] {
                add(
                    "\(path) address of \(name)",
                    request(.post, path, [json], body: Array(#"{"email":"\#(email)"}"#.utf8)))
                add(
                    "\(path) password of \(name)",
                    request(.post, path, [json], body: Array(#"{"password":"\#(email)"}"#.utf8)))
            }
        }
        for (name, text) in bodies {
            for path in ["/api/auth/login", "/api/auth/register"] {
                add("\(path) \(name)", request(.post, path, [json], body: Array(text(4096).utf8)))
            }
        }
        return corpus
    }

    private static func ofVendors() -> [Hostile] {
        var corpus: [Hostile] = []
        func add(_ name: String, _ request: Request) {
            corpus.append(Hostile(name: name, request: request))
        }
        // Both signatures are computed before anything is believed; the time of one is checked first.
        let event = [UInt8](repeating: 0x20, count: Body.Limit.event.bytes)
        var now = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &now)
        let candidates = String(repeating: ",v1=0", count: 1500)
        add(
            "an event of Stripe's",
            request(
                .post, "/api/webhooks/stripe",
                [(Header.stripeSignature, "t=\(now.tv_sec)\(candidates)")], body: event))
        for (name, text) in texts {
            add(
                "a signature of \(name)",
                request(
                    .post, "/api/webhooks/stripe", [(Header.stripeSignature, text(8000))],
                    body: event))
            add(
                "a callback's signature of \(name)",
                request(
                    .post, "/api/webhooks/pollo",
                    [
                        ("HTTP_X_WEBHOOK_ID", "1"), ("HTTP_X_WEBHOOK_TIMESTAMP", "1"),
                        ("HTTP_X_WEBHOOK_SIGNATURE", text(8000)),
                    ], body: event))
        }
        return corpus
    }

    /// Thread CPU time of the best of a few, which what else the machine does cannot lengthen much.
    private static func cost(of request: Request, on site: TestSite) -> Duration {
        func threadTime() -> Duration {
            var time = timespec()
            unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
            return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
        }
        return (0..<6).map { _ in
            let start = threadTime()
            _ = site.site.respond(to: request)
            return threadTime() - start
        }.min() ?? .zero
    }

    @Test func `nothing that a stranger sends costs more than its limit`() throws {
        try withSite { site in
            let plain = Self.cost(of: Self.request(.get, "/api/nothing"), on: site)
            let corpus = Self.corpus()
            #expect(corpus.count >= 200)
            let costs = corpus.map { (name: $0.name, cost: Self.cost(of: $0.request, on: site)) }
                .sorted { $0.cost > $1.cost }
            let worst = costs.prefix(5).map { "\($0.cost / plain) × \($0.name)" }
            print("cost: \(corpus.count) requests, a refusal takes \(plain); worst: \(worst)")
            for (name, cost) in costs where cost / plain > 300 {
                // Once more, and longer: a neighbour on the machine takes its caches.
                let again = corpus.filter { $0.name == name }.map { hostile in
                    (0..<20).map { _ in Self.cost(of: hostile.request, on: site) }.min() ?? cost
                }
                guard let slowest = again.max(), slowest / plain > 300 else { continue }
                Issue.record("\(name) costs \(cost), \(cost / plain) refusals")
            }
        }
    }
}
