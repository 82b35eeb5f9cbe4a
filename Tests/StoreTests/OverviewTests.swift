import BooksSupport
import DatabaseSupport
import Domain
import FoundationEssentials
import Ledger
import MariaDB
import RandomSupport
import Store
import Testing

/// What the operator's overview says, against what ledger and jobs say themselves.
@Suite struct `Overview` {
    @Test func `every number of ten ranges is what ledger and jobs say`() throws {
        try withFreshDatabase { configuration in
            let db = Connection(configuration)
            let now = try db.databaseTime()
            var generator = SplitMix64(seed: 12)
            for number in 1...12 { try db.insertHistory(number, using: &generator) }
            // Stripe tells of some before their day is counted, and of the others after it.
            let told = try db.stripeTransactions(using: &generator)
            try db.note(told.dropLast(told.count / 2))
            while try db.countFigures() {}
            try db.note(told)
            try db.countOpenCredit()
            for (back, count) in [
                (0, 1), (0, 7), (0, 30), (0, 90), (1, 1), (3, 2), (5, 20), (12, 7), (33, 30),
                (50, 11),
            ] {
                let last = DayRange(last: back + count, at: now)
                let range = DayRange(from: last.from, count: count)
                try expectOverview(db, range)
            }
            let open = try db.openCredit()
            let remaining = try db.money(
                "SELECT SUM(remaining_micros) AS value FROM credit_lots WHERE frozen_at IS NULL")
            #expect(remaining > .zero)
            #expect(open.reduce(.zero) { $0 + $1.bought + $1.given } == remaining)
            #expect(open.map(\.days) == [7, 30, 90, 36500])
        }
    }

    @Test func `figures that ledger and jobs do not bear out are told, until they do`() throws {
        try withFreshDatabase { configuration in
            let db = Connection(configuration)
            var generator = SplitMix64(seed: 12)
            try db.insertHistory(1, using: &generator)
            while try db.countFigures() {}
            func told() throws -> [String] {
                try db.attention().filter { $0.kind == .difference }.map(\.subject)
            }
            for _ in 1...99 { _ = try db.countFigures() }
            #expect(try told() == [])
            let oldest = try db.first(
                "SELECT CAST(MIN(day) AS CHAR) AS day FROM daily_figures"
            ) { row in try row("day") as String }.orThrow("a day")
            try db.execute(
                """
                UPDATE daily_figures
                SET sold_micros = sold_micros + 1, counted_at = '2020-01-01'
                WHERE day = CAST(\(oldest) AS DATE)
                """)
            _ = try db.countFigures()
            #expect(try told() == ["figures \(oldest)"])
            for _ in 1...99 { _ = try db.countFigures() }
            #expect(try told() == [])
        }
    }
}

extension Connection {
    /// What Stripe tells of each purchase: its payment, and of some a dispute, on days of the last 89.
    fileprivate func stripeTransactions(
        using generator: inout some RandomNumberGenerator
    ) throws -> [StripeTransaction] {
        let now = try databaseTime()
        let purchases = try query("SELECT id FROM purchases WHERE paid_at IS NOT NULL ORDER BY id")
        {
            row in try row("id") as PurchaseID
        }
        return purchases.enumerated().flatMap { number, purchase in
            let types = number.isMultiple(of: 5) ? ["charge", "adjustment"] : ["charge"]
            return types.map { type in
                StripeTransaction(
                    id: "txn_\(type)_\(purchase)", purchaseID: purchase, type: type,
                    amount: Money(cents: type == "charge" ? 4799 : -4799),
                    fee: Money(cents: Int64.random(in: 1...1500, using: &generator)),
                    createdAt: now - Double.random(in: 0...89, using: &generator) * 86_400)
            }
        }
    }

    /// A customer whose sign-up, purchases, videos, refund or dispute lie on days of the last 89.
    fileprivate func insertHistory(
        _ number: Int, using generator: inout some RandomNumberGenerator
    ) throws {
        func day() -> Int { Int.random(in: 0...89, using: &generator) }
        let joinedAt = try databaseTime() - Double(day()) * 86_400
        let user = UserID.new(at: joinedAt)
        try createUser(
            user, owning: .new(), email: "\(user)@example.org", passwordHash: "$argon2id$",
            role: .user)
        try execute("UPDATE users SET created_at = \(joinedAt) WHERE id = \(user)")
        let account = try insertAccount(credit: number.isMultiple(of: 3) ? .dollars(2) : .zero)
        try move("account_id = \(account)", back: day())
        for name in ["starter", "pro"].prefix(1 + number % 2) {
            let purchase = try buy(name, for: account)
            try movePurchase(purchase.id, back: day())
            guard number.isMultiple(of: 4) else { continue }
            try takeBack(purchase, isDispute: number == 8, back: day())
        }
        for at in 1...6 {
            let tier = ["economy", "basic", "pro"][(number + at) % 3]
            guard try balance(of: account).available >= .dollars(2) else { return }
            let job = try insertJob(of: account, tier: tier)
            if at == 5 {
                try cancel(job, of: account, policy: .test)
            } else {
                try end(job, "\(number)-\(at)", isDelivered: at != 3)
            }
            try moveJob(job, back: day(), seconds: Int.random(in: 20...300, using: &generator))
        }
        try setExpiry(of: lotRows(of: account)[0].id, in: .seconds(-1))
        _ = try expireOverdueLots(limit: 9)
        try move("account_id = \(account) AND kind = 'expire'", back: day())
    }

    private func end(_ job: VideoID, _ task: String, isDelivered: Bool) throws {
        if isDelivered {
            try advanceJob(to: .delivered, task: task)
            guard task.hasSuffix("-2") else { return }
            // The vendor has not told what it took.
            try execute("UPDATE video_jobs SET actual_cost_micros = NULL WHERE id = \(job)")
        } else {
            try refund(claimToSubmit(), .refused)
            try execute("UPDATE video_jobs SET lost_micros = 70001 WHERE id = \(job)")
        }
    }

    private func takeBack(_ purchase: Purchase, isDispute: Bool, back days: Int) throws {
        let cause = "\(isDispute ? "stripe:dispute-lost" : "stripe:refund"):\(purchase.id)"
        let dispute = PaymentDispute(id: cause, amount: purchase.price, standing: .lost)
        _ = try apply(
            PaymentReversal(
                refunded: isDispute ? nil : Money(cents: 333), dispute: isDispute ? dispute : nil,
                cause: cause),
            to: purchase.id, readAt: reversals(of: purchase.id),
            refundGrace: CreditPolicy.test.refundGrace)
        try move("purchase_id = \(purchase.id) AND op_key LIKE \("\(cause)%")", back: days)
    }

    private func movePurchase(_ id: PurchaseID, back days: Int) throws {
        try execute(
            "UPDATE purchases SET paid_at = paid_at - INTERVAL \(days) DAY WHERE id = \(id)")
        try move("purchase_id = \(id)", back: days)
    }

    private func moveJob(_ id: VideoID, back days: Int, seconds: Int) throws {
        try execute(
            """
            UPDATE video_jobs
            SET completed_at = completed_at - INTERVAL \(days) DAY,
                created_at = completed_at - INTERVAL \(seconds) SECOND
            WHERE id = \(id)
            """)
        try move("job_id = \(id)", back: days)
    }

    /// Entries of the ledger that tell of another day, by their times and by their ids.
    private func move(_ entries: SQL, back days: Int) throws {
        try execute(
            """
            UPDATE ledger_entries
            SET created_at = created_at - INTERVAL \(days) DAY,
                id = CAST(CONCAT(
                    LPAD(HEX(CAST(CONV(LEFT(REPLACE(CAST(id AS CHAR), '-', ''), 12), 16, 10) AS UNSIGNED)
                        - \(days) * 86400000), 12, '0'),
                    SUBSTR(REPLACE(CAST(id AS CHAR), '-', ''), 13)) AS UUID)
            WHERE \(sql: entries)
            """)
    }
}
