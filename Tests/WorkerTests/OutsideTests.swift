import BooksSupport
import DatabaseSupport
import Domain
import MariaDB
import Store
import Synchronization
import Testing
import Worker

@Suite struct `J11 and J12 while a vendor is asked` {
    /// How much longer the one claim lasts.
    private func secondsLeft(_ db: Connection) throws -> Int {
        try db.count(
            """
            SELECT MAX(TIMESTAMPDIFF(SECOND, UTC_TIMESTAMP(6), lease_until)) FROM video_jobs
            """)
    }

    @Test func `a claim outlasts the longest call and the writing down of its outcome (J11)`()
        throws
    {
        try Bench.with { bench in
            let job = try bench.insertJob()
            var left = 0
            bench.vendor.duringCreate = { left = try secondsLeft(bench.db) }
            _ = try bench.worker.submitNext()
            // 60 s for the call, and twice 40 s while the database is away.
            #expect(left >= 140)
            // The same for a refusal, after which the balance is asked: 60 s more.
            #expect(left >= 200)
            left = 0
            bench.vendor.duringStatus = { left = (try? secondsLeft(bench.db)) ?? 0 }
            try bench.look(at: job)
            // 60 s for the call, 120 s for the file, and what is done with it.
            #expect(left >= 230)
        }
    }

    @Test func `nothing is locked while a vendor is asked or a file is fetched (J12)`() throws {
        try Bench.with { bench in
            let configuration = bench.configuration
            let locked = Mutex<[[String]]>([])
            @Sendable func look() {
                let found = try? Connection(configuration).lockedTables()
                locked.withLock { $0.append(found ?? ["unknown"]) }
            }
            let job = try bench.insertJob()
            bench.vendor.duringCreate = look
            bench.vendor.duringStatus = look
            bench.files.during(look)
            _ = try bench.worker.submitNext()
            bench.vendor.status = .finished(bench.files.put(.file(Bench.video)))
            try bench.look(at: job)
            #expect(try bench.db.job(job).state == .delivered)
            // The create call, two status calls and the file.
            #expect(locked.withLock { $0 } == [[], [], [], []])
        }
    }
}
