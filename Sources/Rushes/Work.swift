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
        var crew = Crew(settings: settings, stop: stop, log: log)
        try startWorkers(&crew)
        try startCouriers(&crew)
        log.notice("working", metadata: ["threads": "\(crew.threads.count)"])

        _ = Signals.wait(for: [.terminate, .interrupt])
        log.notice("stopping")
        stop.raise()
        _ = try WorkerThread.start(name: "patience") {
            CurrentThread.sleep(for: .seconds(20))
            log.warning("left work behind; another takes it up when its lease is over")
            endProcess(code: 0)
        }
        for thread in crew.threads { thread.join() }
        log.notice("stopped")
    }

    private func startWorkers(_ crew: inout Crew) throws {
        for index in 0..<submitters { try crew.start("submit-\(index)") { try $0.submitNext() } }
        for index in 0..<followers { try crew.start("follow-\(index)") { try $0.followUpNext() } }
        for index in 0..<storers { try crew.start("store-\(index)") { try $0.storeNext() } }
        for lane in Lane.all {
            try crew.start(lane.name) { worker in
                worker.doChores(in: lane)
                return false
            }
        }
    }

    private func startCouriers(_ crew: inout Crew) throws {
        // Mail has a thread of its own, so that no webhook can hold it back.
        if crew.settings.post.mail != nil {
            try crew.startCourier("mail") { courier in
                try courier.tellOperator()
                return try courier.sendNextMail()
            }
        } else if crew.settings.post.operatorMail != nil {
            crew.log.warning("OPERATOR_MAIL is set, but not MAIL_URL: nobody is told")
        }
        for index in 0..<senders {
            try crew.startCourier("send-\(index)") { try $0.sendNextWebhook(.fast) }
        }
        // Servers that are slow or fail have threads of their own.
        for index in 0..<max(1, senders / 2) {
            try crew.startCourier("send-slow-\(index)") { try $0.sendNextWebhook(.slow) }
        }
    }
}

/// The threads of `work`, each with connections of its own.
private struct Crew {
    let settings: Settings
    let stop: StopFlag
    let log: Logger
    private let troubles = TroubleLog()
    private let clock = ClockWatch()
    private(set) var threads: [WorkerThread] = []

    init(settings: Settings, stop: StopFlag, log: Logger) {
        self.settings = settings
        self.stop = stop
        self.log = log
    }

    mutating func start(
        _ name: String, _ step: @escaping @Sendable (Worker) throws -> Bool
    ) throws {
        try add(name) { [settings, stop, log, troubles, clock] in
            let worker = Worker(
                settings: settings.worker, database: Connection(settings.database),
                nodes: settings.databases.nodes.map { Connection($0) },
                pollo: settings.polloClient(),
                stripe: settings.stripeClient(timeout: .seconds(20), clock: clock),
                downloads: settings.downloads(), clock: clock, log: log,
                troubles: troubles, isStopping: { stop.isRaised })
            return { try step(worker) }
        }
    }

    mutating func startCourier(
        _ name: String, _ step: @escaping @Sendable (Courier) throws -> Bool
    ) throws {
        try add(name) { [settings, log] in
            let courier = Courier(
                settings: settings.courier, database: Connection(settings.database),
                curl: settings.outgoing(), log: log)
            return { try step(courier) }
        }
    }

    /// - Parameter prepare: makes on the thread what it alone uses, and its step.
    private mutating func add(
        _ name: String, _ prepare: @escaping @Sendable () -> () throws -> Bool
    ) throws {
        threads.append(
            try WorkerThread.start(name: name) { [troubles, log, stop] in
                Self.loop(name, troubles, log, until: stop, prepare())
            })
    }

    /// Takes step after step while there is something to do, and rests a little when there is not,
    /// longer and longer while it fails.
    private static func loop(
        _ name: String, _ troubles: TroubleLog, _ log: Logger, until stop: StopFlag,
        _ step: () throws -> Bool
    ) {
        var pace = Pace()
        while !stop.isRaised {
            var rest: Duration
            do {
                rest = pace.succeeded(foundWork: try step())
                troubles.succeeded(log)
            } catch {
                troubles.failed(error, doing: name, log)
                rest = pace.failed()
            }
            while rest > .zero, !stop.isRaised {
                CurrentThread.sleep(for: min(rest, .milliseconds(250)))
                rest -= .milliseconds(250)
            }
        }
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
