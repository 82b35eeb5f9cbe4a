import BooksSupport
import DatabaseSupport
import Domain
import Ledger
import MariaDB
import Store
import Testing

/// The connection is cut at COMMIT: before it reached the server, while it was under way, or when
/// only its answer was lost. Nobody can tell these apart, so the transaction runs again, and its
/// effect must be there once (invariants D3; faults 2, 6 and 32).
@Suite struct `D3 a lost COMMIT` {
    /// Runs `body` with a connection whose next COMMIT is cut, and one that is not.
    private func withCut(
        _ cut: CuttingProxy.Cut, prepare: (Connection) throws -> Void = { _ in },
        _ body: (_ cut: Connection, _ db: Connection) throws -> Void
    ) throws {
        try withFreshDatabase { configuration in
            let db = Connection(configuration)
            try prepare(db)
            let proxy = try CuttingProxy(before: configuration)
            let connection = Connection(proxy.configuration(configuration))
            try connection.execute("DO 1")
            proxy.arm(cut, at: "COMMIT")
            try body(connection, db)
            #expect(proxy.cutCount == 1)
            try expectCleanBooks(db)
        }
    }

    @Test(arguments: CuttingProxy.Cut.allCases, [true, false])
    func `an order is accepted once`(cut: CuttingProxy.Cut, hasKey: Bool) throws {
        var account = AccountID.new()
        try withCut(cut) { db in
            account = try db.insertAccount(credit: .dollars(9))
        } _: { cut, db in
            let key = ClientKey(key: "k", requestHash: Array(repeating: 1, count: 32))
            let order = try db.order(count: 2)
            let answer = try cut.accept(order, from: account, key: hasKey ? key : nil)
            let (first, second) = (order.videos[0].id, order.videos[1].id)
            #expect(answer.body.contains(#""jobIds":["\#(first)","\#(second)"]"#))
            #expect(answer.body.contains(#""balance":7,"#))
            #expect(try db.count("SELECT COUNT(*) FROM video_jobs") == 2)
            #expect(try db.count("SELECT COUNT(*) FROM generate_calls") == 1)
            #expect(try db.balance(of: account).reserved == .dollars(2))
        }
    }

    @Test(arguments: CuttingProxy.Cut.allCases)
    func `a video is settled once`(cut: CuttingProxy.Cut) throws {
        var account = AccountID.new()
        var job = VideoID.new()
        try withCut(cut) { db in
            account = try db.insertAccount(credit: .dollars(9))
            job = try db.insertJob(of: account)
            try db.advanceJob(to: .storing)
            try db.passLease(of: job)
        } _: { cut, db in
            let claim = try db.claimToFollow()
            // The second run finds the job ended: for the worker it is another's.
            do { try cut.deliver(claim) } catch is LeaseLost {}
            #expect(try db.job(job).state == .delivered)
            #expect(try db.legs("job:settle:\(job)") == 1)
            #expect(try db.balance(of: account).available == .dollars(8))
        }
    }

    @Test(arguments: CuttingProxy.Cut.allCases)
    func `a video is refunded once`(cut: CuttingProxy.Cut) throws {
        var account = AccountID.new()
        var job = VideoID.new()
        try withCut(cut) { db in
            account = try db.insertAccount(credit: .dollars(9))
            job = try db.insertJob(of: account)
            try db.advanceJob(to: .submitted)
        } _: { cut, db in
            let claim = try db.claimToFollow()
            do { try cut.refund(claim) } catch is LeaseLost {}
            #expect(try db.job(job).state == .refunded)
            #expect(try db.legs("job:release:\(job)") == 1)
            #expect(try db.balance(of: account).available == .dollars(9))
        }
    }

    @Test(arguments: CuttingProxy.Cut.allCases)
    func `a job is canceled once and the person is told so`(cut: CuttingProxy.Cut) throws {
        var account = AccountID.new()
        var job = VideoID.new()
        try withCut(cut) { db in
            account = try db.insertAccount(credit: .dollars(9))
            job = try db.insertJob(of: account)
        } _: { cut, db in
            try cut.cancel(job, of: account, policy: .test)
            #expect(try db.job(job).reason == .canceled)
            #expect(try db.legs("job:release:\(job)") == 1)
            #expect(try db.balance(of: account).available == .dollars(9))
        }
    }

    @Test(arguments: CuttingProxy.Cut.allCases)
    func `overdue jobs are refunded once`(cut: CuttingProxy.Cut) throws {
        var account = AccountID.new()
        var job = VideoID.new()
        try withCut(cut) { db in
            account = try db.insertAccount(credit: .dollars(9))
            job = try db.insertJob(of: account)
            try db.passDeadline(of: job)
        } _: { cut, db in
            try cut.sweepOverdueJobs()
            #expect(try db.job(job).state == .refunded)
            #expect(try db.legs("job:release:\(job)") == 1)
        }
    }

    @Test(arguments: CuttingProxy.Cut.allCases)
    func `a payment is credited once`(cut: CuttingProxy.Cut) throws {
        var order: Purchase?
        try withCut(cut) { db in
            order = try db.insertPurchase("pro", of: db.insertAccount())
        } _: { cut, db in
            let order = try #require(order)
            try cut.receive("evt_1", from: .stripe, type: "x", object: "y") {
                _ = try cut.apply(.of(order), to: order.id, policy: .test)
                return true
            }
            #expect(try db.purchase(order.id)?.state == .paid)
            #expect(try db.balance(of: order.accountID).available == .dollars(55))
            #expect(try db.isProcessed("evt_1", from: .stripe))
        }
    }

    @Test(arguments: CuttingProxy.Cut.allCases)
    func `a grant is given once`(cut: CuttingProxy.Cut) throws {
        var account = AccountID.new()
        try withCut(cut) { db in
            account = try db.insertAccount()
        } _: { cut, db in
            try cut.grantCredit(
                .dollars(3), to: account, reason: "x", policy: .test, grant: .new())
            #expect(try db.balance(of: account).available == .dollars(3))
        }
    }

    @Test(arguments: CuttingProxy.Cut.allCases)
    func `a user and their account are made once`(cut: CuttingProxy.Cut) throws {
        try withCut(cut) { cut, db in
            let id = UserID.new()
            try cut.createUser(
                id, owning: .new(), email: "a@b.example", passwordHash: "x", role: .user)
            #expect(try db.count("SELECT COUNT(*) FROM wallets") == 1)
            #expect(try db.user(id)?.email == "a@b.example")
        }
    }

    @Test(arguments: CuttingProxy.Cut.allCases)
    func `a claim whose COMMIT was lost is held by who made it, and no second is made`(
        cut: CuttingProxy.Cut
    ) throws {
        var account = AccountID.new()
        var jobs: [VideoID] = []
        try withCut(cut) { db in
            account = try db.insertAccount(credit: .dollars(9))
            jobs = try [db.insertJob(of: account), db.insertJob(of: account)]
            // The claim is a probe, after which the gate is closed for others.
            try db.pause(tier: nil, for: .seconds(60), reason: "no credits")
            try db.passPause()
        } _: { cut, db in
            let claim = try cut.claimSubmission(lasting: .seconds(150), parallel: 9)
                .orThrow("the claim")
            #expect(jobs.contains(claim.id))
            #expect(try db.job(claim.id).state == .submitting)
            #expect(try db.job(claim.id).attempts == 1)
            #expect(
                try db.count("SELECT COUNT(*) FROM video_jobs WHERE state = 'submitting'") == 1)
            #expect(try db.count("SELECT COUNT(*) FROM job_attempts") == 1)
            try db.submitted(claim, task: "task-1")
            #expect(try db.job(claim.id).state == .submitted)
        }
    }

    @Test(arguments: CuttingProxy.Cut.allCases, [VideoState.submitted, .storing, .refunded])
    func `a claim to look is held by who made it`(
        cut: CuttingProxy.Cut, state: VideoState
    ) throws {
        try withCut(cut) { db in
            for number in 1...2 {
                let account = try db.insertAccount(credit: .dollars(9))
                let job = try db.insertJob(of: account)
                try db.submitted(db.claimToSubmit(), task: "task-\(number)")
                if state == .storing {
                    try db.storing(db.claimToFollow(), storeDeadline: .seconds(900))
                }
                if state == .refunded { try db.refund(db.claimToFollow(), .timeout) }
                try db.passLease(of: job)
            }
            try db.execute(
                """
                UPDATE video_jobs SET late_look_at = UTC_TIMESTAMP(6) - INTERVAL 1 SECOND
                WHERE state = 'refunded'
                """)
        } _: { cut, db in
            let claim =
                switch state {
                case .submitted: try cut.claimFollowUp(lasting: .seconds(150))
                case .storing: try cut.claimStoring(lasting: .seconds(150))
                default: try cut.claimLateLook(lasting: .seconds(150))
                }
            #expect(claim != nil)
            #expect(
                try db.count(
                    "SELECT COUNT(*) FROM video_jobs WHERE lease_until > UTC_TIMESTAMP(6)") == 1)
            #expect(try db.count("SELECT SUM(late_looks) FROM video_jobs") <= 1)
        }
    }

    @Test(arguments: CuttingProxy.Cut.allCases)
    func `a message is claimed once, and held by who claimed it`(cut: CuttingProxy.Cut) throws {
        try withCut(cut) { db in
            try db.setMail(isOn: true)
            for number in 1...2 {
                let account = try db.insertAccount(credit: .dollars(1))
                try db.execute(
                    "UPDATE users SET email_verified_at = UTC_TIMESTAMP(6) WHERE id = \(db.owner(of: account))"
                )
                _ = try db.insertJob(of: account)
                try db.advanceJob(to: .refunded, task: "task-\(number)")
            }
            try db.makeMailDue()
        } _: { cut, db in
            let claim = try cut.claimMail(lasting: .seconds(60)).orThrow("a mail")
            #expect(claim.claim.attempt == 1)
            #expect(
                try db.count(
                    "SELECT COUNT(*) FROM outbox WHERE lease_until > UTC_TIMESTAMP(6)") == 1)
            try db.noteSent(claim.claim)
        }
    }
}
