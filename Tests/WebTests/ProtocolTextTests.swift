import FoundationEssentials
import HTTP
import HTTPTypes
import Sodium
import Testing

@testable import Entrance
@testable import Web

/// Headers, tokens, paths and queries are bytes: what only looks like ours is not ours.
struct ProtocolTextTests {
    private static let marks = ["\u{301}", "\u{200D}", "\u{FE0F}", "\u{1F3FB}"]

    @Test func `a cookie that only looks like ours signs nobody in`() throws {
        try withSite { site in
            let token = try site.makeUser().token
            let ours = "\(SessionCookie.name)=\(token)"
            let planted =
                [
                    "a=b\u{37E}\(ours)", "=\(ours)", "a==\(ours)", "a=b\u{37E} \(ours)",
                    "\(SessionCookie.name) =\(token)", "\(ours); \(ours)", ours.lowercased(),
                ]
                + Self.marks.flatMap { ["\($0)\(ours)", "a=b;\($0)\(ours)", "\(ours)\($0)"] }
            for cookie in planted {
                let answer = try site.get("/api/me", [(Header.cookie, cookie)])
                #expect(answer.status == 401, "\(cookie.unicodeScalars.prefix(8))")
            }
        }
    }

    @Test func `a planted cookie locks nobody out`() throws {
        try withSite { site in
            let token = try site.makeUser().token
            let ours = "\(SessionCookie.name)=\(token)"
            let other = "\(SessionCookie.name)=planted"
            let cookies =
                [
                    "a=b\u{37E}\(other); \(ours)", "=\(other); \(ours)", "===; \(ours)",
                    ";;\(ours);", "=; \(ours); =", "a;\(ours)", "a=\"b\u{37E}\(other)\";\t\(ours)",
                ]
                + Self.marks.flatMap {
                    ["a=\($0);\(ours)", "\($0)=a;\(ours);\($0)", "\($0)\(other); \(ours)"]
                }
            for cookie in cookies {
                let answer = try site.get("/api/me", [(Header.cookie, cookie)])
                #expect(answer.status == 200, "\(cookie.unicodeScalars.prefix(8))")
            }
        }
    }

    @Test(arguments: ["Basic dXNlcjpwYXNz", "Digest username=\"a\"", "Negotiate", "Basic", "", "x"])
    func `a scheme that is not ours leaves the cookie in force`(authorization: String) throws {
        try withSite { site in
            let token = try site.makeUser().token
            let cookie = (Header.cookie, "\(SessionCookie.name)=\(token)")
            let other = (Header.authorization, authorization)
            #expect(try site.get("/api/me", [other, cookie]).status == 200)
            // It is the cookie, so that another site's page cannot use it.
            #expect(try site.post("/api/auth/refresh", "", [other, cookie]).status == 403)
            let origin = (Header.origin, TestSite.origin)
            #expect(try site.post("/api/auth/logout", "", [other, cookie, origin]).status == 204)
            #expect(try site.get("/api/me", [other, cookie]).status == 401)
        }
    }

    @Test(arguments: ["Bearer", "Bearer ", "Bearer x", "bearer \u{301}", "BEARER rk_unknown"])
    func `a bad token of our own scheme is refused whatever the cookie`(header: String) throws {
        try withSite { site in
            let token = try site.makeUser().token
            let cookie = (Header.cookie, "\(SessionCookie.name)=\(token)")
            let answer = try site.get("/api/me", [(Header.authorization, header), cookie])
            #expect(answer.status == 401)
        }
    }

    @Test func `a token is three parts of bytes`() throws {
        try withSite { site in
            let token = try site.makeUser().token
            let parts = token.split(separator: ".").map(String.init)
            let (header, claims, code) = (parts[0], parts[1], parts[2])
            var forged = [
                "", ".", "..", "...", "\(header).\(claims)", "\(header).\(claims).",
                "\(header)..\(code)", ".\(claims).\(code)", "\(token).", ".\(token)",
                "\(header)..\(claims).\(code)", "\(header)\u{FF0E}\(claims).\(code)",
                "\(header)\u{2024}\(claims).\(code)", "\(token)=", "\(token) ", " \(token) x",
            ]
            for mark in Self.marks {
                forged += [
                    "\(mark)\(token)", "\(token)\(mark)", "\(header)\(mark).\(claims).\(code)",
                    "\(header).\(mark)\(claims).\(code)", "\(header).\(claims).\(mark)\(code)",
                ]
            }
            let cookie = SessionCookie.name
            for text in forged {
                #expect(site.site.tokens.read(text, at: .distantPast) == nil, "\(text)")
                #expect(
                    try site.get("/api/me", [(Header.cookie, "\(cookie)=x\(text)")]).status == 401)
            }
            #expect(site.site.tokens.read(token, at: .distantPast) != nil)
        }
    }

    @Test(arguments: [
        "/api/me\u{301}", "/api\u{2215}me", "/api/\u{301}me", "/api//me", "/api/me/", "//api/me",
        "/api/m\u{435}", "/API/me", "/api/me\u{37E}", "/api/me;", "api/me", "",
    ])
    func `a path that only looks like one of ours is none`(path: String) throws {
        try withSite { site in
            let user = try site.makeUser()
            #expect(try site.get(path, as: user).status == 404)
        }
    }

    @Test(arguments: [
        ("limit=5", 200), ("&&limit=5&", 200), ("=&limit=5", 200), ("=5&limit=5", 200),
        ("limit=%35", 200), ("%6Cimit=5", 200), ("limit", 200), ("limit=", 200),
        ("limit\u{301}=x", 200), ("\u{301}limit=x", 200), ("a=b&\u{301}limit=x", 200),
        ("limit=5\u{301}", 400), ("limit=%D9%A5", 400), ("limit=\u{665}", 400),
        ("limit=\u{FF15}", 400), ("limit=\u{B2}", 400), ("limit=%2B5", 400), ("limit=+5", 400),
        ("limit=-5", 400), ("limit=5.0", 400), ("limit=0", 400), ("limit=101", 400),
        ("limit=99999999999999999999", 400), ("limit=5&limit=x", 200), ("limit=x&limit=5", 400),
        ("from=2026-01-01", 200), ("from=\u{662}\u{660}26-01-01", 400),
        ("from=2026-01-01T00:00:00Z\u{301}", 400), ("from=2026-02-30", 400),
    ])
    func `a query is read by its bytes`(query: String, status: Int) throws {
        try withSite { site in
            let user = try site.makeUser()
            #expect(try site.get("/api/videos", query: query, as: user).status == status)
        }
    }

    @Test(arguments: [
        ("application/json", 200), ("Application/JSON; charset=utf-8", 200),
        ("application/json;charset=\"utf-8\"", 200), ("application/json\u{301}", 415),
        ("application/json\u{37E} charset=utf-8", 415), ("application/j\u{17F}on", 415),
        ("application /json", 415), ("application/jsonp", 415),
        ("text/plain; application/json", 415),
        ("application/json, text/plain", 415), ("", 415),
    ])
    func `a body is JSON when its type says so`(type: String, status: Int) throws {
        try withSite { site in
            let user = try site.makeUser()
            let answer = try site.send(
                .post, "/api/videos/quote", TestSite.bearer(user) + [("CONTENT_TYPE", type)],
                body: Array(#"{"tier": "economy", "duration": 5}"#.utf8))
            #expect(answer.status == status)
        }
    }

    @Test func `a known answer is named in a list, not somewhere in the text`() throws {
        try withSite { site in
            let tag = try #require(try site.get("/api/tiers").fields[.eTag])
            let bare = String(tag.dropFirst().dropLast())
            for known in [tag, "W/\(tag)", "\"x\", \(tag)", "*", "\"x\",W/\(tag) , \"y\""] {
                #expect(try site.get("/api/tiers", [(Header.ifNoneMatch, known)]).status == 304)
            }
            for other in [
                bare, "\"x\(bare)\"", "\"\(bare)x\"", "x\(tag)", "\(tag)\u{301}",
                "\"\u{301}\(bare)\"",
                "\"a\(tag)b\"", "w/\(tag)", "", "\"",
            ] {
                #expect(try site.get("/api/tiers", [(Header.ifNoneMatch, other)]).status == 200)
            }
        }
    }
}
