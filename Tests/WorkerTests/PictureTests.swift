import BooksSupport
import Domain
import FoundationEssentials
import HTTP
import Ledger
import MariaDB
import Media
import PictureSupport
import Store
import Testing

@testable import Worker

@Suite struct `Pictures of orders` {
    private func insertJob(_ bench: Bench, _ image: String) throws -> VideoID {
        try bench.db.insertJob(of: bench.account, image: image)
    }

    private func image(_ bench: Bench, _ job: VideoID) throws -> String {
        try bench.db.first(
            "SELECT vendor_input FROM video_jobs WHERE id = \(job)"
        ) { row in
            let input = try [VendorField](json: row("vendor_input"))
            guard case .string(let url)? = input.first(where: { $0.name == "image" })?.value else {
                throw Missing("an image")
            }
            return url
        } ?? ""
    }

    private func keep(_ bench: Bench) throws -> Upload {
        let picture = try Pictures.inFolder { folder in
            try Data(Pictures.make("jpg")).write(to: URL(filePath: "\(folder)/a"))
            return try Picture(at: "\(folder)/a")
        }
        let owner = try bench.db.owner(of: bench.account)
        let name = try #require(PictureName(String(repeating: "a", count: 32)))
        let upload = try bench.db.keepUpload(
            .new(), name, picture.facts, of: bench.account, by: owner, isCounted: true)
        try bench.media.put(picture, as: upload.name)
        try bench.db.showUpload(upload)
        return upload
    }

    @Test func `one of another site is fetched first, and the vendor sees our own`() throws {
        try Bench.with { bench in
            let url = bench.files.put(.file(try Pictures.make("png")), at: "/boat.png")
            let job = try insertJob(bench, url)
            #expect(try bench.worker.submitNext())
            #expect(try bench.db.job(job).state == .submitted)
            let own = try image(bench, job)
            let name = try #require(PictureName(of: own, at: "https://shop.example"))
            #expect(bench.media.size(of: name.key) != nil)
            let sent = String(decoding: bench.vendor.creates.first?.body ?? [], as: UTF8.self)
            #expect(sent.contains(name.text) && !sent.contains("boat.png"))
        }
    }

    @Test func `what is no picture ends the job, and nothing is bought`() throws {
        try Bench.with { bench in
            for (path, reply) in [
                ("/a", FileServer.Reply.file(Array("<html>".utf8))),
                ("/b", .file(try Pictures.make("png", width: 200, height: 200))),
                ("/c", .file([UInt8](repeating: 0, count: NotPicture.maxBytes + 1))),
            ] {
                let job = try insertJob(bench, bench.files.put(reply, at: path))
                #expect(try bench.worker.submitNext())
                #expect(try bench.db.job(job).state == .refunded)
                #expect(try bench.db.job(job).reason == .invalid)
            }
            let job = try insertJob(bench, "https://127.0.0.1/a.jpg")
            #expect(try bench.worker.submitNext())
            #expect(try bench.db.job(job).reason == .invalid)
            #expect(bench.vendor.creates.isEmpty)
            #expect(try bench.db.balance(of: bench.account).available == .dollars(20))
        }
    }

    @Test func `one that does not come is asked for three times`() throws {
        try Bench.with { bench in
            let job = try insertJob(bench, bench.files.put(.status(503), at: "/a.jpg"))
            for state in [VideoState.queued, .queued, .refunded] {
                try bench.db.makeDue(job)
                #expect(try bench.worker.submitNext())
                #expect(try bench.db.job(job).state == state)
            }
            #expect(bench.files.requests.count == 3)
            #expect(bench.vendor.creates.isEmpty)
            #expect(try bench.db.balance(of: bench.account).available == .dollars(20))
        }
    }

    @Test func `one that comes at the second try is fetched no more`() throws {
        try Bench.with { bench in
            let url = bench.files.put(.status(503), at: "/a.jpg")
            let job = try insertJob(bench, url)
            #expect(try bench.worker.submitNext())
            _ = bench.files.put(.file(try Pictures.make("jpg")), at: "/a.jpg")
            try bench.db.makeDue(job)
            #expect(try bench.worker.submitNext())
            #expect(try bench.db.job(job).state == .submitted)
            #expect(bench.files.requests.count == 2)
        }
    }

    @Test func `an upload is used as it is, and one that is gone ends the job`() throws {
        try Bench.with { bench in
            let upload = try keep(bench)
            let url = upload.name.url(at: "https://shop.example")
            let job = try insertJob(bench, url)
            #expect(try bench.worker.submitNext())
            #expect(try bench.db.job(job).state == .submitted)
            #expect(try image(bench, job) == url)
            #expect(bench.files.requests.isEmpty)

            try bench.media.delete(upload.name.key)
            let other = try insertJob(bench, url)
            #expect(try bench.worker.submitNext())
            #expect(try bench.db.job(other).reason == .invalid)
            #expect(bench.vendor.creates.count == 1)
        }
    }

    @Test func `what no video was made from goes after seven days`() throws {
        try Bench.with { bench in
            let upload = try keep(bench)
            func clear(afterDays days: Int) throws {
                try bench.db.execute(
                    "UPDATE uploads SET sent_at = UTC_TIMESTAMP(6) - INTERVAL \(days) DAY")
                try bench.worker.clearPictures(Budget(.seconds(10)))
            }
            func isThere() throws -> Bool {
                let rows = try bench.db.uploads(of: bench.account, before: nil, limit: 10)
                let file = bench.media.size(of: upload.name.key)
                #expect(rows.isEmpty == (file == nil))
                return file != nil
            }
            try clear(afterDays: 6)
            #expect(try isThere())
            #expect(try bench.db.useUpload(upload.name, of: bench.account))
            try clear(afterDays: 60)
            #expect(try isThere())
            try bench.db.execute("UPDATE uploads SET used_at = NULL")
            try clear(afterDays: 8)
            #expect(try !isThere())
        }
    }
}
