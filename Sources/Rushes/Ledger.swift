import ArgumentParser
import Domain
import FoundationEssentials
import Ledger
import MariaDB
import Store
import System

struct Ledger: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ledger", abstract: "Looks after the books.",
        subcommands: [Verify.self, Prove.self, Rebuild.self, Adjust.self])

    struct Verify: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "verify",
            abstract: "Recomputes all that the books promise; exits 0 only when they are clean.")

        func run() throws {
            let databases = try SettingsReader.read { DatabaseSettings($0) }
            // It looks at the whole ledger, however long that takes.
            let patience = Duration.seconds(7 * 86_400)
            let database = Connection(databases.application.patient(patience))
            var (violations, scope) = try database.auditWithScope { number, count, rule in
                tell("check \(number) of \(count): \(rule)")
            }
            let walk = try database.walkAllChains { tell("\($0) chains walked") }
            violations += walk.violations
            for node in databases.nodes {
                violations += try database.compare(with: Connection(node.patient(patience)))
            }
            for violation in violations { print("\(violation.rule): \(violation)") }
            guard violations.isEmpty else {
                print("\(violations.count) violations in \(scope.words); \(walk.chains) chains.")
                throw ExitCode.failure
            }
            print("The books are clean: \(scope.words); \(walk.chains) chains.")
        }
    }

    struct Prove: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "prove",
            abstract: "Prints an account's entries with its chain; exits 0 only when it holds.")

        @Argument(help: "The account's id, or its owner's address.")
        var account: String

        func run() throws {
            let databases = try SettingsReader.read { DatabaseSettings($0) }
            let database = Connection(databases.application)
            let account = try accountID(account, in: database)
            var last = ChainPoint()
            let broken = try database.walkChain(of: account) { entry, point in
                print("\(point.entryCount) \(point.digest) \(entry.text)")
                last = point
            }
            if let broken {
                print("\(broken)")
                throw ExitCode.failure
            }
            print(
                "The chain holds: \(last.entryCount) entries; available \(last.available), held "
                    + "\(last.held), frozen \(last.frozen), shortfall \(last.shortfall) micro-dollars."
            )
        }
    }
}

/// Tells on standard error how far it is.
private func tell(_ progress: String) {
    StandardError.write(Array("\(progress)\n".utf8))
}

extension AuditScope {
    /// `3 wallets, 5 lots, 20 entries, 4 jobs, 2 purchases; the newest entry is of
    /// 2026-11-26T21:40:00Z`
    var words: String {
        let newest = newestEntryAt.map { "the newest entry is of \($0.formatted(.iso8601))" }
        return "\(wallets) wallets, \(lots) lots, \(entries) entries, \(jobs) jobs, "
            + "\(purchases) purchases; \(newest ?? "there is no entry")"
    }
}
