import BooksSupport
import DatabaseSupport
import Domain
import FoundationEssentials
import HTTP
import MariaDB
import Sodium
import Store
import Testing
import Worker

@Suite struct `J4 rendering` {
    @Test func `a task that is rendering is looked at again later`() throws {
        try Bench.with { bench in
            let job = try bench.insertTask()
            #expect(try !bench.worker.followUpNext())
            try bench.look(at: job)
            let row = try bench.db.job(job)
            #expect(row.state == .submitted)
            #expect(!row.isLeased)
            #expect((4...7).contains(row.dueInSeconds))
            #expect(bench.vendor.statusPaths.count == 1)
        }
    }

    @Test(arguments: [
        ("server error", FailureReason.vendorFailed), ("", .vendorFailed),
        ("The prompt violates our content policy", .refused),
        ("NSFW content detected", .refused), ("Sensitive words", .refused),
        ("Moderation: unsafe image", .refused), ("Contenu refusé", .refused),
    ])
    func `a task that failed is refunded with its reason`(
        words: String, reason: FailureReason
    ) throws {
        try Bench.with { bench in
            let job = try bench.insertTask()
            bench.vendor.status = .failed(words)
            try bench.look(at: job)
            #expect(try bench.db.job(job).reason == reason)
            #expect(try bench.db.balance(of: bench.user).available == .dollars(20))
            #expect(try bench.db.legs("job:release:\(job)") == 1)
        }
    }

    /// Answers to a status call that say nothing about the task (J8).
    private static let silences: [Reply] = [
        .json(404, #"{"code":"NOT_FOUND","message":"Not found"}"#),
        .json(401, #"{"code":"UNAUTHORIZED"}"#), .json(403, #"{"code":"FORBIDDEN"}"#),
        .json(429, #"{"code":"RATE_LIMIT"}"#), .json(500, #"{"status":"failed"}"#),
        .json(200, #"{"code":"INTERNAL","data":{"status":"failed"}}"#),
        .json(200, "not json"), .json(200, "[]"), .json(200, "{}"), .html(200), .html(403),
        .html(503), .broken(.notSent), .broken(.unknown), .broken(.tooLarge),
        .json(200, #"{"data":{"taskId":"another","generations":[{"status":"failed"}]}}"#),
        finishedTwice,
    ]
    private static let finishedTwice = Reply.json(
        200,
        #"{"data":{"generations":[{"status":"succeed","url":"x"},{"status":"processing"}]}}"#)

    @Test(arguments: silences.indices)
    func `an answer that says nothing about the task changes nothing (J8)`(index: Int) throws {
        try Bench.with { bench in
            let job = try bench.insertTask()
            bench.vendor.status = Self.silences[index]
            for _ in 1...3 { try bench.look(at: job) }
            let row = try bench.db.job(job)
            #expect(row.state == .submitted, "\(Self.silences[index])")
            #expect(row.dueInSeconds >= 4, "\(Self.silences[index])")
            #expect(try bench.db.balance(of: bench.user).reserved == .dollars(1))
        }
    }

    @Test func `a task without a link is asked for again`() throws {
        try Bench.with { bench in
            let job = try bench.insertTask()
            bench.vendor.status = .finishedWithoutLink
            try bench.look(at: job)
            #expect(try bench.db.job(job).state == .submitted)
        }
    }

    @Test func `an overdue task is refunded after one last look`() throws {
        for reply in [Reply.rendering, .finishedWithoutLink, .html(503)] {
            try Bench.with { bench in
                let job = try bench.insertTask()
                bench.vendor.status = reply
                try bench.db.passDeadline(of: job)
                bench.worker.doChores()
                #expect(try bench.db.job(job).state == .submitted)
                try bench.look(at: job)
                #expect(bench.vendor.statusPaths.count == 1)
                #expect(try bench.db.job(job).reason == .timeout)
                #expect(try bench.db.legs("job:release:\(job)") == 1)
            }
        }
    }

    @Test func `an overdue task that the last look finds done is delivered`() throws {
        try Bench.with { bench in
            let job = try bench.insertTask()
            bench.vendor.status = .finished(bench.files.put(.file(Bench.video)))
            try bench.db.passDeadline(of: job)
            try bench.look(at: job)
            #expect(try bench.db.job(job).state == .delivered)
        }
    }

    @Test func `the longer a task takes the less often it is looked at`() throws {
        try Bench.with { bench in
            let job = try bench.insertTask()
            try bench.db.execute(
                "UPDATE video_jobs SET state_at = UTC_TIMESTAMP(6) - INTERVAL 600 SECOND")
            try bench.look(at: job)
            #expect((29...36).contains(try bench.db.job(job).dueInSeconds))
        }
    }
}

@Suite struct `J3 storing` {
    @Test func `a video is delivered whole, with checksum, poster and cost`() throws {
        try Bench.with { bench in
            let job = try bench.insertTask()
            bench.vendor.status = .finished(bench.files.put(.file(Bench.video)))
            try bench.look(at: job)
            let video = try #require(try bench.db.video(job, of: bench.user))
            let file = try #require(video.file)
            #expect(video.state == .delivered)
            #expect(file.sizeBytes == Bench.video.count)
            #expect(file.durationMilliseconds == 6000)
            #expect(file.width == 960)
            #expect(file.height == 540)
            #expect(file.hasPoster)
            let stored = try Data(contentsOf: URL(filePath: bench.path(of: job)))
            #expect(Array(stored) == Bench.video)
            var hash = SHA256()
            hash.update(stored)
            #expect(file.checksum == Hex.encode(hash.finalize()))
            #expect(
                try bench.mediaFiles == [
                    VideoFile.posterPath(of: job), VideoFile.path(of: job),
                ])
            // 5.5 credits of 6 cents.
            #expect(try bench.db.job(job).actualCost == Money(cents: 33))
            #expect(try bench.db.legs("job:settle:\(job)") == 1)
            #expect(try bench.db.balance(of: bench.user).available == .dollars(19))
        }
    }

    @Test func `a link that leads elsewhere is followed`() throws {
        try Bench.with { bench in
            let job = try bench.insertTask()
            let there = bench.files.put(.file(Bench.video), at: "/there.mp4")
            bench.vendor.status = .finished(bench.files.put(.redirect(there)))
            try bench.look(at: job)
            #expect(try bench.db.job(job).state == .delivered)
        }
    }

    @Test func `a link with a space is fetched like any other`() throws {
        try Bench.with { bench in
            let job = try bench.insertTask()
            _ = bench.files.put(.file(Bench.video), at: "/my%20video.mp4")
            bench.vendor.status = .finished("\(bench.files.origin)/my video.mp4")
            try bench.look(at: job)
            #expect(try bench.db.job(job).state == .delivered)
        }
    }

    /// What can lie behind a link and is no video.
    private static let rubbish: [(String, FileServer.Reply)] = [
        ("a connection that breaks", .cutOff(half, announced: Bench.video.count)),
        ("a file that was cut off at the vendor", .file(half)),
        ("a file without its last bytes", .file(Array(Bench.video.dropLast(1000)))),
        ("an empty file", .file([])),
        ("a page", .file(Array("<html>Sign in</html>".utf8))),
        ("a picture", .file([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 0])),
        ("noise", .file((0..<20_000).map { UInt8(truncatingIfNeeded: $0 &* 7919) })),
        ("a file's head alone", .file(Array(Bench.video.prefix(40)))),
        ("a good video with zeros behind it", .file(Bench.video + zeros)),
        ("a good video with a page behind it", .file(Bench.video + Array("<html>".utf8))),
        ("a good video in much padding", .file(Bench.video + box("free", zeros))),
        ("two videos in one file", .file(Bench.video + Bench.video)),
        ("a playlist in front of a good video", .file(Array("#EXTM3U\n".utf8) + Bench.video)),
        ("a link that has expired", .status(403)),
        ("a link to nothing", .status(404)),
        ("a server that fails", .status(500)),
        ("an answer without a file", .status(204)),
        ("a redirect into the private network", .redirect("http://127.0.0.1:1/video.mp4")),
        ("a redirect to a file of ours", .redirect("file:///etc/passwd")),
        ("redirects without end", .redirect("/video.mp4")),
    ]
    private static let zeros = [UInt8](repeating: 0, count: 17 << 20)
    private static let half = Array(Bench.video.prefix(Bench.video.count / 2))

    @Test(arguments: rubbish.indices)
    func `what is not a whole video is not delivered, and a good link is`(index: Int) throws {
        let (what, reply) = Self.rubbish[index]
        try Bench.with { bench in
            let job = try bench.insertTask()
            bench.vendor.status = .finished(bench.files.put(reply))
            try bench.look(at: job)
            let row = try bench.db.job(job)
            #expect(row.state == .storing, "\(what)")
            #expect(!row.isLeased, "\(what)")
            #expect(row.dueInSeconds >= 4, "\(what)")
            #expect(try bench.mediaFiles == [], "\(what)")
            #expect(try bench.db.balance(of: bench.user).reserved == .dollars(1))
            // The next look asks for a fresh link.
            bench.vendor.status = .finished(
                bench.files.put(.file(Bench.video), at: "/fresh.mp4"))
            try bench.look(at: job)
            #expect(try bench.db.job(job).state == .delivered, "\(what)")
        }
    }

    @Test(arguments: ["http://127.0.0.1:1/x.mp4", "file:///etc/passwd", "ftp://a.example/x", ""])
    func `a link into the private network is not fetched`(url: String) throws {
        try Bench.with { bench in
            let job = try bench.insertTask()
            bench.vendor.status = .finished(url)
            try bench.look(at: job)
            #expect(try bench.db.job(job).state == (url.isEmpty ? .submitted : .storing))
            #expect(try bench.mediaFiles == [])
        }
    }

    @Test func `a file that never comes is given up at the deadline`() throws {
        try Bench.with { bench in
            let job = try bench.insertTask()
            bench.vendor.status = .finished(bench.files.put(.status(403)))
            try bench.look(at: job)
            try bench.db.passDeadline(of: job)
            try bench.look(at: job)
            #expect(try bench.db.job(job).reason == .timeout)
            #expect(try bench.db.legs("job:release:\(job)") == 1)
        }
    }

    @Test func `a task that is done too late has the time to store all the same`() throws {
        try Bench.with { bench in
            let job = try bench.insertTask()
            bench.vendor.status = .finished(bench.files.put(.status(503)))
            try bench.db.passDeadline(of: job)
            try bench.look(at: job)
            let row = try bench.db.job(job)
            #expect(row.state == .storing)
            #expect(!row.isLeased)
            #expect(row.dueInSeconds <= 10)
            #expect((row.secondsLeft ?? 0) > 86_000)
        }
    }

    @Test func `what the vendor says of a task that was done is not believed`() throws {
        try Bench.with { bench in
            let job = try bench.insertTask()
            bench.vendor.status = .finished(bench.files.put(.status(503)))
            try bench.look(at: job)
            for reply in [Reply.failed("gone"), .rendering, .html(403)] {
                bench.vendor.status = reply
                try bench.look(at: job)
                #expect(try bench.db.job(job).state == .storing)
            }
        }
    }

    @Test func `what a worker left that died while it fetched is taken away`() throws {
        try Bench.with { bench in
            let job = try bench.insertTask()
            bench.vendor.status = .finished(bench.files.put(.status(503)))
            try bench.look(at: job)
            let final = URL(filePath: bench.path(of: job))
            let remains = final.deletingLastPathComponent()
                .appending(path: ".\(final.lastPathComponent).aB3dE6").path
            #expect(FileManager.default.createFile(atPath: remains, contents: Data(Self.half)))
            try bench.db.makeDue(job)
            _ = try bench.db.claimToFollow()
            try bench.restart()
            bench.vendor.status = .finished(bench.files.put(.file(Bench.video)))
            try bench.look(at: job)
            #expect(try bench.db.job(job).state == .delivered)
            #expect(try bench.mediaFiles.count == 2)
        }
    }

    @Test func `a worker that died after the rename is followed by one settle`() throws {
        try Bench.with { bench in
            let job = try bench.insertTask()
            try bench.db.makeDue(job)
            let claim = try bench.db.storing(bench.db.claimToFollow())
            #expect(claim.state == .storing)
            // The file was put in its place; the database never heard of it.
            _ = try bench.media.adopt(job) { path in
                try Data(Bench.video).write(to: URL(filePath: path))
            }
            try bench.restart()
            bench.vendor.status = .finished(bench.files.put(.status(403)))
            try bench.look(at: job)
            #expect(try bench.db.job(job).state == .delivered)
            #expect(bench.files.requests.isEmpty)
            #expect(try bench.db.legs("job:settle:\(job)") == 1)
            #expect(throws: LeaseLost.self) { try bench.db.deliver(claim) }
        }
    }

    @Test func `two workers that store one video settle it once`() throws {
        try Bench.with { bench in
            let job = try bench.insertTask()
            try bench.db.makeDue(job)
            let slow = try bench.db.storing(bench.db.claimToFollow())
            try bench.restart()
            bench.vendor.status = .finished(bench.files.put(.file(Bench.video)))
            try bench.look(at: job)
            #expect(throws: LeaseLost.self) { try bench.db.deliver(slow) }
            #expect(throws: LeaseLost.self) { try bench.db.refund(slow) }
            #expect(try bench.db.legs("job:settle:\(job)") == 1)
            #expect(try bench.db.legs("job:release:\(job)") == 0)
        }
    }

    @Test(arguments: CuttingProxy.Cut.allCases)
    func `a delivery whose COMMIT was lost is settled once`(cut: CuttingProxy.Cut) throws {
        try Bench.with { bench in
            let job = try bench.insertTask()
            bench.vendor.status = .finished(bench.files.put(.file(Bench.video)))
            let proxy = try bench.useProxy()
            // The claim is committed by then; the next COMMIT is the delivery's.
            bench.vendor.duringStatus = { proxy.arm(cut, at: "COMMIT") }
            try bench.look(at: job)
            #expect(proxy.cutCount == 1)
            #expect(try bench.db.job(job).state == .delivered)
            #expect(try bench.db.legs("job:settle:\(job)") == 1)
        }
    }
}

@Suite struct `J10 late success` {
    private func withRefunded(_ body: (Bench, VideoID) throws -> Void) throws {
        try Bench.with { bench in
            let job = try bench.insertJob()
            bench.vendor.creating = .broken(.unknown)
            _ = try bench.worker.submitNext()
            try bench.db.passDeadline(of: job)
            bench.worker.doChores()
            _ = try bench.db.hint(token: bench.db.job(job).callbackToken, task: "task-7")
            try body(bench, job)
            #expect(try bench.db.job(job).state == .refunded)
            #expect(try bench.db.balance(of: bench.user).available == .dollars(20))
            #expect(try bench.mediaFiles == [])
        }
    }

    @Test func `a video that was made after the refund is a loss`() throws {
        try withRefunded { bench, job throws in
            bench.vendor.status = .finished("https://cdn.example/x.mp4")
            #expect(try bench.worker.followUpNextLateCallback())
            #expect(try !bench.worker.followUpNextLateCallback())
            #expect(try bench.db.job(job).lost == Money(cents: 35))
        }
    }

    @Test func `a video that failed after the refund is none`() throws {
        try withRefunded { bench, job throws in
            bench.vendor.status = .failed("no")
            #expect(try bench.worker.followUpNextLateCallback())
            #expect(try bench.db.job(job).lost == .zero)
        }
    }

    @Test func `an answer that says nothing is asked for again later`() throws {
        for reply in [Reply.rendering, .html(503), .json(404, #"{"code":"NOT_FOUND"}"#)] {
            try withRefunded { bench, job throws in
                bench.vendor.status = reply
                #expect(try bench.worker.followUpNextLateCallback())
                #expect(try !bench.worker.followUpNextLateCallback())
                #expect(try bench.db.job(job).lost == nil)
                #expect(try bench.db.job(job).dueInSeconds >= 58)
            }
        }
    }
}
