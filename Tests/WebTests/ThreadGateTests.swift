import DatabaseSupport
import Domain
import FoundationEssentials
import HTTP
import HTTPTypes
import JSON
import Logging
import MariaDB
import PaymentSupport
import Store
import Stripe
import Synchronization
import System
import Testing

@testable import Entrance
@testable import Web

@Suite struct `one slow neighbour` {
    @Test func `a quarter of the threads is the most that wait for one thing`() throws {
        let gate = ThreadGate(threads: 16, patience: .milliseconds(20))
        let inside = Atomic<Int>(0)
        let most = Atomic<Int>(0)
        let refused = Atomic<Int>(0)
        let isOpen = Atomic(false)
        let outcomes = try inParallel(24) { _ in
            do {
                try gate.pass(.stripe) {
                    let now = inside.add(1, ordering: .sequentiallyConsistent).newValue
                    most.max(now, ordering: .sequentiallyConsistent)
                    while !isOpen.load(ordering: .relaxed) {
                        CurrentThread.sleep(for: .milliseconds(1))
                    }
                    inside.subtract(1, ordering: .sequentiallyConsistent)
                }
                return true
            } catch let error as Crowded {
                #expect(error == Crowded(awaited: .stripe))
                refused.add(1, ordering: .relaxed)
                return false
            }
        } whileRunning: {
            defer { isOpen.store(true, ordering: .relaxed) }
            try wait(upTo: .seconds(60), "nobody waits") { inside.load(ordering: .relaxed) == 4 }
            // What others wait for is not held up by it.
            try gate.pass(.callbacks) {}
            try gate.pass(.account(.new())) {}
            try wait(upTo: .seconds(60), "nobody is refused") {
                refused.load(ordering: .relaxed) == 20
            }
            let begin = ContinuousClock.now
            #expect(throws: Crowded.self) { try gate.pass(.stripe) {} }
            #expect(begin.duration(to: .now) < .seconds(8), "it is said at once")
        }
        #expect(most.load(ordering: .relaxed) == 4)
        #expect(outcomes.count { $0 } == 4)
        // Once they are through, there is room again.
        try gate.pass(.stripe) {}
    }

    @Test func `what moves is waited for, however many come at once`() throws {
        let gate = ThreadGate(threads: 16, patience: .seconds(1))
        let key = Awaited.account(.new())
        let row = Mutex(0)
        _ = try inParallel(48) { _ in
            try gate.pass(key) {
                row.withLock { count in
                    CurrentThread.sleep(for: .milliseconds(1))
                    count += 1
                }
            }
        }
        #expect(row.withLock(\.self) == 48)
    }

    @Test(arguments: [1, 2, 3, 4, 7, 8, 16, 512])
    func `somebody may always wait`(threads: Int) {
        #expect(ThreadGate(threads: threads).share == max(1, threads / 4))
    }

    /// The sites of one process: each thread has its own, with the one gate.
    private struct Threads {
        let configuration: DatabaseConfiguration
        let gate: ThreadGate

        func site(_ stripe: TinyStripe = TinyStripe()) -> TestSite {
            TestSite(Connection(configuration), stripe: stripe, limit: 1000, threads: gate)
        }
    }

    @Test func `orders that wait for one wallet stop nobody else (24 at once)`() throws {
        try withFreshDatabase { configuration in
            let threads = Threads(configuration: configuration, gate: ThreadGate(threads: 16))
            let site = threads.site()
            let stuck = try site.makeUser(credit: 100.dollars)
            let other = try site.makeUser(credit: 100.dollars)
            let body = #"{"tier": "economy", "duration": 5, "prompt": "a boat on a lake"}"#
            let isDone = Atomic(false)
            let locked = Atomic(false)
            let refusals = Atomic<Int>(0)
            let statuses = try inParallel(25) { index in
                if index == 24 {
                    return try lockedWallet(
                        configuration, of: stuck.account, locked: locked, until: isDone)
                }
                try wait(upTo: .seconds(60), "no lock") { locked.load(ordering: .relaxed) }
                // Sixteen threads of `serve` answer, as many as there are at once.
                let answer = try threads.site().post("/api/videos/generate", body, as: stuck)
                if answer.status == 503 {
                    #expect(answer.code == "API_ERROR")
                    #expect(answer.fields[.retryAfter] == "2")
                    refusals.add(1, ordering: .relaxed)
                }
                return answer.status
            } whileRunning: {
                defer { isDone.store(true, ordering: .relaxed) }
                try wait(upTo: .seconds(60), "no lock") { locked.load(ordering: .relaxed) }
                try wait(upTo: .seconds(60), "nobody is refused") {
                    refusals.load(ordering: .relaxed) == 20
                }
                var longest = Duration.zero
                for _ in 0..<20 {
                    let begin = ContinuousClock.now
                    #expect(try site.post("/api/videos/generate", body, as: other).status == 202)
                    #expect(try site.get("/api/tiers").status == 200)
                    #expect(try site.get("/api/videos", as: stuck).status == 200)
                    longest = max(longest, begin.duration(to: .now))
                }
                #expect(longest < .milliseconds(4500), "less than the wait for a lock")
                let begin = ContinuousClock.now
                let refused = try site.post("/api/videos/generate", body, as: stuck)
                #expect(refused.status == 503)
                #expect(begin.duration(to: .now) < .milliseconds(4500))
            }
            // Those inside got their turn, the rest was told to come again, and nothing was lost.
            #expect(statuses.count { $0 == 202 } == 4)
            #expect(statuses.count { $0 == 503 } == 20)
            let jobs = try site.count(
                "SELECT COUNT(*) AS count FROM video_jobs WHERE account_id = \(stuck.account)")
            #expect(jobs == 4)
        }
    }

    private func lockedWallet(
        _ configuration: DatabaseConfiguration, of account: AccountID,
        locked: borrowing Atomic<Bool>,
        until isDone: borrowing Atomic<Bool>
    ) throws -> Int {
        let db = Connection(configuration)
        try db.transaction {
            try db.execute("SELECT 1 FROM wallets WHERE account_id = \(account) FOR UPDATE")
            locked.store(true, ordering: .relaxed)
            while !isDone.load(ordering: .relaxed) { CurrentThread.sleep(for: .milliseconds(1)) }
        }
        return 0
    }

    @Test func `an order waits ten seconds for Stripe at most, and stands`() throws {
        try withFreshDatabase { configuration in
            let gate = ThreadGate(threads: 16, patience: .milliseconds(20))
            let stripe = TinyStripe()
            let site = TestSite(Connection(configuration), stripe: stripe, threads: gate)
            let user = try site.makeUser()
            let isOver = Atomic(false)
            let inside = Atomic<Int>(0)
            _ = try inParallel(4) { _ in
                try gate.pass(.stripe) {
                    inside.add(1, ordering: .relaxed)
                    while !isOver.load(ordering: .relaxed) {
                        CurrentThread.sleep(for: .milliseconds(1))
                    }
                }
            } whileRunning: {
                defer { isOver.store(true, ordering: .relaxed) }
                try wait(upTo: .seconds(60), "no line") { inside.load(ordering: .relaxed) == 4 }
                let key = [(name: Header.idempotencyKey, value: "k1")]
                let path = "/api/credits/purchase"
                let order = #"{"packageId": "pro"}"#
                let late = try site.post(path, order, as: user, key)
                #expect(late.status == 503)
                #expect(late.fields[.retryAfter] == "5")
                #expect(late.json["error"]?["message"]?.string?.contains("order is kept") == true)
                #expect(stripe.requests.isEmpty)
                // Looking at an order goes on meanwhile.
                isOver.store(true, ordering: .relaxed)
                try wait(upTo: .seconds(60), "no room") { (try? gate.pass(.stripe) {}) != nil }
                let page = try site.post(path, order, as: user, key)
                #expect(page.status == 201)
                #expect(
                    try site.count("SELECT COUNT(*) AS count FROM purchases") == 1,
                    "the same order went on")
                #expect(stripe.requests.allSatisfy { ($0.timeout ?? .seconds(99)) <= .seconds(10) })
            }
        }
    }

    @Test func `one deadline bounds all tries of a request together`() throws {
        var asked: [Duration] = []
        var client = StripeClient(secretKey: "sk_test_key", base: "https://stripe.example") {
            request throws(TransportError) in
            asked.append(request.timeout ?? .seconds(99))
            CurrentThread.sleep(for: .milliseconds(1200))
            throw TransportError(.unknown, "slow")
        }
        client.deadline = .now + .seconds(2)
        for _ in 0..<3 { #expect(throws: StripeError.self) { _ = try client.balance() } }
        try #require(asked.count == 2)
        #expect(asked[0] <= .seconds(2))
        #expect(asked[1] <= .milliseconds(800))
    }

    @Test func `orders of credit are limited for each user`() throws {
        try withFreshDatabase { configuration in
            let site = TestSite(Connection(configuration), purchaseLimit: 2)
            let user = try site.makeUser()
            let order = #"{"packageId": "pro"}"#
            for _ in 0..<2 {
                #expect(try site.post("/api/credits/purchase", order, as: user).status == 201)
            }
            let refused = try site.post("/api/credits/purchase", order, as: user)
            #expect(refused.status == 429)
            #expect(refused.code == "RATE_LIMITED")
            #expect(refused.json["error"]?["details"]?["limit"] == .integer(2))
            #expect(refused.json["error"]?["details"]?["windowSeconds"] == .integer(900))
            #expect(refused.fields[.retryAfter] != nil)
            #expect(
                try site.post("/api/credits/purchase", order, as: site.makeUser()).status == 201)
        }
    }
}
