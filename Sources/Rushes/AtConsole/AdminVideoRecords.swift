import ArgumentParser
import Domain
import MariaDB

/// `rushes admin videos …`: the console's pages of videos.
struct AdminVideoRecords: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "videos", abstract: "What was ordered, with cost and margin.",
        subcommands: [List.self, Show.self, Resolve.self, PlainActCommand<End>.self],
        defaultSubcommand: List.self)

    struct List: ConsoleCommand {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "Videos of everybody, newest first.")
        static let columns = [
            "id", "createdAt", "email", "tier", "duration", "state", "failureReason", "price",
            "margin", "taskId",
        ]

        @Option(
            help: "queued, submitting, submit_unknown, submitted, storing, delivered, refunded.")
        var state: String?

        @Option(help: "The id of a tier.")
        var tier: String?

        @Option(help: "Of this account alone: its id, or its owner's address.")
        var account: String?

        @Option(help: "The vendor's id of a task.")
        var task: String?

        @OptionGroup var days: DayOptions
        @OptionGroup var page: PageOptions
        @OptionGroup var printing: PrintingOptions

        func call(_ database: Connection) throws -> ConsoleCall {
            .look(
                "videos",
                [
                    "state": state, "tier": tier, "task": task,
                    "account": try account.map { try ConsoleSubject.account.id($0, in: database) },
                    "from": days.from, "to": days.to, "limit": page.limit.map { "\($0)" },
                    "cursor": page.cursor,
                ])
        }
    }

    struct Show: ConsoleCommand {
        static let configuration = CommandConfiguration(
            commandName: "show", abstract: "One video, with every try to have it made.")

        @Argument(help: "The id of the video.")
        var video: String

        @OptionGroup var printing: PrintingOptions

        func call(_ database: Connection) throws -> ConsoleCall {
            .look("videos/\(try ConsoleSubject.thing.id(video, in: database))")
        }
    }

    struct Resolve: ConsoleCommand {
        static let configuration = CommandConfiguration(
            commandName: "resolve",
            abstract: "Says whether the vendor has made an uncertain video.",
            discussion: "With --task it goes on; without, the credit goes back.")

        @Argument(help: "The id of the video.")
        var video: String

        @Option(help: "The vendor's task.")
        var task: String?

        @OptionGroup var reason: ReasonOptions
        @OptionGroup var printing: PrintingOptions

        func call(_ database: Connection) throws -> ConsoleCall {
            let id = try ConsoleSubject.thing.id(video, in: database)
            return try .act(
                "videos/\(id)/resolution", key: reason.key.take(),
                ["reason": .text(reason.reason), "taskId": task.map { .text($0) }])
        }
    }

    enum End: PlainAct {
        static let name = "end"
        static let place = (things: "videos", act: "closure")
        static let abstract = "Ends a video in whatever state it is, and gives the credit back."
    }
}
