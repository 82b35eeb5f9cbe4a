import ArgumentParser
import FoundationEssentials
import Ledger
import MariaDB
import Store

struct Ledger: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ledger", abstract: "Looks after the books.",
        subcommands: [Verify.self, Rebuild.self, Adjust.self])

    struct Verify: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "verify",
            abstract: "Recomputes all that the books promise; exits 0 only when they are clean.")

        func run() throws {
            let databases = try SettingsReader.read { DatabaseSettings($0) }
            // It looks at the whole ledger, however long that is.
            let patience = Duration.seconds(3600)
            let database = Connection(databases.application.patient(patience))
            var (violations, scope) = try database.auditWithScope()
            for node in databases.nodes {
                violations += try database.compare(with: Connection(node.patient(patience)))
            }
            for violation in violations { print("\(violation.rule): \(violation)") }
            guard violations.isEmpty else {
                print("\(violations.count) violations in \(scope.words).")
                throw ExitCode.failure
            }
            print("The books are clean: \(scope.words).")
        }
    }
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
