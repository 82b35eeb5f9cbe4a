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

struct RemovalTests {
    private func body(_ videos: [VideoID]) -> String {
        #"{"ids": [\#(videos.map { "\"\($0)\"" }.joined(separator: ","))]}"#
    }

    private func listed(_ site: TestSite, as user: TestUser) throws -> [String] {
        try site.get("/api/videos", as: user).items.compactMap { $0["jobId"]?.string }
    }

    private func ids(_ answer: Answer, _ name: String) -> Set<String> {
        Set((answer.json[name]?.array ?? []).compactMap(\.string))
    }

    /// What of a video anybody could still meet.
    private func paths(_ video: VideoID) -> [String] {
        ["", "/status", "/stages", "/file", "/poster", "/share"].map { "/api/videos/\(video)\($0)" }
    }

    @Test func `a deleted video is there for nobody, and comes back as it was`() throws {
        try withSite { site in
            let user = try site.makeUser(credit: 5.dollars)
            let video = try site.makeVideo(for: user)
            try site.deliver(video)
            let token = try #require(
                try site.post("/api/videos/\(video)/share", "{}", as: user).json["token"]?.string)
            let before = try site.get("/api/videos/\(video)", as: user).json
            let balance = try site.get("/api/credits/balance", as: user).text
            for _ in 1...2 {
                let answer = try site.post("/api/videos/deletion", body([video]), as: user)
                #expect(ids(answer, "deleted") == [video.description])
                #expect(answer.json["undoUntil"] != .null)
            }
            for path in paths(video) { #expect(try site.get(path, as: user).status == 404) }
            #expect(try site.get("/api/shared/\(token)").status == 404)
            #expect(try listed(site, as: user) == [])
            for path in ["retry", "cancellation"] {
                #expect(try site.post("/api/videos/\(video)/\(path)", as: user).status == 404)
            }
            #expect(
                try site.post("/api/videos/\(video)/share", "{}", as: user).status == 404)

            let restored = try site.post("/api/videos/restoration", body([video]), as: user)
            #expect(ids(restored, "restored") == [video.description])
            #expect(try site.get("/api/videos/\(video)", as: user).json == before)
            #expect(try site.get("/api/shared/\(token)").status == 200)
            #expect(try listed(site, as: user) == [video.description])
            #expect(try site.get("/api/credits/balance", as: user).text == balance)
        }
    }

    @Test func `what is still being made stays, and is named`() throws {
        try withSite { site in
            let user = try site.makeUser(credit: 5.dollars)
            let (done, open) = (try site.makeVideo(for: user), try site.makeVideo(for: user))
            try site.deliver(done)
            let answer = try site.post(
                "/api/videos/deletion", body([done, open, .new()]), as: user)
            #expect(ids(answer, "deleted") == [done.description])
            #expect(ids(answer, "open") == [open.description])
            #expect(try listed(site, as: user) == [open.description])
            let one = try site.send(.delete, "/api/videos/\(open)", TestSite.bearer(user))
            #expect(one.status == 409)
            #expect(try site.post("/api/videos/\(open)/cancellation", as: user).status == 200)
            for _ in 1...2 {
                let again = try site.send(.delete, "/api/videos/\(open)", TestSite.bearer(user))
                #expect(again.status == 204)
            }
            #expect(
                try site.send(.delete, "/api/videos/\(VideoID.new())", TestSite.bearer(user)).status
                    == 404)
        }
    }

    @Test func `another's videos are neither deleted nor brought back`() throws {
        try withSite { site in
            let user = try site.makeUser(credit: 5.dollars)
            let stranger = try site.makeUser()
            let video = try site.makeVideo(for: user)
            try site.deliver(video)
            let deletion = try site.post("/api/videos/deletion", body([video]), as: stranger)
            #expect(ids(deletion, "deleted") == [] && ids(deletion, "open") == [])
            #expect(
                try site.send(.delete, "/api/videos/\(video)", TestSite.bearer(stranger)).status
                    == 404)
            #expect(try listed(site, as: user) == [video.description])
            _ = try site.post("/api/videos/deletion", body([video]), as: user)
            let back = try site.post("/api/videos/restoration", body([video]), as: stranger)
            #expect(ids(back, "restored") == [])
            #expect(try listed(site, as: user) == [])
        }
    }

    @Test func `a selection is a list of 1 to 100 ids`() throws {
        try withSite { site in
            let user = try site.makeUser()
            let many = (0..<101).map { _ in VideoID.new() }
            for path in ["/api/videos/deletion", "/api/videos/restoration", "/api/archives"] {
                for wrong in [
                    "{}", #"{"ids": []}"#, #"{"ids": "x"}"#, #"{"ids": ["x"]}"#,
                    #"{"ids": [1]}"#, body(many),
                ] {
                    let answer = try site.post(path, wrong, as: user)
                    #expect(answer.status == 400 && answer.refused == ["ids"])
                }
                let most = try site.post(path, body(Array(many.prefix(100))), as: user).status
                #expect(most == (path == "/api/archives" ? 404 : 200))
            }
        }
    }

    @Test func `words, link and files go when it is too late to take that back`() throws {
        try withFreshSite { site in
            let user = try site.makeUser(credit: 5.dollars)
            let (gone, kept) = (try site.makeVideo(for: user), try site.makeVideo(for: user))
            for video in [gone, kept] {
                try site.deliver(video)
                _ = try site.post("/api/videos/\(video)/share", "{}", as: user)
            }
            _ = try site.post("/api/videos/deletion", body([gone]), as: user)
            var removed: [VideoID] = []
            func purge(failing: Bool = false) throws -> Int {
                try site.database.purgeDeletedVideos(limit: 10) { id in
                    if failing { throw NotFound() }
                    removed.append(id)
                } fail: { id, _ in
                    #expect(id == gone)
                }
            }
            #expect(try purge() == 0)
            try site.database.execute(
                """
                UPDATE video_jobs
                SET deleted_at = deleted_at - INTERVAL 1 MINUTE, purge_at = purge_at - INTERVAL 1 MINUTE
                WHERE id = \(gone)
                """)
            // One whose files cannot be taken away waits, and cannot come back.
            #expect(try purge(failing: true) == 1)
            #expect(try purge() == 0)
            let late = try site.post("/api/videos/restoration", body([gone]), as: user)
            #expect(ids(late, "restored") == [])
            try site.database.execute(
                "UPDATE video_jobs SET purge_at = UTC_TIMESTAMP(6) WHERE id = \(gone)")
            #expect(try purge() == 1)
            #expect(removed == [gone])
            #expect(try purge() == 0)
            let row = try site.database.first(
                """
                SELECT prompt, vendor_input, user_charged_micros > 0 AS has_price
                FROM video_jobs
                WHERE id = \(gone) AND deleted_at IS NOT NULL AND purge_at IS NULL
                """
            ) { row in
                (
                    try row("prompt") as String, try row("vendor_input") as String,
                    try row("has_price") as Bool
                )
            }
            #expect(row?.0 == "" && row?.1 == "[]" && row?.2 == true)
            #expect(try site.count("SELECT COUNT(*) AS count FROM video_shares") == 1)
            #expect(
                try site.send(.delete, "/api/videos/\(gone)", TestSite.bearer(user)).status == 404)
            #expect(try site.get("/api/videos/\(kept)", as: user).status == 200)
        }
    }
}
