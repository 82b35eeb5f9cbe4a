import BooksSupport
import DatabaseSupport
import Domain
import MariaDB
import Store
import Testing

/// Runs `body` on a database of its own: each claim locks the one row that all claims pass.
func withQueue(_ body: (Connection) throws -> Void) throws {
    try withFreshDatabase { configuration in
        let db = Connection(configuration)
        try body(db)
        try expectCleanBooks(db)
    }
}

@Suite struct `J11 claims` {
    @Test func `a claim is written with its attempt before anything is sent`() throws {
        try withQueue { db in
            let account = try db.insertAccount(credit: .dollars(5))
            let order = try db.order("basic", seconds: 5)
            try db.accept(order, from: account)
            let claimed = try db.claimToSubmit()
            #expect(claimed.id == order.videos[0].id)
            #expect(claimed.accountID == account)
            #expect(claimed.state == .submitting)
            #expect(claimed.attempts == 1)
            #expect(claimed.vendorPath == "pollo/pollo-v1-6")
            #expect(claimed.vendorInput == order.draft.vendorInput)
            #expect(claimed.callbackToken == order.videos[0].callbackToken)
            #expect(claimed.taskID == nil)
            let row = try db.job(claimed.id)
            #expect(row.state == .submitting)
            #expect(row.isLeased)
            #expect(try db.attemptOutcomes(of: claimed.id) == [nil])
            let lease = try db.count(
                "SELECT TIMESTAMPDIFF(SECOND, UTC_TIMESTAMP(6), lease_until) FROM video_jobs")
            #expect((145...150).contains(lease))
            #expect(try db.claimSubmission(lasting: .seconds(1), parallel: 9) == nil)
        }
    }

    @Test func `sixteen workers claim 500 jobs and none of them twice`() throws {
        try withFreshDatabase { configuration in
            let db = Connection(configuration)
            for _ in 1...20 {
                let account = try db.insertAccount(credit: .dollars(25))
                for _ in 1...6 { try db.accept(db.order(count: 4), from: account) }
                _ = try db.insertJob(of: account)
            }
            let claimed = try inParallel(16) { _ -> [VideoID] in
                let db = Connection(configuration)
                var claimed: [VideoID] = []
                while claimed.count <= 500,
                    let job = try db.claimSubmission(lasting: .seconds(150), parallel: 1000)
                {
                    claimed.append(job.id)
                }
                return claimed
            }.flatMap { $0 }
            #expect(claimed.count == 500)
            #expect(Set(claimed).count == 500)
            #expect(try db.count("SELECT COUNT(*) FROM job_attempts") == 500)
            #expect(
                try db.count("SELECT COUNT(DISTINCT lease_token) FROM video_jobs") == 500)
            try expectCleanBooks(db)
        }
    }

    @Test func `sixteen workers keep the limit of parallel tasks together`() throws {
        try withFreshDatabase { configuration in
            let db = Connection(configuration)
            let account = try db.insertAccount(credit: .dollars(40))
            for _ in 1...10 { try db.accept(db.order(count: 4), from: account) }
            let claimed = try inParallel(16) { _ -> Int in
                let db = Connection(configuration)
                var count = 0
                while try db.claimSubmission(lasting: .seconds(150), parallel: 7) != nil {
                    count += 1
                }
                return count
            }
            #expect(claimed.reduce(0, +) == 7)
            try expectCleanBooks(db)
        }
    }

    @Test func `sixteen workers look at 100 tasks and at none of them twice`() throws {
        try withFreshDatabase { configuration in
            let db = Connection(configuration)
            let account = try db.insertAccount(credit: .dollars(100))
            for _ in 1...25 { try db.accept(db.order(count: 4), from: account) }
            for number in 1...100 {
                try db.submitted(db.claimToSubmit(), task: "task-\(number)")
            }
            let claimed = try inParallel(16) { _ -> [VideoID] in
                let db = Connection(configuration)
                var claimed: [VideoID] = []
                while claimed.count <= 100,
                    let job = try db.claimFollowUp(lasting: .seconds(240))
                {
                    claimed.append(job.id)
                }
                return claimed
            }.flatMap { $0 }
            #expect(claimed.count == 100)
            #expect(Set(claimed).count == 100)
        }
    }

    @Test func `users take turns however many jobs one of them has queued`() throws {
        try withQueue { db in
            let accounts = try (1...3).map { _ in try db.insertAccount(credit: .dollars(9)) }
            for account in [0, 0, 0, 0, 1, 2, 2] { _ = try db.insertJob(of: accounts[account]) }
            let turns = try (1...7).map { _ in
                try accounts.firstIndex(of: db.claimToSubmit().accountID)
            }
            #expect(turns == [0, 1, 2, 0, 2, 0, 0])
        }
    }

    @Test func `of one user the oldest job goes first`() throws {
        try withQueue { db in
            let account = try db.insertAccount(credit: .dollars(9))
            let jobs = try (1...4).map { _ in try db.insertJob(of: account) }
            #expect(try (1...4).map { _ in try db.claimToSubmit().id } == jobs)
        }
    }

    @Test func `a job that waits for its next try holds nobody up`() throws {
        try withQueue { db in
            let account = try db.insertAccount(credit: .dollars(9))
            let first = try db.insertJob(of: account)
            let second = try db.insertJob(of: account)
            try db.requeue(db.claimToSubmit(), after: .seconds(60), detail: "full")
            #expect(try db.claimToSubmit().id == second)
            #expect(try db.claimSubmission(lasting: .seconds(9), parallel: 9) == nil)
            try db.makeDue(first)
            let again = try db.claimToSubmit()
            #expect(again.id == first)
            #expect(again.attempts == 2)
            #expect(try db.attemptOutcomes(of: first) == ["not_created", nil])
        }
    }

    @Test func `a job whose queue time is over is not submitted`() throws {
        try withQueue { db in
            let account = try db.insertAccount(credit: .dollars(9))
            let job = try db.insertJob(of: account)
            try db.passDeadline(of: job)
            #expect(try db.claimSubmission(lasting: .seconds(9), parallel: 9) == nil)
            #expect(try db.job(job).state == .queued)
        }
    }

    @Test func `a lost answer counts as a task for five minutes`() throws {
        try withQueue { db in
            let account = try db.insertAccount(credit: .dollars(9))
            for _ in 1...3 { _ = try db.insertJob(of: account) }
            try db.loseAnswer(of: db.claimToSubmit())
            _ = try db.claimToSubmit()
            #expect(try db.claimSubmission(lasting: .seconds(9), parallel: 2) == nil)
            try db.execute(
                """
                UPDATE video_jobs SET state_at = UTC_TIMESTAMP(6) - INTERVAL 301 SECOND
                WHERE state = 'submit_unknown'
                """)
            #expect(try db.claimSubmission(lasting: .seconds(9), parallel: 2) != nil)
        }
    }

    @Test(arguments: [(parallel: 1, free: 1), (2, 1), (4, 2), (5, 3)])
    func `lost answers leave half of the places to others`(parallel: Int, free: Int) throws {
        try withQueue { db in
            let account = try db.insertAccount(credit: .dollars(50))
            for _ in 1...parallel { _ = try db.insertJob(of: account) }
            for _ in 1...parallel { try db.loseAnswer(of: db.claimToSubmit()) }
            for _ in 1...(parallel + 1) { _ = try db.insertJob(of: account) }
            for _ in 1...free {
                #expect(try db.claimSubmission(lasting: .seconds(9), parallel: parallel) != nil)
            }
            #expect(try db.claimSubmission(lasting: .seconds(9), parallel: parallel) == nil)
        }
    }

    @Test func `a task is looked at by one until its lease runs out`() throws {
        try withQueue { db in
            let account = try db.insertAccount(credit: .dollars(9))
            let job = try db.insertJob(of: account)
            try db.advanceJob(to: .submitted)
            let first = try db.claimToFollow()
            #expect(first.taskID == "task-1")
            #expect(try db.claimFollowUp(lasting: .seconds(9)) == nil)
            try db.passLease(of: job)
            let second = try db.claimToFollow()
            #expect(second.id == job)
            #expect(second.lease != first.lease)
        }
    }
}

@Suite struct `Pauses of submitting` {
    private func claim(_ db: Connection) throws -> ClaimedJob? {
        try db.claimSubmission(lasting: .seconds(150), parallel: 9)
    }

    private func withJobs(_ count: Int, _ body: (Connection) throws -> Void) throws {
        try withQueue { db in
            let account = try db.insertAccount(credit: .dollars(90))
            for _ in 1...count { _ = try db.insertJob(of: account) }
            try body(db)
        }
    }

    @Test func `while all is paused nothing is claimed`() throws {
        try withJobs(2) { db in
            try db.pause(tier: nil, for: .seconds(60), reason: "no credits")
            #expect(try claim(db) == nil)
        }
    }

    @Test func `when the pause is over one job probes and the others wait for it`() throws {
        try withJobs(3) { db in
            try db.pause(tier: nil, for: .seconds(60), reason: "no credits")
            try db.passPause()
            let probe = try #require(try claim(db))
            #expect(try claim(db) == nil)
            try db.submitted(probe, task: "task-1")
            #expect(try claim(db) != nil)
            #expect(try claim(db) != nil)
        }
    }

    @Test func `a task is written down while a claim holds the gates`() throws {
        try withFreshDatabase { configuration in
            let db = Connection(configuration)
            let account = try db.insertAccount(credit: .dollars(5))
            _ = try db.insertJob(of: account)
            let job = try db.claimToSubmit()
            var impatient = configuration
            impatient.lockWaitTimeoutSeconds = 0
            let other = Connection(impatient) { _ in }
            try db.transaction {
                _ = try db.query("SELECT 1 FROM vendor_gates FOR UPDATE") { _ in true }
                try other.submitted(job, task: "task-1")
            }
            #expect(try db.count("SELECT COUNT(*) FROM video_jobs WHERE task_id = 'task-1'") == 1)
        }
    }

    @Test func `a probe that fails is the only one of its interval`() throws {
        try withJobs(3) { db in
            try db.pause(tier: nil, for: .seconds(60), reason: "no credits")
            for _ in 1...3 {
                try db.passPause()
                let probe = try #require(try claim(db))
                try db.requeue(probe)
                #expect(try claim(db) == nil)
            }
        }
    }

    @Test func `of sixteen workers one probes`() throws {
        try withFreshDatabase { configuration in
            let db = Connection(configuration)
            let account = try db.insertAccount(credit: .dollars(20))
            for _ in 1...20 { _ = try db.insertJob(of: account) }
            try db.pause(tier: nil, for: .seconds(60), reason: "no credits")
            try db.passPause()
            let probes = try inParallel(16) { _ in
                try Connection(configuration)
                    .claimSubmission(lasting: .seconds(150), parallel: 99) != nil
            }
            #expect(probes.count { $0 } == 1)
        }
    }

    @Test func `a probe that no job could make is not used up`() throws {
        try withJobs(1) { db in
            let waiting = try #require(try claim(db))
            try db.pause(tier: nil, for: .seconds(60), reason: "no credits")
            try db.passPause()
            // The queue is empty, then the vendor is full, then the tier alone is paused.
            #expect(try claim(db) == nil)
            try db.requeue(waiting)
            #expect(try db.claimSubmission(lasting: .seconds(150), parallel: 0) == nil)
            try db.pause(tier: "economy", for: .seconds(60), reason: "not enabled")
            #expect(try claim(db) == nil)
            try db.passPause(of: "tier:economy")
            #expect(try claim(db) != nil)
        }
    }

    @Test func `a tier that is paused waits alone`() throws {
        try withQueue { db in
            let account = try db.insertAccount(credit: .dollars(9))
            let economy = try db.insertJob(of: account)
            let basic = try db.insertJob(of: account, tier: "basic")
            try db.pause(tier: "economy", for: .seconds(600), reason: "not enabled")
            #expect(try claim(db)?.id == basic)
            #expect(try claim(db) == nil)
            try db.passPause(of: "tier:economy")
            #expect(try claim(db)?.id == economy)
        }
    }

    @Test func `a task that is made ends the pause of its tier`() throws {
        try withJobs(2) { db in
            let job = try #require(try claim(db))
            try db.pause(tier: "economy", for: .seconds(600), reason: "not enabled")
            #expect(try claim(db) == nil)
            try db.submitted(job, task: "task-1")
            #expect(try claim(db) != nil)
        }
    }
}
