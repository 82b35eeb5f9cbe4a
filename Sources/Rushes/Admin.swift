import ArgumentParser
import Billing
import Domain
import FoundationEssentials
import Ledger
import MariaDB
import Pollo
import Sodium
import Store
import Stripe
import System
import Texts

struct Admin: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "admin", abstract: "What an operator does by hand.",
        subcommands: [
            CloseFinding.self, CreateAdmin.self, EndVideo.self, Grant.self, Refund.self,
            RefundQueued.self, ResetPassword.self, ResolveVideo.self, Seed.self, Take.self,
            Waive.self,
        ])

    struct CreateAdmin: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "create-admin",
            abstract: "Makes an account with all rights; prints its password.")

        @Argument(help: "The address of the account.")
        var email: String

        @Option(help: "Why.")
        var reason = atTheCommandLine

        func run() throws {
            let database = try openDatabase()
            let actor = try makeOperator(reason)
            let password = newPassword()
            let credentials = try credentials(email, password)
            do {
                try database.createUser(
                    .new(), owning: .new(), email: credentials.email,
                    passwordHash: Password.hash(credentials.password.text), role: .admin,
                    by: actor)
            } catch is EmailTaken {
                throw Refusal("\(credentials.email) has an account already")
            }
            print("\(credentials.email) \(password)")
        }
    }

    struct Grant: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "grant", abstract: "Gives a user credit, or takes it back.",
            discussion:
                "With --take, what was given and is not spent goes back; bought credit goes "
                + "with its money alone, by `rushes admin refund`.")

        /// Above this, a slip of the finger is likelier than the wish.
        private static let largest = Money(micros: 500_000_000)

        @Argument(help: "The address of the account.")
        var email: String

        @Argument(help: "The amount in dollars, such as 5.00.")
        var amount: String

        @Option(help: "Why; the user reads it.")
        var reason: String

        @Flag(help: "Take it back.")
        var take = false

        @Flag(help: "It is meant to be more than $500.00.")
        var yes = false

        @OptionGroup var command: KeyOption

        func run() throws {
            // Parts of a cent may be there to be taken.
            let money = try dollars(amount, inCents: !take)
            guard money <= Self.largest || yes else {
                throw Refusal("\(money) is more than \(Self.largest); if it is meant, say --yes")
            }
            let policy = try SettingsReader.read { PolicySettings($0) }.credit
            let database = try openDatabase()
            let user = try findUser(email, in: database)
            let account = try findAccount(ownedBy: user, in: database)
            let actor = try makeOperator(reason, key: command.take())
            try explained("account \(email)") {
                if take {
                    let report = try database.takeCredit(
                        money, from: account, reason: actor.reason, take: .new(), by: actor)
                    if report.outcome == .waits {
                        throw Refusal(
                            "it is more than \(largestSoloAmount): a second operator gives the same "
                                + "command with the same --key")
                    }
                } else {
                    try database.grantCredit(
                        money, to: account, reason: actor.reason, policy: policy, grant: .new(),
                        by: actor)
                }
            }
            print("\(user.email) has \(try database.balance(of: account).available)")
        }
    }

    struct Refund: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "refund",
            abstract: "Sends money of a purchase back, and takes the credit with it.")

        @Argument(help: "The id of the purchase.")
        var purchase: String

        @Option(help: "The amount in dollars, such as 4.50; all that is not spent when left out.")
        var amount: String?

        @Option(help: "Why.")
        var reason: String

        @OptionGroup var command: KeyOption

        func run() throws {
            let settings = try Settings()
            guard let id = PurchaseID(purchase) else {
                throw Refusal("\(purchase) is no id of a purchase")
            }
            let money = try amount.map { try dollars($0, inCents: true) }
            let billing = Billing(
                database: Connection(settings.database),
                stripe: settings.stripeClient(timeout: .seconds(20)),
                policy: settings.policy.credit,
                log: makeLogger("admin"))
            let actor = try makeOperator(reason, key: command.take())
            do {
                let result = try explained("purchase \(purchase)") {
                    try billing.refund(id, amount: money, by: actor)
                }
                print("The purchase is \(result.state.rawValue).")
            } catch is UnfinishedRefund {
                print("The refund is being finished by `rushes work`. Do not make it again.")
                throw ExitCode(unfinished)
            }
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

    struct ResetPassword: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "reset-password",
            abstract: "Gives an account a new password, prints it, and ends its sessions.")

        @Argument(help: "The address of the account.")
        var email: String

        @Option(help: "Why.")
        var reason = atTheCommandLine

        func run() throws {
            let database = try openDatabase()
            let actor = try makeOperator(reason)
            let user = try findUser(email, in: database)
            let password = newPassword()
            try database.resetPassword(of: user.id, to: Password.hash(password), by: actor)
            print("\(user.email) \(password)")
        }
    }
}

/// What a command refuses: told in one line, without a usage, which was right; the exit code is 1.
struct Refusal: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}

/// The reason of a command that takes none.
private let atTheCommandLine = "At the command line"
/// EX_TEMPFAIL of sysexits(3): what was begun is being finished.
let unfinished: Int32 = 75

/// The key of a command that moves money.
struct KeyOption: ParsableArguments {
    @Option(
        help: """
            A name of your own for this command: given again, it does nothing twice. One is made, \
            and printed, when it is left out.
            """)
    var key: String?

    /// The key, printed before anything is done, so that it is known whatever happens then.
    func take() throws -> String {
        let name = key ?? newPassword()
        guard (1...255).contains(name.utf8.count),
            name.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else { throw Refusal("--key takes 1 to 255 visible ASCII characters") }
        StandardError.write(Array("key: \(name)\n".utf8))
        return name
    }
}

/// Runs `body`, whose refusals the command line says in their own words.
func explained<Result>(_ subject: String, _ body: () throws -> Result) throws -> Result {
    do {
        return try body()
    } catch let error as Conflict {
        throw Refusal(error.phrase.text())
    } catch is NotFound {
        throw Refusal("there is no \(subject)")
    } catch is IdempotencyConflict {
        throw Refusal("--key was used for another command")
    }
}

/// For a command that needs the database alone.
func openDatabase() throws -> Connection {
    Connection(try SettingsReader.read { DatabaseSettings($0) }.application)
}

/// The operator at the command line.
func makeOperator(_ reason: String, key: String? = nil) throws -> Operator {
    do {
        let name = CurrentUser.name(caller: ProcessInfo.processInfo.environment["SUDO_USER"])
        return try Operator(
            userID: nil,
            systemUser: name.cut(to: 255),
            reason: reason, key: key)
    } catch let error as InvalidInput {
        throw Refusal("--reason: \(error.fields[0].phrase.text())")
    }
}

/// 128 random bits that can be typed.
func newPassword() -> String {
    Base64.encode(randomBytes(16), .urlSafe)
}

func credentials(_ email: String, _ password: String) throws -> Credentials {
    do {
        return try Credentials(registering: email, password: password)
    } catch let error as InvalidInput {
        throw Refusal(error.fields.map { $0.phrase.text() }.joined(separator: " "))
    }
}

func findUser(_ email: String, in database: Connection) throws -> User {
    guard let address = Credentials.normalized(email),
        let user = try database.login(email: address)?.user
    else { throw Refusal("no account has the address \(email)") }
    return user
}

func findAccount(ownedBy user: User, in database: Connection) throws -> AccountID {
    guard let account = try database.account(ownedBy: user.id) else {
        throw Refusal("\(user.email) owns no account")
    }
    return account
}
