import ArgumentParser
import Billing
import Domain
import MariaDB
import Pollo
import Sodium
import Store

struct Admin: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "admin", abstract: "What an operator does by hand.",
        subcommands: [
            CreateAdmin.self, Grant.self, Refund.self, RefundQueued.self, ResetPassword.self,
            ResolveVideo.self, Seed.self,
        ])

    struct CreateAdmin: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "create-admin",
            abstract: "Makes an account with all rights; prints its password.")

        @Argument(help: "The address of the account.")
        var email: String

        func run() throws {
            let database = Connection(try Environment().databaseURL())
            let password = newPassword()
            let credentials = try credentials(email, password)
            do {
                try database.createUser(
                    .new(), email: credentials.email,
                    passwordHash: Password.hash(credentials.password.text), role: .admin)
            } catch is EmailTaken {
                throw ValidationError("\(credentials.email) has an account already")
            }
            print("\(credentials.email) \(password)")
        }
    }

    struct Grant: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "grant", abstract: "Gives a user credit.")

        @Argument(help: "The address of the account.")
        var email: String

        @Argument(help: "The amount in dollars, such as 5.00.")
        var amount: String

        @Option(help: "Why; the user reads it.")
        var reason: String

        func run() throws {
            let environment = try Environment()
            guard let money = Money(dollars: amount), money > .zero else {
                throw ValidationError("the amount must be dollars such as 5.00")
            }
            let actor = try makeOperator(reason)
            let database = Connection(try environment.databaseURL())
            let user = try account(email, in: database)
            try database.grantCredit(
                money, to: user.id, reason: actor.reason,
                policy: Settings.creditPolicy(environment), grant: .new(), by: actor)
            print("\(user.email) has \(try database.balance(of: user.id).available)")
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

        func run() throws {
            let settings = try Settings(Environment())
            guard let id = PurchaseID(purchase) else {
                throw ValidationError("\(purchase) is no id of a purchase")
            }
            let money = amount.flatMap { Money(dollars: $0) }
            guard amount == nil || money?.cents != nil else {
                throw ValidationError("--amount must be dollars and whole cents, such as 4.50")
            }
            let billing = Billing(
                database: Connection(settings.database),
                stripe: settings.stripe(timeout: .seconds(20)), policy: settings.creditPolicy,
                log: makeLogger("admin"))
            let actor = try makeOperator(reason)
            let result = try explained("purchase \(purchase)") {
                try billing.refund(id, amount: money, by: actor)
            }
            print("The purchase is \(result.state.rawValue).")
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

        func run() throws {
            let settings = try Settings(Environment())
            let actor = try makeOperator(reason)
            let database = Connection(settings.database)
            var count = 0
            while case let ended = try database.refundQueued(
                policy: settings.creditPolicy, by: actor), ended > 0
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

        func run() throws {
            let settings = try Settings(Environment())
            guard let id = VideoID(video) else {
                throw ValidationError("\(video) is no id of a video")
            }
            if let task, !PolloTask.isID(task) {
                throw ValidationError("\(task) is no id of a task")
            }
            let actor = try makeOperator(reason)
            try explained("video \(video)") {
                try Connection(settings.database).resolve(
                    id, task: task, renderDeadline: settings.deadlines.render,
                    policy: settings.creditPolicy, by: actor)
            }
            print(task == nil ? "The credit went back." : "The video goes on.")
        }
    }

    struct ResetPassword: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "reset-password",
            abstract: "Gives an account a new password, prints it, and ends its sessions.")

        @Argument(help: "The address of the account.")
        var email: String

        func run() throws {
            let database = Connection(try Environment().databaseURL())
            let user = try account(email, in: database)
            let password = newPassword()
            try database.resetPassword(of: user.id, to: Password.hash(password))
            print("\(user.email) \(password)")
        }
    }
}

/// Runs `body`, whose refusals the command line says in their own words.
private func explained<Result>(_ subject: String, _ body: () throws -> Result) throws -> Result {
    do {
        return try body()
    } catch let error as Conflict {
        throw ValidationError(error.message)
    } catch is NotFound {
        throw ValidationError("there is no \(subject)")
    }
}

/// The operator at the command line.
func makeOperator(_ reason: String) throws -> Operator {
    do {
        return try Operator(userID: nil, reason: reason)
    } catch let error as InvalidInput {
        throw ValidationError("--reason: \(error.fields[0].message)")
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
        throw ValidationError(error.fields.map(\.message).joined(separator: " "))
    }
}

func account(_ email: String, in database: Connection) throws -> User {
    guard let address = Credentials.normalized(email),
        let user = try database.login(email: address)?.user
    else { throw ValidationError("no account has the address \(email)") }
    return user
}
