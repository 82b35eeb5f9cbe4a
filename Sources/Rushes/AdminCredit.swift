import ArgumentParser
import Billing
import Domain
import Ledger
import MariaDB
import Store
import Stripe

extension Admin {
    struct Grant: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "grant", abstract: "Gives a user credit.",
            discussion: "`rushes admin take` takes it back.")

        /// Above this, a slip of the finger is likelier than the wish.
        private static let largest = Money(micros: 500_000_000)

        @Argument(help: "The address of the account.")
        var email: String

        @Argument(help: "The amount in dollars, such as 5.00.")
        var amount: String

        @Option(help: "Why; the user reads it.")
        var reason: String

        @Flag(help: "It is meant to be more than $500.00.")
        var yes = false

        @OptionGroup var command: KeyOption

        func run() throws {
            let money = try dollars(amount, inCents: true)
            guard money <= Self.largest || yes else {
                throw Refusal("\(money) is more than \(Self.largest); if it is meant, say --yes")
            }
            let policy = try SettingsReader.read { PolicySettings($0) }.credit
            let database = try openDatabase()
            let user = try findUser(email, in: database)
            let account = try findAccount(ownedBy: user, in: database)
            let actor = try makeOperator(reason, key: command.take())
            try explained("account \(email)") {
                try database.grantCredit(
                    money, to: account, reason: actor.reason, policy: policy, grant: .new(),
                    by: actor)
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
            let billing = try Billing(
                database: Connection(settings.database),
                stripe: settings.stripeClient(timeout: .seconds(20)),
                policy: settings.policy.credit, seller: settings.seller,
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
}

/// EX_TEMPFAIL of sysexits(3): what was begun is being finished.
let unfinished: Int32 = 75
