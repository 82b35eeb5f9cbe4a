import ArgumentParser
import Curl
import FastCGI
import FoundationEssentials
import Glibc
import HTTP
import Logging
import Sandbox
import System

/// `rushes-sandbox`: what Pollo and Stripe are to the shop, on this machine, for development and
/// for tests. Speaks FastCGI; nginx in front of it makes it a web server.
@main
struct SandboxCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rushes-sandbox",
        abstract: "Stand-ins for Pollo and Stripe, for development and tests.",
        discussion: """
            Reads APP_URL, POLLO_API_KEY, POLLO_WEBHOOK_SECRET, STRIPE_SECRET_KEY and \
            STRIPE_WEBHOOK_SECRET (or NAME_FILE, a file that holds the value), and SANDBOX_CA_FILE, \
            SANDBOX_POLLO_ENVELOPE (wrapped or flat), MAIL_URL. Refuses to start in production.
            """)

    @Option(help: "The Unix socket to listen on.")
    var socket: String?

    @Option(help: "The folder for videos, uploads and the state.")
    var state: String

    @Option(help: "Where nginx serves this program: http://localhost:8487.")
    var publicURL: String

    @Option(help: "How many requests are answered at once.")
    var threads = 16

    /// How long a background thread with nothing to do waits until it looks again.
    private static let idleMicroseconds: UInt32 = 50_000
    private static let sendersCount = 4

    func validate() throws {
        guard (2...256).contains(threads) else {
            // One request can wait for another: a payment for the shop's questions about it.
            throw ValidationError("--threads must be 2 to 256")
        }
    }

    func run() throws {
        let log = Logger(label: "sandbox")
        let settings: SandboxSettings
        do {
            settings = try SandboxSettings(
                environment: ProcessInfo.processInfo.environment, publicURL: publicURL,
                folder: state)
        } catch {
            throw ValidationError("\(error)")
        }
        let sandbox = try Sandbox(settings, log: log)
        let server = try Server(socketPath: socket, backlog: 512, workers: threads)

        // Before any thread starts, so that no thread of ours takes the signal to stop.
        Signals.block([.terminate, .interrupt, .user1])
        try repeating("clock") { _ in
            sandbox.advance()
            return false
        }
        try repeating("videos") { sandbox.renderNext(send: $0.send) }
        for number in 0..<Self.sendersCount {
            try repeating("hooks \(number)") { sandbox.deliverNext(send: $0.send) }
        }
        _ = try WorkerThread.start(name: "saver") {
            while true {
                let taken = ContinuousClock().measure { sandbox.save() }
                // Mostly a fiftieth of one core, but what a kill loses is not older than a second.
                let rest = UInt32(min(taken * 49, .seconds(1)) / .microseconds(1))
                usleep(max(Self.idleMicroseconds, rest))
            }
        }
        log.info("listening", metadata: ["url": "\(settings.publicURL)"])
        try server.run {
            let curl = Curl(settings.curlOptions)
            return { sandbox.respond(to: $0, send: curl.send) }
        }
        sandbox.save()

        /// Repeats a step on a thread with a curl handle of its own, with a pause after each that
        /// found nothing to do.
        func repeating(
            _ name: String, _ step: @escaping @Sendable (Curl) -> Bool
        ) throws(SystemError) {
            _ = try WorkerThread.start(name: name) {
                let curl = Curl(settings.curlOptions)
                while true {
                    if !step(curl) { usleep(Self.idleMicroseconds) }
                }
            }
        }
    }
}

extension SandboxSettings {
    /// How callbacks and events are sent, and pictures fetched, which have up to 10 MB. Stripe's
    /// page waits ten seconds for an answer.
    var curlOptions: CurlOptions {
        CurlOptions(
            userAgent: "rushes-sandbox/1.0", connectTimeout: .seconds(5), timeout: .seconds(10),
            maxResponseBytes: 11 << 20, addressPolicy: .any, caFile: caFile)
    }
}
