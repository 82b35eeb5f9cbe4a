import BooksSupport
import DatabaseSupport
import Domain
import FoundationEssentials
import Ledger
import MariaDB
import Store
import Testing

@Suite struct `C3 spend order` {
    @Test func `credit that lapses sooner is spent first`() throws {
        try withDatabase { db in
            let account = try db.insertAccount()
            let late = try db.insertGrant(.dollars(5), of: account)
            let soon = try db.insertGrant(.dollars(1), of: account)
            try db.setExpiry(of: soon, in: .seconds(3600))
            _ = try db.insertJob(of: account, tier: "basic")
            #expect(try db.lotRow(soon, of: account).held == .dollars(1))
            #expect(try db.lotRow(late, of: account).held == Money(cents: 55))
            try expectCleanBooks(db)
        }
    }

    @Test func `of one purchase the bonus is spent before what was paid for`() throws {
        try withDatabase { db in
            let account = try db.insertAccount()
            try db.buy("standard", for: account)
            let lots = try db.lotRows(of: account)
            #expect(Set(lots.map(\.expiresAt)).count == 1)
            _ = try db.insertJob(of: account, tier: "basic")
            _ = try db.insertJob(of: account, tier: "basic")
            let rows = try db.lotRows(of: account)
            #expect(rows.first { $0.source == .bonus }?.held == .dollars(2))
            #expect(rows.first { $0.source == .purchase }?.held == Money(cents: 110))
            #expect(try db.lots(of: account).map(\.source) == [.purchase])
            try expectCleanBooks(db)
        }
    }

    @Test func `of lots that are alike the oldest is spent first`() throws {
        try withDatabase { db in
            let account = try db.insertAccount()
            let lots = try (1...3).map { _ in try db.insertGrant(.dollars(1), of: account) }
            try db.execute(
                """
                UPDATE credit_lots
                SET expires_at = '2100-01-01 00:00:00', original_expires_at = expires_at
                WHERE account_id = \(account)
                """)
            let ordered = lots.sorted { $0.description < $1.description }
            #expect(try db.lots(of: account).map(\.id) == ordered)
            _ = try db.insertJob(of: account)
            #expect(try db.lotRow(ordered[0], of: account).held == .dollars(1))
            _ = try db.insertJob(of: account)
            #expect(try db.lotRow(ordered[1], of: account).held == .dollars(1))
            #expect(try db.lotRow(ordered[2], of: account).held == .zero)
        }
    }
}

@Suite struct `C1 parts of a lot` {
    /// An account with three lots that no price divides evenly, and a job that holds of all three.
    private func withJob(_ body: (Connection, AccountID, VideoID) throws -> Void) throws {
        try withFreshDatabase { configuration in
            let db = Connection(configuration)
            let account = try db.insertAccount()
            for micros: Int64 in [333_333, 666_666, 1_000_001] {
                try db.insertGrant(Money(micros: micros), of: account)
            }
            let job = try db.insertJob(of: account, tier: "basic")
            try body(db, account, job)
            try expectCleanBooks(db)
        }
    }

    private func parts(_ db: Connection, _ account: AccountID) throws -> [[Int64]] {
        try db.lotRows(of: account).map {
            [$0.remaining, $0.held, $0.spent, $0.expired].map(\.micros)
        }
    }

    @Test func `a hold takes from several lots to the micro-dollar`() throws {
        try withJob { db, account, job in
            #expect(
                try parts(db, account) == [
                    [0, 333_333, 0, 0], [0, 666_666, 0, 0], [450_000, 550_001, 0, 0],
                ])
            #expect(try db.legs("job:hold:\(job)") == 3)
            let balance = try db.balance(of: account)
            #expect(balance.available == Money(micros: 450_000))
            #expect(balance.reserved == Money(cents: 155))
        }
    }

    @Test func `settling spends of each lot what was held of it`() throws {
        try withJob { db, account, job in
            try db.advanceJob(to: .delivered)
            #expect(
                try parts(db, account) == [
                    [0, 0, 333_333, 0], [0, 0, 666_666, 0], [450_000, 0, 550_001, 0],
                ])
            #expect(try db.legs("job:settle:\(job)") == 3)
            let balance = try db.balance(of: account)
            #expect(balance.available == Money(micros: 450_000))
            #expect(balance.reserved == .zero)
        }
    }

    @Test func `releasing gives each lot back what was held of it`() throws {
        try withJob { db, account, job in
            try db.advanceJob(to: .refunded)
            #expect(
                try parts(db, account) == [
                    [333_333, 0, 0, 0], [666_666, 0, 0, 0], [1_000_001, 0, 0, 0],
                ])
            #expect(try db.legs("job:release:\(job)") == 3)
            #expect(try db.balance(of: account).available == .dollars(2))
        }
    }

    @Test func `the user's list has a line for the charge and one for the refund`() throws {
        try withJob { db, account, job in
            try db.advanceJob(to: .refunded)
            let lines = try db.transactions(of: account, before: nil, limit: 2)
            #expect(lines.map(\.type) == [.refund, .charge])
            #expect(lines.map(\.amount) == [Money(cents: 155), Money(cents: -155)])
            #expect(lines.map(\.balanceAfter) == [.dollars(2), Money(cents: 45)])
            #expect(lines.map(\.jobID) == [job, job])
        }
    }
}

@Suite struct `C2 expiry` {
    @Test func `a lot lapses 90 days after it was credited by the database's clock`() throws {
        try withDatabase { db in
            let account = try db.insertAccount(credit: .dollars(1))
            let seconds = try db.count(
                """
                SELECT TIMESTAMPDIFF(SECOND, created_at, expires_at) FROM credit_lots
                WHERE account_id = \(account)
                """)
            #expect(seconds == 90 * 86_400)
        }
    }

    @Test func `credit of a shop without expiry never lapses`() throws {
        try withDatabase { db in
            let account = try db.insertAccount()
            try db.grantCredit(
                .dollars(1), to: account, reason: "test", policy: CreditPolicy(expiry: nil),
                grant: .new())
            #expect(try db.lots(of: account).map(\.expiresAt) == [nil])
            #expect(try db.expireOverdueLots(limit: 10) == 0)
            _ = try db.insertJob(of: account)
            try expectCleanBooks(db)
        }
    }

    @Test func `lapsed credit is not shown and not spent although no sweep has run`() throws {
        try withDatabase { db in
            let account = try db.insertAccount(credit: .dollars(5))
            let lot = try db.lotRows(of: account)[0]
            try db.setExpiry(of: lot.id, in: .seconds(-1))
            #expect(try db.balance(of: account).available == .zero)
            #expect(try db.lots(of: account).isEmpty)
            #expect(throws: InsufficientCredits(required: .dollars(1), current: .zero)) {
                try db.insertJob(of: account)
            }
        }
    }

    @Test func `a sweep moves what has lapsed to breakage and nothing else (C6)`() throws {
        try withDatabase { db in
            let account = try db.insertAccount()
            let old = try db.insertGrant(.dollars(5), of: account)
            let new = try db.insertGrant(.dollars(3), of: account)
            try db.setExpiry(of: old, in: .seconds(-1))
            #expect(try db.expireOverdueLots(limit: 10) == 1)
            #expect(try db.expireOverdueLots(limit: 10) == 0)
            #expect(try db.lotRow(old, of: account).expired == .dollars(5))
            #expect(try db.lotRow(new, of: account).remaining == .dollars(3))
            #expect(try db.balance(of: account).available == .dollars(3))
            #expect(try db.legs("lot:expire:\(old):1") == 1)
            let line = try db.transactions(of: account, before: nil, limit: 1)[0]
            #expect(line.type == .expiry)
            #expect(line.amount == .dollars(-5))
            #expect(line.balanceAfter == .dollars(3))
            try expectCleanBooks(db)
        }
    }

    @Test func `a sweep touches at most as many accounts as it is told`() throws {
        try withDatabase { db in
            for _ in 1...3 {
                let account = try db.insertAccount(credit: .dollars(1))
                try db.setExpiry(of: db.lotRows(of: account)[0].id, in: .seconds(-1))
            }
            #expect(try db.expireOverdueLots(limit: 2) == 2)
            #expect(try db.expireOverdueLots(limit: 2) == 1)
            try expectCleanBooks(db)
        }
    }

    @Test func `sweeps and orders at once neither spend nor expire anything twice (C6)`() throws {
        try withFreshDatabase { configuration in
            let db = Connection(configuration)
            let account = try db.insertAccount()
            for number in 1...6 {
                let lot = try db.insertGrant(.dollars(2), of: account)
                if number.isMultiple(of: 2) { try db.setExpiry(of: lot, in: .seconds(-1)) }
            }
            let accepted = try inParallel(12) { number -> Int in
                let db = Connection(configuration)
                if number.isMultiple(of: 3) { return try db.expireOverdueLots(limit: 10) * 0 }
                do {
                    _ = try db.insertJob(of: account)
                    return 1
                } catch is InsufficientCredits {
                    return 0
                }
            }
            #expect(accepted.reduce(0, +) == 6)
            let balance = try db.balance(of: account)
            #expect(balance.available == .zero)
            #expect(balance.reserved == .dollars(6))
            #expect(try db.lotRows(of: account).map(\.expired).reduce(.zero, +) == .dollars(6))
            try expectCleanBooks(db)
        }
    }
}

@Suite struct `C4 and C5 expiry during a job` {
    /// An account with $5 in one lot, of which an open job holds $1; the lot lapsed `ago` seconds ago.
    private func withLapsed(
        _ ago: Int64, sweeping: Bool = true,
        _ body: (Connection, AccountID, LotID, VideoID) throws -> Void
    ) throws {
        try withFreshDatabase { configuration in
            let db = Connection(configuration)
            let account = try db.insertAccount()
            let lot = try db.insertGrant(.dollars(5), of: account)
            let job = try db.insertJob(of: account)
            try db.setExpiry(of: lot, in: .seconds(-ago))
            if sweeping { #expect(try db.expireOverdueLots(limit: 10) == 1) }
            try body(db, account, lot, job)
            try expectCleanBooks(db)
        }
    }

    private static let day: Int64 = 86_400

    @Test func `held credit does not lapse while its job is open`() throws {
        try withLapsed(8 * Self.day) { db, account, lot, _ in
            let row = try db.lotRow(lot, of: account)
            #expect(row.held == .dollars(1))
            #expect(row.expired == .dollars(4))
            #expect(try db.balance(of: account).reserved == .dollars(1))
            try db.advanceJob(to: .delivered)
            #expect(try db.lotRow(lot, of: account).spent == .dollars(1))
        }
    }

    @Test(arguments: [true, false])
    func `what a failed job returns can be spent within the grace after the first expiry`(
        isSweptBefore: Bool
    ) throws {
        try withLapsed(Self.day, sweeping: isSweptBefore) { db, account, lot, _ in
            try db.advanceJob(to: .refunded)
            let row = try db.lotRow(lot, of: account)
            // Only the returned part: the rest lapsed when its time was over.
            #expect(row.remaining == .dollars(1))
            #expect(row.expired == .dollars(4))
            #expect(row.expiresAt == row.originalExpiresAt.addingTimeInterval(7 * 86_400))
            #expect(try db.balance(of: account).available == .dollars(1))
            _ = try db.insertJob(of: account)
            #expect(try db.lotRow(lot, of: account).held == .dollars(1))
        }
    }

    @Test func `failing again does not extend the grace`() throws {
        try withLapsed(Self.day) { db, account, lot, first in
            try db.advanceJob(to: .refunded)
            let expiry = try db.lotRow(lot, of: account).expiresAt
            let second = try db.insertJob(of: account)
            try db.advanceJob(to: .refunded, task: "task-2")
            #expect(try db.lotRow(lot, of: account).expiresAt == expiry)
            // And when the grace itself is over while a job is open, the credit is gone.
            let third = try db.insertJob(of: account)
            try db.execute(
                """
                UPDATE credit_lots
                SET expires_at = UTC_TIMESTAMP(6) - INTERVAL 1 SECOND,
                    original_expires_at = expires_at - INTERVAL 7 DAY
                WHERE id = \(lot)
                """)
            try db.advanceJob(to: .refunded, task: "task-3")
            let row = try db.lotRow(lot, of: account)
            #expect(row.remaining == .zero)
            #expect(row.expired == .dollars(5))
            #expect(Set([first, second, third]).count == 3)
        }
    }

    @Test func `what comes back beyond the grace lapses at once`() throws {
        try withLapsed(8 * Self.day) { db, account, lot, job in
            try db.advanceJob(to: .refunded)
            let row = try db.lotRow(lot, of: account)
            #expect(row.remaining == .zero)
            #expect(row.expired == .dollars(5))
            #expect(try db.balance(of: account).available == .zero)
            #expect(try db.legs("job:release:\(job)") == 1)
            let lines = try db.transactions(of: account, before: nil, limit: 3)
            #expect(lines.map(\.type) == [.expiry, .refund, .expiry])
            #expect(lines.map(\.balanceAfter) == [.zero, .dollars(1), .zero])
        }
    }

    @Test func `what a failed job returns to a good lot keeps that lot's expiry`() throws {
        try withFreshDatabase { configuration in
            let db = Connection(configuration)
            let account = try db.insertAccount(credit: .dollars(2))
            let before = try db.lotRows(of: account)[0]
            _ = try db.insertJob(of: account)
            try db.advanceJob(to: .refunded)
            #expect(try db.lotRows(of: account)[0] == before)
            try expectCleanBooks(db)
        }
    }
}

@Suite struct `L5 one effect for one key` {
    @Test func `a grant that is given twice is given once`() throws {
        try withDatabase { db in
            let account = try db.insertAccount()
            let grant = ID<CreditLot>.new()
            for _ in 1...3 {
                try db.grantCredit(
                    .dollars(4), to: account, reason: "sorry", policy: .test, grant: grant)
            }
            #expect(try db.balance(of: account).available == .dollars(4))
            #expect(try db.lotRows(of: account).count == 1)
            try expectCleanBooks(db)
        }
    }

    @Test func `a grant that eight give at once is given once`() throws {
        try withFreshDatabase { configuration in
            let db = Connection(configuration)
            let account = try db.insertAccount()
            let grant = ID<CreditLot>.new()
            _ = try inParallel(8) { _ in
                try Connection(configuration).grantCredit(
                    .dollars(4), to: account, reason: "sorry", policy: .test, grant: grant)
            }
            #expect(try db.balance(of: account).available == .dollars(4))
            try expectCleanBooks(db)
        }
    }

    @Test func `a second entry under one key and leg is refused by the schema`() throws {
        try withDatabase { db in
            let account = try db.insertAccount(credit: .dollars(1))
            let error = #expect(throws: DatabaseError.self) {
                try db.execute(
                    """
                    INSERT INTO ledger_entries
                        (id, op_key, leg, kind, debit_account, credit_account, amount_micros,
                         account_id, lot_id, created_at)
                    SELECT UUID(), op_key, leg, kind, debit_account, credit_account,
                        amount_micros, account_id, lot_id, created_at
                    FROM ledger_entries
                    WHERE account_id = \(account)
                    """)
            }
            #expect(error?.kind == .duplicateKey(constraint: "ledger_entries_op_unique"))
        }
    }

    @Test func `keys that differ in case alone are two (D6)`() throws {
        try withDatabase { db in
            let account = try db.insertAccount()
            for intent in ["pi_1AbC", "pi_1aBc"] {
                let purchase = try db.insertPurchase(of: account)
                _ = try db.apply(.of(purchase, intent: intent), to: purchase.id, policy: .test)
            }
            #expect(try db.balance(of: account).available == .dollars(20))
            try expectCleanBooks(db)
        }
    }
}
