import BooksSupport
import DatabaseSupport
import Domain
import FoundationEssentials
import Ledger
import MariaDB
import Media
import Store
import System
import Testing

@testable import Worker

@Suite struct `Departures` {
    /// As fourteen days after the owner of the bench's account gave up credit and account.
    private func leave(_ bench: Bench) throws -> UserID {
        let user = try bench.db.owner(of: bench.account)
        _ = try bench.db.leave(user, givingUpCredit: true, keeping: [])
        try bench.db.execute(
            "UPDATE users SET leaves_at = UTC_TIMESTAMP(6) - INTERVAL 1 SECOND WHERE id = \(user)")
        return user
    }

    private func text(_ bench: Bench, _ sql: SQL) throws -> String? {
        try bench.db.first(sql) { row in try row("value") as String? } ?? nil
    }

    private func isThere(_ key: String, _ bench: Bench) -> Bool {
        FileManager.default.fileExists(atPath: "\(bench.media.folder)/\(key)")
    }

    private func put(_ key: String, _ bench: Bench) throws {
        let draft = try bench.media.draft(of: key)
        try draft.write([1, 2, 3])
        try bench.media.put(draft, as: key)
    }

    @Test func `what is the person's goes, and the books stay whole`() throws {
        try Bench.with { bench in
            let db = bench.db
            let video = try db.insertJob(of: bench.account)
            try db.advanceJob(to: .delivered)
            let keys = [VideoFile.path(of: video), VideoFile.posterPath(of: video)]
            for key in keys { try put(key, bench) }
            try db.execute("UPDATE video_jobs SET title = 'Our boat' WHERE id = \(video)")
            let archive = try db.orderArchive(
                .new(), named: String(repeating: "a", count: 32), of: [video], of: bench.account,
                by: db.owner(of: bench.account))
            try put(archive.key, bench)
            let entries = try db.count("SELECT COUNT(*) FROM ledger_entries")
            let user = try leave(bench)
            try db.execute("UPDATE users SET name = 'Ada', language = 'de' WHERE id = \(user)")
            try db.execute(
                """
                INSERT INTO terms_acceptances (user_id, version, address, accepted_at)
                VALUES (\(user), 'v1', '192.0.2.1', UTC_TIMESTAMP(6))
                """)
            let address = try db.address(ofOwnerOf: bench.account)
            try db.createSession(
                idHash: Array(repeating: 1, count: 32), of: user, lasting: .seconds(9),
                userAgent: "x", address: "::1")
            bench.worker.doChores()
            #expect(keys.allSatisfy { !isThere($0, bench) })
            #expect(try db.balance(of: bench.account).available == .dollars(0))
            #expect(try db.count("SELECT COUNT(*) FROM ledger_entries") > entries)
            for table in ["sessions", "mail_tokens", "second_factors", "webhook_endpoints"] as [SQL]
            {
                #expect(try db.count("SELECT COUNT(*) FROM \(sql: table)") == 0)
            }
            let row = try db.first(
                "SELECT email, left_at IS NOT NULL AS is_gone FROM users WHERE id = \(user)"
            ) { row in (try row("email") as String, try row("is_gone") as Bool) }
            #expect(row?.0 == "removed-\(user)@removed.invalid")
            #expect(row?.1 == true)
            #expect(try text(bench, "SELECT name AS value FROM users WHERE id = \(user)") == nil)
            #expect(try text(bench, "SELECT address AS value FROM terms_acceptances") == nil)
            #expect(try text(bench, "SELECT version AS value FROM terms_acceptances") == "v1")
            #expect(try text(bench, "SELECT prompt AS value FROM video_jobs") == "")
            #expect(try text(bench, "SELECT vendor_input AS value FROM video_jobs") == "[]")
            #expect(
                try db.count("SELECT COUNT(*) FROM video_jobs WHERE title IS NOT NULL") == 0)
            // No worker is at it any more.
            try db.execute("UPDATE video_archives SET lease_token = NULL, lease_until = NULL")
            try bench.worker.makeArchives(Budget(.seconds(9)))
            #expect(!isThere(archive.key, bench))
            #expect(try db.count("SELECT COUNT(*) FROM video_archives") == 0)
            #expect(try db.job(video).state == .delivered)
            #expect(try db.login(email: address) == nil)
            #expect(try db.nextDeparture() == nil)
        }
    }

    @Test func `who has time left, or has come back, stays whole`() throws {
        try Bench.with { bench in
            let user = try leave(bench)
            try bench.db.execute(
                """
                UPDATE users SET leaves_at = UTC_TIMESTAMP(6) + INTERVAL 1 MINUTE
                WHERE id = \(user)
                """)
            bench.worker.doChores()
            #expect(try bench.db.balance(of: bench.account).available == .dollars(20))
            try bench.db.stay(user)
            bench.worker.forgetChores()
            bench.worker.doChores()
            #expect(try bench.db.balance(of: bench.account).available == .dollars(20))
            #expect(try bench.db.login(of: user) != nil)
        }
    }

    @Test func `a video that is being made is ended by its own rules first`() throws {
        try Bench.with { bench in
            let video = try bench.db.insertJob(of: bench.account)
            try bench.db.advanceJob(to: .submitted)
            _ = try leave(bench)
            #expect(try bench.db.nextDeparture() == nil)
            bench.worker.doChores()
            #expect(try bench.db.job(video).state == .submitted)
            try bench.db.deliver(bench.db.storing(bench.db.claimToFollow()))
            bench.worker.forgetChores()
            bench.worker.doChores()
            #expect(try bench.db.balance(of: bench.account).available == .dollars(0))
        }
    }

    @Test func `a removal that was interrupted goes on`() throws {
        try Bench.with { bench in
            let first = try bench.db.insertJob(of: bench.account)
            try bench.db.advanceJob(to: .delivered)
            let second = try bench.db.insertJob(of: bench.account)
            try bench.db.advanceJob(to: .delivered, task: "task-2")
            for video in [first, second] { try put(VideoFile.path(of: video), bench) }
            let user = try leave(bench)
            let departure = try #require(try bench.db.nextDeparture())
            #expect(try bench.db.videosToForget(of: departure, limit: 1) == [first])
            try bench.media.delete(VideoFile.path(of: first))
            try bench.db.forget(first)
            bench.worker.doChores()
            #expect(!isThere(VideoFile.path(of: second), bench))
            #expect(try bench.db.login(of: user) == nil)
            // Done twice, nothing more happens.
            try bench.db.remove(departure)
        }
    }
}
