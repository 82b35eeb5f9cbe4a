import ArgumentParser
import MariaDB

/// `rushes admin attention …`: the console's page of what needs a person.
struct AdminAttention: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "attention", abstract: "What needs a person.",
        subcommands: [
            List.self, PlainActCommand<CloseDifference>.self, PlainActCommand<CloseFinding>.self,
        ], defaultSubcommand: List.self)

    struct List: ConsoleCommand {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "What needs a person, oldest first.")
        static let columns = [
            "since", "kind", "subject", "amount", "detail", "differenceId", "findingId",
        ]

        @OptionGroup var printing: PrintingOptions

        func call(_ database: Connection) -> ConsoleCall { .look("attention") }
    }

    enum CloseDifference: PlainAct {
        static let name = "close-difference"
        static let place = (things: "differences", act: "closure")
        static let abstract = "Closes a difference, such as a loss, that is dealt with."
    }

    enum CloseFinding: PlainAct {
        static let name = "close-finding"
        static let place = (things: "findings", act: "closure")
        static let abstract = "Closes what the auditor found: it stops nothing while it stays."
    }
}
