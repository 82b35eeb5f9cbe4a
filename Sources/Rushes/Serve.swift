import Account
import ArgumentParser
import Console
import Entrance
import FastCGI
import Front
import Ledger
import Library
import Logging
import MariaDB
import System
import Web
import Worker

struct Serve: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Answers the requests that nginx sends.",
        discussion: """
            Listens on --socket, or on the socket that systemd or another parent hands over. \
            SIGTERM lets the requests in flight finish.
            """)

    @Option(help: "The path of the unix socket that nginx connects to.")
    var socket: String?

    @Option(help: "How many requests are answered at once; each has its database connection.")
    var threads = 16

    func validate() throws {
        guard (1...512).contains(threads) else {
            throw ValidationError("--threads must be from 1 to 512")
        }
    }

    func run() throws {
        let log = makeLogger("serve")
        let settings = try Settings()
        let server = try Server(socketPath: socket, backlog: 1024, workers: threads)
        let passwords = PasswordGate()
        let gate = ThreadGate(threads: threads)
        let trouble = DatabaseTrouble()
        // As `run` does: no thread of ours may take the signals that it waits for.
        Signals.block([.terminate, .interrupt, .user1])
        try Memory.keepReleasingCode()
        log.notice("listening", metadata: ["threads": "\(threads)"])
        try server.run {
            let site = Site(
                routes: Web.routes + Account.routes + Library.routes + Front.routes
                    + Console.routes,
                settings: settings.site, database: Connection(settings.database),
                stripe: settings.stripeClient(timeout: .seconds(10)), passwords: passwords,
                threads: gate, trouble: trouble, fetch: settings.downloads().fetchPicture,
                log: log)
            return { site.respond(to: $0) }
        }
        log.notice("stopped")
    }
}
