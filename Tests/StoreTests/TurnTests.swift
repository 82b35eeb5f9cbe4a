import BooksSupport
import Domain
import MariaDB
import Store
import Testing

/// Where an account's next video stands in the queue.
struct TurnTests {
    private static let apart = 600

    @Test(arguments: [VideoState.queued, .submitting])
    func `the next video stands behind the last that is open`(state: VideoState) throws {
        try withQueue { db in
            let account = try db.insertAccount(credit: .dollars(9))
            let first = try db.insertJob(of: account)
            if state == .submitting { _ = try db.claimToSubmit() }
            let second = try db.insertJob(of: account)
            #expect(try seconds(from: first, to: second, db) == Self.apart)
            // Of two that are open the later turn counts, whichever is at the vendor.
            try db.execute(
                "UPDATE video_jobs SET turn_at = turn_at + INTERVAL 2 HOUR WHERE id = \(first)")
            let third = try db.insertJob(of: account)
            #expect(try seconds(from: first, to: third, db) == Self.apart)
        }
    }

    @Test func `behind a video that has ended nobody waits`() throws {
        try withQueue { db in
            let account = try db.insertAccount(credit: .dollars(9))
            try db.cancel(db.insertJob(of: account), of: account, policy: .test)
            let next = try db.insertJob(of: account)
            let late = try db.first(
                """
                SELECT TIMESTAMPDIFF(SECOND, created_at, turn_at) AS seconds
                FROM video_jobs
                WHERE id = \(next)
                """
            ) { row in try row("seconds") as Int }
            #expect(late == 0)
        }
    }

    private func seconds(from one: VideoID, to other: VideoID, _ db: Connection) throws -> Int? {
        try db.first(
            """
            SELECT TIMESTAMPDIFF(SECOND, one.turn_at, other.turn_at) AS seconds
            FROM video_jobs AS one JOIN video_jobs AS other
            WHERE one.id = \(one) AND other.id = \(other)
            """
        ) { row in try row("seconds") }
    }
}
