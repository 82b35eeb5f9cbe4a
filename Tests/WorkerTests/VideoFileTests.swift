import BooksSupport
import DatabaseSupport
import Domain
import FoundationEssentials
import MariaDB
import Media
import Sodium
import Store
import System
import Testing

@testable import Worker

@Suite struct `Files of videos` {
    private func put(_ bytes: [UInt8], _ key: String, _ bench: Bench) throws {
        let draft = try bench.media.draft(of: key)
        try draft.write(bytes)
        try bench.media.put(draft, as: key)
    }

    /// A delivered video, whose file has these bytes.
    private func video(_ byte: UInt8, _ bench: Bench) throws -> VideoID {
        let video = try bench.db.insertJob(of: bench.account)
        try bench.db.advanceJob(to: .delivered, task: "task-\(byte)")
        try put([UInt8](repeating: byte, count: 1000), VideoFile.path(of: video), bench)
        try put([byte], VideoFile.posterPath(of: video), bench)
        return video
    }

    private func order(_ videos: [VideoID], _ bench: Bench) throws -> VideoArchive {
        try bench.db.orderArchive(
            .new(), named: Hex.encode(randomBytes(16)), of: Set(videos), of: bench.account,
            by: bench.db.owner(of: bench.account))
    }

    /// Names and contents, as another program reads them.
    private func contents(of archive: VideoArchive, _ bench: Bench) throws -> String {
        let script =
            "import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); assert z.testzip() is None; "
            + "print(*sorted(f'{n}:{len(z.read(n))}:{z.read(n)[0]}' for n in z.namelist() "
            + "if not n.endswith('/')))"
        let result = try Command.run(
            "python3", ["-c", script, "\(bench.media.folder)/\(archive.key)"],
            timeout: .seconds(20), outputLimit: 1 << 16)
        try #require(result.isSuccess)
        return String(decoding: result.output, as: UTF8.self).trimmed
    }

    @Test func `an archive has the videos that are still there, and goes when its time is over`()
        throws
    {
        try Bench.with { bench in
            let videos = try [video(1, bench), video(2, bench), video(3, bench)]
            let archive = try order(videos, bench)
            _ = try bench.db.deleteVideos([videos[2]], of: bench.account)
            bench.worker.doChores(in: .files)
            let made = try #require(try bench.db.archive(archive.id, of: bench.account))
            #expect(made.status == .ready)
            #expect(made.sizeBytes.map { UInt64($0) } == bench.media.size(of: archive.key))
            let expected = videos.prefix(2).enumerated().map {
                "rushes-\($0.element).mp4:1000:\($0.offset + 1)"
            }
            #expect(try contents(of: archive, bench) == expected.joined(separator: " "))
            let left = try FileManager.default.contentsOfDirectory(
                atPath: "\(bench.media.folder)/drafts")
            #expect(left == [])

            try bench.db.execute("UPDATE video_archives SET expires_at = UTC_TIMESTAMP(6)")
            try bench.worker.makeArchives(Budget(.seconds(10)))
            #expect(bench.media.size(of: archive.key) == nil)
            #expect(try bench.db.count("SELECT COUNT(*) FROM video_archives") == 0)
        }
    }

    @Test func `one without a file in it is not made, and no row is left in doubt`() throws {
        try Bench.with { bench in
            let lost = try video(1, bench)
            let archive = try order([lost], bench)
            try bench.media.delete(VideoFile.path(of: lost))
            for _ in 1...3 {
                try bench.db.execute(
                    "UPDATE video_archives SET lease_until = NULL WHERE failed_at IS NULL")
                try bench.worker.makeArchives(Budget(.seconds(10)))
            }
            #expect(try bench.db.archive(archive.id, of: bench.account)?.status == .failed)
            #expect(bench.media.size(of: archive.key) == nil)
        }
    }

    @Test func `files of a deleted video go after the time to take that back, and no others`()
        throws
    {
        try Bench.with { bench in
            let (gone, kept) = (try video(1, bench), try video(2, bench))
            _ = try bench.db.deleteVideos([gone], of: bench.account)
            try bench.worker.purgeVideos(Budget(.seconds(10)))
            #expect(bench.media.size(of: VideoFile.path(of: gone)) == 1000)
            try bench.db.execute(
                "UPDATE video_jobs SET purge_at = UTC_TIMESTAMP(6) WHERE id = \(gone)")
            try bench.worker.purgeVideos(Budget(.seconds(10)))
            for key in [VideoFile.path(of: gone), VideoFile.posterPath(of: gone)] {
                #expect(bench.media.size(of: key) == nil)
            }
            #expect(bench.media.size(of: VideoFile.path(of: kept)) == 1000)
            #expect(bench.media.size(of: VideoFile.posterPath(of: kept)) == 1)
        }
    }
}
