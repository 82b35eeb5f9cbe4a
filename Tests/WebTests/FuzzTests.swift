import DatabaseSupport
import Domain
import FoundationEssentials
import HTTP
import HTTPTypes
import JSON
import RandomSupport
import Store
import Testing

@testable import API
@testable import Entrance
@testable import Web

struct FuzzTests {
    /// What requests are mended from: edges of what the handlers parse.
    private static let pieces = [
        "", "0", "-1", "9223372036854775808", "1e400", "1e-400", "1e99999999999", "null", "true",
        "\0", "\u{FFFD}", "\u{1F469}\u{200D}\u{1F467}", "e\u{301}\u{301}\u{301}", "\u{202E}", "%00",
        "%", "\\", "'", "\"", ";", "--", "/*", "../..", "{", "}", "[", "]", ",", ":", "\r\n",
        "0000-00-00", "9999-12-31", "9999-12-31T23:59:59.9999999Z", "0001-01-01T00:00:00Z",
        "-0001-01-01T00:00:00Z", "2026-06-30T23:59:60Z", "2026-11-22T10:00:00+99:99",
        "00000000-0000-0000-0000-000000000000", "\u{130}", "\u{212A}@x.org",
        String(repeating: "a", count: 5000), String(repeating: "\u{301}", count: 300),
        "https://example.org/", "https://[::1]/", "economy", "auto", "5", "Bearer ", "t=1,v1=",
    ]

    private static let bodies = [
        #"{"tier": "economy", "duration": 5, "prompt": "a boat on a quiet lake"}"#,
        #"{"tier": "auto", "duration": 10, "prompt": "a boat on a quiet lake", "count": 2, "strength": 5, "webhookUrl": "https://example.org/hook"}"#,
        #"{"tier": "premium", "duration": 5, "image": "https://example.org/a.png", "prompt": "a boat on a lake", "seed": 1, "aspectRatio": "16:9"}"#,
        #"{"email": "name@example.org", "password": "short"}"#,
        #"{"packageId": "pro"}"#, #"{"taskId": "task_1", "status": "succeed"}"#,
    ]

    private static let headers = [
        Header.authorization, Header.cookie, Header.origin, Header.idempotencyKey,
        Header.ifNoneMatch, Header.stripeSignature, "CONTENT_TYPE", "HTTP_USER_AGENT",
        "HTTP_X_WEBHOOK_ID", "HTTP_X_WEBHOOK_TIMESTAMP", "HTTP_X_WEBHOOK_SIGNATURE",
        "REMOTE_ADDR",
    ]

    private static let queryNames = ["status", "tier", "q", "from", "to", "limit", "cursor", "x"]

    /// Changes one to four places: takes bytes away, repeats them, flips a bit or puts a piece in.
    private func mutated(_ text: String, _ random: inout SplitMix64) -> [UInt8] {
        var bytes = Array(text.utf8)
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            let place = Int.random(in: 0...bytes.count, using: &random)
            let end = min(bytes.count, place + Int.random(in: 0...8, using: &random))
            switch Int.random(in: 0..<5, using: &random) {
            case 0: bytes.removeSubrange(place..<end)
            case 1: bytes.insert(contentsOf: bytes[place..<end], at: place)
            case 2 where place < bytes.count:
                bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            default:
                let piece = Self.pieces.randomElement(using: &random) ?? ""
                bytes.replaceSubrange(place..<end, with: piece.utf8)
            }
        }
        return bytes
    }

    /// As the FastCGI module makes it of a client's bytes.
    private func parameter(_ bytes: [UInt8]) -> String {
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }

    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    func `no request makes a route fail`(seed: UInt64) throws {
        try withSite(limit: 1_000_000) { site in
            var random = SplitMix64(seed: seed)
            let user = try site.makeUser(credit: Money(micros: 10_000_000_000))
            let video = try site.makeVideo(for: user)
            let purchase = try site.post(
                "/api/credits/purchase", #"{"packageId": "pro"}"#, as: user)
            let ids = [video.description, purchase.json["purchaseId"]?.string ?? "", "token"]
            var statuses: [Int: Int] = [:]
            for _ in 0..<1000 {
                let route = routes.randomElement(using: &random) ?? routes[0]
                var path = route.pattern
                if let id = ids.randomElement(using: &random) {
                    path = path.replacing(":id", with: id).replacing(":token", with: id)
                }
                if Int.random(in: 0..<4, using: &random) == 0 {
                    path = parameter(mutated(path, &random))
                }
                var query: [String] = []
                for name in Self.queryNames where Int.random(in: 0..<4, using: &random) == 0 {
                    query.append("\(name)=\(parameter(mutated("2026-11-22", &random)))")
                }
                var headers = TestSite.bearer(user)
                headers.append(("CONTENT_TYPE", "application/json"))
                for name in Self.headers where Int.random(in: 0..<12, using: &random) == 0 {
                    let value = name == Header.authorization ? "Bearer \(user.token)" : "text"
                    // A mutated header stands before ours, and is the one that is read.
                    headers.insert((name, parameter(mutated(value, &random))), at: 0)
                    if name == Header.authorization { headers.removeAll { $0.value == value } }
                }
                let sound = Self.bodies.randomElement(using: &random) ?? ""
                let body =
                    Bool.random(using: &random) ? mutated(sound, &random) : Array(sound.utf8)
                let answer = try site.send(
                    route.method, path, query: query.joined(separator: "&"), headers, body: body)
                #expect(
                    answer.status < 500,
                    "\(route.method) \(path)?\(query) \(headers) \(String(decoding: body, as: UTF8.self))"
                )
                statuses[answer.status, default: 0] += 1
                if path == "/api/auth/logout" || path == "/api/auth/refresh" {
                    // It may have ended the session; the next requests need one.
                    try revive(user, in: site)
                }
            }
            // It went deep: some were refused early, some late, and some were served.
            for status in [200, 202, 400, 401, 404] { #expect(statuses[status, default: 0] > 3) }
        }
    }

    private func revive(_ user: TestUser, in site: TestSite) throws {
        guard let token = site.site.tokens.read(user.token, at: .now) else { return }
        guard try site.database.useSession(token.sessionHash) == nil else { return }
        try site.database.createSession(
            idHash: token.sessionHash, of: user.id, lasting: .seconds(3600), userAgent: "",
            address: "")
    }
}
