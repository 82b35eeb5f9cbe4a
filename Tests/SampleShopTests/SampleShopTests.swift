import BooksSupport
import DatabaseSupport
import Domain
import FoundationEssentials
import Ledger
import MariaDB
import SampleShop
import Store
import Testing

/// A small shop of samples, made by the functions that make the whole one.
@Suite struct `The shop of samples` {
    private func withShop(_ body: (Connection) throws -> Void) throws {
        try withFreshDatabase { configuration in
            let db = Connection(configuration)
            let shop = try SampleShop(
                in: db, size: SampleShop.Size(customers: 40, videos: 400),
                SampleShop.Terms(
                    credit: .test, deadlines: JobDeadlines(), passwordHash: "$argon2id$")
            ) { _, _ in .sample }
            try shop.fill()
            try body(db)
        }
    }

    @Test func `its books are clean, and its overview is what ledger and jobs say`() throws {
        try withShop { db in
            try expectCleanBooks(db)
            #expect(try db.walkAllChains { _ in }.violations == [])
            #expect(try db.openFindings().isEmpty)
            let now = try db.databaseTime()
            for (back, count) in [
                (0, 1), (0, 7), (0, 30), (0, 90), (1, 1), (3, 2), (5, 20), (12, 7), (33, 30),
                (50, 11),
            ] {
                let last = DayRange(last: back + count, at: now)
                try expectOverview(db, DayRange(from: last.from, count: count))
            }
            try expectDays(db)
            try expectAttention(db)
            try expectVendors(db)
        }
    }

    /// There is something of everything, in the days in which it is said to be.
    private func expectDays(_ db: Connection) throws {
        let now = try db.databaseTime()
        let figures = try db.figures(of: DayRange(last: 91, at: now))
        #expect(figures.videos.videos > 300)
        #expect(figures.videos.failures > 5)
        #expect(figures.videos.lost > .zero)
        let shop = figures.shop
        for money in [shop.sold, shop.given, shop.lapsed, shop.refunded, shop.fees] {
            #expect(money > .zero)
        }
        #expect(shop.signups == 40)
        #expect(try db.figuresByDay(of: DayRange(last: 90, at: now)).count == 90)
        let tables: [SQL] = ["users", "video_jobs", "purchases", "ledger_entries", "transactions"]
        for table in tables {
            // An id tells the time of its row: the lists of days rely on it.
            let strangers = try db.number(
                """
                SELECT COUNT(*) AS value
                FROM \(sql: table)
                WHERE ABS(CONV(LEFT(REPLACE(CAST(id AS CHAR), '-', ''), 12), 16, 10) / 1000
                    - UNIX_TIMESTAMP(created_at)) > 60
                """)
            #expect(strangers == 0, "\(table.text)")
        }
        #expect(try db.number("SELECT COUNT(*) AS value FROM users WHERE created_at > NOW()") == 0)
    }

    private func expectAttention(_ db: Connection) throws {
        let kinds = Set(try db.attention().map(\.kind))
        #expect(
            kinds == [.uncertainVideo, .vendorLoss, .dispute, .refundFailed, .purchaseProblem])
        #expect(try db.number("SELECT COUNT(*) AS value FROM outbox WHERE channel = 'mail'") == 0)
        let waiting: SQL =
            "SELECT COUNT(*) AS value FROM disputes WHERE standing IN ('open', 'inquiry')"
        #expect(try db.number("\(sql: waiting) AND due_at > NOW()") == db.number(waiting))
    }

    /// Nothing is left that a worker would ask a vendor for who does not know it.
    private func expectVendors(_ db: Connection) throws {
        let now = try db.databaseTime()
        #expect(try db.tasksToReconcile(limit: 9, askedBefore: now).isEmpty)
        #expect(
            try db.unlistedPurchases(since: now.addingTimeInterval(-40 * 86_400), paidBefore: now)
                .isEmpty)
        #expect(try db.takePurchasesToCheck(limit: 9).isEmpty)
        #expect(
            try db.number(
                """
                SELECT COUNT(*) AS value FROM video_jobs
                WHERE late_look_at IS NOT NULL OR state IN ('submitting', 'submitted', 'storing')
                """) == 0)
        let waiting: SQL = "SELECT COUNT(*) AS value FROM video_jobs WHERE state = 'queued'"
        #expect(try db.number(waiting) == 3)
    }

    @Test func `it is made in an empty database alone`() throws {
        try withFreshDatabase { configuration in
            let db = Connection(configuration)
            #expect(try SampleShop.isPossible(in: db))
            _ = try db.insertUser()
            #expect(try !SampleShop.isPossible(in: db))
        }
    }
}

@Suite struct `A clock of ids` {
    @Test func `stands where it was set, and goes on in order`() {
        let clock = IDClock()
        let past = Date(timeIntervalSince1970: 1_700_000_000)
        clock.stand(at: past)
        let ids = IDClock.$current.withValue(clock) { (0..<5000).map { _ in VideoID.new() } }
        #expect(zip(ids, ids.dropFirst()).allSatisfy { $0.description < $1.description })
        #expect(ids[0].description > VideoID.first(at: past).description)
        #expect(ids[4999].description < VideoID.first(at: past.addingTimeInterval(2)).description)
        // Elsewhere it is as late as it is.
        let justNow = Date(timeIntervalSinceNow: -60)
        #expect(VideoID.new().description > VideoID.first(at: justNow).description)
    }
}
