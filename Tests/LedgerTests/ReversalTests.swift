import BooksSupport
import DatabaseSupport
import Domain
import FoundationEssentials
import Ledger
import MariaDB
import RandomSupport
import Store
import Testing

/// A paid order of $55 for $47.99, and what Stripe says of its money.
private struct Paid {
    let db: Connection
    let account: AccountID
    let order: Purchase

    init(_ db: Connection) throws {
        self.db = db
        account = try db.insertAccount()
        order = try db.buy("pro", for: account)
    }

    /// Reads that `cents` of the payment are refunded in all, or how a dispute stands.
    @discardableResult
    func read(
        refunded cents: Int64? = nil, _ dispute: PaymentDispute? = nil, cause: String = "stripe:x"
    ) throws -> Purchase {
        try db.apply(
            PaymentReversal(
                refunded: cents.map { Money(cents: $0) }, dispute: dispute,
                cause: "\(cause):\(order.id)"),
            to: order.id, readAt: db.reversals(of: order.id),
            refundGrace: CreditPolicy.test.refundGrace)
    }

    func dispute(
        _ standing: PaymentDispute.Standing, cents: Int64 = 4799, id: String = "dp_1"
    ) -> PaymentDispute {
        PaymentDispute(
            id: "\(id)-\(order.id)", amount: Money(cents: cents), standing: standing)
    }

    var available: Money { get throws { try db.balance(of: account).available } }
    var debt: Money { get throws { try db.balance(of: account).shortfall } }
    var clawedBack: Int {
        get throws {
            try db.count(
                "SELECT SUM(clawed_back_micros) FROM credit_lots WHERE account_id = \(account)")
        }
    }
    var frozen: Int {
        get throws {
            try db.count("SELECT frozen_micros FROM wallets WHERE account_id = \(account)")
        }
    }
}

@Suite struct `P3 refunds` {
    private func with(_ body: (Paid) throws -> Void) throws {
        try withFreshDatabase { configuration in
            let db = Connection(configuration)
            try body(Paid(db))
            try expectCleanBooks(db)
        }
    }

    @Test func `a full refund takes all that is left, bonus included`() throws {
        try with { paid throws in
            #expect(try paid.read(refunded: 4799).state == .refunded)
            #expect(try paid.available == .zero)
            #expect(try paid.clawedBack == 55_000_000)
            #expect(try paid.debt == .zero)
            let lines = try paid.db.transactions(of: paid.account, before: nil, limit: 1)
            #expect(lines.map(\.type) == [.clawback])
            #expect(lines.map(\.amount) == [.dollars(-55)])
        }
    }

    @Test func `a part of the money takes that part of the credit, to the cent`() throws {
        try with { paid throws in
            // 55 × 10 / 47.99 = 11.4607…
            #expect(try paid.read(refunded: 1000).state == .paid)
            #expect(try paid.available == .dollars(55) - Money(cents: 1146))
        }
    }

    @Test func `three partial refunds take what one of their sum takes`() throws {
        try with { paid throws in
            for (total, left) in [(1600, 3666), (3200, 1833), (4799, 0)] as [(Int64, Int64)] {
                for _ in 1...3 { try paid.read(refunded: total) }
                #expect(try paid.available == Money(cents: left))
            }
            #expect(try paid.clawedBack == 55_000_000)
        }
    }

    @Test func `a reading that was overtaken is not applied`() throws {
        try with { paid throws in
            let before = try paid.db.reversals(of: paid.order.id)
            try paid.read(refunded: 4799)
            #expect(throws: StaleReading.self) {
                try paid.db.apply(
                    PaymentReversal(refunded: .zero, dispute: nil, cause: "stripe:old"),
                    to: paid.order.id, readAt: before, refundGrace: CreditPolicy.test.refundGrace)
            }
            #expect(try paid.available == .zero)
        }
    }

    @Test func `eight who apply one reading at once take it once`() throws {
        try withFreshDatabase { configuration in
            let paid = try Paid(Connection(configuration))
            let (id, readAt) = (paid.order.id, try paid.db.reversals(of: paid.order.id))
            let applied = try inParallel(8) { _ -> Bool in
                do {
                    _ = try Connection(configuration).apply(
                        PaymentReversal(
                            refunded: Money(cents: 1000), dispute: nil, cause: "stripe:refund:re"),
                        to: id, readAt: readAt, refundGrace: CreditPolicy.test.refundGrace)
                    return true
                } catch is StaleReading {
                    return false
                }
            }
            #expect(applied.count { $0 } == 1)
            #expect(try paid.available == .dollars(55) - Money(cents: 1146))
            try expectCleanBooks(paid.db)
        }
    }

    @Test func `what is spent becomes a debt that stops new jobs`() throws {
        try with { paid throws in
            _ = try paid.db.insertJob(of: paid.account, tier: "basic")
            try paid.db.advanceJob(to: .delivered)
            try paid.read(refunded: 4799)
            #expect(try paid.available == .zero)
            #expect(try paid.debt == Money(cents: 155))
            let grant = try paid.db.insertGrant(.dollars(9), of: paid.account)
            #expect(try paid.db.lotRow(grant, of: paid.account).remaining == .dollars(9))
            let error = #expect(throws: InsufficientCredits.self) {
                try paid.db.insertJob(of: paid.account)
            }
            #expect(error?.isDebt == true)
            #expect(error?.shortfall == Money(cents: 155))
        }
    }

    @Test func `the next purchase pays the debt first`() throws {
        try with { paid throws in
            _ = try paid.db.insertJob(of: paid.account, tier: "basic")
            try paid.db.advanceJob(to: .delivered)
            try paid.read(refunded: 4799)
            try paid.db.buy("starter", for: paid.account)
            #expect(try paid.debt == .zero)
            #expect(try paid.available == Money(cents: 845))
            _ = try paid.db.insertJob(of: paid.account)
        }
    }

    @Test func `another purchase's credit is not touched`() throws {
        try with { paid throws in
            let other = try paid.db.buy("starter", for: paid.account)
            try paid.read(refunded: 4799)
            #expect(try paid.available == .dollars(10))
            #expect(try paid.db.purchase(other.id)?.state == .paid)
        }
    }

    @Test func `what had lapsed is taken before anything becomes a debt`() throws {
        try with { paid throws in
            for lot in try paid.db.lotRows(of: paid.account) {
                try paid.db.setExpiry(of: lot.id, in: .seconds(-1))
            }
            _ = try paid.db.expireOverdueLots(limit: 9)
            try paid.read(refunded: 4799)
            #expect(try paid.debt == .zero)
            #expect(try paid.clawedBack == 55_000_000)
        }
    }

    @Test func `a refund that fails later is given back`() throws {
        try with { paid throws in
            _ = try paid.db.insertJob(of: paid.account, tier: "basic")
            try paid.db.advanceJob(to: .delivered)
            try paid.read(refunded: 4799)
            #expect(try paid.read(refunded: 0).state == .paid)
            #expect(try paid.debt == .zero)
            #expect(try paid.available == .dollars(55) - Money(cents: 155))
            #expect(try paid.clawedBack == 0)
        }
    }

    @Test func `a refund of what an open job holds waits for the job`() throws {
        for end in [VideoState.delivered, .refunded] {
            try with { paid throws in
                _ = try paid.db.insertJob(of: paid.account, tier: "basic")
                try paid.read(refunded: 4799)
                try expectCleanBooks(paid.db)
                #expect(try paid.db.balance(of: paid.account).reserved == Money(cents: 155))
                #expect(try paid.available == .zero)
                #expect(try paid.debt == .zero)
                try paid.db.advanceJob(to: end)
                #expect(try paid.available == .zero)
                #expect(try paid.debt == (end == .delivered ? Money(cents: 155) : .zero))
                #expect(
                    try paid.clawedBack == (end == .delivered ? 53_450_000 : 55_000_000))
            }
        }
    }

    /// What another job of the purchase still holds covers what waits: nothing is owed before that
    /// has ended too.
    @Test(arguments: [VideoState.delivered, .refunded])
    func `what is settled becomes a debt only beyond what other jobs hold (P5)`(
        last: VideoState
    ) throws {
        try with { paid throws in
            for _ in 1...2 { _ = try paid.db.insertJob(of: paid.account, tier: "basic") }
            // Of $55.00 all but $2.00 is due: $51.90 is left and taken, $1.10 waits.
            try paid.read(refunded: 4624)
            let waiting = try paid.db.count(
                "SELECT pending_micros FROM purchases WHERE id = \(paid.order.id)")
            #expect((1...1_550_000).contains(waiting))
            try paid.db.advanceJob(to: .delivered)
            #expect(try paid.debt == .zero)
            try paid.db.advanceJob(to: last, task: "task-2")
            #expect(
                try paid.debt == (last == .delivered ? Money(micros: Int64(waiting)) : .zero))
            #expect(
                try paid.available
                    == (last == .delivered ? .zero : Money(micros: 1_550_000 - Int64(waiting))))
        }
    }
}

@Suite struct `P4 disputes` {
    private func with(_ body: (Paid) throws -> Void) throws {
        try withFreshDatabase { configuration in
            let db = Connection(configuration)
            try body(Paid(db))
            try expectCleanBooks(db)
        }
    }

    @Test func `an inquiry moves nothing`() throws {
        try with { paid throws in
            #expect(try paid.read(paid.dispute(.inquiry)).state == .paid)
            #expect(try paid.available == .dollars(55))
            #expect(try paid.db.attention().contains { $0.kind == .dispute })
        }
    }

    @Test func `an open dispute freezes what is left, and winning it thaws that`() throws {
        try with { paid throws in
            for _ in 1...2 { #expect(try paid.read(paid.dispute(.open)).state == .disputed) }
            #expect(try paid.available == .zero)
            #expect(try paid.frozen == 55_000_000)
            #expect(throws: InsufficientCredits.self) { try paid.db.insertJob(of: paid.account) }
            for _ in 1...2 { #expect(try paid.read(paid.dispute(.closed)).state == .paid) }
            #expect(try paid.available == .dollars(55))
            #expect(try paid.frozen == 0)
        }
    }

    @Test func `a lost dispute takes the credit for good`() throws {
        try with { paid throws in
            try paid.read(paid.dispute(.open))
            for _ in 1...2 { #expect(try paid.read(paid.dispute(.lost)).state == .disputed) }
            #expect(try paid.available == .zero)
            #expect(try paid.frozen == 0)
            #expect(try paid.clawedBack == 55_000_000)
        }
    }

    @Test func `refund and dispute together never take more than was granted`() throws {
        try with { paid throws in
            _ = try paid.db.insertJob(of: paid.account, tier: "basic")
            try paid.db.advanceJob(to: .delivered)
            try paid.read(refunded: 3000, paid.dispute(.open))
            try paid.read(refunded: 4799, paid.dispute(.lost))
            try paid.read(paid.dispute(.lost, id: "dp_2"))
            #expect(try paid.available == .zero)
            #expect(try paid.debt == Money(cents: 155))
            #expect(try paid.clawedBack == 53_450_000)
        }
    }

    @Test func `what a job returns to frozen credit is frozen with it`() throws {
        try with { paid throws in
            _ = try paid.db.insertJob(of: paid.account, tier: "basic")
            try paid.read(paid.dispute(.open))
            try paid.db.advanceJob(to: .refunded)
            try expectCleanBooks(paid.db)
            #expect(try paid.available == .zero)
            #expect(try paid.frozen == 55_000_000)
            try paid.read(paid.dispute(.closed))
            #expect(try paid.available == .dollars(55))
        }
    }

    @Test func `the last word of five readings in any order decides`() throws {
        try withDatabase { db in
            var ends: Set<[String]> = []
            for order in permutations([0, 1, 2, 3, 4]) {
                let paid = try Paid(db)
                for index in order {
                    switch index {
                    case 0: try paid.read(refunded: 2000, cause: "stripe:refund:re_1")
                    case 1: try paid.read(paid.dispute(.lost, cents: 1000))
                    case 2: try paid.read(paid.dispute(.closed, id: "dp_2"))
                    case 3: try paid.read(refunded: 2000, cause: "stripe:refund:re_2")
                    default: try paid.read(refunded: 2000, paid.dispute(.lost, cents: 1000))
                    }
                }
                ends.insert([
                    "\(try paid.available)", "\(try paid.debt)", "\(try paid.clawedBack)",
                    "\(try db.purchase(paid.order.id)?.state as Any)",
                ])
            }
            #expect(ends.count == 1)
            try expectCleanBooks(db)
        }
    }

    private func permutations(_ items: [Int]) -> [[Int]] {
        guard items.count > 1 else { return [items] }
        return items.flatMap { first in
            permutations(items.filter { $0 != first }).map { [first] + $0 }
        }
    }

    /// Whatever went to and fro: once all of the money is ours again, all that was taken is given
    /// back, and what was spent is what was delivered.
    @Test(arguments: 1...12)
    func `when all money is back all credit is`(seed: Int) throws {
        try withFreshDatabase { configuration in
            let db = Connection(configuration)
            let paid = try Paid(db)
            var bought = Money.dollars(55)
            var delivered = Money.zero
            var dice = SplitMix64(seed: UInt64(seed))
            var task = 0
            for _ in 1...40 {
                switch Int.random(in: 0..<10, using: &dice) {
                case 0..<3:
                    do {
                        let tier = ["basic", "pro"].randomElement(using: &dice) ?? "pro"
                        try db.accept(
                            db.order(tier, seconds: 10, count: .random(in: 1...2, using: &dice)),
                            from: paid.account)
                    } catch is InsufficientCredits {}
                case 3..<6:
                    guard let job = try db.claimSubmission(lasting: .seconds(99), parallel: 99)
                    else { continue }
                    task += 1
                    try db.submitted(job, task: "task-\(task)")
                    let claim = try db.claimToFollow()
                    if Bool.random(using: &dice) {
                        try db.refund(claim)
                    } else {
                        try db.deliver(db.storing(claim))
                        delivered += try db.video(claim.id, of: paid.account)?.price ?? .zero
                    }
                case 6:
                    try db.buy("starter", for: paid.account)
                    bought += .dollars(10)
                case 7: try paid.read(refunded: .random(in: 0...4799, using: &dice))
                default:
                    let standing: [PaymentDispute.Standing] = [.inquiry, .open, .closed, .lost]
                    try paid.read(
                        paid.dispute(
                            standing.randomElement(using: &dice) ?? .open,
                            cents: .random(in: 1...4799, using: &dice)))
                }
                #expect(try db.audit() == [], "seed \(seed)")
            }
            try paid.read(refunded: 0, paid.dispute(.closed))
            for video in try db.videos(
                of: paid.account, matching: VideoFilter(), before: nil, limit: 100)
            where video.state == .queued {
                try db.cancel(video.id, of: paid.account, policy: .test)
            }
            #expect(try paid.debt == .zero, "seed \(seed)")
            #expect(try paid.frozen == 0, "seed \(seed)")
            #expect(try paid.available == bought - delivered, "seed \(seed)")
            try expectCleanBooks(db)
        }
    }
}

@Suite struct `P2 refunds of the operator` {
    private func with(_ body: (Paid, Operator) throws -> Void) throws {
        try withFreshDatabase { configuration in
            let db = Connection(configuration)
            try body(Paid(db), Operator(userID: nil, reason: "asked for it"))
            try expectCleanBooks(db)
        }
    }

    @Test func `what is unspent can be refunded, once`() throws {
        try with { paid, actor throws in
            _ = try paid.db.insertJob(of: paid.account, tier: "pro")
            try paid.db.advanceJob(to: .delivered)
            // 53.14 of 55.00, of 47.99: 46.367…, rounded down.
            let refund = try paid.db.beginRefund(.new(), of: paid.order.id, amount: nil, by: actor)
            #expect(refund.amount == Money(cents: 4636))
            #expect(throws: Conflict.self) {
                try paid.db.beginRefund(.new(), of: paid.order.id, amount: nil, by: actor)
            }
            #expect(
                try paid.db.auditLog(before: nil, limit: 9).map(\.action) == ["purchase.refund"])
        }
    }

    @Test func `more than is unspent is refused`() throws {
        try with { paid, actor throws in
            for cents in [4800, 0, -1] as [Int64] {
                #expect(throws: Conflict.self) {
                    try paid.db.beginRefund(
                        .new(), of: paid.order.id, amount: Money(cents: cents), by: actor)
                }
            }
            let open = try paid.db.insertPurchase(of: paid.account)
            #expect(throws: Conflict.self) {
                try paid.db.beginRefund(.new(), of: open.id, amount: nil, by: actor)
            }
        }
    }

    @Test func `a refund whose answer was lost is found again, and one that ended is not`() throws {
        try with { paid, actor throws in
            let refund = try paid.db.beginRefund(
                .new(), of: paid.order.id, amount: Money(cents: 100), by: actor)
            #expect(try paid.db.takeUnfinishedRefunds(limit: 9).isEmpty)
            try paid.db.execute(
                "UPDATE refunds SET created_at = UTC_TIMESTAMP(6) - INTERVAL 2 MINUTE")
            #expect(try paid.db.takeUnfinishedRefunds(limit: 9).map(\.id) == [refund.id])
            try paid.db.finish(refund, stripeRefundID: "re_1")
            #expect(try paid.db.takeUnfinishedRefunds(limit: 9).isEmpty)
        }
    }

    @Test func `an operator says why`() {
        for reason in [nil, "", "  ", "no", String(repeating: "x", count: 501)] {
            #expect(throws: InvalidInput.self) { try Operator(userID: nil, reason: reason) }
        }
    }
}
