import ArgumentParser
import Domain
import MariaDB
import Pollo
import Store

extension Admin {
    struct EndVideo: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "end-video",
            abstract: "Ends a video in whatever state it is, and gives the credit back.",
            discussion: "For one that nothing else ends. What the vendor makes of it all the same "
                + "is a loss, and is shown as one.")

        @Argument(help: "The id of the video.")
        var video: String

        @Option(help: "Why.")
        var reason: String

        @OptionGroup var command: KeyOption

        func run() throws {
            let settings = try Settings()
            guard let id = VideoID(video) else {
                throw Refusal("\(video) is no id of a video")
            }
            let actor = try makeOperator(reason, key: command.take())
            try explained("video \(video)") {
                try Connection(settings.database).endVideo(
                    id, policy: settings.policy.credit, by: actor)
            }
            print("The credit went back.")
        }
    }

    struct RefundQueued: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "refund-queued",
            abstract: "Ends every video that waits, and gives the credit back.",
            discussion: "For after an older copy of the database was restored, before `rushes "
                + "work` is started: what waits there may have been made, and billed, since.")

        @Option(help: "Why.")
        var reason: String

        @OptionGroup var command: KeyOption

        func run() throws {
            let settings = try Settings()
            let actor = try makeOperator(reason, key: command.take())
            let database = Connection(settings.database)
            let isNew = try explained("command") {
                try database.beginCommand("video.refund-queued", "all", by: actor)
            }
            guard isNew else { throw Refusal("this key was used: it is done already") }
            var count = 0
            while case let ended = try database.refundQueued(
                policy: settings.policy.credit, by: actor), ended > 0
            {
                count += ended
            }
            print("\(count) videos that waited were given back.")
        }
    }

    struct ResolveVideo: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "resolve-video",
            abstract: "Ends the uncertainty about a video whose submission had no answer.",
            discussion: "With --task, the task that the vendor made, it goes on; without, the "
                + "credit goes back.")

        @Argument(help: "The id of the video.")
        var video: String

        @Option(help: "The vendor's task.")
        var task: String?

        @Option(help: "Why.")
        var reason: String

        @OptionGroup var command: KeyOption

        func run() throws {
            let settings = try Settings()
            guard let id = VideoID(video) else {
                throw Refusal("\(video) is no id of a video")
            }
            if let task, !PolloTask.isID(task) {
                throw Refusal("\(task) is no id of a task")
            }
            let actor = try makeOperator(reason, key: command.take())
            try explained("video \(video)") {
                try Connection(settings.database).resolve(
                    id, task: task, renderDeadline: settings.policy.deadlines.render,
                    policy: settings.policy.credit, by: actor)
            }
            print(task == nil ? "The credit went back." : "The video goes on.")
        }
    }
}
