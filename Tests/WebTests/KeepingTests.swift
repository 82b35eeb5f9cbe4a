import BooksSupport
import DatabaseSupport
import Domain
import FoundationEssentials
import HTTP
import HTTPTypes
import JSON
import MariaDB
import Store
import Testing

@testable import Web

/// What owners do with the videos that they have.
struct KeepingTests {
    private func change(
        _ video: VideoID, _ json: String, in site: TestSite, as user: TestUser
    ) throws -> Answer {
        try site.send(
            .patch, "/api/videos/\(video)",
            TestSite.bearer(user) + [("CONTENT_TYPE", "application/json")], body: Array(json.utf8))
    }

    private func ids(_ query: String, in site: TestSite, as user: TestUser) throws -> [VideoID] {
        try site.get("/api/videos", query: query, as: user).items
            .compactMap { $0["jobId"]?.string.flatMap { VideoID($0) } }
    }

    @Test func `a video is marked and named, and what is not sent stays`() throws {
        try withSite { site in
            let user = try site.makeUser(credit: 5.dollars)
            let video = try site.makeVideo(for: user)
            let new = try site.get("/api/videos/\(video)", as: user).json
            #expect(new["favorite"] == .bool(false) && new["title"] == .null)
            let named = try change(video, #"{"title": "  Boat, take 2 "}"#, in: site, as: user)
            #expect(named.json["title"] == "Boat, take 2" && named.json["favorite"] == .bool(false))
            let marked = try change(video, #"{"favorite": true}"#, in: site, as: user)
            #expect(
                marked.json["title"] == "Boat, take 2" && marked.json["favorite"] == .bool(true))
            #expect(try change(video, "{}", in: site, as: user).json == marked.json)
            for nothing in [#"{"title": null}"#, #"{"title": " "}"#] {
                _ = try change(video, #"{"title": "x"}"#, in: site, as: user)
                #expect(try change(video, nothing, in: site, as: user).json["title"] == .null)
            }
            let off = try change(video, #"{"favorite": false}"#, in: site, as: user)
            #expect(off.json["favorite"] == .bool(false))
        }
    }

    @Test func `a file is given also while its download cannot be recorded`() throws {
        try withFreshSite { site in
            let user = try site.makeUser(credit: 5.dollars)
            let video = try site.makeVideo(for: user)
            try site.deliver(video)
            let path = "/api/videos/\(video)/file"
            try site.database.execute("RENAME TABLE video_downloads TO elsewhere")
            #expect(try site.get(path, query: "download=1", as: user).status == 200)
            try site.database.execute("RENAME TABLE elsewhere TO video_downloads")
            #expect(try site.get(path, query: "download=1", as: user).status == 200)
            #expect(try site.database.count("SELECT COUNT(*) FROM video_downloads") == 1)
        }
    }

    @Test func `a page says that its user has seen how a video ended`() throws {
        try withSite { site in
            let user = try site.makeUser(credit: 5.dollars)
            let video = try site.makeVideo(for: user)
            for id in ["\(video)", "\(VideoID.new())", "nonsense"] {
                let answer = try site.send(
                    .post, "/api/videos/\(id)/seen", TestSite.bearer(user))
                #expect(answer.status == (id == "\(video)" ? 204 : 404))
            }
            #expect(try site.send(.post, "/api/videos/\(video)/seen", []).status == 401)
        }
    }

    @Test func `a title is one line of at most 200 UTF-16 code units`() throws {
        try withSite { site in
            let user = try site.makeUser(credit: 5.dollars)
            let video = try site.makeVideo(for: user)
            let longest = String(repeating: "🎬", count: 100)
            #expect(
                try change(video, #"{"title": "\#(longest)"}"#, in: site, as: user).json["title"]
                    == .string(longest))
            for title in [#""\#(longest)!""#, #""two\nlines""#, #""\u0000""#, "7", "true"] {
                let answer = try change(
                    video, #"{"title": \#(title), "favorite": "yes"}"#, in: site, as: user)
                #expect(answer.status == 400)
                #expect(answer.refused == ["favorite", "title"])
            }
            #expect(
                try site.get("/api/videos/\(video)", as: user).json["title"] == .string(longest))
        }
    }

    @Test func `those that are marked are found, with every other filter`() throws {
        try withSite { site in
            let user = try site.makeUser(credit: 20.dollars)
            let first = try site.makeVideo(for: user, tier: "economy")
            let second = try site.makeVideo(for: user, tier: "basic")
            let third = try site.makeVideo(for: user, tier: "basic")
            for video in [first, second] {
                _ = try change(video, #"{"favorite": true}"#, in: site, as: user)
            }
            _ = try change(third, #"{"title": "Königliches Boot"}"#, in: site, as: user)
            try site.deliver(second)
            #expect(try ids("favorite=true", in: site, as: user) == [second, first])
            #expect(try ids("favorite=true&tier=basic", in: site, as: user) == [second])
            #expect(try ids("favorite=true&status=active", in: site, as: user) == [first])
            #expect(try ids("favorite=true&status=completed", in: site, as: user) == [second])
            #expect(try ids("favorite=true&status=failed", in: site, as: user) == [])
            #expect(try ids("favorite=true&q=lake", in: site, as: user) == [second, first])
            let page = try site.get("/api/videos", query: "favorite=true&limit=1", as: user)
            let cursor = try #require(page.json["nextCursor"]?.string)
            #expect(try ids("favorite=true&cursor=\(cursor)", in: site, as: user) == [first])
            // Words are looked for in the title too, together with the prompt.
            #expect(try ids("q=konigliches+lake", in: site, as: user) == [third])
            #expect(try ids("q=BOOT", in: site, as: user) == [third])
        }
    }

    @Test func `another's video is neither changed nor told of`() throws {
        try withSite { site in
            let user = try site.makeUser(credit: 5.dollars)
            let stranger = try site.makeUser()
            let video = try site.makeVideo(for: user)
            #expect(try change(video, #"{"favorite": true}"#, in: site, as: stranger).status == 404)
            #expect(try site.get("/api/videos/\(video)/stages", as: stranger).status == 404)
            #expect(
                try site.get("/api/videos/\(video)", as: user).json["favorite"] == .bool(false))
        }
    }

    @Test func `each stage is told with its beginning and its end`() throws {
        try withSite { site in
            let user = try site.makeUser(credit: 5.dollars)
            let video = try site.makeVideo(for: user)
            func stages() throws -> [[String]] {
                try site.get("/api/videos/\(video)/stages", as: user).items.map { stage in
                    [stage["stage"], stage["startedAt"], stage["endedAt"]].map {
                        $0?.string ?? "-"
                    }
                }
            }
            try site.database.execute(
                "UPDATE video_jobs SET created_at = '2026-11-22 10:00:00' WHERE id = \(video)")
            func at(_ second: Int) -> String { "2026-11-22T10:00:0\(second).000Z" }
            #expect(try stages() == [["queued", at(0), "-"]])
            try site.database.execute(
                "UPDATE video_jobs SET submitted_at = '2026-11-22 10:00:02' WHERE id = \(video)")
            #expect(try stages() == [["queued", at(0), at(2)], ["rendering", at(2), "-"]])
            try site.deliver(video)
            try site.database.execute(
                """
                UPDATE video_jobs
                SET rendered_at = '2026-11-22 10:00:05', completed_at = '2026-11-22 10:00:06'
                WHERE id = \(video)
                """)
            #expect(
                try stages() == [
                    ["queued", at(0), at(2)], ["rendering", at(2), at(5)],
                    ["saving", at(5), at(6)],
                ])
        }
    }
}
