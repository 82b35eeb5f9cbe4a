import BooksSupport
import DatabaseSupport
import Domain
import Ledger
import MariaDB
import Store
import Testing

/// Only the database's clock decides what is over: here it is set forward, and that of this process
/// stays where it is.
@Suite struct `D8 the database's clock` {
    private func with(_ body: (Connection, AccountID) throws -> Void) throws {
        try withFreshDatabase { configuration in
            let db = Connection(configuration)
            try body(db, db.insertAccount(credit: .dollars(5)))
        }
    }

    /// Runs `body` at a time that is `seconds` from now for the database.
    private func later(_ seconds: Int, _ db: Connection, _ body: () throws -> Void) throws {
        try db.execute("SET SESSION timestamp = UNIX_TIMESTAMP() + \(seconds)")
        try body()
        try db.execute("SET SESSION timestamp = DEFAULT")
    }

    @Test func `credit lapses when the database's clock says so`() throws {
        try with { db, account in
            try later(90 * 86_400 - 60, db) { () throws in
                #expect(try db.balance(of: account).available == .dollars(5))
                #expect(try db.lots(of: account).count == 1)
                #expect(try db.expireOverdueLots(limit: 9) == 0)
                _ = try db.insertJob(of: account)
            }
            try later(90 * 86_400 + 60, db) { () throws in
                #expect(try db.balance(of: account).available == .zero)
                #expect(try db.lots(of: account).isEmpty)
                #expect(throws: InsufficientCredits.self) { try db.insertJob(of: account) }
                #expect(try db.expireOverdueLots(limit: 9) == 1)
            }
            #expect(try db.balance(of: account).available == .zero)
            try expectCleanBooks(db)
        }
    }

    @Test func `what is returned lapses when the database's clock says so`() throws {
        try with { db, account in
            _ = try db.insertJob(of: account)
            try later(90 * 86_400 + 60, db) { () throws in
                try db.execute("UPDATE video_jobs SET deadline_at = UTC_TIMESTAMP(6)")
                #expect(try db.sweepOverdueJobs().count == 1)
                #expect(try db.balance(of: account).available == .dollars(1))
            }
            try later(97 * 86_400 + 60, db) { () throws in
                #expect(try db.balance(of: account).available == .zero)
            }
        }
    }

    @Test func `a deadline passes when the database's clock says so`() throws {
        try with { db, account in
            let job = try db.insertJob(of: account)
            try later(3540, db) { () throws in #expect(try db.sweepOverdueJobs().isEmpty) }
            try later(3660, db) { () throws in
                #expect(try db.claimSubmission(lasting: .seconds(9), parallel: 9) == nil)
                #expect(try db.sweepOverdueJobs() == [job])
            }
            try expectCleanBooks(db)
        }
    }

    @Test func `a lease ends when the database's clock says so`() throws {
        try with { db, account in
            for _ in 1...2 { _ = try db.insertJob(of: account) }
            let lost = try db.claimToSubmit()
            try later(140, db) { () throws in #expect(try db.sweepLostSubmissions() == 0) }
            try later(160, db) { () throws in #expect(try db.sweepLostSubmissions() == 1) }
            #expect(try db.job(lost.id).state == .submitUnknown)
            try db.submitted(db.claimToSubmit(), task: "task-2")
            let claim = try db.claimToFollow()
            try later(230, db) { () throws in
                #expect(try db.claimFollowUp(lasting: .seconds(9)) == nil)
            }
            try later(250, db) { () throws in
                let other = try db.claimToFollow()
                #expect(other.id == claim.id)
                #expect(other.lease != claim.lease)
            }
        }
    }

    @Test func `a last look is the last when the database's clock says so`() throws {
        try with { db, account in
            _ = try db.insertJob(of: account)
            try db.advanceJob(to: .submitted)
            try later(1140, db) { () throws in
                let claim = try db.claimToFollow()
                #expect(!claim.isOverdue)
                try db.postpone(claim, by: .zero, vendorStatus: nil)
            }
            try later(1260, db) { () throws in #expect(try db.claimToFollow().isOverdue) }
        }
    }

    @Test func `a key is forgotten when the database's clock says so`() throws {
        try with { db, account in
            let key = ClientKey(key: "k", requestHash: Array(repeating: 1, count: 32))
            let first = try db.accept(db.order(), from: account, key: key)
            try later(86_340, db) { () throws in
                #expect(try db.accept(db.order(), from: account, key: key) == first)
            }
            try later(86_460, db) { () throws in
                #expect(try db.accept(db.order(), from: account, key: key) != first)
            }
            try expectCleanBooks(db)
        }
    }

    @Test func `an open order is looked at when the database's clock says so`() throws {
        try with { db, account in
            let order = try db.insertPurchase(of: account)
            #expect(try db.takePurchasesToCheck(limit: 9).isEmpty)
            try later(60, db) { () throws in
                #expect(try db.takePurchasesToCheck(limit: 9).map(\.id) == [order.id])
            }
        }
    }
}
