import ArgumentParser
import Domain
import MariaDB

/// `rushes admin purchases …`: the console's pages of purchases.
struct AdminPurchases: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "purchases", abstract: "What people bought, and what went back.",
        subcommands: [
            List.self, Show.self, MoneyActCommand<SendBack>.self, PlainActCommand<Credit>.self,
            PlainActCommand<Refresh>.self, PlainActCommand<Close>.self,
        ], defaultSubcommand: List.self)

    struct List: ConsoleCommand {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "Purchases of everybody, newest first.")
        static let columns = [
            "id", "createdAt", "email", "packageId", "status", "price", "refunded", "problem",
        ]

        @Option(help: "pending, paid, failed, expired, refunded or disputed.")
        var status: String?

        @Option(help: "Of this account alone: its id, or its owner's address.")
        var account: String?

        @Flag(help: "Those alone whose payment does not fit, and nobody has closed.")
        var problem = false

        @OptionGroup var days: DayOptions
        @OptionGroup var page: PageOptions
        @OptionGroup var printing: PrintingOptions

        func call(_ database: Connection) throws -> ConsoleCall {
            .look(
                "purchases",
                [
                    "status": status,
                    "account": try account.map { try ConsoleSubject.account.id($0, in: database) },
                    "problem": problem ? "1" : nil, "from": days.from, "to": days.to,
                    "limit": page.limit.map { "\($0)" }, "cursor": page.cursor,
                ])
        }
    }

    struct Show: ConsoleCommand {
        static let configuration = CommandConfiguration(
            commandName: "show",
            abstract: "One purchase, with its refunds, disputes and what moved at Stripe.")

        @Argument(help: "The id of the purchase.")
        var purchase: String

        @OptionGroup var printing: PrintingOptions

        func call(_ database: Connection) throws -> ConsoleCall {
            .look("purchases/\(try ConsoleSubject.thing.id(purchase, in: database))")
        }
    }

    // MARK: Acts

    enum SendBack: PlainAct {
        static let name = "refund"
        static let place = (things: "purchases", act: "refund")
        static let abstract = "Sends money back, and takes its credit: all that is not spent."
    }

    enum Credit: PlainAct {
        static let name = "credit"
        static let place = (things: "purchases", act: "credit")
        static let abstract = "Credits a purchase although its payment does not fit it."
    }

    enum Refresh: PlainAct {
        static let name = "refresh"
        static let place = (things: "purchases", act: "refresh")
        static let abstract = "Reads from Stripe what went back, and takes its credit."
    }

    enum Close: PlainAct {
        static let name = "close"
        static let place = (things: "purchases", act: "closure")
        static let abstract = "Closes a purchase whose payment does not fit it."
    }
}
