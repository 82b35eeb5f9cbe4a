import Addresses
import BooksSupport
import Curl
import DatabaseSupport
import Domain
import FoundationEssentials
import Logging
import MariaDB
import Media
import MediaSupport
import Sodium
import Store
import Testing

@testable import Worker

/// A worker between a real database, scripted vendors and a real file server.
final class Bench {
    /// The test's own connection; the worker has another.
    let db: Connection
    let vendor = Vendor()
    let cashier = Cashier()
    let files: FileServer
    let media: Storage
    let account: AccountID
    private(set) var worker: Worker
    let configuration: DatabaseConfiguration

    /// Runs `body` with an account that has $20, and expects clean books at its end.
    static func with(_ body: (Bench) throws -> Void) throws {
        try withFreshDatabase { configuration in
            let bench = try Bench(configuration)
            defer { try? FileManager.default.removeItem(atPath: bench.media.folder) }
            try body(bench)
            try expectCleanBooks(bench.db)
        }
    }

    /// The same on a server of its own, which refuses the worker what the test wants.
    static func withServer(_ body: (Bench, GuardedServer) throws -> Void) throws {
        let server = try GuardedServer()
        let bench = try Bench(server.application, owner: server.owner)
        defer { try? FileManager.default.removeItem(atPath: bench.media.folder) }
        try body(bench, server)
        try expectCleanBooks(bench.db)
    }

    private init(
        _ configuration: DatabaseConfiguration, owner: DatabaseConfiguration? = nil
    ) throws {
        self.configuration = configuration
        db = Connection(owner ?? configuration)
        files = try FileServer()
        let folder = FileManager.default.temporaryDirectory
            .appending(path: "rushes-media-\(VideoID.new())").path
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true)
        media = Storage(folder: folder)
        account = try db.insertAccount(credit: .dollars(20))
        worker = Self.worker(configuration, vendor, cashier, files, media)
    }

    /// As while the secret is being changed.
    static let secrets = SecretBox(
        secret: Array("the new secret".utf8), previous: Array("the old secret".utf8),
        purpose: SecondFactor.purpose)

    private static func worker(
        _ configuration: DatabaseConfiguration, _ vendor: Vendor, _ cashier: Cashier,
        _ files: FileServer, _ media: Storage, nodes: [DatabaseConfiguration] = [],
        squads: Squads? = nil, shop: (url: String, caFile: String)? = nil,
        isStopping: @escaping @Sendable () -> Bool = { false }
    ) -> Worker {
        Worker(
            settings: WorkerSettings(
                appURL: shop?.url ?? "https://shop.example", media: media, parallel: 4,
                pollInterval: .seconds(5), deadlines: JobDeadlines(), creditPolicy: .test,
                seller: .test, secrets: secrets,
                visitor: CurlOptions(
                    userAgent: "Rushes/test", timeout: .seconds(5), caFile: shop?.caFile),
                judgesCertificate: shop != nil),
            database: Connection(configuration), nodes: nodes.map { Connection($0) },
            pollo: vendor.client, stripe: cashier.client,
            downloads: Curl(
                CurlOptions(
                    userAgent: "Rushes/test",
                    addressPolicy: .publicOnly(
                        exceptOrigins: [WebURL(link: files.origin)].compactMap { $0?.origin }))),
            clock: cashier.clock,
            log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, squads: squads,
            isStopping: isStopping)
    }

    /// What a crash leaves: another worker, and every claim of the one before run out.
    func restart() throws {
        worker = Self.worker(configuration, vendor, cashier, files, media)
        try db.execute(
            """
            UPDATE video_jobs SET lease_until = UTC_TIMESTAMP(6) - INTERVAL 1 SECOND
            WHERE lease_until IS NOT NULL
            """)
    }

    /// The worker's database is a cluster of these nodes from here on.
    func useNodes(_ nodes: [DatabaseConfiguration]) {
        worker = Self.worker(configuration, vendor, cashier, files, media, nodes: nodes)
    }

    /// The worker's database is behind a proxy from here on.
    func useProxy() throws -> CuttingProxy {
        let proxy = try CuttingProxy(before: configuration)
        worker = Self.worker(proxy.configuration(configuration), vendor, cashier, files, media)
        return proxy
    }

    func insertJob(tier: String = "economy") throws -> VideoID {
        try db.insertJob(of: account, tier: tier)
    }

    /// A job whose task the vendor has.
    func insertTask() throws -> VideoID {
        let job = try insertJob()
        _ = try worker.submitNext()
        return job
    }

    /// Lets the worker look at the one task again, and fetch its file when it is done, whenever it
    /// wanted to.
    func look(at job: VideoID) throws {
        try db.makeDue(job)
        let isAsked = try worker.followUpNext()
        if try isAsked && db.job(job).state != .storing { return }
        guard try worker.storeNext() || isAsked else { throw Missing("a task to look at") }
    }

    /// What was done is so much longer ago, for the worker and in the database's schedules.
    func passTime(_ span: Duration) throws {
        worker.passTime(span)
        let micros = span.components.seconds * 1_000_000
        try db.execute(
            """
            UPDATE schedules
            SET due_at = due_at - INTERVAL \(micros) MICROSECOND,
                begun_at = begun_at - INTERVAL \(micros) MICROSECOND,
                done_at = done_at - INTERVAL \(micros) MICROSECOND
            """)
    }

    /// Another worker of the same shop, as another process would be.
    func another(
        squads: Squads? = nil, isStopping: @escaping @Sendable () -> Bool = { false }
    ) -> Worker {
        Self.worker(
            configuration, vendor, cashier, files, media, squads: squads, isStopping: isStopping)
    }

    /// A worker of a shop that is visited there, with a certificate that has to be trusted.
    func visitor(of url: String, trusting caFile: String) -> Worker {
        Self.worker(
            configuration, vendor, cashier, files, media, shop: (url: url, caFile: caFile))
    }

    // MARK: Media

    /// The names of all files in the media folder, hidden ones too.
    var mediaFiles: [String] {
        get throws {
            try FileManager.default.subpathsOfDirectory(atPath: media.folder)
                .filter { $0.contains(".") }.sorted()
        }
    }

    func path(of job: VideoID) -> String { "\(media.folder)/\(VideoFile.path(of: job))" }

    /// A playable video of six seconds.
    static var video: [UInt8] { SampleMovie.bytes }
}

extension Worker {
    /// The next task that is due is asked for, and then the next file fetched.
    func followAndStore() throws -> Bool {
        let isAsked = try followUpNext()
        return try storeNext() || isAsked
    }

    /// Every chore that is due, of one lane after the other.
    func doChores() {
        for lane in Lane.all { doChores(in: lane) }
    }

    /// Every chore is due.
    func forgetChores() { choresBegunAt = [:] }

    /// What was done is so much longer ago.
    func passTime(_ span: Duration) {
        for (chore, begunAt) in choresBegunAt { choresBegunAt[chore] = begunAt - span }
    }
}
