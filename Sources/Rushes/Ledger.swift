import ArgumentParser
import MariaDB
import Store

struct Ledger: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ledger", abstract: "Looks after the books.", subcommands: [Verify.self])

    struct Verify: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "verify",
            abstract: "Recomputes all that the books promise; exits 0 only when they are clean.")

        func run() throws {
            let environment = try Environment()
            let database = Connection(try environment.databaseURL())
            var violations = try database.audit()
            for node in try environment.databaseNodes() {
                violations += try database.compare(with: Connection(node))
            }
            for violation in violations { print("\(violation.rule): \(violation)") }
            guard violations.isEmpty else {
                print("\(violations.count) violations")
                throw ExitCode.failure
            }
            print("The books are clean.")
        }
    }
}
