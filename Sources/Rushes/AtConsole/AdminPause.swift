import ArgumentParser
import MariaDB

/// `rushes admin pause …`: the console's page of what is paused, and of the banner.
struct AdminPause: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause", abstract: "What is paused, and the words above every page.",
        subcommands: [Show.self, Set.self, SetBanner.self], defaultSubcommand: Show.self)

    struct Show: ConsoleCommand {
        static let configuration = CommandConfiguration(
            commandName: "show", abstract: "What is paused, and the banner.")

        @OptionGroup var printing: PrintingOptions

        func call(_ database: Connection) -> ConsoleCall { .look("announcements") }
    }

    struct Set: ConsoleCommand {
        static let configuration = CommandConfiguration(
            commandName: "set", abstract: "Pauses a part of the shop, or lets it go on.")

        @Argument(help: "orders, purchases or signups.")
        var part: Part

        @Argument(help: "on: it is paused; off: it goes on.")
        var state: State

        @Option(help: "What people read; the usual words when it is left out.")
        var words: String?

        @Option(help: "When it is expected to end, such as 2026-11-22T10:00:00Z: told alone.")
        var until: String?

        @OptionGroup var reason: ReasonOptions
        @OptionGroup var printing: PrintingOptions

        func call(_ database: Connection) throws -> ConsoleCall {
            try .act(
                "pauses/\(part)", key: reason.key.take(),
                [
                    "reason": .text(reason.reason), "paused": .flag(state == .on),
                    "words": words.map { .text($0) }, "until": until.map { .text($0) },
                ])
        }
    }

    struct SetBanner: ConsoleCommand {
        static let configuration = CommandConfiguration(
            commandName: "banner", abstract: "Puts words above every page, or takes them away.")

        @Option(help: "At most 300 characters; without them there is no banner.")
        var words: String?

        @Option(help: "notice (people may close it) or warning.")
        var kind: String?

        @Option(help: "From when it is shown; at once when it is left out.")
        var from: String?

        @Option(help: "Until when.")
        var until: String?

        @OptionGroup var reason: ReasonOptions
        @OptionGroup var printing: PrintingOptions

        func call(_ database: Connection) throws -> ConsoleCall {
            try .act(
                "banner", key: reason.key.take(),
                [
                    "reason": .text(reason.reason), "words": words.map { .text($0) },
                    "kind": kind.map { .text($0) }, "from": from.map { .text($0) },
                    "until": until.map { .text($0) },
                ])
        }
    }

    enum Part: String, ExpressibleByArgument {
        case orders, purchases, signups
    }

    enum State: String, ExpressibleByArgument {
        case on, off
    }
}
