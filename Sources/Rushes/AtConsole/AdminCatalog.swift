import ArgumentParser
import Domain
import MariaDB

/// `rushes admin catalog …`: the console's page of prices.
struct AdminCatalog: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "catalog", abstract: "What is sold at which price and cost.",
        subcommands: [Show.self, ChangeTier.self, ChangePackage.self],
        defaultSubcommand: Show.self)

    struct Show: ConsoleCommand {
        static let configuration = CommandConfiguration(
            commandName: "show", abstract: "The last version, be it valid yet or not.")

        @OptionGroup var printing: PrintingOptions

        func call(_ database: Connection) -> ConsoleCall { .look("catalog") }
    }

    /// What every change says.
    struct ChangeOptions: ParsableArguments {
        @Option(help: "The last version, as you looked at it.")
        var base: Int

        @Option(help: "From this instant on; at once when it is left out.")
        var validFrom: String?

        @Option(help: "Whether it is the one that is marked: true or false.")
        var popular: Bool?

        @Option(help: "Its place among the others, from 1 on.")
        var position: Int?

        @Flag(help: "Tell what it would change, and change nothing.")
        var dryRun = false
    }

    struct ChangeTier: ConsoleCommand {
        static let configuration = CommandConfiguration(
            commandName: "tier", abstract: "Makes a version in which a tier is another.")

        @Argument(help: "The id of the tier.")
        var tier: String

        @Option(help: "Dollars a second.")
        var pricePerSecond: String?

        @Option(help: "What a second costs us, in dollars.")
        var costPerSecond: String?

        @Option(
            help: ArgumentHelp(
                "From so many seconds of a month on, so many dollars; none for no steps.",
                valueName: "10000=0.10"))
        var costStep: [CostStepArgument] = []

        @Option(help: "What it is called.")
        var name: String?

        @Option(name: .customLong("feature"), help: "What it is good at; all of them.")
        var features: [String] = []

        @Option(help: "Whether it is sold: true or false.")
        var enabled: Bool?

        @OptionGroup var change: ChangeOptions
        @OptionGroup var reason: ReasonOptions
        @OptionGroup var printing: PrintingOptions

        func call(_ database: Connection) throws -> ConsoleCall {
            let price = try pricePerSecond.map { try dollars($0) }
            let cost = try costPerSecond.map { try dollars($0) }
            return try .act(
                "tiers/\(catalogID(tier))", key: reason.key.take(),
                [
                    "reason": .text(reason.reason), "version": .number(change.base),
                    "pricePerSecond": price.map { .money($0) },
                    "costPerSecond": cost.map { .money($0) },
                    "costSteps": costStep.isEmpty ? nil : .steps(costStep.compactMap(\.step)),
                    "name": name.map { .text($0) },
                    "features": features.isEmpty ? nil : .texts(features),
                    "position": change.position.map { .number($0) },
                    "enabled": enabled.map { .flag($0) },
                    "popular": change.popular.map { .flag($0) },
                    "validFrom": change.validFrom.map { .text($0) },
                    "dryRun": .flag(change.dryRun),
                ])
        }
    }

    struct ChangePackage: ConsoleCommand {
        static let configuration = CommandConfiguration(
            commandName: "package", abstract: "Makes a version in which a package is another.")

        @Argument(help: "The id of the package.")
        var package: String

        @Option(help: "What it costs, in dollars.")
        var price: String?

        @Option(help: "The credit that it gives.")
        var credits: String?

        @Option(help: "What comes on top.")
        var bonus: String?

        @OptionGroup var change: ChangeOptions
        @OptionGroup var reason: ReasonOptions
        @OptionGroup var printing: PrintingOptions

        func call(_ database: Connection) throws -> ConsoleCall {
            let amounts = try [price, credits, bonus].map { text in
                try text.map { text in
                    // A bonus may be nothing.
                    guard let money = Money(dollars: text) else {
                        throw Refusal("an amount must be dollars and whole cents, such as 5.00")
                    }
                    return ConsoleCall.Value.money(money)
                }
            }
            return try .act(
                "packages/\(catalogID(package))", key: reason.key.take(),
                [
                    "reason": .text(reason.reason), "version": .number(change.base),
                    "price": amounts[0], "credits": amounts[1], "bonus": amounts[2],
                    "position": change.position.map { .number($0) },
                    "popular": change.popular.map { .flag($0) },
                    "validFrom": change.validFrom.map { .text($0) },
                    "dryRun": .flag(change.dryRun),
                ])
        }
    }
}

/// `10000=0.10`, or `none`.
struct CostStepArgument: ExpressibleByArgument {
    let step: CostStep?

    init?(argument: String) {
        let parts = argument.split(separator: "=", omittingEmptySubsequences: false)
        if argument == "none" {
            step = nil
        } else if parts.count == 2, let seconds = Int(parts[0]),
            let cost = Money(dollars: String(parts[1]))
        {
            step = CostStep(fromSeconds: seconds, costPerSecond: cost)
        } else {
            return nil
        }
    }
}

/// A path takes nothing else.
private func catalogID(_ text: String) throws -> String {
    guard !text.isEmpty, text.utf8.allSatisfy({ $0 != UInt8(ascii: "/") }) else {
        throw Refusal("\(text) is no id of the catalog")
    }
    return text
}
