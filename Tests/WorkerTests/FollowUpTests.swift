import BooksSupport
import DatabaseSupport
import Domain
import FoundationEssentials
import HTTP
import Ledger
import MariaDB
import Media
import MediaSupport
import Sandbox
import Sodium
import Store
import Testing

@testable import Worker

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
            #expect(try bench.db.balance(of: bench.account).available == .dollars(20))
            #expect(try bench.db.legs("job:release:\(job)") == 1)
        }
    }

    /// Answers to a status call that say nothing about the task (J8).
    private static let silences: [Reply] = [
        .refused(.noTask), .refused(.notFound), .refused(.noKey), .refused(403, "FORBIDDEN"),
        .refused(.rateLimit), .text(500, #"{"status":"failed"}"#),
        .text(200, #"{"code":"INTERNAL","data":{"status":"failed"}}"#),
        .text(200, "not json"), .text(200, "[]"), .text(200, "{}"), .html(200), .html(403),
        .html(503), .broken(.notSent), .broken(.unknown), .broken(.tooLarge),
        .text(200, #"{"data":{"taskId":"another","generations":[{"status":"failed"}]}}"#),
        finishedTwice,
    ]
    private static let finishedTwice = Reply.text(
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
            #expect(try bench.db.balance(of: bench.account).reserved == .dollars(1))
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
        for reply in [Reply.rendering, .finishedWithoutLink] {
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
            bench.vendor.account.charge("task-1", hundredths: 550)
            bench.vendor.status = .finished(bench.files.put(.file(Bench.video)))
            try bench.look(at: job)
            let video = try #require(try bench.db.video(job, of: bench.account))
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
            #expect(try bench.db.balance(of: bench.account).available == .dollars(19))
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
            #expect(try bench.db.balance(of: bench.account).reserved == .dollars(1))
            // The next look asks for a fresh link.
            bench.vendor.status = .finished(
                bench.files.put(.file(Bench.video), at: "/fresh.mp4"))
            try bench.look(at: job)
            #expect(try bench.db.job(job).state == .delivered, "\(what)")
        }
    }

    @Test(arguments: ["https://127.0.0.1:1/x.mp4", "https://localhost/x.mp4", ""])
    func `a link into the private network is not fetched`(url: String) throws {
        try Bench.with { bench in
            let job = try bench.insertTask()
            bench.vendor.status = .finished(url)
            try bench.look(at: job)
            #expect(try bench.db.job(job).state == (url.isEmpty ? .submitted : .storing))
            #expect(try bench.mediaFiles == [])
        }
    }

    @Test(
        arguments: [
            "http://127.0.0.1:1/x.mp4", "http://cdn.example/x.mp4", "file:///etc/passwd",
            "ftp://a.example/x", "not a link", "https://", "https://a b.example/x.mp4", "/x.mp4",
        ])
    func `a link that nobody could fetch is judged at once, and its video is a loss`(
        url: String
    ) throws {
        try Bench.with { bench in
            let job = try bench.insertTask()
            bench.vendor.status = .finished(url)
            try bench.look(at: job)
            let row = try bench.db.job(job)
            #expect(row.reason == .vendorFailed)
            #expect(row.lost == Money(cents: 35))
            #expect(!row.isLossPresumed)
            #expect(try bench.db.balance(of: bench.account).available == .dollars(20))
            #expect(try bench.mediaFiles == [])
        }
    }

    @Test func `the tries to fetch a file come later and later, to ten minutes`() throws {
        try Bench.with { bench in
            let job = try bench.insertTask()
            bench.vendor.status = .finished(bench.files.put(.status(503)))
            try bench.look(at: job)
            for (seconds, pauses) in [(0, 2...15), (60, 15...35), (7200, 570...721)] {
                try bench.db.execute(
                    "UPDATE video_jobs SET state_at = UTC_TIMESTAMP(6) - INTERVAL \(seconds) SECOND"
                )
                try bench.look(at: job)
                #expect(pauses.contains(try bench.db.job(job).dueInSeconds))
            }
            // Its last look is at its deadline all the same.
            try bench.db.execute(
                "UPDATE video_jobs SET deadline_at = UTC_TIMESTAMP(6) + INTERVAL 30 SECOND")
            try bench.look(at: job)
            #expect(try bench.db.job(job).dueInSeconds <= 30)
        }
    }

    @Test func `room is kept for all that is being fetched at its largest size`() throws {
        #expect(Storage.bytesToKeepFree(for: 1) == 512 << 20)
        #expect(Storage.bytesToKeepFree(for: 4) == (256 + 4 * 256) << 20)
        try Bench.with { bench in
            try bench.db.insertGrant(.dollars(20), of: bench.account)
            for number in 1...3 {
                _ = try bench.insertJob()
                try bench.db.submitted(bench.db.claimToSubmit(), task: "task-\(number)")
                _ = try bench.db.storing(bench.db.claimToFollow())
                #expect(try bench.db.downloadCount() == number)
            }
            try bench.db.execute(
                "UPDATE video_jobs SET lease_until = UTC_TIMESTAMP(6) - INTERVAL 1 SECOND")
            #expect(try bench.db.downloadCount() == 0)
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
            let name = URL(filePath: bench.path(of: job)).lastPathComponent
            let remains = "\(bench.media.folder)/drafts/.\(name).aB3dE6"
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
            // The claim is committed by then; the next COMMIT is the outcome's.
            bench.vendor.duringStatus = { proxy.arm(cut, at: "COMMIT") }
            try bench.look(at: job)
            // When its file was to be fetched, and when it was delivered.
            #expect(proxy.cutCount == 2)
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
            _ = try bench.db.hint(token: bench.db.job(job).callbackToken, task: "task-1")
            try body(bench, job)
            #expect(try bench.db.job(job).state == .refunded)
            #expect(try bench.db.balance(of: bench.account).available == .dollars(20))
            #expect(try bench.mediaFiles == [])
        }
    }

    @Test func `a video that was made after the refund is a loss`() throws {
        try withRefunded { bench, job throws in
            bench.vendor.status = .finished("https://cdn.example/x.mp4")
            #expect(try bench.worker.lookNextLate())
            #expect(try !bench.worker.lookNextLate())
            #expect(try bench.db.job(job).lost == Money(cents: 35))
        }
    }

    @Test func `a video that failed after the refund is none`() throws {
        try withRefunded { bench, job throws in
            bench.vendor.status = .failed("no")
            #expect(try bench.worker.lookNextLate())
            #expect(try bench.db.job(job).lost == .zero)
        }
    }

    @Test func `an answer that says nothing is asked for again later`() throws {
        for reply in [Reply.rendering, .html(503), .refused(.noTask)] {
            try withRefunded { bench, job throws in
                bench.vendor.status = reply
                #expect(try bench.worker.lookNextLate())
                #expect(try !bench.worker.lookNextLate())
                #expect(try bench.db.job(job).lost == nil)
                #expect((40...60).contains(try bench.db.job(job).lateLookInSeconds ?? 0))
            }
        }
    }

    @Test func `looks that say nothing are fewer and fewer, and then none`() throws {
        try withRefunded { bench, job throws in
            bench.vendor.status = .html(503)
            var pauses: [Int] = []
            while pauses.count <= Connection.largestLookCount, try bench.worker.lookNextLate() {
                pauses.append(try bench.db.job(job).lateLookInSeconds ?? 0)
                try bench.db.makeLookDue(job)
            }
            #expect(pauses.count == Connection.largestLookCount)
            #expect(pauses.dropLast() == pauses.dropLast().sorted()[...])
            #expect((43_100...43_200).contains(pauses.dropLast().last ?? 0))
            // Nobody disproved that it was made.
            let row = try bench.db.job(job)
            #expect(row.lost == Money(cents: 35))
            #expect(row.isLossPresumed)
            #expect(try bench.db.attention().contains { $0.kind == .vendorLoss })
            // A callback does not begin them anew.
            _ = try bench.db.hint(token: row.callbackToken, task: "task-1")
            #expect(try !bench.worker.lookNextLate())
        }
    }

    @Test func `a refund of long ago is looked at once more and then left`() throws {
        try withRefunded { bench, job throws in
            bench.vendor.status = .rendering
            try bench.db.execute(
                "UPDATE video_jobs SET completed_at = UTC_TIMESTAMP(6) - INTERVAL 15 DAY")
            #expect(try bench.worker.lookNextLate())
            try bench.db.makeLookDue(job)
            #expect(try !bench.worker.lookNextLate())
        }
    }
}

/// Delivery is known to fail while the vendor takes orders: what is bought must stop (J14).
@Suite struct `J14 buying stops while delivery fails` {
    private static let broken: [Reply] = [
        .refused(.notFound), .refused(.noKey), .refused(403, "FORBIDDEN"), .html(200), .html(503),
        .refused(.serverError), .broken(.unknown), .broken(.notSent), .text(200, "no JSON"),
    ]

    /// Lets time pass for every open job: it is submitted or asked for, until its time is over.
    private func pass(_ bench: Bench, rounds: Int) throws {
        for _ in 0..<rounds {
            while try bench.worker.submitNext() {}
            try bench.db.execute(
                """
                UPDATE video_jobs
                SET next_attempt_at = UTC_TIMESTAMP(6) - INTERVAL 1 SECOND,
                    deadline_at = IF(state = 'submitted',
                        UTC_TIMESTAMP(6) - INTERVAL 1 SECOND, deadline_at)
                WHERE state IN ('queued', 'submitted')
                """)
            while try bench.worker.followUpNext() {}
        }
    }

    @Test(arguments: broken.indices)
    func `while no status can be read few are bought, the losses are named, a probe opens`(
        index: Int
    ) throws {
        try Bench.with { bench in
            try bench.db.insertGrant(.dollars(80), of: bench.account)
            bench.vendor.status = Self.broken[index]
            for number in 0..<40 {
                _ = try bench.insertJob(tier: number.isMultiple(of: 3) ? "pro" : "economy")
            }
            try pass(bench, rounds: 12)
            // Four at once, and then the gate is closed.
            #expect(bench.vendor.creates.count == 4)
            #expect(try bench.db.attention().contains { $0.kind == .pause })
            let lost = try bench.db.count(
                "SELECT COUNT(*) FROM video_jobs WHERE state = 'refunded' AND is_loss_presumed")
            #expect(lost == 4)
            let losses = try bench.db.attention().filter { $0.kind == .vendorLoss }
            #expect(losses.count == 4)
            #expect(losses.allSatisfy { $0.amount != nil })
            #expect(try bench.db.openDifferences().count == 4)

            // An hour later one more is bought, and none beside it.
            for gate in ["status", "status:economy", "status:pro"] {
                try bench.db.passPause(of: gate)
            }
            try pass(bench, rounds: 2)
            #expect(bench.vendor.creates.count == 5)

            // Status works again: what is asked for, bought or refunded, opens the gate.
            bench.vendor.status = .rendering
            try bench.db.execute(
                "UPDATE video_jobs SET next_attempt_at = UTC_TIMESTAMP(6) WHERE state = 'submitted'"
            )
            while try bench.worker.followUpNext() {}
            #expect(try bench.db.openGates())
            #expect(try !bench.db.attention().contains { $0.kind == .pause })
            while try bench.worker.submitNext() {}
            #expect(bench.vendor.creates.count > 6)
        }
    }

    @Test func `a last look without an answer is none, and gives more time twice`() throws {
        try Bench.with { bench in
            let job = try bench.insertTask()
            bench.vendor.status = .html(503)
            for extensions in 1...2 {
                try bench.db.passDeadline(of: job)
                try bench.look(at: job)
                let row = try bench.db.job(job)
                #expect(row.state == .submitted)
                #expect(row.extensions == extensions)
                #expect((540...600).contains(row.secondsLeft ?? 0))
            }
            try bench.db.passDeadline(of: job)
            try bench.look(at: job)
            #expect(try bench.db.job(job).reason == .timeout)
            #expect(try bench.db.job(job).isLossPresumed)
        }
    }

    @Test(arguments: [true, false])
    func `a loss that was presumed is confirmed or gone when the vendor tells`(
        isMade: Bool
    ) throws {
        try Bench.with { bench in
            let job = try bench.insertTask()
            try bench.db.passDeadline(of: job)
            try bench.look(at: job)
            #expect(try bench.db.job(job).reason == .timeout)
            #expect(try bench.db.job(job).lost == Money(cents: 35))
            #expect(try bench.db.openDifferences().count == 1)
            #expect(try !bench.worker.lookNextLate())
            try bench.db.makeLookDue(job)
            bench.vendor.status =
                isMade ? .finished("https://cdn.example/x.mp4") : .failed("no")
            #expect(try bench.worker.lookNextLate())
            let row = try bench.db.job(job)
            #expect(row.lost == (isMade ? Money(cents: 35) : .zero))
            #expect(!row.isLossPresumed)
            #expect(row.lateLookInSeconds == nil)
            #expect(try bench.db.openDifferences().count == (isMade ? 1 : 0))
        }
    }

    @Test func `a task that nobody could look at in time has more, and ends`() throws {
        try Bench.with { bench in
            let job = try bench.insertTask()
            func leave() throws {
                try bench.db.execute(
                    """
                    UPDATE video_jobs SET deadline_at = UTC_TIMESTAMP(6) - INTERVAL 40 SECOND
                    WHERE id = \(job) AND state = 'submitted'
                    """)
                bench.worker.passTime(.seconds(2))
                bench.worker.doChores(in: .sweeps)
            }
            for extensions in 1...2 {
                try leave()
                #expect(try bench.db.job(job).extensions == extensions)
                #expect(try bench.db.job(job).state == .submitted)
            }
            try leave()
            #expect(try bench.db.job(job).reason == .timeout)
            #expect(try bench.db.job(job).isLossPresumed)
        }
    }

    @Test func `one job whose status cannot be read stops nobody (J15)`() throws {
        try Bench.with { bench in
            let job = try bench.insertTask()
            bench.vendor.status = .html(503)
            for _ in 1...20 { try bench.look(at: job) }
            #expect(try bench.db.openGates())
            _ = try bench.insertJob()
            #expect(try bench.worker.submitNext())
        }
    }

    @Test func `files of one tier that cannot be fetched stop that tier`() throws {
        try Bench.with { bench in
            try bench.db.insertGrant(.dollars(20), of: bench.account)
            var jobs = try (1...3).map { _ in try bench.insertTask() }
            bench.vendor.status = .finished(bench.files.put(.status(404)))
            for job in jobs { try bench.look(at: job) }
            jobs.append(try bench.insertJob())
            let other = try bench.insertJob(tier: "basic")
            while try bench.worker.submitNext() {}
            #expect(try bench.db.job(jobs[3]).state == .queued)
            #expect(try bench.db.job(other).state == .submitted)
            // One that can be fetched opens it.
            bench.vendor.status = .finished(
                bench.files.put(.file(Bench.video), at: "/good.mp4"))
            try bench.look(at: jobs[0])
            #expect(try bench.db.job(jobs[0]).state == .delivered)
            #expect(try bench.worker.submitNext())
        }
    }
}

/// What one job or tier is refused stops no other (J15).
@Suite struct `J15 a refusal is asked about before anything is paused` {
    private static let notFound = Reply.refused(.notFound)
    private static let forbidden = Reply.refused(
        403, "FORBIDDEN", "This prompt may not be used.")

    /// A job of each tier, and those that were submitted when the first tier is answered `reply`.
    private func submit(
        _ bench: Bench, _ reply: Reply, balance: Reply? = nil
    ) throws -> (refused: VideoState, others: [VideoState], gates: [String]) {
        if let balance { bench.vendor.balance = balance }
        let job = try bench.insertJob()
        let others = try ["basic", "pro"].map { try bench.insertJob(tier: $0) }
        bench.vendor.creating = reply
        #expect(try bench.worker.submitNext())
        bench.vendor.creating = nil
        while try bench.worker.submitNext() {}
        return (
            try bench.db.job(job).state, try others.map { try bench.db.job($0).state },
            try bench.db.query("SELECT name FROM vendor_gates WHERE paused_until IS NOT NULL") {
                try $0("name")
            }
        )
    }

    @Test func `a tier that is not found is paused alone, when the key is good`() throws {
        try Bench.with { bench in
            let end = try submit(bench, Self.notFound)
            #expect(end.refused == .queued)
            #expect(end.others == [.submitted, .submitted])
            #expect(end.gates == ["tier:economy"])
            #expect(bench.vendor.balanceCalls == 1)
        }
    }

    @Test func `a prompt that is forbidden waits alone, and pauses nothing`() throws {
        try Bench.with { bench in
            let end = try submit(bench, Self.forbidden)
            #expect(end.refused == .queued)
            #expect(end.others == [.submitted, .submitted])
            #expect(end.gates == [])
        }
    }

    @Test(arguments: [notFound, .refused(.noKey)])
    func `a key that the balance call is refused for too pauses all`(balance: Reply) throws {
        for reply in [Self.notFound, Self.forbidden] {
            try Bench.with { bench in
                let end = try submit(bench, reply, balance: balance)
                #expect(end.others == [.queued, .queued])
                #expect(end.gates == ["pollo"])
            }
        }
    }

    @Test func `a vendor that does not answer about the balance proves nothing`() throws {
        try Bench.with { bench in
            let end = try submit(bench, Self.notFound, balance: .html(503))
            #expect(end.refused == .queued)
            #expect(end.others == [.submitted, .submitted])
            #expect(end.gates == [])
        }
    }

    @Test func `a balance that another tier can still be paid of pauses one tier`() throws {
        try Bench.with { bench in
            bench.vendor.account.balanceHundredths = 20_00
            let end = try submit(bench, .refused(.noCredits))
            #expect(end.others == [.submitted, .submitted])
            #expect(end.gates == ["tier:economy"])
        }
        try Bench.with { bench in
            bench.vendor.account.balanceHundredths = 0
            let end = try submit(bench, .refused(.noCredits))
            #expect(end.others == [.queued, .queued])
            #expect(end.gates == ["pollo"])
        }
    }

    @Test func `a prompt that is refused while others are made is given back`() throws {
        try Bench.with { bench in
            let refused = try bench.insertJob()
            for attempt in 1...4 {
                bench.vendor.creating = Self.forbidden
                try bench.db.makeDue(refused)
                #expect(try bench.worker.submitNext())
                #expect(try bench.db.job(refused).state == (attempt == 4 ? .refunded : .queued))
                bench.vendor.creating = nil
                let other = try bench.insertJob()
                #expect(try bench.worker.submitNext() || attempt == 4)
                #expect(try bench.db.job(other).state == .submitted || attempt == 4)
            }
            #expect(try bench.db.job(refused).reason == .refused)
        }
    }

    @Test func `of a tier that refuses all, three are tried, and each probe is another job`() throws
    {
        try Bench.with { bench in
            let jobs = try (1...6).map { _ in try bench.insertJob() }
            bench.vendor.creating = Self.forbidden
            while try bench.worker.submitNext() {}
            #expect(bench.vendor.creates.count == 3)
            var probed: [VideoID] = []
            for _ in 1...4 {
                try bench.db.passPause(of: "tier:economy")
                for job in jobs { try bench.db.makeDue(job) }
                let before = try jobs.map { try bench.db.job($0).attempts }
                #expect(try bench.worker.submitNext())
                #expect(try !bench.worker.submitNext())
                let after = try jobs.map { try bench.db.job($0).attempts }
                probed += zip(jobs, zip(before, after)).filter { $1.0 != $1.1 }.map(\.0)
            }
            #expect(probed.count == 4)
            #expect(zip(probed, probed.dropFirst()).allSatisfy { $0 != $1 })
        }
    }

    @Test func `a probe for all takes another tier than the last`() throws {
        try Bench.with { bench in
            for tier in ["economy", "economy", "basic", "pro"] {
                _ = try bench.insertJob(tier: tier)
            }
            bench.vendor.creating = Self.notFound
            bench.vendor.balance = Self.notFound
            var tiers: [String] = []
            for _ in 1...4 {
                #expect(try bench.worker.submitNext())
                tiers.append(bench.vendor.creates.last?.url ?? "")
                try bench.db.passPause()
                try bench.db.execute("UPDATE video_jobs SET next_attempt_at = UTC_TIMESTAMP(6)")
            }
            #expect(zip(tiers.dropFirst(), tiers.dropFirst(2)).allSatisfy { $0 != $1 })
        }
    }
}

extension Connection {
    fileprivate func makeLookDue(_ job: VideoID) throws {
        try execute(
            """
            UPDATE video_jobs
            SET late_look_at = LEAST(late_look_at, UTC_TIMESTAMP(6) - INTERVAL 1 SECOND),
                lease_token = NULL, lease_until = NULL
            WHERE id = \(job)
            """)
    }

    /// Whether no gate is closed.
    fileprivate func openGates() throws -> Bool {
        try count("SELECT COUNT(*) FROM vendor_gates WHERE paused_until IS NOT NULL") == 0
    }
}
