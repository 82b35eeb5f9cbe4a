import DatabaseSupport
import Domain
import FoundationEssentials
import HTTP
import HTTPTypes
import JSON
import MariaDB
import Media
import PictureSupport
import Store
import System
import Testing

@testable import Web

@Suite struct `Pictures of an account` {
    private func withSite(
        _ body: (TestSite, TestUser, PictureServer) throws -> Void
    ) throws {
        try withFreshDatabase { configuration in
            try Pictures.inFolder { folder in
                let pictures = PictureServer()
                let site = TestSite(
                    Connection(configuration), media: Storage(folder: folder), pictures: pictures)
                try body(site, site.makeUser(credit: Money(micros: 20_000_000)), pictures)
            }
        }
    }

    private func send(
        _ bytes: [UInt8], to site: TestSite, as user: TestUser, name: String = "image"
    ) throws -> Answer {
        let head = "--b\r\nContent-Disposition: form-data; name=\"\(name)\"; filename=\"x\"\r\n\r\n"
        return try site.send(
            .post, "/api/uploads",
            TestSite.bearer(user) + [("CONTENT_TYPE", "multipart/form-data; boundary=b")],
            body: Array(head.utf8) + bytes + Array("\r\n--b--\r\n".utf8))
    }

    private func files(of site: TestSite) throws -> [String] {
        let all = try FileManager.default.subpathsOfDirectory(atPath: site.media.folder)
        return all.filter { $0.hasSuffix(".jpg") }
    }

    @Test func `one that is sent is kept as ours, listed, and taken away`() throws {
        try withSite { site, user, _ in
            let answer = try send(Pictures.make("png", width: 640, height: 480), to: site, as: user)
            #expect(answer.status == 201)
            #expect(answer.json["width"]?.integer == 640 && answer.json["height"]?.integer == 480)
            let url = try #require(answer.json["url"]?.string)
            let name = try #require(PictureName(of: url, at: TestSite.origin))
            #expect(try site.media.open(name.key).bytes(at: 0, count: 3) == [0xFF, 0xD8, 0xFF])
            #expect(try site.get("/api/uploads", as: user).items.count == 1)
            let stranger = try site.makeUser()
            #expect(try site.get("/api/uploads", as: stranger).items.isEmpty)

            let id = try #require(answer.json["id"]?.string)
            let path = "/api/uploads/\(id)"
            #expect(try site.send(.delete, path, TestSite.bearer(stranger)).status == 404)
            #expect(try site.send(.delete, path, TestSite.bearer(user)).status == 204)
            #expect(try site.send(.delete, path, TestSite.bearer(user)).status == 404)
            #expect(site.media.size(of: name.key) == nil)
            #expect(try site.count("SELECT COUNT(*) AS count FROM uploads") == 0)
        }
    }

    @Test func `the same picture again is the same upload`() throws {
        try withSite { site, user, _ in
            let bytes = try Pictures.make("jpg")
            let first = try send(bytes, to: site, as: user)
            #expect(try send(bytes, to: site, as: user).json["id"] == first.json["id"])
            #expect(try files(of: site).count == 1)
            let other = try site.makeUser()
            let second = try send(bytes, to: site, as: other)
            #expect(second.json["url"] != first.json["url"])
        }
    }

    @Test func `what is no picture is refused, and nothing of it stays`() throws {
        try withSite { site, user, _ in
            let wrong: [[UInt8]] = [
                [], Array("<svg/>".utf8), try Pictures.make("png", width: 200, height: 200),
                Array(try Pictures.make("jpg").dropLast(2000)),
            ]
            for bytes in wrong {
                let answer = try send(bytes, to: site, as: user)
                #expect(answer.status == 400 && answer.refused == ["image"])
            }
            let form = try send(Pictures.make("jpg"), to: site, as: user, name: "file")
            #expect(form.status == 400 && form.refused == ["image"])
            let long = [UInt8](repeating: 0, count: NotPicture.maxBytes + 1)
            #expect(try send(long, to: site, as: user).status == 413)
            let text = try site.send(
                .post, "/api/uploads", TestSite.bearer(user) + [("CONTENT_TYPE", "text/plain")],
                body: [1])
            #expect(text.status == 415)
            #expect(try send(Pictures.make("jpg"), to: site, as: user).status == 201)
            let left = try FileManager.default.contentsOfDirectory(
                atPath: site.media.incoming())
            #expect(left == [])
            #expect(try files(of: site).count == 1)
        }
    }

    @Test func `one is fetched from a public address alone`() throws {
        try withSite { site, user, pictures in
            let url = "https://pictures.example/boat.png"
            func post(_ url: String) throws -> Answer {
                try site.post("/api/uploads", #"{"url": "\#(url)"}"#, as: user)
            }
            #expect(try post(url).refused == ["url"])
            pictures.files[url] = try Pictures.make("png")
            #expect(try post(url).status == 201)
            pictures.files[url] = Array("<html>".utf8)
            #expect(try post(url).refused == ["image"])
            pictures.files = [:]
            pictures.failure = .tooLarge
            #expect(try post(url).text.contains("10 MB"))
            for address in ["http://pictures.example/a", "https://127.0.0.1/a", "https://db/a", ""]
            {
                #expect(try post(address).refused == ["url"])
            }
        }
    }

    @Test func `an account sends so many at a time`() throws {
        try withSite { site, user, _ in
            let statuses = try (0..<32).map { _ in try send([1], to: site, as: user).status }
            #expect(statuses.prefix(30).allSatisfy { $0 == 400 })
            #expect(statuses.last == 429)
        }
    }

    @Test func `an account keeps so many`() throws {
        try withSite { site, user, _ in
            for number in 0..<Upload.limit {
                let facts = PictureFacts(
                    width: 400, height: 300, sizeBytes: 1000, checksum: "\(number)")
                let name = try #require(
                    PictureName(String(repeating: "0", count: 29) + String(number + 100).suffix(3)))
                _ = try site.database.keepUpload(
                    .new(), name, facts, of: user.account, by: user.id, isCounted: true)
            }
            #expect(try send(Pictures.make("jpg"), to: site, as: user).status == 409)
            #expect(try files(of: site) == [])
        }
    }

    @Test func `an order names it by its id or address, and another's or a lost one by neither`()
        throws
    {
        try withSite { site, user, _ in
            let upload = try send(Pictures.make("jpg"), to: site, as: user).json
            let id = try #require(upload["id"]?.string)
            let url = try #require(upload["url"]?.string)
            func order(_ image: String, as user: TestUser) throws -> Answer {
                try site.post(
                    "/api/videos/generate",
                    #"{"tier": "economy", "duration": 5, "prompt": "a boat", "image": "\#(image)"}"#,
                    as: user)
            }
            for image in [id, url] {
                let answer = try order(image, as: user)
                #expect(answer.status == 202)
                let job = try #require(answer.json["jobId"]?.string.flatMap { VideoID($0) })
                let kept = try site.database.first(
                    "SELECT input_image_url AS url FROM video_jobs WHERE id = \(job)"
                ) { row in try row("url") as String }
                #expect(kept == url)
            }
            // A video is to be made from it.
            #expect(
                try site.send(.delete, "/api/uploads/\(id)", TestSite.bearer(user)).status == 409)
            let jobs = try site.count("SELECT COUNT(*) AS count FROM video_jobs")
            let stranger = try site.makeUser(credit: Money(micros: 20_000_000))
            for image in [id, url] {
                #expect(try order(image, as: stranger).refused == ["image"])
            }
            let lost = PictureName(String(repeating: "0", count: 32))?.url(at: TestSite.origin)
            for image in ["\(UploadID.new())", lost ?? "", "\(TestSite.origin)/api/health"] {
                #expect(try order(image, as: user).refused == ["image"])
            }
            #expect(try site.count("SELECT COUNT(*) AS count FROM video_jobs") == jobs)
        }
    }
}
