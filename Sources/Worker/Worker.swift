// Worker: what goes on without a caller: jobs to the vendor and back, files, chores, mail, webhooks.
// A claim is committed before anybody outside is asked, its outcome after; no lock is held between.
// It answers no request (Web) and has no SQL (Store); each thread has a Worker of its own.

package import Curl
package import Domain
package import Logging
package import MariaDB
package import Media
package import Pollo
package import Sodium
package import Store
package import Stripe
import System

/// What the worker is set to; the same for every thread.
package struct WorkerSettings: Sendable {
    /// The public base URL, for the callbacks of the video vendor.
    package var appURL: String
    package var media: Storage
    /// How many tasks the vendor may have at once, across all workers.
    package var parallel: Int
    package var pollInterval: Duration
    package var deadlines: JobDeadlines
    package var creditPolicy: CreditPolicy
    package var seller: Seller
    /// What one credit of the vendor costs us.
    package var vendorCredit: Money
    /// Whether this worker sends mail, and so whether anybody writes any.
    package var isMailOn: Bool
    /// Seals the secrets of second factors, by the present secret of the shop.
    package var secrets: SecretBox
    /// How the shop's own address is visited, to see its certificate.
    package var visitor: CurlOptions
    /// Whether that has to be one that everybody trusts.
    package var judgesCertificate: Bool

    package init(
        appURL: String, media: Storage, parallel: Int, pollInterval: Duration,
        deadlines: JobDeadlines, creditPolicy: CreditPolicy, seller: Seller,
        secrets: SecretBox, vendorCredit: Money = Money(micros: 60_000), isMailOn: Bool = false,
        visitor: CurlOptions = CurlOptions(userAgent: "Rushes"), judgesCertificate: Bool = false
    ) {
        self.appURL = appURL
        self.media = media
        self.parallel = parallel
        self.pollInterval = pollInterval
        self.deadlines = deadlines
        self.creditPolicy = creditPolicy
        self.seller = seller
        self.vendorCredit = vendorCredit
        self.isMailOn = isMailOn
        self.secrets = secrets
        self.visitor = visitor
        self.judgesCertificate = judgesCertificate
    }
}

/// Does the work of one thread: its own connections, one thing at a time.
package final class Worker: Keeper {
    let settings: WorkerSettings
    let database: Connection
    let nodes: [Connection]
    let pollo: PolloClient
    let stripe: StripeClient
    let downloads: Curl
    let clock: ClockWatch
    /// The process that this thread is of.
    let process: WorkerProcess
    let log: Logger
    let troubles: TroubleLog
    /// Who else works on jobs in this process; nil for a thread that works alone.
    let squads: Squads?
    /// Whether the process is to end, so that nothing long is begun or gone on with.
    let isStopping: @Sendable () -> Bool
    /// When this thread last came to each chore.
    var choresBegunAt: [String: ContinuousClock.Instant] = [:]
    /// What the balance call of this thread said last.
    var lastVerdict: (at: ContinuousClock.Instant, verdict: Verdict)?
    /// Claims of this thread whose outcome could not be written down, to be given back.
    private var unreturned: [ClaimedJob] = []
    /// Of claims whose outcome this thread does not know.
    private var unknownLeases: [LeaseToken] = []

    /// - Parameters:
    ///   - nodes: the nodes of the database's cluster, which have to agree with it.
    ///   - clock: watches what `stripe` is answered.
    ///   - troubles: of all threads of the process.
    ///   - squads: are called when there is more to do than this thread has taken.
    package init(
        settings: WorkerSettings, database: Connection, nodes: [Connection] = [],
        pollo: PolloClient, stripe: StripeClient, downloads: Curl, clock: ClockWatch,
        process: WorkerProcess = .this, log: Logger,
        troubles: TroubleLog = TroubleLog(), squads: Squads? = nil,
        isStopping: @escaping @Sendable () -> Bool = { false }
    ) {
        self.settings = settings
        self.database = database
        self.nodes = nodes
        self.pollo = pollo
        self.stripe = stripe
        self.downloads = downloads
        self.clock = clock
        self.process = process
        self.log = log
        self.troubles = troubles
        self.squads = squads
        self.isStopping = isStopping
    }

    /// Takes back a claim whose outcome could not be written down, so that the job does not wait
    /// for the end of the lease: now, or with the next claim when the database is away.
    func giveBack(_ job: ClaimedJob) {
        do {
            try database.postpone(job, by: .seconds(5), vendorStatus: nil)
        } catch is LeaseLost {
            return
        } catch {
            troubles.failed(error, doing: "giving a claim back", log)
            // A claim that is forgotten here comes back with its lease.
            if unreturned.count < 100 { unreturned.append(job) }
        }
    }

    /// Gives a job back that was handed over and not begun with.
    package func giveBack(_ handover: Handover) { giveBack(handover.job) }

    /// A claim whose error may have come after its COMMIT is ended before the next: otherwise its job
    /// would wait for the end of the lease, longer than its deadline.
    func claiming(_ claim: (LeaseToken) throws -> ClaimedJob?) throws -> ClaimedJob? {
        let lease = LeaseToken.new()
        do {
            return try claim(lease)
        } catch {
            if unknownLeases.count < 100 { unknownLeases.append(lease) }
            throw error
        }
    }

    /// Gives back what ``giveBack(_:)`` could not, and what nobody knows to have claimed.
    func giveBackTheRest() {
        let jobs = unreturned
        unreturned = []
        for job in jobs { giveBack(job) }
        while let lease = unknownLeases.last {
            // The claim that follows meets the same error, and it is told there.
            guard (try? database.release(lease)) != nil else { return }
            unknownLeases.removeLast()
        }
    }
}
