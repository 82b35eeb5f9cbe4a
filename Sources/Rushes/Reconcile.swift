import ArgumentParser
import Domain
import FoundationEssentials
import MariaDB
import Reconciliation
import Store
import Worker

struct Reconcile: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reconcile",
        abstract: "Compares the books with Stripe's and Pollo's; exits 0 only when they agree.",
        subcommands: [Run.self, Close.self], defaultSubcommand: Run.self)

    struct Run: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "run",
            abstract: "Compares, and prints every difference that nobody has closed.",
            discussion: """
                Stores the result, which the admin API shows. Moves no money. One line for each \
                difference: kind, subject, amount, what it is, since when, and its id for \
                `rushes reconcile close`.
                """)

        func run() throws {
            let settings = try Settings()
            let database = Connection(settings.database)
            let reconciliation = Reconciliation(
                database: database,
                stripe: settings.stripeClient(timeout: .seconds(20)), pollo: settings.polloClient(),
                vendorCredit: settings.worker.vendorCredit, log: makeLogger("reconcile"))
            let result = try reconciliation.run(now: database.databaseTime())
            for open in result.open { print(Self.line(of: open)) }
            for part in result.unread {
                let since = part.since?.formatted(.iso8601) ?? "ever"
                print("\(part.part.rawValue) is unknown since \(since): \(part.problem)")
            }
            guard result.agrees else {
                print("\(result.open.count) differences")
                throw ExitCode.failure
            }
            print("The books agree.")
        }

        private static func line(of open: OpenDifference) -> String {
            let difference = open.difference
            let subject =
                difference.jobID.map { "job \($0)" }
                ?? difference.purchaseID.map { "purchase \($0)" } ?? "-"
            return [
                difference.kind.rawValue, subject, difference.amount?.description ?? "-",
                difference.detail, "since \(open.foundAt.formatted(.iso8601))", "\(open.id)",
            ].joined(separator: "\t")
        }
    }

    struct Close: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "close",
            abstract: "Closes a difference that is dealt with, and says why.",
            discussion: "It is not found again while it stays as it is.")

        @Argument(help: "The id of the difference, as `rushes reconcile` prints it.")
        var difference: String

        @Option(help: "Why.")
        var reason: String

        @OptionGroup var command: KeyOption

        func run() throws {
            let database = try openDatabase()
            guard let id = DifferenceID(difference) else {
                throw Refusal("\(difference) is no id of a difference")
            }
            let actor = try makeOperator(reason, key: command.take())
            try explained("difference \(difference)") { try database.close(id, by: actor) }
            print("Closed.")
        }
    }
}
