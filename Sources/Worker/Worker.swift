package import Curl
package import Domain
package import Logging
package import MariaDB
package import Pollo
package import Store
package import Stripe
import System

/// What the worker is set to; the same for every thread.
package struct WorkerSettings: Sendable {
    /// The public base URL, for the callbacks of the video vendor.
    package var appURL: String
    package var media: MediaFolder
    /// How many tasks the vendor may have at once, across all workers.
    package var parallel: Int
    package var pollInterval: Duration
    package var deadlines: JobDeadlines
    package var creditPolicy: CreditPolicy
    /// What one credit of the vendor costs us (pollo-api.md 12).
    package var vendorCredit: Money
    /// Whether this worker sends mail, and so whether anybody writes any.
    package var isMailOn: Bool

    package init(
        appURL: String, media: MediaFolder, parallel: Int, pollInterval: Duration,
        deadlines: JobDeadlines, creditPolicy: CreditPolicy,
        vendorCredit: Money = Money(micros: 60_000), isMailOn: Bool = false
    ) {
        self.appURL = appURL
        self.media = media
        self.parallel = parallel
        self.pollInterval = pollInterval
        self.deadlines = deadlines
        self.creditPolicy = creditPolicy
        self.vendorCredit = vendorCredit
        self.isMailOn = isMailOn
    }
}

/// Does the work of one thread: its own connections, one thing at a time.
package final class Worker {
    let settings: WorkerSettings
    let database: Connection
    let nodes: [Connection]
    let pollo: PolloClient
    let stripe: StripeClient
    let downloads: Curl
    let clock: ClockWatch
    let log: Logger
    /// When each of the upkeep's chores was last done by this thread.
    var choresDoneAt: [Chore: ContinuousClock.Instant] = [:]

    /// - Parameters:
    ///   - nodes: the nodes of the database's cluster, which have to agree with it.
    ///   - clock: watches what `stripe` is answered.
    package init(
        settings: WorkerSettings, database: Connection, nodes: [Connection] = [],
        pollo: PolloClient, stripe: StripeClient, downloads: Curl, clock: ClockWatch, log: Logger
    ) {
        self.settings = settings
        self.database = database
        self.nodes = nodes
        self.pollo = pollo
        self.stripe = stripe
        self.downloads = downloads
        self.clock = clock
        self.log = log
    }

    /// Writes down what a vendor has told, again and again while the database is away: it is
    /// known here alone. Gives up before the lease of the claim can have run out. Nil when another
    /// process has the job: stop, change nothing.
    @discardableResult
    func persist<T>(_ job: ClaimedJob, _ change: () throws -> T) throws -> T? {
        let end = ContinuousClock.now + .seconds(40)
        while true {
            do {
                return try change()
            } catch is LeaseLost {
                log.warning("another process has the job", metadata: job.metadata)
                return nil
            } catch let error as DatabaseError where error.isPassing {
                guard ContinuousClock.now < end else { throw error }
                CurrentThread.sleep(for: .milliseconds(500))
            }
        }
    }
}

extension ClaimedJob {
    var metadata: Logger.Metadata {
        ["job": "\(id)", "state": "\(state.rawValue)", "task": "\(taskID ?? "-")"]
    }
}

extension DatabaseError {
    /// Whether the same may succeed in a while.
    package var isPassing: Bool {
        switch kind {
        case .connectionLost, .unavailable, .lockTimeout, .deadlock, .recordChanged, .diskFull:
            true
        case .duplicateKey, .constraint, .other: false
        }
    }
}
