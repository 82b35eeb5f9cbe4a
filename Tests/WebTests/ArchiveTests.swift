import DatabaseSupport
import Domain
import HTTP
import HTTPTypes
import JSON
import MariaDB
import Store
import Testing

@testable import Web

struct ArchiveTests {
    private func order(
        _ videos: [VideoID], in site: TestSite, as user: TestUser
    ) throws -> Answer {
        let ids = videos.map { "\"\($0)\"" }.joined(separator: ",")
        return try site.post("/api/archives", #"{"ids": [\#(ids)]}"#, as: user)
    }

    private func videos(
        _ count: Int, in site: TestSite, for user: TestUser
    ) throws -> [VideoID] {
        try (0..<count).map { _ in
            let video = try site.makeVideo(for: user)
            try site.deliver(video)
            return video
        }
    }

    private func downloads(_ site: TestSite) throws -> [String] {
        try site.database.query(
            """
            SELECT CONCAT(video_id, ' ', way, ' ', address) AS text FROM video_downloads
            ORDER BY video_id, way
            """
        ) { row in try row("text") }
    }

    @Test func `the same videos in any order are one archive, of those that are ready`() throws {
        try withFreshSite { site in
            let user = try site.makeUser(credit: 9.dollars)
            let ready = try videos(2, in: site, for: user)
            let open = try site.makeVideo(for: user)
            let answer = try order(ready + [open], in: site, as: user)
            #expect(answer.status == 202)
            #expect(answer.json["videos"] == .integer(2))
            #expect(answer.json["status"] == "making" && answer.json["url"] == .null)
            #expect(try order(ready.reversed(), in: site, as: user).json["id"] == answer.json["id"])
            #expect(try order([open], in: site, as: user).status == 404)
            let id = try #require(answer.json["id"]?.string)
            #expect(try site.get("/api/archives/\(id)/file", as: user).status == 404)

            let claim = try #require(try site.database.claimArchive(lasting: .seconds(60)))
            #expect(try site.database.claimArchive(lasting: .seconds(60)) == nil)
            #expect(try Set(site.database.videos(in: claim.archive.id)) == Set(ready))
            try site.database.finish(claim, sizeBytes: 1234)
            let made = try site.get("/api/archives/\(id)", as: user)
            #expect(made.json["status"] == "ready" && made.json["sizeBytes"] == .integer(1234))
            #expect(made.json["url"]?.string == "\(TestSite.origin)/api/archives/\(id)/file")
            #expect(try downloads(site) == [])
            // Deleted when it was made, it is in the file; before that it would not be.
            try site.database.execute(
                """
                UPDATE video_jobs SET deleted_at = UTC_TIMESTAMP(6) + INTERVAL 1 SECOND
                WHERE id = \(ready[0])
                """)
            for _ in 1...2 { _ = try site.get("/api/archives/\(id)/file", as: user) }
            #expect(try downloads(site) == ready.map { "\($0) archive \(site.address)" })
            let file = try site.get("/api/archives/\(id)/file", as: user)
            #expect(
                file.fields[.contentDisposition]
                    == "attachment; filename=\"rushes-videos.zip\"")
            let accel = file.fields.first { $0.name.canonicalName == "x-accel-redirect" }?.value
            #expect(accel == "/_media/\(claim.archive.key)")
            #expect(claim.archive.name.utf8.count == 32)
        }
    }

    @Test func `nobody gets another's, nor one whose time is over`() throws {
        try withFreshSite { site in
            let user = try site.makeUser(credit: 9.dollars)
            let stranger = try site.makeUser(credit: 9.dollars)
            let ready = try videos(1, in: site, for: user)
            #expect(try order(ready, in: site, as: stranger).status == 404)
            let id = try #require(try order(ready, in: site, as: user).json["id"]?.string)
            let claim = try #require(try site.database.claimArchive(lasting: .seconds(60)))
            try site.database.finish(claim, sizeBytes: 1)
            for path in ["/api/archives/\(id)", "/api/archives/\(id)/file"] {
                #expect(try site.get(path, as: stranger).status == 404)
                #expect(try site.get(path, as: user).status == 200)
            }
            try site.database.execute("UPDATE video_archives SET expires_at = UTC_TIMESTAMP(6)")
            #expect(try site.get("/api/archives/\(id)", as: user).status == 404)
            // It is ordered anew, and the old one goes.
            #expect(try order(ready, in: site, as: user).json["id"]?.string != id)
            var removed: [String] = []
            #expect(
                try site.database.purgeArchives(limit: 10) { removed.append($0.key) } == 1)
            #expect(removed == [claim.archive.key])
            #expect(try site.count("SELECT COUNT(*) AS count FROM archived_videos") == 1)
        }
    }

    @Test func `so many are under way at once, and one may be so large`() throws {
        try withFreshSite { site in
            let user = try site.makeUser(credit: 9.dollars)
            let ready = try videos(VideoArchive.limit + 1, in: site, for: user)
            for video in ready.dropLast() {
                #expect(try order([video], in: site, as: user).status == 202)
            }
            let full = try order([ready[VideoArchive.limit]], in: site, as: user)
            #expect(full.status == 409)
            #expect(try order([ready[0]], in: site, as: user).status == 202)
            try site.database.execute(
                """
                UPDATE video_jobs SET file_bytes = \(VideoArchive.maxBytes / 2 + 1)
                WHERE account_id = \(user.account)
                """)
            #expect(try order(Array(ready.prefix(2)), in: site, as: user).text.contains("2 GB"))
        }
    }

    @Test func `one that fails three times is given up, whoever died over it`() throws {
        try withFreshSite { site in
            let user = try site.makeUser(credit: 9.dollars)
            let ready = try videos(1, in: site, for: user)
            let id = try #require(try order(ready, in: site, as: user).json["id"]?.string)
            func claim() throws -> ClaimedArchive? {
                try site.database.execute(
                    "UPDATE video_archives SET lease_until = UTC_TIMESTAMP(6) - INTERVAL 1 SECOND")
                return try site.database.claimArchive(lasting: .seconds(60))
            }
            let first = try #require(try claim())
            try site.database.giveBack(first)
            _ = try #require(try claim())
            #expect(throws: LeaseLost.self) { try site.database.finish(first, sizeBytes: 1) }
            _ = try #require(try claim())
            #expect(try claim() == nil)
            #expect(
                try site.get("/api/archives/\(id)", as: user).json["status"] == "failed")
            #expect(try order(ready, in: site, as: user).json["id"]?.string != id)
        }
    }
}
