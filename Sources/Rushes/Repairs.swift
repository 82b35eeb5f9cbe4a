import ArgumentParser
import Billing
import Domain
import MariaDB
import Store
import Stripe

/// What the commands that repair the books share (A4; docs/operations.md).
struct RepairOptions: ParsableArguments {
    @Option(help: "Why.")
    var reason: String

    @Flag(help: "Tell what it would change, and change nothing.")
    var dryRun = false

    @OptionGroup var command: KeyOption

    func run(_ subject: String, _ body: (Operator) throws -> CommandReport) throws {
        let actor = try makeOperator(reason, key: command.take())
        let report = try explained(subject) { try body(actor) }
        for change in report.changes { print(change) }
        switch report.outcome {
        case .done: print(report.changes.isEmpty ? "Nothing was to be changed." : "Done.")
        case .repeated: print("This key was used: it is done already.")
        case .rehearsed: print("Nothing was changed: it was a dry run.")
        case .waits:
            print(
                "It is more than \(largestSoloAmount): a second operator gives the same command "
                    + "with the same --key.")
            throw ExitCode(unfinished)
        }
    }
}

extension Ledger {
    struct Rebuild: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "rebuild",
            abstract: "Makes an account's balances, lots and lines anew from the ledger.",
            discussion: "No entry of the ledger is changed.")

        @Argument(help: "The address of the account, or its id.")
        var account: String

        @OptionGroup var options: RepairOptions

        func run() throws {
            let database = try openDatabase()
            let owner = try accountID(account, in: database)
            try options.run("account \(account)") {
                try database.rebuild(owner, by: $0, isRehearsal: options.dryRun)
            }
        }
    }

    struct Adjust: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "adjust",
            abstract: "Puts the ledger right by an entry of its own.",
            discussion:
                "Gives credit, takes given credit that is not spent, or takes an effect back that "
                + "should not be there, by the opposite of each of its entries.")

        @Argument(help: "The address of the account, or its id.")
        var account: String

        @Option(help: "Give so many dollars, such as 5.00.")
        var give: String?

        @Option(help: "Take so many dollars.")
        var take: String?

        @Option(help: "Take back the effect of this op_key.")
        var reverse: String?

        @OptionGroup var options: RepairOptions

        func validate() throws {
            guard [give, take, reverse].count(where: { $0 != nil }) == 1 else {
                throw ValidationError("say one of --give, --take and --reverse")
            }
        }

        func run() throws {
            let policy = try SettingsReader.read { PolicySettings($0) }.credit
            let database = try openDatabase()
            let owner = try accountID(account, in: database)
            let given = try give.map { try dollars($0) }
            let taken = try take.map { try dollars($0) }
            try options.run("account \(account)") { actor in
                if let reverse {
                    return try database.reverse(
                        reverse, of: owner, by: actor, isRehearsal: options.dryRun)
                }
                return try database.adjust(
                    given ?? .zero - (taken ?? .zero), of: owner, policy: policy, by: actor,
                    isRehearsal: options.dryRun)
            }
        }
    }
}

extension Admin {
    struct Take: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "take",
            abstract: "Takes credit back that was given and is not spent.",
            discussion: "Bought credit goes with its money alone, by `rushes admin refund`.")

        @Argument(help: "The address of the account, or its id.")
        var account: String

        @Argument(help: "The amount in dollars, such as 5.00.")
        var amount: String

        @OptionGroup var options: RepairOptions

        func run() throws {
            let database = try openDatabase()
            let owner = try accountID(account, in: database)
            let amount = try dollars(amount)
            try options.run("account \(account)") { actor in
                try database.takeCredit(
                    amount, from: owner, reason: actor.reason, take: .new(), by: actor,
                    isRehearsal: options.dryRun)
            }
        }
    }

    struct Waive: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "waive", abstract: "Forgives a debt that a refund or a dispute left.")

        @Argument(help: "The address of the account, or its id.")
        var account: String

        @Option(help: "So many dollars of it; all of it when left out.")
        var amount: String?

        @OptionGroup var options: RepairOptions

        func run() throws {
            let database = try openDatabase()
            let owner = try accountID(account, in: database)
            let amount = try amount.map { try dollars($0) }
            try options.run("account \(account)") {
                try database.waive(amount, of: owner, by: $0, isRehearsal: options.dryRun)
            }
        }
    }

    struct CloseFinding: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "close-finding",
            abstract: "Closes what the auditor found, which then stops nothing while it stays.")

        @Argument(help: "The id of the finding, as the attention list has it.")
        var finding: String

        @Option(help: "Why.")
        var reason: String

        @OptionGroup var command: KeyOption

        func run() throws {
            guard let id = FindingID(finding) else {
                throw Refusal("\(finding) is no id of a finding")
            }
            let database = try openDatabase()
            let actor = try makeOperator(reason, key: command.take())
            try explained("finding \(finding)") { try database.close(id, by: actor) }
            print("Closed.")
        }
    }
}

struct PurchaseCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "purchase", abstract: "Puts purchases right that do not fit their payments.",
        subcommands: [Credit.self, Close.self, Refresh.self])

    struct Credit: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "credit",
            abstract: "Credits a purchase as it was ordered, although its payment does not fit it.",
            discussion: "Stripe is asked first: what is not paid there is never credited.")

        @Argument(help: "The id of the purchase.")
        var purchase: String

        @OptionGroup var options: RepairOptions

        func run() throws {
            try askStripe(purchase, options) { try $0.creditByHand($1, by: $2, isRehearsal: $3) }
        }
    }

    struct Refresh: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "refresh",
            abstract: "Reads from Stripe what went back of a purchase, and takes its credit.")

        @Argument(help: "The id of the purchase.")
        var purchase: String

        @OptionGroup var options: RepairOptions

        func run() throws {
            try askStripe(purchase, options) { try $0.refresh($1, by: $2, isRehearsal: $3) }
        }
    }

    struct Close: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "close",
            abstract: "Closes a purchase whose payment does not fit it: nothing is credited.",
            discussion: "What was paid all the same goes back at Stripe, by hand.")

        @Argument(help: "The id of the purchase.")
        var purchase: String

        @OptionGroup var options: RepairOptions

        func run() throws {
            let database = try openDatabase()
            let id = try purchaseID(purchase)
            try options.run("purchase \(purchase)") {
                try database.closePurchase(id, by: $0, isRehearsal: options.dryRun)
            }
        }
    }
}

struct VideoCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "video", abstract: "Ends videos by hand.", subcommands: [End.self])

    struct End: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "end", abstract: Admin.EndVideo.configuration.abstract,
            discussion: Admin.EndVideo.configuration.discussion)

        @OptionGroup var command: Admin.EndVideo

        func run() throws { try command.run() }
    }
}

private func askStripe(
    _ purchase: String, _ options: RepairOptions,
    _ body: (Billing, PurchaseID, Operator, Bool) throws -> CommandReport
) throws {
    let settings = try Settings()
    let id = try purchaseID(purchase)
    let billing = try Billing(
        database: Connection(settings.database),
        stripe: settings.stripeClient(timeout: .seconds(20)),
        policy: settings.policy.credit, seller: settings.seller, log: makeLogger("admin"))
    do {
        try options.run("purchase \(purchase)") { try body(billing, id, $0, options.dryRun) }
    } catch let error as StripeError {
        throw Refusal("Stripe was not reached, and nothing was done: \(error)")
    }
}

private func purchaseID(_ text: String) throws -> PurchaseID {
    guard let id = PurchaseID(text) else { throw Refusal("\(text) is no id of a purchase") }
    return id
}

/// An amount to the micro-dollar: a repair may have to put parts of a cent right. What is given or
/// sent back is `inCents`, for nobody can spend a part of one.
func dollars(_ text: String, inCents: Bool = false) throws -> Money {
    guard let money = Money(dollars: text), money > .zero, !inCents || money.cents != nil else {
        let form = inCents ? "dollars and whole cents, such as 5.00" : "dollars such as 5.00"
        throw Refusal("the amount must be \(form)")
    }
    return money
}

/// The account that the user of an address owns, or that of an id as the attention list has it.
func accountID(_ text: String, in database: Connection) throws -> AccountID {
    if let id = AccountID(text) { return id }
    return try findAccount(ownedBy: findUser(text, in: database), in: database)
}
