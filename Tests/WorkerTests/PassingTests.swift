import BooksSupport
import DatabaseSupport
import Domain
import Logging
import MariaDB
import Store
import Synchronization
import System
import Testing

@testable import Worker

@Suite struct `a database that refuses for a while` {
    @Test(arguments: GuardedServer.Refusal.all)
    func `the task that a create call returned is written down (J6)`(
        refusal: GuardedServer.Refusal
    ) throws {
        try Bench.withServer { bench, server in
            let job = try bench.insertJob()
            var end: WorkerThread?
            bench.vendor.duringCreate = { end = try server.refuse(refusal) }
            #expect(try bench.worker.submitNext())
            end?.join()
            #expect(try bench.db.job(job).state == .submitted)
            #expect(try bench.db.job(job).taskID == "task-1")
            #expect(bench.vendor.creates.count == 1)
        }
    }

    @Test(arguments: GuardedServer.Refusal.all)
    func `what a status call told is written down, and no claim is left`(
        refusal: GuardedServer.Refusal
    ) throws {
        try Bench.withServer { bench, server in
            let job = try bench.insertTask()
            var end: WorkerThread?
            bench.vendor.duringStatus = { end = try? server.refuse(refusal) }
            try bench.look(at: job)
            #expect(end != nil)
            end?.join()
            #expect(try bench.db.job(job).state == .submitted)
            #expect(try !bench.db.job(job).isLeased)
        }
    }

    @Test func `a claim whose outcome could not be written is given back (J13)`() throws {
        try Bench.withServer { bench, server in
            let job = try bench.insertTask()
            bench.vendor.duringStatus = {
                // What no patience mends: neither the outcome nor the claim's end can be written.
                do {
                    try server.root.execute(
                        """
                        CREATE TRIGGER no_end BEFORE UPDATE ON video_jobs FOR EACH ROW
                        IF NEW.lease_token IS NULL THEN SIGNAL SQLSTATE '45000'; END IF
                        """)
                } catch {
                    Issue.record(error)
                }
            }
            #expect(throws: DatabaseError.self) { try bench.look(at: job) }
            #expect(try bench.db.job(job).isLeased)
            try server.root.execute("DROP TRIGGER no_end")
            bench.vendor.duringStatus = {}
            #expect(try !bench.worker.followUpNext())
            #expect(try !bench.db.job(job).isLeased)
            #expect(try bench.db.job(job).dueInSeconds <= 5)
        }
    }

    @Test(arguments: [VideoState.submitted, .storing])
    func `a claim that was made without anybody knowing is given back (J13)`(
        state: VideoState
    ) throws {
        struct AnswerLost: Error {}
        try Bench.with { bench in
            let job = try bench.insertTask()
            try bench.db.execute(
                """
                UPDATE video_jobs
                SET state = \(state), next_attempt_at = UTC_TIMESTAMP(6)
                WHERE id = \(job)
                """)
            #expect(throws: AnswerLost.self) {
                _ = try bench.worker.work { lease in
                    let lasting = Duration.seconds(420)
                    let claimed =
                        try bench.db.claimFollowUp(by: lease, lasting: lasting)
                        ?? bench.db.claimStoring(by: lease, lasting: lasting)
                    #expect(claimed?.id == job)
                    throw AnswerLost()
                } on: { _ in
                    Issue.record("it was not told of the claim")
                }
            }
            #expect(try bench.db.job(job).isLeased)
            bench.worker.giveBackTheRest()
            #expect(try !bench.db.job(job).isLeased)
        }
    }

    @Test func `a task that came after its claim was over is kept (J6, J10)`() throws {
        try Bench.with { bench in
            let job = try bench.insertJob()
            bench.vendor.duringCreate = {
                try bench.db.passLease(of: job)
                _ = try bench.db.sweepLostSubmissions()
                try bench.db.execute(
                    """
                    UPDATE video_jobs SET deadline_at = UTC_TIMESTAMP(6) - INTERVAL 1 SECOND
                    WHERE id = \(job)
                    """)
                try bench.db.sweepOverdueJobs()
            }
            #expect(try bench.worker.submitNext())
            #expect(try bench.db.job(job).state == .refunded)
            #expect(try bench.db.job(job).callbackTaskID == "task-1")
            let detail = try bench.db.first("SELECT detail FROM job_attempts") { row in
                try row("detail") as String?
            }
            #expect(detail == "task-1")
            // Made after all, it is a loss that the operator sees.
            bench.vendor.status = .finished(bench.files.put(.file(Bench.video)))
            #expect(try bench.worker.lookNextLate())
            #expect(try bench.db.job(job).lost != nil)
        }
    }

    @Test func `the log says what went wrong once, and when it is over`() throws {
        struct Broken: Error {}
        let lines = Lines()
        let log = Logger(label: "test") { _ in lines }
        let troubles = TroubleLog()
        let start = ContinuousClock.now
        var nowhere = try DatabaseConfiguration(url: "mariadb://app@localhost/shop?socket=/nowhere")
        nowhere.connectTimeoutSeconds = 1
        let refused = try #require(throws: DatabaseError.self) {
            try Connection(nowhere).execute("DO 1")
        }
        for step in 0..<1200 {
            troubles.failed(
                refused, doing: "step-\(step % 20)", log, at: start + .milliseconds(50 * step))
        }
        #expect(lines.all.count == 1)
        troubles.failed(refused, doing: "step", log, at: start + .seconds(60))
        #expect(lines.all.count == 2)
        troubles.succeeded(log, at: start + .seconds(69))
        #expect(lines.all.count == 2)
        troubles.succeeded(log, at: start + .seconds(70))
        troubles.succeeded(log, at: start + .seconds(71))
        #expect(lines.all.last == "the database does its part again")
        #expect(lines.all.count == 3)
        // What is wrong with one thing is said beside it.
        troubles.failed(Broken(), doing: "mail", log, at: start + .seconds(72))
        troubles.failed(Broken(), doing: "mail", log, at: start + .seconds(73))
        #expect(lines.all.count == 4)
    }

    @Test func `a thread that fails rests longer each time, and not long after`() {
        var pace = Pace()
        let rests = (1...5).map { _ in pace.failed(jitter: 1) }
        #expect(rests == [1, 2, 4, 5, 5].map(Duration.seconds))
        #expect(pace.succeeded(foundWork: true) == .zero)
        #expect(pace.failed(jitter: 1) == .seconds(1))
    }
}

/// The messages that were logged.
private final class Lines: LogHandler, Sendable {
    private let messages = Mutex<[String]>([])

    var all: [String] { messages.withLock(\.self) }
    var logLevel: Logger.Level {
        get { .trace }
        set {}
    }
    var metadata: Logger.Metadata {
        get { [:] }
        set {}
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { nil }
        set {}
    }

    func log(event: LogEvent) {
        messages.withLock { $0.append("\(event.message)") }
    }
}
