import ArgumentParser
import Logging
import MariaDB
import Store
import Synchronization
import System
import Worker

struct Work: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "work",
        abstract: "Makes the videos and keeps the books: submits, asks, stores, expires, checks.",
        discussion: """
            Any number of these may run. SIGTERM ends it once what is under way is done, or after \
            20 seconds; what was left is taken up by another when its lease is over.
            """)

    @Option(help: "How many jobs are submitted at once.")
    var submitters = 4

    @Option(help: "How many tasks are asked for at once.")
    var followers = 4

    @Option(help: "How many files are fetched and stored at once.")
    var storers = 4

    @Option(help: "How many webhooks are sent at once; half as many more to servers that are slow.")
    var senders = 4

    func validate() throws {
        guard [submitters, followers, storers, senders].allSatisfy((1...64).contains) else {
            throw ValidationError(
                "--submitters, --followers, --storers and --senders must be from 1 to 64")
        }
    }

    func run() throws {
        let log = makeLogger("work")
        let settings = try Settings()
        Signals.block([.terminate, .interrupt])
        let stop = StopFlag()
        let crew = Crew(settings: settings, stop: stop, log: log)
        let squads = Squads(
            submitters: Squad(limit: submitters), followers: Squad(limit: followers),
            storers: Squad(limit: storers))
        let fastSenders = Squad(limit: senders)
        // Servers that are slow or fail have threads of their own.
        let slowSenders = Squad(limit: max(1, senders / 2))
        try startWorkers(crew, squads)
        try startCouriers(crew, fastSenders, slowSenders)
        try Memory.keepReleasingCode()
        log.notice("working", metadata: ["threads": "\(crew.threads.count)"])

        _ = Signals.wait(for: [.terminate, .interrupt])
        log.notice("stopping")
        stop.raise()
        for squad in squads.all + [fastSenders, slowSenders] { squad.stop() }
        _ = try WorkerThread.start(name: "patience") {
            CurrentThread.sleep(for: .seconds(20))
            log.warning("left work behind; another takes it up when its lease is over")
            endProcess(code: 0)
        }
        crew.threads.join()
        // Where the database is away, the others see it silent for a day.
        try? Connection(settings.database).forgetWorker(WorkerProcess.this.id)
        log.notice("stopped")
    }

    private func startWorkers(_ crew: Crew, _ squads: Squads) throws {
        try crew.start("submit", squads.submitters, squads) { try $0.submitNext() }
        try crew.start("follow", squads.followers, squads) { try $0.followUpNext() }
        try crew.start("store", squads.storers, squads) { try $0.storeNext() }
        for lane in Lane.all {
            try crew.start(lane.name) { worker in
                worker.doChores(in: lane)
                return false
            }
        }
    }

    private func startCouriers(_ crew: Crew, _ fast: Squad, _ slow: Squad) throws {
        // Mail has a thread of its own, so that no webhook can hold it back.
        let post = crew.settings.post
        if post.mail == nil, post.operator.mail != nil {
            crew.log.warning("OPERATOR_MAIL is set, but not MAIL_URL: no mail is sent to it")
        }
        if post.mail != nil || post.operator.webhook != nil {
            try crew.startCourier("mail") { courier in
                try courier.tellOperator()
                try courier.testOperatorWebhook()
                return try courier.sendNextMail()
            }
        }
        try crew.startCouriers("send", fast) { try $0.sendNextWebhook(.fast) }
        try crew.startCouriers("send-slow", slow) { try $0.sendNextWebhook(.slow) }
    }
}

/// The threads of `work`, each with connections of its own.
private struct Crew: Sendable {
    let settings: Settings
    let stop: StopFlag
    let log: Logger
    let threads = ThreadList()
    private let troubles = TroubleLog()
    private let clock = ClockWatch()

    init(settings: Settings, stop: StopFlag, log: Logger) {
        self.settings = settings
        self.stop = stop
        self.log = log
    }

    func start(
        _ name: String, _ step: @escaping @Sendable (Worker) throws -> Bool
    ) throws {
        try add(name) { [self] in
            let worker = makeWorker(nil)
            loop(name, rest: Self.rest) { try step(worker) }
        }
    }

    func startCourier(
        _ name: String, _ step: @escaping @Sendable (Courier) throws -> Bool
    ) throws {
        try add(name) { [self] in
            let courier = makeCourier(nil)
            loop(name, rest: Self.rest) { try step(courier) }
        }
    }

    /// Has the squad's threads take jobs, by `step` or as they are handed over.
    func start(
        _ kind: String, _ squad: Squad, _ squads: Squads,
        _ step: @escaping @Sendable (Worker) throws -> Bool
    ) throws {
        try begin(kind, squad) { [self] name, bell in
            let worker = makeWorker(squads)
            var handed: Handover?
            loop(name, rest: { _ in handed = squad.rest(by: bell) }) {
                guard let handover = handed else { return try step(worker) }
                handed = nil
                try worker.store(handover)
                return true
            }
            if let handover = handed { worker.giveBack(handover) }
        }
    }

    func startCouriers(
        _ kind: String, _ squad: Squad,
        _ step: @escaping @Sendable (Courier) throws -> Bool
    ) throws {
        try begin(kind, squad) { [self] name, bell in
            let courier = makeCourier(squad)
            loop(name, rest: { _ in _ = squad.rest(by: bell) }) { try step(courier) }
        }
    }

    private func begin(
        _ kind: String, _ squad: Squad, _ body: @escaping @Sendable (String, Bell) -> Void
    ) throws {
        let isBegun = squad.begin { [self] number in
            let name = "\(kind)-\(number)"
            do throws(SystemError) {
                let bell = try Bell()
                try add(name) { body(name, bell) }
                return true
            } catch {
                log.error("no thread", metadata: ["name": "\(name)", "error": "\(error)"])
                return false
            }
        }
        guard isBegun else { throw ExitCode.failure }
    }

    private func makeWorker(_ squads: Squads?) -> Worker {
        Worker(
            settings: settings.worker, database: Connection(settings.database),
            nodes: settings.databases.nodes.map { Connection($0) },
            pollo: settings.polloClient(),
            stripe: settings.stripeClient(timeout: .seconds(20), clock: clock),
            downloads: settings.downloads(), clock: clock, log: log,
            troubles: troubles, squads: squads, isStopping: { [stop] in stop.isRaised })
    }

    private func makeCourier(_ squad: Squad?) -> Courier {
        Courier(
            settings: settings.courier, database: Connection(settings.database),
            curl: settings.outgoing(), log: log, squad: squad)
    }

    private func add(
        _ name: String, _ body: @escaping @Sendable () -> Void
    ) throws(SystemError) {
        threads.add(try WorkerThread.start(name: name, body))
    }

    /// Takes step after step while there is something to do, and rests when there is not; longer and
    /// longer while it fails.
    private func loop(_ name: String, rest: (Duration) -> Void, _ step: () throws -> Bool) {
        var pace = Pace()
        while !stop.isRaised {
            do {
                let foundWork = try step()
                troubles.succeeded(log)
                let pause = pace.succeeded(foundWork: foundWork)
                if pause > .zero { rest(pause) }
            } catch {
                troubles.failed(error, doing: name, log)
                pause(for: pace.failed())
            }
        }
    }

    private func pause(for span: Duration) {
        var left = span
        while left > .zero, !stop.isRaised {
            CurrentThread.sleep(for: min(left, .milliseconds(250)))
            left -= .milliseconds(250)
        }
    }

    private static func rest(for span: Duration) {
        CurrentThread.sleep(for: span)
    }
}

/// The threads that were started, whoever started them.
private final class ThreadList: Sendable {
    private let threads = Mutex<[WorkerThread]>([])

    var count: Int { threads.withLock { $0.count } }

    func add(_ thread: WorkerThread) {
        threads.withLock { $0.append(thread) }
    }

    /// Waits until all have ended.
    func join() {
        for thread in threads.withLock({ $0 }) { thread.join() }
    }
}

/// Tells the threads that the process is to end.
final class StopFlag: Sendable {
    private let raised = Atomic(false)

    var isRaised: Bool { raised.load(ordering: .relaxed) }

    func raise() {
        raised.store(true, ordering: .relaxed)
    }
}
