import BooksSupport
import DatabaseSupport
import Domain
import FoundationEssentials
import JSON
import Ledger
import MariaDB
import Media
import Sodium
import Store
import System
import Testing

@testable import Worker

@Suite struct `Exports` {
    private func order(_ bench: Bench) throws -> Export {
        try bench.db.orderExport(
            .new(), named: Hex.encode(randomBytes(16)), of: bench.db.owner(of: bench.account),
            for: bench.account)
    }

    private func put(_ bytes: [UInt8], _ key: String, _ bench: Bench) throws {
        let draft = try bench.media.draft(of: key)
        try draft.write(bytes)
        try bench.media.put(draft, as: key)
    }

    /// What `unzip` of another hand makes of it: the bytes under a name, nil when there are none.
    private func read(_ name: String, of export: Export, _ bench: Bench) throws -> [UInt8]? {
        let script =
            "import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); assert z.testzip() is None; "
            + "sys.stdout.buffer.write(z.read(sys.argv[2]))"
        let result = try Command.run(
            "python3", ["-c", script, "\(bench.media.folder)/\(export.key)", name],
            timeout: .seconds(20), outputLimit: 1 << 20)
        return result.isSuccess ? result.output : nil
    }

    @Test func `all that is known is in it, and the files, and no secret`() throws {
        try Bench.with { bench in
            let video = try bench.db.insertJob(of: bench.account)
            try bench.db.advanceJob(to: .delivered)
            let movie = (0..<5000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
            try put(movie, VideoFile.path(of: video), bench)
            try bench.db.setMail(isOn: true)
            let export = try order(bench)
            bench.worker.doChores(in: .files)
            let user = try bench.db.owner(of: bench.account)
            let made = try #require(try bench.db.export(of: user))
            #expect(made.status == .ready)
            #expect(made.sizeBytes.map { UInt64($0) } == bench.media.size(of: export.key))
            #expect(try read("videos/\(video).mp4", of: export, bench) == movie)
            let names = [
                "account", "sessions", "videos", "credit", "purchases", "pictures", "webhooks",
                "mails",
            ]
            for name in names {
                let text = try #require(try read("\(name).json", of: export, bench))
                #expect(try JSONValue(parsing: text).array != nil)
            }
            let videos = try #require(try read("videos.json", of: export, bench))
            let first = try JSONValue(parsing: videos).array?.first
            #expect(first?["file"]?.string == "videos/\(video).mp4")
            #expect(first?["prompt"]?.string?.isEmpty == false)
            let account = try #require(try read("account.json", of: export, bench))
            #expect(!String(decoding: account, as: UTF8.self).contains("argon2id"))
            #expect(
                try bench.db.count("SELECT COUNT(*) FROM outbox WHERE topic = 'exportReady'") == 1)
            let left = try FileManager.default.contentsOfDirectory(
                atPath: "\(bench.media.folder)/drafts")
            #expect(left.isEmpty)
        }
    }

    @Test func `a video whose file is gone is left out, and the rest is made`() throws {
        try Bench.with { bench in
            let video = try bench.db.insertJob(of: bench.account)
            try bench.db.advanceJob(to: .delivered)
            let export = try order(bench)
            bench.worker.doChores()
            #expect(try read("videos/\(video).mp4", of: export, bench) == nil)
            #expect(try read("videos.json", of: export, bench) != nil)
        }
    }

    @Test func `its file goes after seven days`() throws {
        try Bench.with { bench in
            let export = try order(bench)
            bench.worker.doChores()
            #expect(bench.media.size(of: export.key) != nil)
            try bench.db.execute("UPDATE exports SET expires_at = UTC_TIMESTAMP(6)")
            bench.worker.forgetChores()
            bench.worker.doChores()
            #expect(bench.media.size(of: export.key) == nil)
            #expect(try bench.db.count("SELECT COUNT(*) FROM exports") == 0)
        }
    }

    @Test func `what dies three times has failed, and may be ordered again`() throws {
        try Bench.with { bench in
            let user = try bench.db.owner(of: bench.account)
            _ = try order(bench)
            for _ in 1...3 {
                let claim = try bench.db.claimExport(lasting: .seconds(60))
                #expect(claim != nil)
                #expect(try bench.db.claimExport(lasting: .seconds(60)) == nil)
                try bench.db.execute(
                    "UPDATE exports SET lease_until = UTC_TIMESTAMP(6) - INTERVAL 1 SECOND")
            }
            #expect(try bench.db.claimExport(lasting: .seconds(60)) == nil)
            #expect(try bench.db.export(of: user)?.status == .failed)
            #expect(try order(bench).status == .making)
        }
    }

    @Test func `whoever was overtaken finishes nothing`() throws {
        try Bench.with { bench in
            _ = try order(bench)
            let slow = try #require(try bench.db.claimExport(lasting: .zero))
            let quick = try #require(try bench.db.claimExport(lasting: .seconds(60)))
            #expect(throws: LeaseLost.self) { try bench.db.finish(slow, sizeBytes: 1) }
            try bench.db.finish(quick, sizeBytes: 1)
        }
    }
}
