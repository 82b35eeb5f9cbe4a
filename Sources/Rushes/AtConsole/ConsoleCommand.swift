import ArgumentParser
import Console
import Domain
import Entrance
import FoundationEssentials
import Logging
import MariaDB
import Store
import System
import Web
import Worker

/// A command that is one call of the console's API: the very route that the pages call answers it, in
/// this process, with all rights. The log names the account of the operating system.
protocol ConsoleCommand: ParsableCommand {
    /// What of a list is shown to people.
    static var columns: [String] { get }
    var printing: PrintingOptions { get }
    func call(_ database: Connection) throws -> ConsoleCall
}

extension ConsoleCommand {
    static var columns: [String] { [] }

    func run() throws {
        let settings = try Settings()
        let call = try call(Connection(settings.database))
        let answer = ConsoleAnswer(
            settings.consoleSite().respond(
                to: call.request,
                from: CurrentUser.name(caller: ProcessInfo.processInfo.environment["SUDO_USER"])))
        if printing.json { print(answer.json) }
        guard answer.isGood else {
            guard printing.json else { throw Refusal(answer.refusal) }
            throw ExitCode.failure
        }
        if !printing.json { print(answer.text(Self.columns)) }
        // Being finished, or waiting for a second operator: the same again is not to be sent.
        if answer.status == 202 { throw ExitCode(unfinished) }
    }
}

extension Settings {
    /// The console alone.
    fileprivate func consoleSite() -> Site {
        Site(
            routes: Console.routes, settings: site, database: Connection(database),
            stripe: stripeClient(timeout: .seconds(20)), passwords: PasswordGate(),
            threads: ThreadGate(threads: 4), trouble: DatabaseTrouble(),
            fetch: downloads().fetchPicture, log: makeLogger("admin"))
    }
}

struct PrintingOptions: ParsableArguments {
    @Flag(help: "Print what the API answers, as JSON.")
    var json = false
}

struct PageOptions: ParsableArguments {
    @Option(help: "How many at most, from 1 to 100; 20 when it is left out.")
    var limit: Int?

    @Option(help: "Where the page before has ended.")
    var cursor: String?
}

struct DayOptions: ParsableArguments {
    @Option(help: "From this day or instant on, such as 2026-11-01.")
    var from: String?

    @Option(help: "Before this day or instant.")
    var to: String?
}

struct ReasonOptions: ParsableArguments {
    @Option(help: "Why; the log keeps it.")
    var reason: String

    @OptionGroup var key: KeyOption
}

/// What an act is about: named by its id, or an account and its owner by their address.
enum ConsoleSubject {
    case user, account, thing

    func id(_ text: String, in database: Connection) throws -> String {
        switch self {
        case .user: try UserID(text)?.description ?? "\(person(text, in: database))"
        case .account: "\(try accountID(text, in: database))"
        case .thing: try requireID(text)
        }
    }

    /// Who has the address, blocked or not.
    private func person(_ email: String, in database: Connection) throws -> UserID {
        let address = Credentials.normalized(email)
        let found = try database.people(PersonSearch(email), before: nil, limit: 100)
        guard let person = found.first(where: { $0.user.email == address }) else {
            throw Refusal("no account has the address \(email)")
        }
        return person.user.id
    }

    /// A path takes nothing else.
    private func requireID(_ text: String) throws -> String {
        guard let id = ID<ConsoleSubject>(text) else { throw Refusal("\(text) is no id") }
        return "\(id)"
    }
}

/// An act that needs no more than a reason.
protocol PlainAct {
    static var name: String { get }
    /// Of what, and what: `users` and `block`.
    static var place: (things: String, act: String) { get }
    static var subject: ConsoleSubject { get }
    static var abstract: String { get }
}

extension PlainAct {
    static var subject: ConsoleSubject { .thing }
}

struct PlainActCommand<Act: PlainAct>: ConsoleCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(commandName: Act.name, abstract: Act.abstract)
    }

    @Argument(help: "Its id; of people the address, too.")
    var id: String

    @OptionGroup var reason: ReasonOptions
    @OptionGroup var printing: PrintingOptions

    func call(_ database: Connection) throws -> ConsoleCall {
        let id = try Act.subject.id(id, in: database)
        return try .act(
            "\(Act.place.things)/\(id)/\(Act.place.act)", key: reason.key.take(),
            ["reason": .text(reason.reason)])
    }
}

/// An act that is about an amount.
struct MoneyActCommand<Act: PlainAct>: ConsoleCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(commandName: Act.name, abstract: Act.abstract)
    }

    @Argument(help: "Its id; of people the address, too.")
    var id: String

    @Option(help: "Dollars, such as 4.50; where all is meant, it may be left out.")
    var amount: String?

    @OptionGroup var reason: ReasonOptions
    @OptionGroup var printing: PrintingOptions

    func call(_ database: Connection) throws -> ConsoleCall {
        let id = try Act.subject.id(id, in: database)
        let amount = try amount.map { try dollars($0) }
        return try .act(
            "\(Act.place.things)/\(id)/\(Act.place.act)", key: reason.key.take(),
            ["reason": .text(reason.reason), "amount": amount.map { .money($0) }])
    }
}
