import BooksSupport
import DatabaseSupport
import Domain
import Ledger
import MariaDB
import Store
import Testing

@Suite struct `J9 sweeps` {
    private func withJob(_ body: (Connection, AccountID, VideoID) throws -> Void) throws {
        try withQueue { db in
            let account = try db.insertAccount(credit: .dollars(3))
            try body(db, account, db.insertJob(of: account))
        }
    }

    @Test func `a submission whose worker died is unknown and not sent again`() throws {
        try withJob { db, account, job in
            try db.advanceJob(to: .submitting)
            #expect(try db.sweepLostSubmissions() == 0)
            try db.passLease(of: job)
            #expect(try db.sweepLostSubmissions() == 1)
            #expect(try db.sweepLostSubmissions() == 0)
            let row = try db.job(job)
            #expect(row.state == .submitUnknown)
            #expect(!row.isLeased)
            #expect((2640...2700).contains(row.secondsLeft ?? 0))
            #expect(try db.attemptOutcomes(of: job) == ["unknown"])
            #expect(try db.claimSubmission(lasting: .seconds(9), parallel: 9) == nil)
            #expect(try db.balance(of: account).reserved == .dollars(1))
        }
    }

    @Test func `a submission whose worker died after the callback goes on with its task`() throws {
        try withJob { db, _, job in
            try db.advanceJob(to: .submitting)
            _ = try db.hint(token: db.job(job).callbackToken, task: "task-7")
            try db.passLease(of: job)
            #expect(try db.sweepLostSubmissions() == 1)
            let row = try db.job(job)
            #expect(row.state == .submitted)
            #expect(row.taskID == "task-7")
        }
    }

    @Test(arguments: [VideoState.queued, .submitUnknown])
    func `a job that waited for too long is refunded once`(state: VideoState) throws {
        try withJob { db, account, job in
            try db.advanceJob(to: state)
            #expect(try db.sweepOverdueJobs().isEmpty)
            try db.passDeadline(of: job)
            #expect(try db.sweepOverdueJobs() == [job])
            #expect(try db.sweepOverdueJobs().isEmpty)
            #expect(try db.job(job).reason == .timeout)
            #expect(try db.balance(of: account).available == .dollars(3))
        }
    }

    @Test func `a job that waited while submitting was paused says so`() throws {
        try withJob { db, _, job in
            try db.pause(tier: nil, for: .seconds(60), reason: "no credits")
            try db.passDeadline(of: job)
            #expect(try db.sweepOverdueJobs() == [job])
            #expect(try db.job(job).reason == .vendorDown)
        }
    }

    @Test(arguments: [VideoState.submitting, .submitted, .storing, .delivered, .refunded])
    func `a job in another state is left alone`(state: VideoState) throws {
        try withJob { db, _, job in
            try db.advanceJob(to: state)
            if !state.isFinal { try db.passDeadline(of: job) }
            #expect(try db.sweepOverdueJobs().isEmpty)
            #expect(try db.job(job).state == state)
        }
    }

    @Test func `a rendering job past its deadline is claimed for its last look`() throws {
        try withJob { db, _, job in
            try db.advanceJob(to: .submitted)
            try db.passDeadline(of: job)
            #expect(try db.claimToFollow().isOverdue)
        }
    }

    @Test func `a job whose books are wrong keeps no other from its end (J9)`() throws {
        try withQueue { db in
            let jobs = try (1...2).map { _ in
                try db.insertJob(of: db.insertAccount(credit: .dollars(1)))
            }
            for job in jobs { try db.passDeadline(of: job) }
            func shift(_ sign: Int) throws {
                try db.execute(
                    """
                    UPDATE credit_lots
                    SET held_micros = held_micros - \(sign), spent_micros = spent_micros + \(sign)
                    WHERE account_id = (SELECT account_id FROM video_jobs WHERE id = \(jobs[0]))
                    """)
            }
            try shift(1)
            #expect(try db.sweepOverdueJobs() == [jobs[1]])
            // It waits longer and longer, and a person is told.
            #expect(try db.sweepOverdueJobs() == [])
            try db.unpark(jobs[0])
            #expect(throws: BooksDisagree.self) { try db.sweepOverdueJobs() }
            #expect(try db.job(jobs[0]).state == .queued)
            let item = try db.attention().first { $0.subject == "\(jobs[0])" }
            #expect(item?.kind == .parkedVideo)
            #expect(item?.detail.hasSuffix("(2 times)") == true)
            try shift(-1)
            try db.unpark(jobs[0])
            #expect(try db.sweepOverdueJobs() == [jobs[0]])
            #expect(try !db.attention().contains { $0.kind == .parkedVideo })
        }
    }

    @Test func `a user whose books are wrong keeps no other's credit from lapsing (C6)`() throws {
        try withQueue { db in
            let accounts = try (1...2).map { _ in try db.insertAccount(credit: .dollars(1)) }
            for account in accounts {
                try db.setExpiry(of: db.lotRows(of: account)[0].id, in: .seconds(-1))
            }
            func shift(_ amount: Int) throws {
                try db.execute(
                    """
                    UPDATE wallets SET available_micros = available_micros + \(amount)
                    WHERE account_id = \(accounts[0])
                    """)
            }
            try shift(-1)
            #expect(try db.expireOverdueLots(limit: 9) == 1)
            #expect(throws: BooksDisagree.self) { try db.expireOverdueLots(limit: 9) }
            try shift(1)
            #expect(try db.expireOverdueLots(limit: 9) == 1)
        }
    }

    @Test func `eight sweeps at once refund each job once`() throws {
        try withFreshDatabase { configuration in
            let db = Connection(configuration)
            let accounts = try (1...3).map { _ in try db.insertAccount(credit: .dollars(20)) }
            for account in accounts {
                for _ in 1...5 { try db.accept(db.order(count: 4), from: account) }
            }
            try db.execute(
                "UPDATE video_jobs SET deadline_at = UTC_TIMESTAMP(6) - INTERVAL 1 SECOND")
            let ended = try inParallel(8) { _ in
                try Connection(configuration).sweepOverdueJobs().count
            }
            #expect(ended.reduce(0, +) == 60)
            for account in accounts {
                #expect(try db.balance(of: account).available == .dollars(20))
            }
            try expectCleanBooks(db)
        }
    }
}

@Suite struct `W3 callbacks are hints` {
    private func withJob(
        in state: VideoState, _ body: (Connection, AccountID, VideoID, String) throws -> Void
    ) throws {
        try withQueue { db in
            let account = try db.insertAccount(credit: .dollars(3))
            let job = try db.insertJob(of: account)
            try db.advanceJob(to: state)
            try db.execute(
                """
                UPDATE video_jobs SET next_attempt_at = UTC_TIMESTAMP(6) + INTERVAL 500 SECOND
                WHERE id = \(job)
                """)
            try body(db, account, job, db.job(job).callbackToken)
        }
    }

    @Test func `an unknown token is nobody's`() throws {
        try withJob(in: .submitted) { db, _, _, token throws in
            #expect(try db.hint(token: token + "x", task: "task-1") == nil)
            #expect(try db.hint(token: "", task: "task-1") == nil)
            #expect(try db.hint(token: token.uppercased(), task: "task-1") == nil)
            #expect(try db.hint(taskID: "task-2") == nil)
        }
    }

    @Test(arguments: [VideoState.submitted, .storing])
    func `a job that is under way is looked at at once`(state: VideoState) throws {
        try withJob(in: state) { db, _, job, token in
            let before = try db.job(job)
            #expect(before.dueInSeconds > 400)
            for _ in 1...20 { #expect(try db.hint(token: token, task: "forged") == job) }
            let after = try db.job(job)
            #expect(after.dueInSeconds <= 0)
            #expect(after.state == state)
            #expect(after.taskID == "task-1")
            #expect(after.version == before.version)
        }
    }

    @Test func `a callback without a token is a hint for the task that it names`() throws {
        try withJob(in: .submitted) { db, _, job, _ throws in
            #expect(try db.hint(taskID: "task-1") == job)
            #expect(try db.job(job).dueInSeconds <= 0)
        }
    }

    @Test func `a job whose answer was lost learns its task, once`() throws {
        try withJob(in: .submitUnknown) { db, _, job, token in
            #expect(try db.hint(token: token, task: "task-7") == job)
            #expect(try db.hint(token: token, task: "task-8") == job)
            let row = try db.job(job)
            #expect(row.state == .submitted)
            #expect(row.taskID == "task-7")
            #expect((1140...1200).contains(row.secondsLeft ?? 0))
            #expect(try db.claimToFollow().taskID == "task-7")
        }
    }

    @Test func `a callback before the create call's answer is remembered`() throws {
        try withQueue { db in
            let account = try db.insertAccount(credit: .dollars(3))
            let job = try db.insertJob(of: account)
            let claim = try db.claimToSubmit()
            #expect(try db.hint(token: claim.callbackToken, task: "task-7") == job)
            #expect(try db.job(job).state == .submitting)
            try db.submitted(
                claim, taskID: "task-7", firstPollAfter: .seconds(500),
                renderDeadline: .seconds(1200))
            // The vendor is done already: there is nothing to wait for.
            #expect(try db.job(job).dueInSeconds <= 0)
        }
    }

    @Test func `a callback before a lost answer makes up for it`() throws {
        try withQueue { db in
            let account = try db.insertAccount(credit: .dollars(3))
            let job = try db.insertJob(of: account)
            let claim = try db.claimToSubmit()
            _ = try db.hint(token: claim.callbackToken, task: "task-7")
            try db.loseAnswer(of: claim)
            let row = try db.job(job)
            #expect(row.state == .submitted)
            #expect(row.taskID == "task-7")
        }
    }

    @Test(arguments: [VideoState.queued, .delivered])
    func `a callback changes nothing before a submission and after a delivery`(
        state: VideoState
    ) throws {
        try withJob(in: state) { db, _, job, token in
            let before = "\(try db.job(job))"
            #expect(try db.hint(token: token, task: "task-7") == job)
            #expect("\(try db.job(job))" == before)
        }
    }

    @Test func `twenty callbacks at once reveal the task once`() throws {
        try withFreshDatabase { configuration in
            let db = Connection(configuration)
            let account = try db.insertAccount(credit: .dollars(3))
            let job = try db.insertJob(of: account)
            try db.advanceJob(to: .submitUnknown)
            let before = try db.job(job)
            _ = try inParallel(20) { _ in
                try Connection(configuration).hint(token: before.callbackToken, task: "task-7")
            }
            let after = try db.job(job)
            #expect(after.state == .submitted)
            #expect(after.version == before.version + 1)
            try expectCleanBooks(db)
        }
    }
}

@Suite struct `J10 success after a refund` {
    @Test(arguments: [true, false])
    func `a late callback is looked at once and its loss recorded`(isLost: Bool) throws {
        try withQueue { db in
            let account = try db.insertAccount(credit: .dollars(3))
            let job = try db.insertJob(of: account)
            try db.advanceJob(to: .submitUnknown)
            try db.passDeadline(of: job)
            try db.sweepOverdueJobs()
            #expect(try db.claimLateLook(lasting: .seconds(9)) == nil)
            _ = try db.hint(token: db.job(job).callbackToken, task: "task-7")
            let late = try #require(try db.claimLateLook(lasting: .seconds(9)))
            #expect(late.id == job)
            #expect(late.taskID == "task-7")
            #expect(try db.claimLateLook(lasting: .seconds(9)) == nil)
            try db.recordLoss(of: late, isLost: isLost)
            let row = try db.job(job)
            #expect(row.lost == (isLost ? Money(cents: 35) : .zero))
            #expect(row.state == .refunded)
            #expect(try db.claimLateLook(lasting: .seconds(9)) == nil)
            #expect(try db.balance(of: account).available == .dollars(3))
            #expect(try db.claimFollowUp(lasting: .seconds(9)) == nil)
        }
    }
}

@Suite struct `J13 one job's error stays that job's` {
    @Test func `a task that two jobs were told of is the first one's, and both end`() throws {
        try withQueue { db in
            let jobs = try (1...3).map { _ in
                try db.insertJob(of: db.insertAccount(credit: .dollars(1)))
            }
            try db.advanceJob(to: .submitted, task: "task-1")
            for job in jobs.dropFirst() {
                _ = try db.claimSubmission(lasting: .seconds(150), parallel: 9).orThrow("a claim")
                try db.execute(
                    """
                    UPDATE video_jobs
                    SET lease_until = UTC_TIMESTAMP(6) - INTERVAL 1 SECOND,
                        callback_task_id = IF(id = \(jobs[1]), 'task-1', NULL)
                    WHERE id = \(job)
                    """)
            }
            #expect(try db.sweepLostSubmissions() == 2)
            #expect(try db.job(jobs[1]).state == .submitUnknown)
            let token = try db.first(
                "SELECT callback_token FROM video_jobs WHERE id = \(jobs[1])"
            ) { try $0("callback_token") as String }
            _ = try db.hint(
                callbackToken: token.orThrow("a token"), taskID: "task-1",
                renderDeadline: .seconds(60))
            #expect(try db.job(jobs[1]).state == .submitUnknown)
            for job in jobs.dropFirst() { try db.passDeadline(of: job) }
            #expect(try Set(db.sweepOverdueJobs()) == Set(jobs.dropFirst()))
            #expect(try db.job(jobs[0]).state == .submitted)
        }
    }

    @Test(arguments: [VideoState.queued, .submitted, .storing])
    func `a job that cannot be read keeps no other back, and its deadline ends it`(
        state: VideoState
    ) throws {
        try withQueue { db in
            let broken = try db.insertJob(of: db.insertAccount(credit: .dollars(1)))
            try db.advanceJob(to: state, task: "task-1")
            let other = try db.insertJob(of: db.insertAccount(credit: .dollars(1)))
            if state != .queued { try db.advanceJob(to: state, task: "task-2") }
            try db.execute(
                """
                UPDATE video_jobs
                SET vendor_input = IF(id = \(broken), '"?"', '[]'), lease_token = NULL,
                    lease_until = NULL, next_attempt_at =
                        UTC_TIMESTAMP(6) - INTERVAL IF(id = \(broken), 2, 1) SECOND
                """)
            func claim() throws -> VideoID? {
                switch state {
                case .queued: try db.claimSubmission(lasting: .seconds(150), parallel: 9)?.id
                case .submitted: try db.claimFollowUp(lasting: .seconds(150))?.id
                default: try db.claimStoring(lasting: .seconds(150))?.id
                }
            }
            #expect(try claim() == nil)
            #expect(try claim() == other)
            #expect(try claim() == nil)
            #expect(try db.job(broken).state == state)
            #expect(try db.attention().map(\.subject).contains("\(broken)"))
            // It was parked for long, but before its deadline.
            for _ in 1...3 { try db.park(broken, because: "it cannot be read") }
            try db.execute(
                "UPDATE parked_jobs SET next_at = next_at - INTERVAL 5 SECOND")
            #expect(try db.sweepOverdueJobs() == [])
            try db.passDeadline(of: broken)
            #expect(try db.sweepOverdueJobs() == [broken])
            #expect(try db.job(broken).state == .refunded)
        }
    }

    @Test(
        arguments: [
            VideoState.queued, .submitting, .submitUnknown, .submitted, .storing, .delivered,
            .refunded,
        ])
    func `a person ends a job in any state that is not an end`(state: VideoState) throws {
        try withQueue { db in
            let account = try db.insertAccount(credit: .dollars(1))
            let job = try db.insertJob(of: account)
            try db.advanceJob(to: state)
            let actor = try Operator(userID: nil, reason: "It never ends")
            let isOpen = ![VideoState.delivered, .refunded].contains(state)
            if isOpen {
                try db.endVideo(job, policy: .test, by: actor)
                #expect(try db.job(job).state == .refunded)
                #expect(try db.balance(of: account).available == .dollars(1))
            }
            #expect(throws: Conflict.self) { try db.endVideo(job, policy: .test, by: actor) }
            #expect(throws: NotFound.self) {
                try db.endVideo(VideoID.new(), policy: .test, by: actor)
            }
        }
    }
}

extension `J13 one job's error stays that job's` {
    @Test func `the same command again ends the video once, and is no other command`() throws {
        try withQueue { db in
            let account = try db.insertAccount(credit: .dollars(2))
            let jobs = try [db.insertJob(of: account), db.insertJob(of: account)]
            let actor = try Operator(userID: nil, reason: "It never ends", key: "end-\(account)")
            for _ in 1...3 { try db.endVideo(jobs[0], policy: .test, by: actor) }
            #expect(try db.balance(of: account).available == .dollars(1))
            #expect(throws: IdempotencyConflict.self) {
                try db.endVideo(jobs[1], policy: .test, by: actor)
            }
            #expect(try db.job(jobs[1]).state == .queued)
            try expectCleanBooks(db)
        }
    }
}

extension Connection {
    /// The job's next try is now.
    fileprivate func unpark(_ job: VideoID) throws {
        try execute(
            "UPDATE parked_jobs SET next_at = UTC_TIMESTAMP(6) WHERE job_id = \(job)")
    }
}
