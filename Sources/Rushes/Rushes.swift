// Rushes: the program: settings, logging, the wiring of the modules, and the operator's commands.
// What a command does is one call of Store or Billing, under a key, with a reason (A4).
// It has no rule of the shop's own: `serve` hands requests to Web, `work` runs Workers.

import ArgumentParser
import Domain

/// The shop: `rushes serve` answers nginx, `rushes work` makes the videos, the rest is for the
/// operator. All of them read the same environment (README, "Configuration").
@main
struct Rushes: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rushes",
        abstract: "A self-hosted shop for AI video.",
        version: programVersion,
        subcommands: [
            Serve.self, Work.self, Migrate.self, Ledger.self, Reconcile.self, Admin.self,
            PurchaseCommand.self, VideoCommand.self, Config.self, Version.self,
        ])

    struct Version: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "version", abstract: "Prints the version.")

        func run() {
            print(programVersion)
        }
    }
}
