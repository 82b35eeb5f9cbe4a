import DatabaseSupport
import Domain
import HTTP
import HTTPTypes
import JSON
import MariaDB
import Sodium
import Store
import Testing

@testable import Library
@testable import Web

@Suite struct `A video's link` {
    private static let prompt = "a boat <b>on</b> a \\\"quiet\\\" lake & more"

    private func withVideo(
        _ body: (TestSite, TestUser, VideoID) throws -> Void
    ) throws {
        try withSite { site in
            let user = try site.makeUser(credit: 5.dollars)
            let video = try site.makeVideo(for: user, prompt: Self.prompt)
            try site.deliver(video)
            try body(site, user, video)
        }
    }

    private func share(
        _ video: VideoID, _ terms: String = "{}", in site: TestSite, as user: TestUser
    ) throws -> Answer {
        try site.post("/api/videos/\(video)/share", terms, as: user)
    }

    private func token(_ answer: Answer) throws -> String {
        try #require(answer.json["token"]?.string)
    }

    /// All that a link leads to.
    private func paths(_ token: String) -> [String] {
        ["/api/shared/\(token)"] + ["page", "file", "poster"].map { "/api/shared/\(token)/\($0)" }
    }

    @Test func `it has 256 bits, of which the database keeps the hash alone`() throws {
        try withVideo { site, user, video in
            let before = try site.get("/api/videos/\(video)/share", as: user)
            #expect(before.json["share"] == .null)
            let answer = try share(video, in: site, as: user)
            #expect(answer.status == 200)
            let token = try token(answer)
            #expect(Base64.decode(token, .urlSafe)?.count == 32)
            #expect(answer.json["url"]?.string == "\(TestSite.origin)/s/\(token)")
            #expect(answer.json["showPrompt"] == .bool(false))
            #expect(answer.json["allowDownload"] == .bool(false))
            let stored = try site.database.first(
                "SELECT token_hash, link_id FROM video_shares WHERE video_id = \(video)"
            ) { row in (try row("token_hash") as [UInt8], try row("link_id") as ShareLinkID) }
            #expect(stored?.0 == SHA256.hash(Array(token.utf8)))
            // A link of a mail is made under the same secret, and is another.
            let mailed = site.site.links.token(of: stored?.1.description ?? "").text
            #expect(mailed != token)
            #expect(try site.get("/api/shared/\(mailed)/page").status == 404)
            let now = try site.get("/api/videos/\(video)/share", as: user)
            #expect(now.json["share"]?["url"] == answer.json["url"])
        }
    }

    @Test func `it ends with the account of its owner`() throws {
        try withVideo { site, user, video in
            let token = try token(share(video, in: site, as: user))
            #expect(try site.get("/api/shared/\(token)").status == 200)
            try site.database.remove(Departure(user: user.id, account: user.account))
            for path in paths(token) { #expect(try site.get(path).status == 404) }
        }
    }

    @Test func `whoever has it sees the video, and nothing else of its owner`() throws {
        try withVideo { site, user, video in
            let token = try token(share(video, in: site, as: user))
            try site.database.execute("UPDATE video_jobs SET title = 'quiet' WHERE id = \(video)")
            for path in paths(token) {
                let answer = try site.get(path)
                #expect(answer.status == 200, "\(path)")
                for secret in [
                    user.email, user.id.description, user.account.description, video.description,
                    "quiet", "economy",
                ] {
                    #expect(!answer.text.contains(secret), "\(path) has \(secret)")
                    #expect(
                        !answer.fields.contains {
                            $0.name.canonicalName != "x-accel-redirect" && $0.value.contains(secret)
                        })
                }
            }
            let answer = try site.get("/api/shared/\(token)")
            #expect(answer.json["prompt"] == .null && answer.json["downloadUrl"] == .null)
            let file = try site.get("/api/shared/\(token)/file")
            let accel = file.fields.first { $0.name.canonicalName == "x-accel-redirect" }
            #expect(accel?.value == "/_media/\(VideoFile.path(of: video))")
            #expect(file.fields[.contentDisposition] == "inline; filename=\"video.mp4\"")
        }
    }

    @Test func `its page is whole without a script, and says to other sites what it is`() throws {
        try withVideo { site, user, video in
            let terms = #"{"showPrompt": true, "allowDownload": true}"#
            let token = try token(share(video, terms, in: site, as: user))
            try site.database.execute(
                "UPDATE video_jobs SET title = 'A <i>boat</i>' WHERE id = \(video)")
            let answer = try site.get(
                "/api/shared/\(token)/page", [("SHOP_NAME", "Films & Co"), ("SHOP_RELEASE", "abc")])
            let html = answer.text
            #expect(!html.contains("<script") && !html.contains("<b>on") && !html.contains("<i>"))
            #expect(!html.contains("style="))
            let file = "/api/shared/\(token)/file"
            for part in [
                "<title>A &lt;i&gt;boat&lt;/i&gt; · Films &amp; Co</title>",
                "<h1 dir=\"auto\">A &lt;i&gt;boat&lt;/i&gt;</h1>",
                #"<meta name="robots" content="noindex">"#,
                #"<meta name="referrer" content="no-referrer">"#,
                #"<meta property="og:video" content="\#(TestSite.origin)\#(file)">"#,
                #"<meta property="og:image" content="\#(TestSite.origin)/api/shared/\#(token)/poster">"#,
                #"<meta property="og:url" content="\#(TestSite.origin)/s/\#(token)">"#,
                #"<link rel="stylesheet" href="/assets/abc/css/site.css">"#,
                #"src="\#(file)""#, #"href="\#(file)?download=1""#,
                "a boat &lt;b&gt;on&lt;/b&gt; a &quot;quiet&quot; lake &amp; more</p>",
            ] {
                #expect(html.contains(part), "\(part)")
            }
            try site.database.execute(
                "UPDATE video_jobs SET has_poster = FALSE WHERE id = \(video)")
            #expect(try !site.get("/api/shared/\(token)/page").text.contains("poster"))
        }
    }

    @Test func `the file is saved only where its owner allows it`() throws {
        try withVideo { site, user, video in
            let token = try token(share(video, in: site, as: user))
            let path = "/api/shared/\(token)/file"
            #expect(try site.get(path, query: "download=1").status == 404)
            #expect(try !site.get("/api/shared/\(token)/page").text.contains("download=1"))
            let again = try share(video, #"{"allowDownload": true}"#, in: site, as: user)
            #expect(try self.token(again) == token)
            let answer = try site.get(path, query: "download=1")
            #expect(answer.fields[.contentDisposition] == "attachment; filename=\"video.mp4\"")
        }
    }

    @Test func `the first look and the first download by a link are recorded`() throws {
        try withVideo { site, user, video in
            func ways() throws -> [String] {
                try site.database.query(
                    "SELECT way FROM video_downloads WHERE video_id = \(video) ORDER BY way + 0"
                ) { row in try row("way") }
            }
            let token = try token(share(video, in: site, as: user))
            let path = "/api/shared/\(token)"
            _ = try site.get(path)
            _ = try site.get(path + "/poster")
            #expect(try site.get(path + "/file", query: "download=1").status == 404)
            #expect(try ways() == [])
            _ = try site.get(path + "/page")
            #expect(try ways() == ["sharedView"])
            let first = site.address
            site.address = "192.0.2.77"
            _ = try site.get(path + "/file")
            _ = try share(video, #"{"allowDownload": true}"#, in: site, as: user)
            _ = try site.get(path + "/file", query: "download=1")
            #expect(try ways() == ["sharedView", "sharedFile"])
            let addresses = try site.database.query(
                "SELECT address FROM video_downloads WHERE video_id = \(video) ORDER BY way + 0"
            ) { row in try row("address") as String }
            #expect(addresses == [first, "192.0.2.77"])
        }
    }

    @Test func `one that is replaced, taken back or over looks like one that never was`() throws {
        try withVideo { site, user, video in
            func expectNothing(_ token: String) throws {
                let never = Base64.encode(randomBytes(32), .urlSafe)
                for (path, other) in zip(paths(token), paths(never)) {
                    let (answer, model) = (try site.get(path), try site.get(other))
                    #expect(answer.status == 404)
                    #expect(answer.response.body == model.response.body)
                    #expect(answer.fields == model.fields)
                }
            }
            let first = try token(share(video, in: site, as: user))
            let replacing = #"{"replaces": "\#(first)"}"#
            let second = try token(share(video, replacing, in: site, as: user))
            #expect(second != first)
            // The call again: its answer may have been lost.
            #expect(try token(share(video, replacing, in: site, as: user)) == second)
            try expectNothing(first)
            #expect(try site.get("/api/shared/\(second)/page").status == 200)

            try site.database.execute(
                """
                UPDATE video_shares SET expires_at = UTC_TIMESTAMP(6) - INTERVAL 1 SECOND
                WHERE video_id = \(video)
                """)
            try expectNothing(second)
            let third = try token(share(video, in: site, as: user))
            #expect(third != second)

            let path = "/api/videos/\(video)/share"
            for _ in 1...2 {
                #expect(try site.send(.delete, path, TestSite.bearer(user)).status == 204)
            }
            try expectNothing(third)
            #expect(try site.get(path, as: user).json["share"] == .null)
            for token in ["", "x", String(repeating: "é", count: 43)] {
                #expect(try site.get("/api/shared/\(token)/page").status == 404)
            }
        }
    }

    @Test func `it is good for as many days as its owner says`() throws {
        try withVideo { site, user, video in
            for (terms, days) in [("{}", 30), (#"{"expiresInDays": 1}"#, 1)] {
                #expect(try share(video, terms, in: site, as: user).status == 200)
                let hours = try site.count(
                    """
                    SELECT TIMESTAMPDIFF(HOUR, UTC_TIMESTAMP(6), expires_at) AS count
                    FROM video_shares
                    WHERE video_id = \(video)
                    """)
                #expect(hours == days * 24 - 1)
            }
            let wrong =
                #"{"expiresInDays": 366, "showPrompt": "yes", "allowDownload": 1, "replaces": 1}"#
            let answer = try share(video, wrong, in: site, as: user)
            #expect(answer.status == 400)
            #expect(answer.refused == ["expiresInDays", "showPrompt", "allowDownload", "replaces"])
        }
    }

    @Test func `only a video that is ready has one, and only its owner gives it`() throws {
        try withVideo { site, user, video in
            let open = try site.makeVideo(for: user)
            #expect(try share(open, in: site, as: user).code == "CONFLICT")
            let stranger = try site.makeUser()
            let path = "/api/videos/\(video)/share"
            _ = try share(video, in: site, as: user)
            #expect(try share(video, in: site, as: stranger).status == 404)
            #expect(try site.get(path, as: stranger).status == 404)
            #expect(try site.send(.delete, path, TestSite.bearer(stranger)).status == 404)
            #expect(try site.get(path).status == 401)
            #expect(try site.get(path, as: user).json["share"] != .null)
        }
    }

    @Test func `one of a secret that is gone is good, and is shown to nobody`() throws {
        try withVideo { site, user, video in
            let link = ShareLinkID.new()
            let lost = LinkTokens(secret: [1], previous: nil, for: .share)
            let (text, hash) = lost.token(of: link.description)
            _ = try site.database.share(
                video, of: user.account, by: user.id,
                on: ShareTerms(days: 1, showsPrompt: false, allowsDownload: false),
                as: NewShareLink(id: link, hash: hash), replacing: nil)
            #expect(try site.get("/api/shared/\(text)/page").status == 200)
            let standing = try site.get("/api/videos/\(video)/share", as: user).json["share"]
            #expect(standing?["token"] == .null && standing?["url"] == .null)
        }
    }

    @Test func `what has ended is taken away a day later`() throws {
        try withFreshSite { site in
            let user = try site.makeUser(credit: 5.dollars)
            let video = try site.makeVideo(for: user)
            try site.deliver(video)
            _ = try share(video, in: site, as: user)
            #expect(try site.database.purgeShares() == 0)
            try site.database.execute(
                "UPDATE video_shares SET expires_at = UTC_TIMESTAMP(6) - INTERVAL 2 DAY")
            #expect(try site.database.purgeShares() == 1)
        }
    }
}
