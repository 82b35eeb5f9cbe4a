import BooksSupport
import DatabaseSupport
import Domain
import FoundationEssentials
import Ledger
import MariaDB
import RandomSupport
import Store
import Testing

/// The books against a model of them that fits on one screen, by random steps: walks of 500 steps
/// each, with books of their own.
///
/// `SEED` repeats a run, or its walk that failed alone; `STEPS` says how many steps all walks have.
@Suite struct `Books against a model` {
    private static let environment = ProcessInfo.processInfo.environment
    private static let seed =
        environment["SEED"].flatMap(UInt64.init) ?? .random(in: 0...UInt64(Int64.max))
    private static let steps = environment["STEPS"].flatMap(Int.init) ?? 1000
    private static let walks = stride(from: 0, to: steps, by: 500).map { start in
        (seed: seed &+ UInt64(start / 500), steps: min(500, steps - start))
    }

    @Test(arguments: walks)
    func `random steps leave books that are those of the model`(seed: UInt64, steps: Int) throws {
        print("books against a model: SEED=\(seed) STEPS=\(steps)")
        try withFreshDatabase { configuration in
            let db = Connection(configuration)
            var walk = try Walk(db, seed: seed)
            for step in 1...steps {
                let name = try walk.step()
                // What follows from a difference would only hide it.
                guard try walk.agrees("step \(step) of seed \(seed): \(name)") else { return }
                if step.isMultiple(of: 250) { try expectCleanBooks(db) }
            }
            try expectCleanBooks(db)
            try expectKnownKeys(db)
        }
    }

    /// Whether each part is that of the pattern, or stands for its `{id}`.
    private func isNamed(_ parts: some Collection<Substring>, by pattern: [Substring]) -> Bool {
        guard parts.count == pattern.count else { return false }
        for (part, word) in zip(parts, pattern) where !word.hasPrefix("{") && part != word {
            return false
        }
        return true
    }

    /// Each effect is named as ARCHITECTURE.md says.
    private func expectKnownKeys(_ db: Connection) throws {
        let path = URL(filePath: schemaFolder).deletingLastPathComponent().path
        let text = try String(contentsOfFile: path + "/ARCHITECTURE.md", encoding: .utf8)
        var patterns: [[Substring]] = []
        for line in text.split(separator: "\n") where line.hasPrefix("| ") {
            for word in line.split(separator: "`") where word.contains(":{") {
                patterns.append(word.split(separator: ":"))
            }
        }
        #expect(patterns.count > 15)
        let keys = try db.query(
            """
            SELECT DISTINCT op_key FROM ledger_entries
            UNION SELECT DISTINCT op_key FROM transactions
            """
        ) { row in try row("op_key") as String }
        var unknown: [String] = []
        for key in keys {
            let parts = key.split(separator: ":")
            // A cause that had an effect before is numbered.
            let isNumbered = parts.last.flatMap { Int($0) } != nil
            let isKnown = patterns.contains { pattern in
                isNamed(parts, by: pattern)
                    || isNumbered && isNamed(parts.dropLast(), by: pattern)
            }
            if !isKnown { unknown.append(key) }
        }
        #expect(unknown == [], "names that ARCHITECTURE.md does not have")
    }
}

/// What the books of one account should be.
private struct Model {
    struct Lot {
        let id: LotID
        let source: CreditLot.Source
        /// Which of the purchases, of what was bought.
        var purchase: Int?
        var remaining: Int64
        var held: Int64 = 0
        var spent: Int64 = 0
        var expired: Int64 = 0
        var original: Date
        var expiry: Date
    }

    struct Bought {
        let order: Purchase
        var refunded: Int64 = 0
        var clawback: Int64 = 0
        var pending: Int64 = 0
        var owed: Int64 = 0
    }

    var lots: [Lot] = []
    var purchases: [Bought] = []
    var shortfall: Int64 = 0
    var jobs: [VideoID: [(lot: LotID, amount: Int64)]] = [:]

    var available: Int64 { lots.map(\.remaining).reduce(0, +) }
    var held: Int64 { lots.map(\.held).reduce(0, +) }
    var given: Int64 {
        lots.filter { $0.source == .grant }.map(\.remaining).reduce(0, +)
    }

    private func index(_ lot: LotID) -> Int { lots.firstIndex { $0.id == lot } ?? -1 }

    private func held(of purchase: Int) -> Int64 {
        lots.filter { $0.purchase == purchase }.map(\.held).reduce(0, +)
    }

    /// C6: what has lapsed goes, whenever the account's money is touched.
    mutating func sweep(_ now: Date) {
        for index in lots.indices where lots[index].expiry <= now {
            lots[index].expired += lots[index].remaining
            lots[index].remaining = 0
        }
    }

    /// C3, L9. Nil when there is not enough, and then nothing is held.
    mutating func hold(_ price: Int64, for ids: [VideoID]) -> Bool {
        guard shortfall == 0, available >= price * Int64(ids.count) else { return false }
        let order = lots.indices.sorted { left, right in
            let (left, right) = (lots[left], lots[right])
            if left.expiry != right.expiry { return left.expiry < right.expiry }
            if (left.source == .purchase) != (right.source == .purchase) {
                return right.source == .purchase
            }
            return left.id.description < right.id.description
        }
        for id in ids {
            var missing = price
            for index in order where missing > 0 && lots[index].remaining > 0 {
                let part = min(missing, lots[index].remaining)
                lots[index].remaining -= part
                lots[index].held += part
                jobs[id, default: []].append((lots[index].id, part))
                missing -= part
            }
        }
        return true
    }

    /// P5: what other holds of the purchase cover goes on waiting, the rest is owed.
    mutating func settle(_ job: VideoID) {
        let legs = jobs.removeValue(forKey: job) ?? []
        for leg in legs {
            lots[index(leg.lot)].held -= leg.amount
            lots[index(leg.lot)].spent += leg.amount
        }
        for leg in legs.sorted(by: { $0.lot.description < $1.lot.description }) {
            guard let purchase = lots[index(leg.lot)].purchase else { continue }
            let beyond = purchases[purchase].pending - held(of: purchase)
            let part = max(0, min(beyond, leg.amount))
            purchases[purchase].pending -= part
            purchases[purchase].clawback += part
            purchases[purchase].owed += part
            shortfall += part
        }
    }

    /// C5, P5: what waits takes its part first.
    mutating func release(_ job: VideoID, _ now: Date) {
        let legs = jobs.removeValue(forKey: job) ?? []
        for leg in legs {
            let index = index(leg.lot)
            lots[index].held -= leg.amount
            lots[index].remaining += leg.amount
            if lots[index].expiry <= now {
                lots[index].expiry = lots[index].original.addingTimeInterval(7 * 86_400)
            }
        }
        for leg in legs.sorted(by: { $0.lot.description < $1.lot.description }) {
            let index = index(leg.lot)
            guard let purchase = lots[index].purchase else { continue }
            let part = min(purchases[purchase].pending, leg.amount)
            lots[index].remaining -= part
            purchases[purchase].pending -= part
            purchases[purchase].clawback += part
        }
        sweep(now)
    }

    /// P3: so much of the price went back in all.
    mutating func refund(_ purchase: Int, _ refunded: Int64) {
        let order = purchases[purchase].order
        purchases[purchase].refunded = refunded
        let due = order.credit(for: Money(micros: refunded)).micros
        let before = purchases[purchase]
        let difference = due - before.clawback - before.pending
        var missing = difference
        let own = lots.indices.filter { lots[$0].purchase == purchase }
        for index in own {
            let part = min(missing, lots[index].remaining)
            lots[index].remaining -= part
            missing -= part
        }
        for index in own {
            let part = min(missing, lots[index].expired)
            lots[index].expired -= part
            missing -= part
        }
        let pending = min(missing, max(0, held(of: purchase) - before.pending))
        purchases[purchase].pending += pending
        purchases[purchase].owed += missing - pending
        purchases[purchase].clawback += difference - pending
        shortfall += missing - pending
    }

    /// L9: a purchase pays the debt first, from what was bought.
    mutating func payDebt(from purchase: Int) {
        guard
            let index = lots.firstIndex(where: {
                $0.purchase == purchase && $0.source == .purchase
            })
        else { return }
        let part = min(shortfall, lots[index].remaining)
        lots[index].remaining -= part
        lots[index].spent += part
        shortfall -= part
    }

    /// A4: what was given goes back, the latest first.
    mutating func take(_ amount: Int64) {
        var missing = amount
        for index in lots.indices.reversed() where lots[index].source == .grant {
            let part = min(missing, lots[index].remaining)
            lots[index].remaining -= part
            missing -= part
        }
    }
}

/// A random walk through everything that moves an account's money.
private struct Walk {
    private let db: Connection
    private var dice: SplitMix64
    private let accounts: [AccountID]
    private var models: [AccountID: Model] = [:]
    private var tasks = 0

    init(_ db: Connection, seed: UInt64) throws {
        self.db = db
        dice = SplitMix64(seed: seed)
        accounts = try (1...3).map { _ in try db.insertAccount() }
        for account in accounts { models[account] = Model() }
    }

    /// Does one thing to the books and to the model, and says what.
    mutating func step() throws -> String {
        let account = accounts.randomElement(using: &dice) ?? accounts[0]
        switch Int.random(in: 0..<100, using: &dice) {
        case 0..<8: return try grant(account)
        case 8..<16: return try buy(account)
        case 16..<42: return try order(account)
        case 42..<52: return try submit()
        case 52..<69: return try follow()
        case 69..<73: return try cancel(account)
        case 73..<79: return try lapse(account)
        case 79..<82: return try sweep()
        case 82..<84: return try overdue()
        case 84..<86: return try loseWorker()
        case 86..<92: return try refund(account)
        case 92: return try decline(account)
        case 93..<95: return try take(account)
        case 95..<97: return try adjust(account)
        case 97: return try waive(account)
        default: return try quarantine(account)
        }
    }

    /// What is compared of a lot.
    private struct Facts: Hashable {
        let id: String
        let remaining, held, spent, expired: Int64
        let expiry: Double
    }

    /// Whether every lot, wallet and balance is the model's.
    func agrees(_ comment: String) throws -> Bool {
        let now = try now()
        var differences: [String] = []
        func expect<T: Equatable>(_ found: T, _ expected: T) {
            if found != expected { differences.append("\(found) is not \(expected)") }
        }
        for account in accounts {
            guard let model = models[account] else { continue }
            let found = try db.lotRows(of: account).map { row in
                Facts(
                    id: row.id.description, remaining: row.remaining.micros,
                    held: row.held.micros, spent: row.spent.micros, expired: row.expired.micros,
                    expiry: row.expiresAt.timeIntervalSince1970)
            }
            let expected = model.lots.map { lot in
                Facts(
                    id: lot.id.description, remaining: lot.remaining, held: lot.held,
                    spent: lot.spent, expired: lot.expired,
                    expiry: lot.expiry.timeIntervalSince1970)
            }
            for facts in Set(found).symmetricDifference(expected) {
                let side = found.contains(facts) ? "found" : "expected"
                differences.append("\(side): \(facts)")
            }
            // What has lapsed is not shown, though it may not be swept yet.
            var swept = model
            swept.sweep(now)
            let balance = try db.balance(of: account)
            expect(balance.available, Money(micros: swept.available))
            expect(balance.reserved, Money(micros: model.held))
            expect(balance.shortfall, Money(micros: model.shortfall))
            for bought in model.purchases {
                let found = try db.first(
                    """
                    SELECT refunded_micros, clawback_micros, pending_micros, owed_micros
                    FROM purchases
                    WHERE id = \(bought.order.id)
                    """
                ) { row in try (0..<4).map { try row.at($0) as Int64 } }
                expect(
                    found, [bought.refunded, bought.clawback, bought.pending, bought.owed])
            }
        }
        #expect(differences == [], "\(comment)")
        return differences.isEmpty
    }

    private func now() throws -> Date {
        try db.first("SELECT UTC_TIMESTAMP(6) AS now") { try $0("now") as Date }.orThrow("now")
    }

    /// Takes over lots that were just made, with an expiry some days ahead, so that the order in
    /// which they are spent is another one than that in which they were made, with ties.
    private mutating func adopt(_ account: AccountID, purchase: Int? = nil) throws {
        let known = Set(models[account]?.lots.map(\.id) ?? [])
        let days = Int.random(in: 1...20, using: &dice)
        for id in try db.lotRows(of: account).map(\.id) where !known.contains(id) {
            try db.execute(
                """
                UPDATE credit_lots
                SET expires_at = '2100-01-01 00:00:00' + INTERVAL \(days) DAY,
                    original_expires_at = expires_at
                WHERE id = \(id)
                """)
            let row = try db.lotRow(id, of: account)
            models[account]?.lots.append(
                Model.Lot(
                    id: id, source: row.source, purchase: purchase,
                    remaining: row.granted.micros, original: row.originalExpiresAt,
                    expiry: row.expiresAt))
        }
    }

    private mutating func grant(_ account: AccountID) throws -> String {
        let amount = Money(micros: .random(in: 1...3_000_000, using: &dice))
        let grant = ID<CreditLot>.new()
        let now = try now()
        models[account]?.sweep(now)
        // Sometimes it is given again.
        for _ in 1...Int.random(in: 1...2, using: &dice) {
            try db.grantCredit(amount, to: account, reason: "x", policy: .test, grant: grant)
        }
        try adopt(account)
        return "grant \(amount)"
    }

    private mutating func buy(_ account: AccountID) throws -> String {
        let package = Bool.random(using: &dice) ? "starter" : "standard"
        let order = try db.insertPurchase(package, of: account)
        let now = try now()
        models[account]?.sweep(now)
        let progress: [PaymentFacts.Progress] = [.open, .unpaid, .failed, .expired]
        if let before = progress.randomElement(using: &dice), Bool.random(using: &dice) {
            _ = try db.apply(.of(order, before), to: order.id, policy: .test)
        }
        _ = try db.apply(.of(order, total: Money(cents: 1)), to: order.id, policy: .test)
        for _ in 1...Int.random(in: 1...3, using: &dice) {
            _ = try db.apply(.of(order), to: order.id, policy: .test)
        }
        let number = models[account]?.purchases.count ?? 0
        models[account]?.purchases.append(Model.Bought(order: order))
        try adopt(account, purchase: number)
        models[account]?.payDebt(from: number)
        return "buy \(package)"
    }

    /// A part of a purchase goes back, whatever its jobs are at; read once or twice, and once from a
    /// reading that was overtaken.
    private mutating func refund(_ account: AccountID) throws -> String {
        guard let number = models[account]?.purchases.indices.randomElement(using: &dice),
            let bought = models[account]?.purchases[number]
        else { return "nothing to refund" }
        let price = bought.order.price.micros
        let left = (price - bought.refunded) / 10_000
        guard left > 0 else { return "all of it went back" }
        let cents = Bool.random(using: &dice) ? left : Int64.random(in: 1...left, using: &dice)
        let refunded = bought.refunded + cents * 10_000
        let now = try now()
        models[account]?.sweep(now)
        models[account]?.refund(number, refunded)
        let readAt = try db.reversals(of: bought.order.id)
        let cause = "stripe:refund:re_\(bought.order.id)_\(refunded)"
        _ = try db.apply(
            PaymentReversal(refunded: Money(micros: refunded), dispute: nil, cause: cause),
            to: bought.order.id, readAt: readAt, refundGrace: CreditPolicy.test.refundGrace)
        #expect(throws: StaleReading.self) {
            try db.apply(
                PaymentReversal(refunded: .zero, dispute: nil, cause: cause),
                to: bought.order.id, readAt: readAt, refundGrace: CreditPolicy.test.refundGrace)
        }
        if Bool.random(using: &dice) {
            _ = try db.apply(
                PaymentReversal(refunded: Money(micros: refunded), dispute: nil, cause: cause),
                to: bought.order.id, readAt: readAt + 1, refundGrace: CreditPolicy.test.refundGrace)
        }
        return "refund \(cents) cents of \(number)"
    }

    /// Something is told of a card that was declined before another one paid: it moves nothing (P6).
    private mutating func decline(_ account: AccountID) throws -> String {
        guard let bought = models[account]?.purchases.randomElement(using: &dice) else {
            return "nothing to decline"
        }
        let now = try now()
        models[account]?.sweep(now)
        let progress: [PaymentFacts.Progress] = [.open, .unpaid, .failed, .expired]
        for word in progress {
            _ = try db.apply(.of(bought.order, word), to: bought.order.id, policy: .test)
        }
        return "decline"
    }

    private func actor(_ key: String) throws -> Operator {
        try Operator(userID: nil, systemUser: "walk", reason: "a walk", key: key)
    }

    private mutating func take(_ account: AccountID) throws -> String {
        let now = try now()
        let before = models[account]
        models[account]?.sweep(now)
        let given = models[account]?.given ?? 0
        let amount = Int64.random(in: 1...(given + 500_000), using: &dice)
        let key = "take-\(ID<CreditLot>.new())"
        do {
            for _ in 1...2 {
                _ = try db.takeCredit(
                    Money(micros: amount), from: account, reason: "x", take: .new(),
                    by: actor(key))
            }
            #expect(amount <= given, "taken beyond what was given")
            models[account]?.take(amount)
            return "take \(amount)"
        } catch is Conflict {
            #expect(amount > given, "refused within what was given")
            models[account] = before
            return "take nothing"
        }
    }

    private mutating func adjust(_ account: AccountID) throws -> String {
        let amount = Money(micros: .random(in: 1...2_000_000, using: &dice))
        let now = try now()
        models[account]?.sweep(now)
        let rehearsal = try db.adjust(
            amount, of: account, policy: .test, by: actor("none"), isRehearsal: true)
        #expect(rehearsal.outcome == .rehearsed)
        let key = "adjust-\(ID<CreditLot>.new())"
        for _ in 1...2 {
            _ = try db.adjust(amount, of: account, policy: .test, by: actor(key))
        }
        try adopt(account)
        return "adjust \(amount)"
    }

    private mutating func waive(_ account: AccountID) throws -> String {
        guard let debt = models[account]?.shortfall, debt > 0 else { return "nothing to waive" }
        let amount = Int64.random(in: 1...debt, using: &dice)
        let now = try now()
        models[account]?.sweep(now)
        _ = try db.waive(
            Money(micros: amount), of: account, by: actor("waive-\(ID<CreditLot>.new())"))
        models[account]?.shortfall -= amount
        return "waive \(amount)"
    }

    /// A hand makes a cache wrong: a look finds it, its account alone is stopped, and a rebuild puts
    /// right what it was.
    private mutating func quarantine(_ account: AccountID) throws -> String {
        let damages: [SQL] = [
            "UPDATE wallets SET available_micros = available_micros + 1 WHERE account_id = ",
            "UPDATE wallets SET held_micros = held_micros + 1 WHERE account_id = ",
            "UPDATE wallets SET frozen_micros = 7 WHERE account_id = ",
        ]
        let damage = damages.randomElement(using: &dice) ?? damages[0]
        try db.execute("\(sql: damage) \(account)")
        try look()
        #expect(throws: AccountHeld.self) { try db.accept(db.order(), from: account) }
        #expect(try db.openFindings().allSatisfy { $0.violation.accountID == account })
        _ = try db.rebuild(account, by: actor("rebuild-\(ID<CreditLot>.new())"))
        try look()
        #expect(try db.openFindings().isEmpty)
        return "quarantine"
    }

    private func look() throws {
        try db.execute("UPDATE schedules SET due_at = UTC_TIMESTAMP(6)")
        let turn = try db.take("audit", lasting: .seconds(600)).orThrow("the turn")
        try db.record(
            AuditVerdict(lookedAt: db.databaseTime(), violations: db.audit()), of: turn,
            nextAfter: .seconds(300))
    }

    private mutating func order(_ account: AccountID) throws -> String {
        let tier = ["economy", "basic", "pro"].randomElement(using: &dice) ?? "pro"
        let count = Int.random(in: 1...3, using: &dice)
        let order = try db.order(tier, seconds: 5, count: count)
        let price = order.draft.price.micros
        let before = models[account]
        let now = try now()
        models[account]?.sweep(now)
        let isEnough = models[account]?.hold(price, for: order.videos.map(\.id)) ?? false
        let key = ClientKey(
            key: "\(order.call)", requestHash: Array(repeating: 7, count: 32))
        do {
            let answer = try db.accept(order, from: account, key: key)
            #expect(isEnough, "accepted beyond the balance")
            if Bool.random(using: &dice) {
                #expect(try db.accept(db.order(tier), from: account, key: key) == answer)
            }
        } catch is InsufficientCredits {
            #expect(!isEnough, "refused within the balance")
            // The refused transaction was rolled back, with its sweep.
            models[account] = before
        }
        return "order \(count) \(tier)"
    }

    private mutating func submit() throws -> String {
        guard let job = try db.claimSubmission(lasting: .seconds(150), parallel: 1000) else {
            return "nothing to submit"
        }
        tasks += 1
        switch Int.random(in: 0..<10, using: &dice) {
        case 0:
            try db.requeue(job)
            return "requeue"
        case 1:
            try refund(job)
            return "refuse"
        case 2:
            try db.loseAnswer(of: job)
            return "lose an answer"
        case 3: return "leave a submission"
        default:
            try db.submitted(job, task: "task-\(tasks)")
            return "submit"
        }
    }

    private mutating func follow() throws -> String {
        guard
            let job = try db.claimFollowUp(lasting: .seconds(240))
                ?? db.claimStoring(lasting: .seconds(240))
        else { return "nothing to follow" }
        switch Int.random(in: 0..<10, using: &dice) {
        case 0..<2:
            try refund(job)
            return "refund"
        case 2:
            try db.postpone(job, by: .zero, vendorStatus: "processing")
            return "postpone"
        case 3: return "leave a task"
        default:
            guard job.state == .storing else {
                try db.storing(job, storeDeadline: .seconds(86_400))
                return "store"
            }
            let now = try now()
            models[job.accountID]?.sweep(now)
            try db.deliver(job)
            models[job.accountID]?.settle(job.id)
            return "deliver"
        }
    }

    private mutating func refund(_ job: ClaimedJob) throws {
        let now = try now()
        models[job.accountID]?.sweep(now)
        try db.refund(job)
        models[job.accountID]?.release(job.id, now)
    }

    private mutating func cancel(_ account: AccountID) throws -> String {
        let filter = { () -> VideoFilter in
            var filter = VideoFilter()
            filter.statuses = [.pending]
            return filter
        }()
        let queued = try db.videos(of: account, matching: filter, before: nil, limit: 100)
        guard let video = queued.randomElement(using: &dice) else { return "nothing to cancel" }
        let now = try now()
        models[account]?.sweep(now)
        try db.cancel(video.id, of: account, policy: .test)
        models[account]?.release(video.id, now)
        return "cancel"
    }

    /// A lot's time is over: just now, or so long ago that the grace is over too.
    private mutating func lapse(_ account: AccountID) throws -> String {
        let now = try now()
        let good = models[account]?.lots.indices.filter { index in
            models[account].map { $0.lots[index].expiry > now && $0.lots[index].original > now }
                ?? false
        }
        guard let index = good?.randomElement(using: &dice),
            let lot = models[account]?.lots[index].id
        else { return "nothing to lapse" }
        let days: Int64 = Bool.random(using: &dice) ? 1 : 8
        try db.setExpiry(of: lot, in: .seconds(-days * 86_400))
        let row = try db.lotRow(lot, of: account)
        models[account]?.lots[index].original = row.originalExpiresAt
        models[account]?.lots[index].expiry = row.expiresAt
        return "lapse by \(days) days"
    }

    private mutating func sweep() throws -> String {
        let now = try now()
        _ = try db.expireOverdueLots(limit: 100)
        for account in accounts { models[account]?.sweep(now) }
        return "sweep"
    }

    /// Some jobs run out of time.
    private mutating func overdue() throws -> String {
        let open = accounts.flatMap { account in
            models[account]?.jobs.keys.map { (account, $0) } ?? []
        }
        .sorted { $0.1.description < $1.1.description }
        guard let (_, job) = open.randomElement(using: &dice) else { return "nothing overdue" }
        try db.passDeadline(of: job)
        let now = try now()
        for ended in try db.sweepOverdueJobs() {
            for account in accounts where models[account]?.jobs[ended] != nil {
                models[account]?.sweep(now)
                models[account]?.release(ended, now)
            }
        }
        return "overdue"
    }

    /// A worker dies, and with it every claim.
    private mutating func loseWorker() throws -> String {
        try db.execute(
            """
            UPDATE video_jobs SET lease_until = UTC_TIMESTAMP(6) - INTERVAL 1 SECOND
            WHERE lease_until IS NOT NULL
            """)
        _ = try db.sweepLostSubmissions()
        return "lose a worker"
    }
}
