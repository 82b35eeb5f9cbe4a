import BooksSupport
import DatabaseSupport
import Domain
import Ledger
import MariaDB
import Store
import Testing

/// What a worker can do with a job that it has claimed.
enum Change: CaseIterable {
    case submitted, requeue, loseAnswer, storing, postpone, deliver, refund

    func apply(to job: ClaimedJob, _ db: Connection) throws {
        switch self {
        case .submitted: try db.submitted(job, task: "task-9")
        case .requeue: try db.requeue(job)
        case .loseAnswer: try db.loseAnswer(of: job)
        case .storing: _ = try db.storing(job)
        case .postpone: try db.postpone(job, by: .seconds(9), vendorStatus: "processing")
        case .deliver: try db.deliver(job)
        case .refund: try db.refund(job)
        }
    }

    /// The changes that a claim in each state can try; any other is a defect, and traps.
    static func of(_ state: VideoState) -> [Change] {
        switch state {
        case .submitting: [.submitted, .requeue, .loseAnswer, .postpone, .refund]
        case .submitted: [.storing, .postpone, .refund]
        case .storing: [.postpone, .deliver, .refund]
        default: []
        }
    }
}

@Suite struct `J4 and J5 compare and set` {
    /// A claim of a job in `state`, and the job.
    private func withClaim(
        _ state: VideoState, _ body: (Connection, ClaimedJob) throws -> Void
    ) throws {
        try withQueue { db in
            let account = try db.insertAccount(credit: .dollars(3))
            let job = try db.insertJob(of: account)
            if state == .submitting {
                try body(db, db.claimToSubmit())
            } else {
                try db.advanceJob(to: state)
                // The claim that brought it there is over.
                try db.passLease(of: job)
                try body(db, db.claimToFollow())
            }
        }
    }

    /// Everything about the job and its money that a change could touch.
    private func picture(_ db: Connection, _ job: VideoID) throws -> [String] {
        let row = try db.job(job)
        return [
            "\(row)", "\(try db.attemptOutcomes(of: job))",
            "\(try db.count("SELECT COUNT(*) FROM ledger_entries"))",
            "\(try db.count("SELECT COUNT(*) FROM transactions"))",
            "\(try db.count("SELECT SUM(held_micros) FROM wallets"))",
        ]
    }

    @Test(arguments: [VideoState.submitting, .submitted, .storing])
    func `a worker whose lease another has taken changes nothing`(state: VideoState) throws {
        for change in Change.of(state) {
            try withClaim(state) { db, stale in
                try db.execute(
                    "UPDATE video_jobs SET lease_token = UUID() WHERE id = \(stale.id)")
                let before = try picture(db, stale.id)
                #expect(throws: LeaseLost.self, "\(change)") { try change.apply(to: stale, db) }
                #expect(try picture(db, stale.id) == before, "\(change)")
            }
        }
    }

    @Test(arguments: [VideoState.submitting, .submitted, .storing])
    func `a worker that is paused beyond its lease changes nothing`(state: VideoState) throws {
        for change in Change.of(state) {
            try withClaim(state) { db, stale in
                try db.passLease(of: stale.id)
                if state == .submitting {
                    #expect(try db.sweepLostSubmissions() == 1)
                } else {
                    _ = try db.claimToFollow()
                }
                let before = try picture(db, stale.id)
                #expect(throws: LeaseLost.self, "\(change)") { try change.apply(to: stale, db) }
                #expect(try picture(db, stale.id) == before, "\(change)")
            }
        }
    }

    @Test(arguments: [VideoState.submitting, .submitted, .storing])
    func `a worker whose job is in another state changes nothing, though its lease is good`(
        state: VideoState
    ) throws {
        for change in Change.of(state) where change != .postpone {
            try withClaim(state) { db, stale in
                try db.execute("UPDATE video_jobs SET state = 'queued' WHERE id = \(stale.id)")
                let before = try picture(db, stale.id)
                #expect(throws: LeaseLost.self, "\(change)") { try change.apply(to: stale, db) }
                #expect(try picture(db, stale.id) == before, "\(change)")
            }
        }
    }

    @Test(arguments: [VideoState.delivered, .refunded])
    func `a final state never changes`(final: VideoState) throws {
        for change in Change.of(.storing) {
            try withClaim(.storing) { db, claim in
                if final == .delivered {
                    try db.deliver(claim)
                } else {
                    try db.refund(claim)
                }
                let before = try picture(db, claim.id)
                #expect(throws: LeaseLost.self, "\(change)") { try change.apply(to: claim, db) }
                #expect(try picture(db, claim.id) == before, "\(change)")
            }
        }
    }

    @Test(arguments: [VideoState.submitting, .submitted, .storing])
    func `every change bumps the version`(state: VideoState) throws {
        for change in Change.of(state) where change != .postpone {
            try withClaim(state) { db, claim in
                let before = try db.job(claim.id)
                try change.apply(to: claim, db)
                let after = try db.job(claim.id)
                #expect(after.version == before.version + 1, "\(change)")
                #expect(before.state.canBecome(after.state), "\(change)")
            }
        }
    }

    @Test func `two jobs never have one task`() throws {
        try withQueue { db in
            let account = try db.insertAccount(credit: .dollars(3))
            for _ in 1...2 { _ = try db.insertJob(of: account) }
            try db.submitted(db.claimToSubmit(), task: "task-1")
            let second = try db.claimToSubmit()
            let error = #expect(throws: DatabaseError.self) {
                try db.submitted(second, task: "task-1")
            }
            #expect(error?.kind == .duplicateKey(constraint: "video_jobs_task_unique"))
            #expect(try db.job(second.id).state == .submitting)
        }
    }

    @Test func `storing gives the claim back and begins the time to store`() throws {
        try withClaim(.submitted) { db, claim in
            try db.passDeadline(of: claim.id)
            try db.storing(claim, storeDeadline: .seconds(86_400))
            let row = try db.job(claim.id)
            #expect(!row.isLeased)
            #expect(row.dueInSeconds <= 0)
            #expect((86_340...86_400).contains(row.secondsLeft ?? 0))
            // Who asks for tasks does not fetch files, and the other way round (J17).
            #expect(try db.claimFollowUp(lasting: .seconds(9)) == nil)
            let stored = try db.claimStoring(lasting: .seconds(9)).orThrow("a job to store")
            #expect(stored.state == .storing)
            #expect(!stored.isOverdue)
            #expect(stored.lease != claim.lease)
            try db.refund(stored, .timeout)
            #expect(try db.job(claim.id).state == .refunded)
        }
    }

    @Test func `a job that goes back to the queue keeps its deadline`() throws {
        try withClaim(.submitting) { db, claim in
            try db.execute(
                """
                UPDATE video_jobs SET deadline_at = UTC_TIMESTAMP(6) + INTERVAL 100 SECOND
                WHERE id = \(claim.id)
                """)
            try db.requeue(claim)
            #expect((40...100).contains(try db.job(claim.id).secondsLeft ?? 0))
        }
    }
}

@Suite struct `J2 one settle or one release` {
    private func withJob(_ body: (Connection, AccountID, VideoID) throws -> Void) throws {
        try withQueue { db in
            let account = try db.insertAccount(credit: .dollars(3))
            try body(db, account, db.insertJob(of: account))
        }
    }

    @Test func `a delivered job is settled once and its file is recorded`() throws {
        try withJob { db, account, job in
            try db.advanceJob(to: .delivered)
            let video = try #require(try db.video(job, of: account))
            #expect(video.state == .delivered)
            #expect(video.file == .sample)
            #expect(video.completedAt != nil)
            let row = try db.job(job)
            #expect(row.status == "completed")
            #expect(row.actualCost == Money(cents: 35))
            #expect(!row.isLeased)
            #expect(row.secondsLeft == nil)
            #expect(try db.legs("job:settle:\(job)") == 1)
            #expect(try db.legs("job:release:\(job)") == 0)
            #expect(try db.balance(of: account).available == .dollars(2))
            let revenue = try db.count(
                """
                SELECT SUM(amount_micros) FROM ledger_entries
                WHERE credit_account = 'revenue'
                """)
            #expect(revenue == 1_000_000)
        }
    }

    @Test(arguments: FailureReason.allCases.filter { $0 != .canceled })
    func `a refunded job is released once and says why`(reason: FailureReason) throws {
        try withJob { db, account, job in
            try db.advanceJob(to: .submitted)
            try db.refund(db.claimToFollow(), reason)
            let video = try #require(try db.video(job, of: account))
            #expect(video.state == .refunded)
            #expect(video.failureReason == reason)
            #expect(try db.job(job).status == "failed")
            #expect(try db.legs("job:release:\(job)") == 1)
            #expect(try db.legs("job:settle:\(job)") == 0)
            #expect(try db.balance(of: account).available == .dollars(3))
        }
    }

    @Test func `a refusal at submission ends the attempt with its reason`() throws {
        try withJob { db, _, job in
            try db.refund(db.claimToSubmit(), .invalid)
            #expect(try db.attemptOutcomes(of: job) == ["invalid"])
        }
    }

    @Test func `a queued job can be canceled, and again without a second refund`() throws {
        try withJob { db, account, job in
            for _ in 1...2 { try db.cancel(job, of: account, policy: .test) }
            #expect(try db.job(job).status == "canceled")
            #expect(try db.legs("job:release:\(job)") == 1)
            #expect(try db.balance(of: account).available == .dollars(3))
        }
    }

    @Test(arguments: [VideoState.submitting, .submitUnknown, .submitted, .storing, .delivered])
    func `a job that the vendor may have is not canceled`(state: VideoState) throws {
        try withJob { db, account, job in
            try db.advanceJob(to: state)
            #expect(throws: Conflict.self) { try db.cancel(job, of: account, policy: .test) }
            #expect(try db.job(job).state == state)
        }
    }

    @Test func `a job that failed is not canceled`() throws {
        try withJob { db, account, job in
            try db.advanceJob(to: .refunded)
            #expect(throws: Conflict.self) { try db.cancel(job, of: account, policy: .test) }
            #expect(try db.job(job).reason == .vendorFailed)
        }
    }

    @Test func `another user's job is not found`() throws {
        try withJob { db, _, job in
            let stranger = try db.insertAccount()
            #expect(throws: NotFound()) { try db.cancel(job, of: stranger, policy: .test) }
            #expect(try db.video(job, of: stranger) == nil)
            #expect(try db.job(job).state == .queued)
        }
    }

    @Test func `eight cancellations and claims at once end in one of both`() throws {
        try withFreshDatabase { configuration in
            let db = Connection(configuration)
            let account = try db.insertAccount(credit: .dollars(3))
            let job = try db.insertJob(of: account)
            let outcomes = try inParallel(8) { number -> Bool in
                let db = Connection(configuration)
                if number.isMultiple(of: 2) {
                    return try db.claimSubmission(lasting: .seconds(150), parallel: 9) != nil
                }
                do {
                    try db.cancel(job, of: account, policy: .test)
                } catch is Conflict {}
                return false
            }
            let state = try db.job(job).state
            #expect(outcomes.count { $0 } == (state == .submitting ? 1 : 0))
            #expect([.submitting, .refunded].contains(state))
            try expectCleanBooks(db)
        }
    }

    @Test func `eight workers that deliver and refund at once end in one of both`() throws {
        try withFreshDatabase { configuration in
            let db = Connection(configuration)
            let account = try db.insertAccount(credit: .dollars(3))
            let job = try db.insertJob(of: account)
            try db.advanceJob(to: .storing)
            try db.passLease(of: job)
            let claim = try db.claimToFollow()
            let wins = try inParallel(8) { number -> Int in
                let db = Connection(configuration)
                do {
                    if number.isMultiple(of: 2) {
                        try db.deliver(claim)
                    } else {
                        try db.refund(claim)
                    }
                    return 1
                } catch is LeaseLost {
                    return 0
                }
            }
            #expect(wins.reduce(0, +) == 1)
            #expect(try db.job(job).state.isFinal)
            try expectCleanBooks(db)
        }
    }
}

@Suite struct `J3 what delivered means` {
    @Test(
        arguments: [
            "file_bytes = 0, file_sha256 = REPEAT('a', 64)", "file_bytes = 1",
            "file_sha256 = REPEAT('a', 64)",
        ] as [SQL])
    func `the schema refuses a delivered job without a file`(columns: SQL) throws {
        try withQueue { db in
            let account = try db.insertAccount(credit: .dollars(3))
            let job = try db.insertJob(of: account)
            try db.advanceJob(to: .storing)
            let error = #expect(throws: DatabaseError.self) {
                try db.execute(
                    """
                    UPDATE video_jobs
                    SET state = 'delivered', completed_at = UTC_TIMESTAMP(6), deadline_at = NULL,
                        \(sql: columns)
                    WHERE id = \(job)
                    """)
            }
            #expect(error?.kind == .constraint("video_jobs_file_where_delivered"))
        }
    }

    @Test func `the schema refuses a task state without a task`() throws {
        try withQueue { db in
            let account = try db.insertAccount(credit: .dollars(3))
            let job = try db.insertJob(of: account)
            let error = #expect(throws: DatabaseError.self) {
                try db.execute("UPDATE video_jobs SET state = 'submitted' WHERE id = \(job)")
            }
            #expect(error?.kind == .constraint("video_jobs_task_where_submitted"))
        }
    }
}
