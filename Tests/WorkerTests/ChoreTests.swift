import BooksSupport
import Curl
import DatabaseSupport
import Domain
import HTTP
import Ledger
import Logging
import MariaDB
import PaymentSupport
import Pollo
import Sodium
import Store
import Stripe
import Synchronization
import System
import Testing

@testable import Worker

@Suite struct `W6 chores` {
    private func withDuePurchase(_ body: (Bench, Purchase) throws -> Void) throws {
        try Bench.with { bench in
            let purchase = try bench.db.insertPurchase("pro", of: bench.account)
            try bench.db.execute("UPDATE purchases SET next_check_at = UTC_TIMESTAMP(6)")
            bench.cashier.stripe.open(purchase)
            try body(bench, purchase)
        }
    }

    @Test func `a payment whose webhook was lost is credited`() throws {
        try withDuePurchase { bench, purchase throws in
            bench.cashier.stripe.complete(purchase.sessionID ?? "")
            bench.worker.doChores()
            #expect(try bench.db.purchase(purchase.id)?.state == .paid)
            #expect(try bench.db.balance(of: bench.account).available == .dollars(75))
        }
    }

    @Test func `a page that was never used closes its purchase`() throws {
        try withDuePurchase { bench, purchase throws in
            bench.cashier.stripe.expire(purchase.sessionID ?? "")
            bench.worker.doChores()
            #expect(try bench.db.purchase(purchase.id)?.state == .expired)
        }
    }

    @Test(arguments: [false, true])
    func `a purchase that is not paid yet stays open`(isComplete: Bool) throws {
        try withDuePurchase { bench, purchase throws in
            if isComplete {
                bench.cashier.stripe.complete(purchase.sessionID ?? "", isPaid: false)
            }
            bench.worker.doChores()
            #expect(try bench.db.purchase(purchase.id)?.state == .pending)
            #expect(try bench.db.balance(of: bench.account).available == .dollars(20))
        }
    }

    @Test func `what is over is taken away until nothing is left, not a thousand at a time`() throws
    {
        try Bench.with { bench in
            try bench.db.execute(
                """
                INSERT INTO throttles (key_hash, tried_at)
                SELECT UNHEX(SHA2(seq, 256)), UTC_TIMESTAMP(6) - INTERVAL 8 DAY FROM seq_1_to_2500
                """)
            bench.worker.doChores(in: .reports)
            #expect(try bench.db.count("SELECT COUNT(*) FROM throttles") == 0)
        }
    }

    @Test func `a long queue has its milestones, and a short one costs no write`() throws {
        try Bench.with { bench in
            let account = try bench.db.insertAccount(credit: .dollars(90))
            bench.worker.doChores(in: .reports)
            #expect(try bench.db.count("SELECT COUNT(*) FROM schedules WHERE name = 'queue'") == 0)
            for _ in 1...20 { try bench.db.accept(bench.db.order(count: 4), from: account) }
            let other = bench.another()
            other.doChores(in: .reports)
            #expect(try bench.db.count("SELECT COUNT(*) FROM queue_marks") == 1)
        }
    }

    @Test func `an event that came before its purchase is known has its effect later`() throws {
        try Bench.with { bench in
            let purchase = try bench.db.insertPurchase("pro", of: bench.account)
            let id = purchase.sessionID ?? ""
            try bench.db.receive(
                "evt_1", from: .stripe, type: "checkout.session.completed", object: id
            ) { false }
            try bench.db.execute(
                "UPDATE vendor_events SET received_at = UTC_TIMESTAMP(6) - INTERVAL 1 MINUTE")
            try bench.cashier.stripe.serve(bench.db.installation())
            bench.cashier.stripe.open(purchase)
            bench.cashier.stripe.complete(id)
            bench.worker.doChores()
            #expect(try bench.db.isProcessed("evt_1", from: .stripe))
            #expect(try bench.db.balance(of: bench.account).available == .dollars(75))
        }
    }

    @Test func `credit whose time is over lapses by itself`() throws {
        try Bench.with { bench in
            let lot = try bench.db.lotRows(of: bench.account)[0]
            try bench.db.setExpiry(of: lot.id, in: .seconds(-1))
            bench.worker.doChores()
            #expect(try bench.db.lotRow(lot.id, of: bench.account).expired == .dollars(20))
        }
    }

    @Test func `vendors are asked how they are, and clean books are noted`() throws {
        try Bench.with { bench in
            bench.worker.doChores()
            let checks = try bench.db.healthChecks()
            let found = Dictionary(uniqueKeysWithValues: checks.map { ($0.name, $0.isHealthy) })
            #expect(found["pollo_api"] == true)
            #expect(found["stripe"] == true)
            #expect(found["webhook_receiver"] == true)
            #expect(found["ledger"] == true)
            #expect(found["clock"] == true)
            #expect(found["durability"] == true)
            // The folder of the videos is there, and so is this process.
            #expect(found["disk"] != nil)
            #expect(checks.first { $0.name == "disk" }?.detail.contains(" GB are free") == true)
            let processes = try bench.db.workers()
            #expect(processes.map(\.process.id) == [WorkerProcess.this.id])
            #expect(processes.first?.isSilent == false)
            #expect((processes.first?.freeBytes ?? 0) > 0)
            // Each chore has its own time: done again at once, nothing is asked.
            let asked = bench.cashier.stripe.calls.count
            bench.worker.doChores()
            #expect(bench.cashier.stripe.calls.count == asked)
        }
    }

    @Test func `a node with other books stops new jobs, and one that is down does not (A1, D9)`()
        throws
    {
        try Bench.with { bench in
            func isHealthy(_ name: String) throws -> Bool? {
                try bench.db.healthChecks().first { $0.name == name }?.isHealthy
            }
            bench.useNodes([bench.configuration])
            bench.worker.doChores()
            #expect(try isHealthy("nodes") == true)
            #expect(try isHealthy("ledger") == true)

            var down = bench.configuration
            down.socket = "/nonexistent"
            bench.useNodes([down])
            try bench.passTime(.seconds(300))
            bench.worker.doChores()
            #expect(try isHealthy("nodes") == false)
            #expect(try isHealthy("ledger") == true)

            try bench.db.execute(
                "UPDATE ledger_entries SET created_at = created_at - INTERVAL 2 MINUTE")
            try withFreshDatabase { other in
                bench.useNodes([bench.configuration, other])
                try bench.passTime(.seconds(300))
                bench.worker.doChores()
            }
            #expect(try isHealthy("nodes") == true)
            #expect(try isHealthy("ledger") == false)
            #expect(throws: IntakeStopped.self) { try bench.insertJob() }

            // A node that cannot be asked is not one that agrees.
            bench.useNodes([bench.configuration, down])
            try bench.passTime(.seconds(300))
            bench.worker.doChores()
            #expect(try isHealthy("nodes") == false)
        }
    }

    @Test(arguments: [(-600.0, " s ahead of Stripe"), (86_400, " s behind Stripe"), (3, nil)])
    func `a clock that is wrong is reported, for it refuses genuine events (D8)`(
        vendorAhead: Double, words: String?
    ) throws {
        try Bench.with { bench in
            bench.cashier.secondsAhead = vendorAhead
            bench.worker.doChores()
            let clock = try #require(bench.db.healthChecks().first { $0.name == "clock" })
            #expect(clock.isHealthy == (words == nil))
            #expect(clock.detail.contains(words ?? "within 5 s"), "\(clock.detail)")
        }
    }

    @Test func `all that came due in an outage is ended before the books are audited (J9)`() throws
    {
        try Bench.with { bench in
            try bench.db.insertGrant(.dollars(200), of: bench.account)
            for _ in 1...210 { _ = try bench.insertJob() }
            try bench.db.execute(
                "UPDATE video_jobs SET deadline_at = UTC_TIMESTAMP(6) - INTERVAL 10 MINUTE")
            bench.worker.doChores()
            #expect(
                try bench.db.count("SELECT COUNT(*) FROM video_jobs WHERE state = 'refunded'")
                    == 210)
            #expect(try bench.db.healthChecks().first { $0.name == "ledger" }?.isHealthy == true)
        }
    }

    private func isHealthy(_ name: String, _ bench: Bench) throws -> Bool? {
        try bench.db.healthChecks().first { $0.name == name }?.isHealthy
    }

    @Test func `what is only late is told, stops nothing and is looked at again soon (A3)`() throws
    {
        try Bench.with { bench in
            let late = try bench.insertJob()
            try bench.db.execute(
                """
                UPDATE video_jobs
                SET deadline_at = UTC_TIMESTAMP(6) - INTERVAL 10 MINUTE WHERE id = \(late)
                """)
            // Something fails for it, so that it waits.
            try bench.db.park(late, because: "a lock that somebody holds")
            bench.worker.doChores()
            #expect(try isHealthy("deadlines", bench) == false)
            #expect(try isHealthy("ledger", bench) == true)
            #expect(try bench.db.attention().filter { $0.kind == .late }.count == 1)
            let other = try bench.insertJob()
            try bench.db.cancel(other, of: bench.account, policy: .test)
            try bench.db.execute("UPDATE parked_jobs SET next_at = UTC_TIMESTAMP(6)")
            try bench.db.sweepOverdueJobs()
            #expect(try bench.db.job(late).reason == .timeout)
            try bench.passTime(.seconds(25))
            bench.worker.doChores()
            #expect(try isHealthy("deadlines", bench) == true)
            #expect(try bench.db.openFindings().isEmpty)
        }
    }

    @Test func `the books are audited every five minutes (A1)`() throws {
        try Bench.with { bench in
            bench.worker.doChores()
            try bench.db.execute("UPDATE wallets SET available_micros = available_micros + 1")
            for (seconds, expected) in [(290, true), (10, false)] as [(Int64, Bool)] {
                try bench.passTime(.seconds(seconds))
                bench.worker.doChores()
                #expect(try isHealthy("ledger", bench) == expected)
            }
            try bench.db.execute("UPDATE wallets SET available_micros = available_micros - 1")
        }
    }

    @Test func `books of one account that are wrong stop its purchases and nothing else (A3)`()
        throws
    {
        try Bench.with { bench in
            let job = try bench.insertTask()
            let other = try bench.db.insertAccount(credit: .dollars(5))
            try bench.db.execute(
                """
                UPDATE wallets SET available_micros = available_micros + 1
                WHERE account_id = \(bench.account)
                """)
            bench.worker.doChores()
            #expect(try isHealthy("ledger", bench) == false)
            #expect(throws: AccountHeld.self) { try bench.insertJob() }
            let item = try #require(bench.db.attention().first { $0.kind == .quarantine })
            #expect(item.subject == "\(bench.account)")
            _ = try bench.db.insertJob(of: other)
            bench.vendor.status = .finished(bench.files.put(.file(Bench.video)))
            try bench.look(at: job)
            #expect(try bench.db.job(job).state == .delivered)

            // It ends by itself at the look after the repair, which is not waited for.
            let actor = try Operator(userID: nil, reason: "finding L4", key: "r1")
            _ = try bench.db.rebuild(bench.account, by: actor)
            bench.worker.forgetChores()
            bench.worker.doChores(in: .books)
            #expect(try isHealthy("ledger", bench) == true)
            #expect(try bench.db.openFindings().isEmpty)
            _ = try bench.insertJob()
        }
    }
}

@Suite struct `J17 lanes` {
    @Test func `a vendor that hangs keeps no deadline, expiry or audit from its time`() throws {
        try Bench.with { bench in
            try bench.db.insertGrant(.dollars(20), of: bench.account)
            // Everything that the vendor is asked about is due: the look at tasks, the health.
            let ended = try bench.insertTask()
            try bench.db.makeDue(ended)
            try bench.db.refund(bench.db.claimToFollow())
            try bench.db.execute(
                """
                UPDATE video_jobs
                SET late_look_at = UTC_TIMESTAMP(6),
                    completed_at = UTC_TIMESTAMP(6) - INTERVAL 1 HOUR
                """)
            let hanging = HangingVendor()
            let settings = bench.worker.settings
            let configuration = bench.configuration
            let vendorLane = try WorkerThread.start(name: "vendor") {
                Worker.alone(settings, configuration, pollo: hanging.client)
                    .doChores(in: .vendor)
            }
            defer {
                hanging.answer()
                vendorLane.join()
            }
            try wait(upTo: .seconds(60), "the vendor was not asked") { hanging.isAsked }

            let late = try bench.insertJob()
            let lot = try bench.db.lotRows(of: bench.account)[0]
            try bench.db.setExpiry(of: lot.id, in: .seconds(-1))
            try bench.db.execute(
                """
                UPDATE video_jobs SET deadline_at = UTC_TIMESTAMP(6) - INTERVAL 1 SECOND
                WHERE id = \(late)
                """)
            for lane in Lane.all where lane.name != "vendor" { bench.worker.doChores(in: lane) }
            #expect(hanging.isAsked, "it still hangs")
            #expect(try bench.db.job(late).state == .refunded)
            #expect(try bench.db.lotRow(lot.id, of: bench.account).expired > .zero)
            #expect(try bench.db.healthChecks().first { $0.name == "ledger" }?.isHealthy == true)
        }
    }

    @Test func `every chore has one lane, and a bound in time`() {
        let chores = Lane.all.flatMap(\.chores)
        #expect(Set(chores.map(\.name)).count == chores.count)
        #expect(Set(Lane.all.map(\.name)).count == Lane.all.count)
        #expect(chores.allSatisfy { $0.budget > .zero && $0.budget <= .seconds(300) })
        // What is promised by the second waits for nothing that is outside.
        #expect(Lane.sweeps.chores.map(\.name) == ["deadlines", "expiry"])
    }

    @Test func `a chore that is one worker's of all is done once, by whoever comes first`() throws {
        try Bench.with { bench in
            let done = Mutex<[Int]>([])
            func lane(_ number: Int) -> Lane {
                Lane(
                    name: "test",
                    chores: [
                        Chore(oneOfAll: "test", every: .seconds(60), within: .seconds(9)) {
                            _, _, _ in
                            done.withLock { $0.append(number) }
                            return .done
                        }
                    ])
            }
            let another = bench.another()
            bench.worker.doChores(in: lane(1))
            another.doChores(in: lane(2))
            #expect(done.withLock { $0 } == [1])
            try bench.passTime(.seconds(60))
            another.doChores(in: lane(2))
            #expect(done.withLock { $0 } == [1])
            another.forgetChores()
            another.doChores(in: lane(2))
            bench.worker.doChores(in: lane(1))
            #expect(done.withLock { $0 } == [1, 2])
        }
    }

    @Test func `looks that say nothing do not stay in the loop`() throws {
        var steps = 0
        Budget(.zero).rounds {
            steps += 1
            return true
        }
        #expect(steps == 1)
        Budget(.seconds(60)).rounds {
            steps += 1
            return true
        }
        #expect(steps == 1001)

        try Bench.with { bench in
            try bench.db.insertGrant(.dollars(100), of: bench.account)
            for _ in 0..<60 { _ = try bench.insertJob() }
            try bench.db.execute(
                "UPDATE video_jobs SET state = 'submit_unknown', deadline_at = UTC_TIMESTAMP(6)")
            try bench.db.sweepOverdueJobs()
            try bench.db.execute(
                """
                UPDATE video_jobs
                SET callback_task_id = CONCAT('task-', id), late_look_at = UTC_TIMESTAMP(6)
                """)
            bench.vendor.status = .html(503)
            bench.worker.doChores(in: .vendor)
            // Each was asked for once, and is asked for again in a minute at the earliest.
            let late = bench.vendor.statusPaths.count { $0.contains("task-") }
            #expect(late == 60)
            #expect(
                try bench.db.count(
                    """
                    SELECT COUNT(*) FROM video_jobs
                    WHERE late_look_at < UTC_TIMESTAMP(6) + INTERVAL 30 SECOND
                    """) == 0)
        }
    }
}

/// A video vendor that answers nothing until it is told to.
private final class HangingVendor: Sendable {
    private let asked = Atomic(false)
    private let answers = Atomic(false)

    var isAsked: Bool { asked.load(ordering: .relaxed) }

    func answer() { answers.store(true, ordering: .relaxed) }

    var client: PolloClient {
        PolloClient(
            apiKey: "pollo_test", base: "https://pollo.example/api/platform", family: .classic
        ) { _ throws(TransportError) in
            self.asked.store(true, ordering: .relaxed)
            while !self.answers.load(ordering: .relaxed) {
                CurrentThread.sleep(for: .milliseconds(1))
            }
            throw TransportError(.unknown, "it took too long")
        }
    }
}

extension Worker {
    /// A worker for another thread, without Stripe.
    fileprivate static func alone(
        _ settings: WorkerSettings, _ configuration: DatabaseConfiguration, pollo: PolloClient
    ) -> Worker {
        Worker(
            settings: settings, database: Connection(configuration), pollo: pollo,
            stripe: Cashier().client, downloads: Curl(CurlOptions(userAgent: "Rushes/test")),
            clock: ClockWatch(), log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }
}

@Suite struct `A change of the shop's secret` {
    @Test func `what the old secret sealed is sealed anew, and what neither opens stays`() throws {
        try Bench.with { bench in
            let old = SecretBox(
                secret: Array("the old secret".utf8), previous: nil, purpose: SecondFactor.purpose)
            // More than are looked at in one round, and before the one that opens.
            let other = try bench.db.owner(of: bench.account)
            try bench.db.beginSecondFactor(of: other, sealed: [1], by: old.mark)
            for _ in 1...100 {
                try bench.db.beginSecondFactor(
                    of: bench.db.insertUser(), sealed: [1], by: old.mark)
            }
            let user = try bench.db.insertUser()
            try bench.db.beginSecondFactor(of: user, sealed: old.seal([7]), by: old.mark)
            bench.worker.doChores()
            let new = SecretBox(
                secret: Array("the new secret".utf8), previous: nil, purpose: SecondFactor.purpose)
            let factor = try #require(try bench.db.secondFactor(of: user))
            #expect(new.open(factor.sealedSecret) == [7])
            #expect(try bench.db.secondFactor(of: other)?.sealedSecret == [1])
        }
    }
}
