import ArgumentParser
import Ledger
import MariaDB
import Sodium
import Store

struct Migrate: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrate", abstract: "Brings the database's schema up to date.",
        discussion: """
            Uses MIGRATE_DATABASE_URL, an account that may change the schema, or else \
            DATABASE_URL. When the two accounts differ, the application's own gets exactly the \
            rights that it needs.
            """)

    @Flag(help: "Change nothing; fail when something is to be applied or differs.")
    var check = false

    @Option(help: "The folder of the migrations.")
    var folder = "schema"

    func run() throws {
        let (application, owner) = try SettingsReader.read { reader in
            let schema = SchemaSettings(reader)
            return DatabaseSettings(reader).map {
                ($0.application, schema.owner ?? $0.application)
            }
        }
        let migrations = try Migrations(folder: folder) { Hex.encode(SHA256.hash($0)) }
        guard !check else { return try report(migrations.check(using: owner)) }
        let applied = try migrations.apply(using: owner) { print($0) }
        if applied.isEmpty { print("The schema is up to date.") }
        if owner.user != application.user {
            try Connection(owner).grantRights(to: application)
        }
    }

    private func report(_ status: Migrations.Status) throws {
        for name in status.pending { print("to be applied: \(name)") }
        for name in status.mismatched { print("changed or missing: \(name)") }
        guard status.pending.isEmpty, status.mismatched.isEmpty else { throw ExitCode.failure }
        print("The schema is up to date.")
    }
}
