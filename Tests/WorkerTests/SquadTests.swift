import BooksSupport
import Domain
import Pollo
import Store
import Synchronization
import System
import Testing

@testable import Worker

@Suite struct `squads` {
    /// Threads that rest by turns, and what they were handed.
    private final class Crew: Sendable {
        let squad: Squad
        let looks = Atomic(0)
        let handed = Mutex<[Handover]>([])
        let threads = Mutex<[WorkerThread]>([])
        private let isOver = Atomic(false)

        init(limit: Int) {
            squad = Squad(limit: limit)
        }

        func begin() {
            _ = squad.begin { [self] number in
                guard let bell = try? Bell(),
                    let thread = try? WorkerThread.start(
                        name: "squad-\(number)",
                        { [self] in
                            while !isOver.load(ordering: .relaxed) {
                                looks.add(1, ordering: .relaxed)
                                if let handover = squad.rest(by: bell) {
                                    handed.withLock { $0.append(handover) }
                                }
                            }
                        })
                else { return false }
                threads.withLock { $0.append(thread) }
                return true
            }
        }

        var count: Int { threads.withLock { $0.count } }
        var resting: Int { squad.restingCount }
        var firstHanded: Handover? { handed.withLock { $0.first } }

        func end() {
            isOver.store(true, ordering: .relaxed)
            squad.stop()
            for thread in threads.withLock({ $0 }) { thread.join() }
        }
    }

    private func wait(_ words: String, until isSo: () -> Bool) throws {
        for _ in 0..<2000 {
            if isSo() { return }
            CurrentThread.sleep(for: .milliseconds(5))
        }
        throw Missing(words)
    }

    @Test func `a thread more is started only while nobody rests, and never beyond the limit`()
        throws
    {
        let squad = Squad(limit: 2)
        let started = Mutex<[Int]>([])
        #expect(
            squad.begin { number in
                started.withLock { $0.append(number) }
                return true
            })
        for _ in 1...3 { squad.call() }
        #expect(started.withLock { $0 } == [0, 1])
    }

    @Test func `one that could not be started is not counted`() {
        let squad = Squad(limit: 1)
        #expect(!squad.begin { _ in false })
    }

    @Test func `a call is not lost on who is about to rest`() throws {
        let squad = Squad(limit: 1)
        #expect(squad.begin { _ in true })
        let bell = try Bell()
        squad.call()
        // Returns at once, though nobody calls again.
        #expect(squad.rest(by: bell) == nil)
        squad.stop()
        #expect(squad.rest(by: bell) == nil)
    }

    @Test func `of those that rest one alone looks from time to time`() throws {
        let crew = Crew(limit: 4)
        crew.begin()
        defer { crew.end() }
        try wait("one rests") { crew.resting == 1 }
        let before = crew.looks.load(ordering: .relaxed)
        try wait("it looks") { crew.looks.load(ordering: .relaxed) >= before + 2 }
        #expect(crew.count == 1)
    }

    @Test func `nobody is promised what nobody is free to take`() throws {
        let crew = Crew(limit: 1)
        #expect(!crew.squad.promise())
        crew.begin()
        defer { crew.end() }
        try wait("one rests") { crew.resting == 1 }
        #expect(crew.squad.promise())
        #expect(!crew.squad.promise())
        crew.squad.takeBack()
        #expect(crew.squad.promise())
        crew.squad.takeBack()
    }

    /// A finished task whose file's link was told, and that a follower has handed to the crew's one
    /// storer, who does nothing with it.
    private func afterHandover(
        _ body: (_ bench: Bench, _ worker: Worker, _ job: VideoID, _ handed: Handover) throws ->
            Void
    ) throws {
        try Bench.with { bench in
            let crew = Crew(limit: 1)
            crew.begin()
            defer { crew.end() }
            let job = try bench.insertTask()
            bench.vendor.status = .finished(bench.files.put(.file(Bench.video)))
            let worker = bench.another(
                squads: Squads(
                    submitters: Squad(limit: 1), followers: Squad(limit: 1), storers: crew.squad))
            try wait("one rests") { crew.resting == 1 }
            try bench.db.makeDue(job)
            #expect(try worker.followUpNext())
            try wait("it is handed over") { crew.firstHanded != nil }
            try body(bench, worker, job, #require(crew.firstHanded))
        }
    }

    @Test func `a file is fetched by the link that was told, by one who is free (J11)`() throws {
        try afterHandover { bench, _, job, handed in
            // Nobody else may have it.
            #expect(try bench.db.job(job).state == .storing)
            #expect(try bench.db.job(job).isLeased)
            #expect(try !bench.worker.storeNext())
            try bench.worker.store(handed)
            #expect(try bench.db.job(job).state == .delivered)
            #expect(bench.vendor.statusPaths.count == 1)
        }
    }

    @Test func `without one who is free the claim is given back (J17)`() throws {
        try Bench.with { bench in
            let job = try bench.insertTask()
            bench.vendor.status = .finished(bench.files.put(.file(Bench.video)))
            let idle = { Squad(limit: 1) }
            let worker = bench.another(
                squads: Squads(submitters: idle(), followers: idle(), storers: idle()))
            try bench.db.makeDue(job)
            #expect(try worker.followUpNext())
            #expect(try bench.db.job(job).state == .storing)
            #expect(try !bench.db.job(job).isLeased)
            #expect(try worker.storeNext())
            #expect(try bench.db.job(job).state == .delivered)
            #expect(bench.vendor.statusPaths.count == 1)
        }
    }

    @Test func `a link that led to no file is not tried again, and another is asked for`() throws {
        try Bench.with { bench in
            let job = try bench.insertTask()
            bench.vendor.status = .finished(bench.files.put(.status(503)))
            let idle = { Squad(limit: 1) }
            let worker = bench.another(
                squads: Squads(submitters: idle(), followers: idle(), storers: idle()))
            try bench.db.makeDue(job)
            #expect(try worker.followUpNext())
            #expect(try worker.storeNext())
            #expect(try bench.db.job(job).state == .storing)
            bench.vendor.status = .finished(bench.files.put(.file(Bench.video)))
            try bench.db.makeDue(job)
            #expect(try worker.storeNext())
            #expect(try bench.db.job(job).state == .delivered)
            #expect(bench.vendor.statusPaths.count == 2)
        }
    }

    @Test func `a link is good for a minute, and once`() throws {
        let links = Links()
        let task = PolloTask(state: .succeeded(url: "https://files.example/a.mp4"))
        let (first, second) = (VideoID.new(), VideoID.new())
        for id in [first, second] { links.keep("https://files.example/a.mp4", of: task, for: id) }
        #expect(links.take(first)?.task == task)
        #expect(links.take(first) == nil)
        #expect(links.take(second, at: .now + .seconds(61)) == nil)
    }

    @Test func `a job that was handed over and not begun with is given back`() throws {
        try afterHandover { bench, worker, job, handed in
            worker.giveBack(handed)
            #expect(try !bench.db.job(job).isLeased)
            try bench.look(at: job)
            #expect(try bench.db.job(job).state == .delivered)
        }
    }
}
