import BooksSupport
import DatabaseSupport
import Domain
import Ledger
import MariaDB
import Store
import Testing

/// A submission whose outcome is unknown may be decided by a person.
struct ResolveTests {
    private func withUncertain(_ body: (Connection, AccountID, VideoID) throws -> Void) throws {
        try withQueue { db in
            let account = try db.insertAccount(credit: .dollars(3))
            let job = try db.insertJob(of: account)
            try db.advanceJob(to: .submitUnknown)
            try body(db, account, job)
        }
    }

    private func resolve(_ db: Connection, _ job: VideoID, task: String?) throws {
        try db.resolve(
            job, task: task, renderDeadline: .seconds(1200), policy: .test,
            by: Operator(userID: nil, reason: "asked the vendor"))
    }

    @Test func `with the task that the vendor made the job goes on`() throws {
        try withUncertain { db, _, job in
            #expect(try db.attention().contains { $0.kind == .uncertainVideo })
            try resolve(db, job, task: "task-7")
            #expect(try db.job(job).state == .submitted)
            #expect(try db.claimToFollow().taskID == "task-7")
            let line = try #require(try db.auditLog(before: nil, limit: 1).first)
            #expect(line.action == "video.resolve")
            #expect(line.reason == "asked the vendor")
        }
    }

    @Test func `without a task the hold goes back`() throws {
        try withUncertain { db, account, job in
            try resolve(db, job, task: nil)
            #expect(try db.job(job).reason == .vendorDown)
            #expect(try db.balance(of: account).available == .dollars(3))
            #expect(try db.legs("job:release:\(job)") == 1)
        }
    }

    @Test(arguments: ["task-7", nil])
    func `a job that is not uncertain is left alone and nothing is logged`(
        task: String?
    ) throws {
        try withUncertain { db, _, job in
            _ = try db.hint(token: db.job(job).callbackToken, task: "task-1")
            #expect(throws: Conflict.self) { try resolve(db, job, task: task) }
            #expect(try db.job(job).taskID == "task-1")
            #expect(try db.auditLog(before: nil, limit: 1).isEmpty)
        }
    }

    @Test func `the task of another video is refused`() throws {
        try withUncertain { db, account, job in
            let other = try db.insertJob(of: account)
            try db.advanceJob(to: .submitted, task: "task-9")
            #expect(throws: Conflict.self) { try resolve(db, job, task: "task-9") }
            #expect(try db.job(job).state == .submitUnknown)
            #expect(try db.job(other).state == .submitted)
        }
    }

    @Test func `what waits in a restored copy is given back instead of bought again (J6)`() throws {
        try withUncertain { db, account, uncertain in
            let waiting = try (1...2).map { _ in try db.insertJob(of: account) }
            let actor = try Operator(userID: nil, reason: "restored the copy of last night")
            #expect(try db.refundQueued(policy: .test, by: actor) == 2)
            #expect(try waiting.allSatisfy { try db.job($0).reason == .vendorDown })
            #expect(try db.job(uncertain).state == .submitUnknown)
            #expect(try db.claimSubmission(lasting: .seconds(60), parallel: 4) == nil)
            #expect(try db.refundQueued(policy: .test, by: actor) == 0)
            let log = try db.auditLog(before: nil, limit: 9)
            #expect(log.map(\.action) == ["video.refund", "video.refund"])
            #expect(log.allSatisfy { $0.reason == "restored the copy of last night" })
        }
    }

    @Test func `a video that does not exist is not found`() throws {
        try withUncertain { db, _, _ throws in
            #expect(throws: NotFound()) { try resolve(db, VideoID.new(), task: nil) }
        }
    }
}
