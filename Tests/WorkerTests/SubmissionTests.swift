import BooksSupport
import DatabaseSupport
import Domain
import HTTP
import HTTPTypes
import Ledger
import MariaDB
import Sandbox
import Store
import Testing
import Worker

@Suite struct `J4 submission` {
    @Test func `a job is sent as it was ordered, with a callback of its own (J7)`() throws {
        try Bench.with { bench in
            let job = try bench.insertJob(tier: "basic")
            #expect(try bench.worker.submitNext())
            #expect(try !bench.worker.submitNext())
            let row = try bench.db.job(job)
            let request = try #require(bench.vendor.creates.first)
            #expect(
                request.url
                    == "https://pollo.example/api/platform/generation/pollo/pollo-v1-6")
            #expect(
                String(decoding: request.body ?? [], as: UTF8.self)
                    == #"{"input":{"prompt":"A fox runs through fresh snow","#
                    + #""resolution":"480p","length":5},"webhookUrl":"#
                    + #""https://shop.example/api/webhooks/pollo/\#(row.callbackToken)"}"#)
            #expect(row.state == .submitted)
            #expect(row.taskID == "task-1")
            #expect((3...5).contains(row.dueInSeconds))
            #expect((1140...1200).contains(row.secondsLeft ?? 0))
            #expect(try bench.db.attemptOutcomes(of: job) == ["submitted"])
        }
    }

    @Test func `without a job nothing is sent`() throws {
        try Bench.with { bench throws in
            #expect(try !bench.worker.submitNext())
            #expect(bench.vendor.creates.isEmpty)
        }
    }

    @Test func `the attempt is committed before the request is sent`() throws {
        try Bench.with { bench in
            let job = try bench.insertJob()
            var seen: VideoState?
            bench.vendor.duringCreate = {
                seen = try bench.db.job(job).state
                #expect(try bench.db.attemptOutcomes(of: job) == [nil])
            }
            _ = try bench.worker.submitNext()
            #expect(seen == .submitting)
        }
    }

    /// One character, longer than any column.
    private static let accents = "a" + String(repeating: "\u{301}", count: 2_000)

    /// Every answer that a create call can get, and what becomes of the job.
    private static let answers: [(Reply, VideoState, FailureReason?)] = [
        (.broken(.notSent), .queued, nil),
        (.broken(.refusedAddress), .queued, nil),
        (.html(403), .queued, nil),
        (.html(503), .queued, nil),
        (.refused(.rateLimit), .queued, nil),
        (.refused(.parallelLimit), .queued, nil),
        (.refused(403, "PARALLEL_TASK_LIMIT_REACHED", "Parallel task limit"), .queued, nil),
        (.refused(.noCredits), .queued, nil),
        (.refused(.noKey), .queued, nil),
        (.refused(.notFound), .queued, nil),
        (.refused(.modelNotEnabled), .queued, nil),
        (.refused(.invalid()), .refunded, .invalid),
        (.refused(.invalid(["prompt: required"])), .refunded, .invalid),
        (.refused(200, "BAD_REQUEST", "no"), .refunded, .invalid),
        (.broken(.unknown), .submitUnknown, nil),
        (.broken(.tooLarge), .submitUnknown, nil),
        (.refused(.serverError), .submitUnknown, nil),
        (.refused(408, "TIMEOUT"), .submitUnknown, nil),
        (.text(200, #"{"code":"SUCCESS","data":{}}"#), .submitUnknown, nil),
        (.text(200, "not json"), .submitUnknown, nil),
        (.html(200), .submitUnknown, nil),
        (.html(502), .submitUnknown, nil),
        (.text(500, #"{"data":{"taskId":"task-9"}}"#), .submitUnknown, nil),
        // Words that are longer than they look end the step like any other.
        (.refused(400, "BAD_REQUEST", accents), .refunded, .invalid),
        (.refused(500, "INTERNAL", accents), .submitUnknown, nil),
        (.refused(429, accents, accents), .queued, nil),
        (.refused(403, "FORBIDDEN", accents), .queued, nil),
        (.changed("taskId", to: accents), .submitUnknown, nil),
    ]

    @Test(arguments: answers.indices)
    func `each answer to a create call leads where the table says`(index: Int) throws {
        let (reply, state, reason) = Self.answers[index]
        try Bench.with { bench in
            let job = try bench.insertJob()
            bench.vendor.creating = reply
            #expect(try bench.worker.submitNext(), "\(reply)")
            let row = try bench.db.job(job)
            #expect(row.state == state, "\(reply)")
            #expect(row.reason == reason, "\(reply)")
            #expect(!row.isLeased, "\(reply)")
            #expect(bench.vendor.creates.count == 1, "\(reply)")
            let available = try bench.db.balance(of: bench.account).available
            #expect(available == (state == .refunded ? .dollars(20) : .dollars(19)), "\(reply)")
            // J6: what may have been made is never sent again.
            try bench.db.makeDue(job)
            bench.vendor.creating = nil
            _ = try bench.worker.submitNext()
            let isPaused =
                try bench.db.count(
                    "SELECT COUNT(*) FROM vendor_gates WHERE paused_until IS NOT NULL") > 0
            #expect(
                bench.vendor.creates.count == (state == .queued && !isPaused ? 2 : 1), "\(reply)")
        }
    }

    @Test func `a vendor that is full is asked again after growing pauses`() throws {
        try Bench.with { bench in
            let job = try bench.insertJob()
            bench.vendor.creating = .refused(.rateLimit)
            for ceiling in [4, 8, 16, 30, 30] {
                try bench.db.makeDue(job)
                for _ in 1...3 { _ = try bench.worker.submitNext() }
                let wait = try bench.db.job(job).dueInSeconds
                #expect((ceiling / 2 - 1...ceiling).contains(wait))
            }
            #expect(bench.vendor.creates.count == 5)
            #expect(try bench.db.attemptOutcomes(of: job).count == 5)
            bench.vendor.creating = nil
            try bench.db.makeDue(job)
            _ = try bench.worker.submitNext()
            #expect(try bench.db.job(job).state == .submitted)
        }
    }

    @Test func `an empty balance pauses all, with one probe in an interval`() throws {
        try Bench.with { bench in
            let jobs = try (1...3).map { _ in try bench.insertJob() }
            bench.vendor.account.balanceHundredths = 50
            for probes in 1...3 {
                for _ in 1...5 {
                    for job in jobs { try bench.db.makeDue(job) }
                    _ = try bench.worker.submitNext()
                }
                #expect(bench.vendor.creates.count == probes)
                try bench.db.passPause()
            }
            bench.vendor.account.balanceHundredths = 100_00
            for job in jobs { try bench.db.makeDue(job) }
            while try bench.worker.submitNext() {}
            #expect(try jobs.allSatisfy { try bench.db.job($0).state == .submitted })
            #expect(bench.vendor.creates.count == 6)
        }
    }

    @Test func `a model that is not enabled pauses its tier alone`() throws {
        try Bench.with { bench in
            let economy = try bench.insertJob()
            let basic = try bench.insertJob(tier: "basic")
            bench.vendor.account.disabledModels = ["kling-ai/kling-v1-6"]
            _ = try bench.worker.submitNext()
            bench.vendor.account.disabledModels = []
            try bench.db.makeDue(economy)
            while try bench.worker.submitNext() {}
            #expect(try bench.db.job(economy).state == .queued)
            #expect(try bench.db.job(basic).state == .submitted)
            try bench.db.passPause(of: "tier:economy")
            _ = try bench.worker.submitNext()
            #expect(try bench.db.job(economy).state == .submitted)
        }
    }

    @Test func `no more tasks are made than the vendor takes at once`() throws {
        try Bench.with { bench in
            for _ in 1...6 { _ = try bench.insertJob() }
            while try bench.worker.submitNext() {}
            #expect(bench.vendor.creates.count == 4)
        }
    }
}

@Suite struct `J6 never twice` {
    @Test func `a lost answer is made up for by the callback and sent once`() throws {
        try Bench.with { bench in
            let job = try bench.insertJob()
            bench.vendor.creating = .broken(.unknown)
            _ = try bench.worker.submitNext()
            bench.vendor.creating = nil
            bench.worker.doChores()
            #expect(try !bench.worker.submitNext())
            #expect(try bench.db.job(job).state == .submitUnknown)
            _ = try bench.db.hint(token: bench.db.job(job).callbackToken, task: "task-1")
            bench.vendor.status = .finished(bench.files.put(.file(Bench.video)))
            #expect(try bench.worker.followAndStore())
            #expect(try bench.db.job(job).state == .delivered)
            #expect(bench.vendor.creates.count == 1)
            #expect(bench.vendor.statusPaths.allSatisfy { $0.hasSuffix("/task-1/status") })
        }
    }

    @Test func `when the callback is lost too the job is refunded at its deadline`() throws {
        try Bench.with { bench in
            let job = try bench.insertJob()
            bench.vendor.creating = .broken(.unknown)
            _ = try bench.worker.submitNext()
            try bench.db.passDeadline(of: job)
            bench.worker.doChores()
            #expect(try bench.db.job(job).reason == .timeout)
            #expect(bench.vendor.creates.count == 1)
            #expect(try bench.db.legs("job:release:\(job)") == 1)
        }
    }

    @Test func `a worker that died before it sent leaves a job that is not sent`() throws {
        try Bench.with { bench in
            let job = try bench.insertJob()
            _ = try bench.db.claimToSubmit()
            try bench.restart()
            bench.worker.doChores()
            #expect(try bench.db.job(job).state == .submitUnknown)
            #expect(try !bench.worker.submitNext())
            #expect(bench.vendor.creates.isEmpty)
        }
    }

    @Test func `the answer to a worker that was paused beyond its lease is not lost (J6)`() throws {
        try Bench.with { bench in
            let job = try bench.insertJob()
            bench.vendor.duringCreate = {
                try bench.db.passLease(of: job)
                #expect(try bench.db.sweepLostSubmissions() == 1)
            }
            #expect(try bench.worker.submitNext())
            #expect(try bench.db.job(job).state == .submitted)
            #expect(try bench.db.job(job).taskID == "task-1")
            #expect(try bench.db.attemptOutcomes(of: job) == ["submitted"])
            bench.vendor.status = .finished(bench.files.put(.file(Bench.video)))
            #expect(try bench.worker.followAndStore())
            #expect(try bench.db.job(job).state == .delivered)
            #expect(bench.vendor.creates.count == 1)
        }
    }

    @Test func `a callback within the create call is not forgotten`() throws {
        try Bench.with { bench in
            let job = try bench.insertJob()
            bench.vendor.duringCreate = {
                _ = try bench.db.hint(token: bench.db.job(job).callbackToken, task: "task-1")
            }
            _ = try bench.worker.submitNext()
            #expect(try bench.db.job(job).dueInSeconds <= 0)
            bench.vendor.status = .finished(bench.files.put(.file(Bench.video)))
            #expect(try bench.worker.followAndStore())
            #expect(try bench.db.job(job).state == .delivered)
        }
    }

    @Test func `a callback within a create call whose answer is lost names the task`() throws {
        try Bench.with { bench in
            let job = try bench.insertJob()
            bench.vendor.creating = .broken(.unknown)
            bench.vendor.duringCreate = {
                _ = try bench.db.hint(token: bench.db.job(job).callbackToken, task: "task-1")
            }
            _ = try bench.worker.submitNext()
            #expect(try bench.db.job(job).state == .submitted)
            #expect(try bench.db.job(job).taskID == "task-1")
        }
    }

    @Test func `a task of an attempt that seemed to be turned away is not ordered again`() throws {
        try Bench.with { bench in
            let job = try bench.insertJob()
            bench.vendor.creating = .html(503, isDone: true)
            _ = try bench.worker.submitNext()
            #expect(try bench.db.job(job).state == .queued)
            bench.vendor.creating = nil
            let token = try bench.db.job(job).callbackToken
            #expect(try bench.db.hint(token: token, task: "task-1") == job)
            #expect(try bench.db.job(job).state == .queued)
            #expect(try bench.worker.submitNext())
            #expect(try bench.db.job(job).state == .submitted)
            #expect(try bench.db.job(job).taskID == "task-1")
            #expect(bench.vendor.creates.count == 1)
        }
    }

    @Test func `a task that calls back about a canceled job is a loss`() throws {
        try Bench.with { bench in
            let job = try bench.insertJob()
            bench.vendor.creating = .html(503, isDone: true)
            _ = try bench.worker.submitNext()
            _ = try bench.db.hint(token: bench.db.job(job).callbackToken, task: "task-1")
            try bench.db.cancel(job, of: bench.account, policy: .test)
            bench.vendor.status = .finished(bench.files.put(.file(Bench.video)))
            bench.worker.doChores()
            #expect(try bench.db.job(job).reason == .canceled)
            #expect(bench.vendor.creates.count == 1)
            #expect(
                try bench.db.count("SELECT COUNT(*) FROM video_jobs WHERE lost_micros > 0") == 1)
        }
    }

    @Test(arguments: CuttingProxy.Cut.allCases)
    func `an answer whose COMMIT was lost is written down once`(cut: CuttingProxy.Cut) throws {
        try Bench.with { bench in
            let job = try bench.insertJob()
            let proxy = try bench.useProxy()
            bench.vendor.duringCreate = { proxy.arm(cut, at: "COMMIT") }
            #expect(try bench.worker.submitNext())
            #expect(proxy.cutCount == 1)
            #expect(try bench.db.job(job).state == .submitted)
            #expect(try bench.db.job(job).taskID == "task-1")
            #expect(bench.vendor.creates.count == 1)
        }
    }

    @Test(arguments: CuttingProxy.Cut.allCases)
    func `a refusal whose COMMIT was lost is refunded once`(cut: CuttingProxy.Cut) throws {
        try Bench.with { bench in
            let job = try bench.insertJob()
            let proxy = try bench.useProxy()
            bench.vendor.creating = .refused(400, "BAD_REQUEST", "no")
            bench.vendor.duringCreate = { proxy.arm(cut, at: "COMMIT") }
            #expect(try bench.worker.submitNext())
            #expect(try bench.db.job(job).reason == .invalid)
            #expect(try bench.db.legs("job:release:\(job)") == 1)
        }
    }
}

extension `J6 never twice` {
    @Test func `a task that another job has is not known`() throws {
        try Bench.with { bench in
            let first = try bench.insertTask()
            let second = try bench.insertJob()
            let third = try bench.insertJob()
            bench.vendor.account.repeatNext("task-1")
            #expect(try bench.worker.submitNext())
            #expect(try bench.db.job(first).state == .submitted)
            #expect(try bench.db.job(second).state == .submitUnknown)
            #expect(try !bench.db.job(second).isLeased)
            #expect(try bench.worker.submitNext())
            #expect(try bench.db.job(third).state == .submitted)
            // Both are called back; the second ends at its deadline.
            _ = try bench.db.hint(token: bench.db.job(second).callbackToken, task: "task-1")
            try bench.db.passDeadline(of: second)
            bench.worker.doChores(in: .sweeps)
            #expect(try bench.db.job(second).reason == .timeout)
            #expect(try bench.db.job(first).state == .submitted)
        }
    }
}
