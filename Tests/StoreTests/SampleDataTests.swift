import BooksSupport
import Domain
import FoundationEssentials
import MariaDB
import Store
import Testing

struct SampleDataTests {
    @Test func `no vendor is asked for a sample, and the books hold it`() throws {
        try withQueue { db in
            let account = try db.insertAccount(credit: .dollars(9))
            try db.insertSample(
                db.order(), of: account, by: db.owner(of: account),
                ending: .delivered(.sample, vendorCost: .dollars(1)),
                startedAt: Date(timeIntervalSinceNow: -7200), lasting: 90,
                policy: .test)
            #expect(try db.tasksToReconcile(limit: 9, askedBefore: Date()).isEmpty)
            // The same job without the note would be asked for.
            try db.execute("UPDATE video_jobs SET reconciled_at = NULL")
            #expect(try db.tasksToReconcile(limit: 9, askedBefore: Date()).count == 1)
        }
    }
}
