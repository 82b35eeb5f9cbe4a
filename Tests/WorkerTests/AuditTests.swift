import BooksSupport
import DatabaseSupport
import Domain
import Ledger
import MariaDB
import Store
import Synchronization
import System
import Testing

@testable import Worker

@Suite struct `A2 the audit does not die in silence` {
    /// Makes each look wait for `seconds` at one of its tables, as a ledger of millions would.
    private func slow(_ db: Connection, by seconds: Int) throws {
        // Without a paid purchase nobody asks for disputes.
        try db.buy("starter", for: db.insertAccount())
        try db.execute("RENAME TABLE disputes TO disputes_kept")
        // What could be a lost dispute is asked for, and is none.
        let view: SQL = seconds > 9 ? "SLEEP(180)" : "SLEEP(3)"
        try db.execute(
            """
            CREATE VIEW disputes AS
            SELECT id, purchase_id, amount_micros, standing FROM disputes_kept
            UNION ALL
            (SELECT * FROM (
                SELECT 'x' AS id, UUID() AS purchase_id, 0 AS amount_micros,
                    'lost' AS standing) AS none
            WHERE \(sql: view) = 1
            LIMIT 1)
            """)
    }

    private func quick(_ db: Connection) throws {
        try db.execute("DROP VIEW disputes")
        try db.execute("RENAME TABLE disputes_kept TO disputes")
    }

    /// How many looks wait at the slow table: their other statements come and go at any moment.
    private func running(_ db: Connection) throws -> Int {
        try db.count(
            """
            SELECT COUNT(*) FROM information_schema.processlist
            WHERE info LIKE '/* rushes audit */%' AND db = DATABASE() AND state = 'User sleep'
            """)
    }

    @Test func `a look outlasts the time that other answers have`() throws {
        try withFreshDatabase { configuration in
            var impatient = configuration
            impatient.readTimeoutSeconds = 1
            try slow(Connection(configuration), by: 3)
            #expect(throws: DatabaseError.self) { try Connection(impatient) { _ in }.audit() }
            let found = try Connection(impatient.patient(.seconds(60))).audit(isScheduled: true)
            #expect(found == [])
        }
    }

    @Test func `the server ends a statement that takes longer than it may`() throws {
        try withFreshDatabase { configuration in
            try slow(Connection(configuration), by: 180)
            let db = Connection(configuration.patient(.seconds(1))) { _ in }
            let error = #expect(throws: DatabaseError.self) { try db.audit() }
            #expect(error?.code == 1969)
        }
    }

    @Test func `while one process looks no other does, and one that is to end breaks it off`()
        throws
    {
        try Bench.with { bench in
            try slow(bench.db, by: 180)
            let stops = Flag()
            let first = Worker.Box(bench.another(isStopping: { stops.isRaised }))
            let thread = try WorkerThread.start(name: "first") {
                first.worker.doChores(in: .books)
            }
            try wait(upTo: .seconds(60), "the look has begun") { try running(bench.db) == 1 }
            bench.worker.doChores(in: .books)
            #expect(try running(bench.db) == 1)
            stops.raise()
            thread.join()
            #expect(try running(bench.db) == 0)
            // It is no fault, and the next one begins at once.
            #expect(try bench.db.auditStanding().problem == nil)
            try quick(bench.db)
            bench.worker.forgetChores()
            bench.worker.doChores(in: .books)
            #expect(try bench.db.auditStanding().lookedAt != nil)
        }
    }

    @Test func `the statement of a process that is gone is ended by the next that looks`() throws {
        try Bench.with { bench in
            try slow(bench.db, by: 180)
            // What a killed process leaves: a turn that nobody renews, a statement that goes on.
            let configuration = bench.configuration
            let isOver = Flag()
            let thread = try WorkerThread.start(name: "gone") {
                let db = Connection(configuration.patient(.seconds(180))) { _ in }
                _ = try? db.audit(isScheduled: true)
                isOver.raise()
            }
            try wait(upTo: .seconds(60), "the look has begun") { try running(bench.db) == 1 }
            let gone = try bench.db.count(
                """
                SELECT id FROM information_schema.processlist
                WHERE info LIKE '/* rushes audit */%' AND db = DATABASE() AND state = 'User sleep'
                """)
            try bench.db.execute(
                """
                INSERT INTO schedules (name, due_at, lease_token, lease_until, begun_at)
                VALUES ('audit', UTC_TIMESTAMP(6), UUID(),
                    UTC_TIMESTAMP(6) - INTERVAL 1 SECOND, UTC_TIMESTAMP(6))
                """)
            let stops = Flag()
            let next = Worker.Box(bench.another(isStopping: { stops.isRaised }))
            let second = try WorkerThread.start(name: "next") {
                next.worker.doChores(in: .books)
            }
            try wait(upTo: .seconds(60), "the old statement has ended") {
                try bench.db.count(
                    """
                    SELECT COUNT(*) FROM information_schema.processlist
                    WHERE info LIKE '/* rushes audit */%' AND id = \(gone)
                    """) == 0
            }
            stops.raise()
            second.join()
            // The dead one's transaction was run again by its connection, until it gave up.
            try wait(upTo: .seconds(60), "it has given up") {
                try bench.db.endAudits()
                return isOver.isRaised
            }
            thread.join()
            try quick(bench.db)
        }
    }

    @Test func `a look that fails is told, and the old verdict is not`() throws {
        try Bench.with { bench in
            try bench.db.buy("starter", for: bench.account)
            bench.worker.doChores(in: .books)
            #expect(try bench.db.auditStanding().isSound)
            try bench.db.execute("RENAME TABLE disputes TO disputes_kept")
            try bench.passTime(.seconds(300))
            bench.worker.doChores(in: .books)
            let standing = try bench.db.auditStanding()
            #expect(standing.problem?.contains("disputes") == true)
            #expect(!standing.isSound)
            try bench.db.execute("RENAME TABLE disputes_kept TO disputes")
            #expect(try bench.db.attention().map(\.subject) == ["audit"])
            // It is looked again soon, not in five minutes.
            try bench.passTime(.seconds(20))
            bench.worker.doChores(in: .books)
            #expect(try bench.db.auditStanding().isSound)
            #expect(try bench.db.attention().isEmpty)
        }
    }
}

private final class Flag: Sendable {
    private let raised = Atomic(false)

    var isRaised: Bool { raised.load(ordering: .relaxed) }

    func raise() { raised.store(true, ordering: .relaxed) }
}

extension Worker {
    /// Takes a worker to another thread, which alone uses it from then on.
    fileprivate final class Box: @unchecked Sendable {
        let worker: Worker

        init(_ worker: Worker) {
            self.worker = worker
        }
    }
}
