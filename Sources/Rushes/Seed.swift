import ArgumentParser
import Domain
import FoundationEssentials
import JSON
import MariaDB
import Media
import Sodium
import Store
import System
import Worker

extension Admin {
    struct Seed: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "seed",
            abstract: "Fills a database of development with two accounts and some videos.",
            discussion: "Prints `address password` for each account. Does it only once.")

        private static let user = "user@rushes.test"
        private static let admin = "admin@rushes.test"

        @Flag(
            help: """
                Before that, ninety days of a whole shop: 200 customers, 3,000 videos, purchases, \
                refunds, disputes and losses. The database must be empty, and no worker may run.
                """)
        var shop = false

        func run() throws {
            let settings = try Settings()
            guard settings.shop.stage == .development else {
                throw Refusal("sample data is for APP_ENV=development alone")
            }
            let database = Connection(settings.database)
            guard try database.login(email: Self.user) == nil else {
                throw Refusal("the sample data is there already")
            }
            let staff: [(email: String, password: String)] =
                shop
                ? try openShop(in: database, settings)
                : [(Self.admin, try makeAccount(Self.admin, .admin, in: database).password)]
            let user = try makeAccount(Self.user, .user, in: database)
            try fill(user, in: database, settings)
            for (email, password) in [(Self.user, user.password)] + staff {
                print("\(email) \(password)")
            }
        }

        /// A user of the sample data, who owns an account.
        private struct Made {
            let user: UserID
            let account: AccountID
            let password: String
        }

        private func makeAccount(
            _ email: String, _ role: User.Role, in database: Connection
        ) throws -> Made {
            let password = newPassword()
            let made = Made(user: .new(), account: .new(), password: password)
            try database.createUser(
                made.user, owning: made.account, email: email,
                passwordHash: Password.hash(password), role: role)
            return made
        }

        /// Six videos of the last days, three of them playable, and $50 left to spend.
        private func fill(_ owner: Made, in database: Connection, _ settings: Settings) throws {
            let catalog = try database.catalog(version: database.currentCatalogVersion())
            let media = Storage(folder: settings.media.folder)
            let spent = try Sample.all.filter { $0.failure == nil }.map { sample in
                try sample.draft(catalog).price
            }.reduce(.zero, +)
            try database.grantCredit(
                Money(micros: 50_000_000) + spent, to: owner.account,
                reason: "Credit to try things with", policy: settings.policy.credit, grant: .new())
            for sample in Sample.all {
                let draft = try sample.draft(catalog)
                let startedAt = Date(timeIntervalSinceNow: -Double(sample.hoursAgo) * 3600)
                let id = VideoID.new(at: startedAt)
                let ending: SampleEnding =
                    if let failure = sample.failure {
                        .refunded(failure)
                    } else {
                        try .delivered(
                            sample.render(as: id, in: media),
                            vendorCost: draft.tier.cost(forSeconds: draft.duration))
                    }
                try database.insertSample(
                    VideoOrder(
                        call: .new(), draft: draft, catalogVersion: catalog.version,
                        videos: [(id, Base64.encode(randomBytes(24), .urlSafe))],
                        estimatedSeconds: 70 + draft.duration * 6),
                    of: owner.account, by: owner.user, ending: ending,
                    startedAt: startedAt,
                    lasting: 70 + draft.duration * 6, policy: settings.policy.credit)
            }
        }
    }
}

/// A video of the sample data.
struct Sample {
    let tier: String
    let duration: Int
    let prompt: String
    let hoursAgo: Int
    var failure: FailureReason?
    var colors = ("0x1b1d28", "0xe8b04a")

    static let all = [
        Sample(
            tier: "economy", duration: 5, hoursAgo: 70,
            "A paper boat drifting down a rain-filled street at dusk",
            colors: ("0x16324f", "0x9fb8ad")),
        Sample(
            tier: "pro", duration: 5, hoursAgo: 49,
            "A famous actor endorsing a brand of toothpaste", failure: .refused),
        Sample(
            tier: "basic", duration: 5, hoursAgo: 27,
            "Steam rising from a copper kettle in a dark kitchen, warm side light",
            colors: ("0x2b1a12", "0xd9812e")),
        Sample(
            tier: "economy", duration: 10, hoursAgo: 20,
            "A lighthouse in heavy fog, the lamp turning slowly", failure: .vendorFailed),
        Sample(
            tier: "basic", duration: 5, hoursAgo: 5,
            "Macro shot of frost growing over a leaf", failure: .canceled),
        Sample(
            tier: "pro", duration: 5, hoursAgo: 2,
            "A red fox crossing fresh snow between birch trees, slow dolly in",
            colors: ("0xdfe6ee", "0xb5431f")),
    ]

    init(
        tier: String, duration: Int, hoursAgo: Int, _ prompt: String,
        failure: FailureReason? = nil, colors: (String, String) = ("0x1b1d28", "0xe8b04a")
    ) {
        self.tier = tier
        self.duration = duration
        self.prompt = prompt
        self.hoursAgo = hoursAgo
        self.failure = failure
        self.colors = colors
    }

    func draft(_ catalog: Catalog) throws -> VideoDraft {
        try VideoDraft(
            .object([
                "tier": .string(tier), "duration": .integer(Int64(duration)),
                "prompt": .string(prompt),
            ]), catalog: catalog)
    }

    func render(as id: VideoID, in media: Storage) throws -> VideoFile {
        try SampleFilm(seconds: duration, colors: colors).render(as: id, in: media)
    }
}
