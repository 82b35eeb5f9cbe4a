import ArgumentParser
import Domain
import MariaDB

/// `rushes admin users …`: the console's pages of people.
struct AdminUsers: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "users", abstract: "The people who use the shop.",
        subcommands: [
            List.self, Show.self, Lines.self, Sessions.self, Role.self,
            PlainActCommand<Block>.self, PlainActCommand<Unblock>.self,
            PlainActCommand<SignOut>.self, PlainActCommand<Verify>.self,
            PlainActCommand<ResetCodes>.self, PlainActCommand<Note>.self,
            MoneyActCommand<Give>.self, MoneyActCommand<Take>.self, MoneyActCommand<Waive>.self,
        ], defaultSubcommand: List.self)

    struct List: ConsoleCommand {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "Users with what their accounts have, newest first.")
        static let columns = [
            "id", "email", "role", "available", "paid", "videos", "lastUsedAt", "blockedAt",
        ]

        @Option(
            name: .customLong("q"),
            help: """
                A part of the address, an id (of a user, account, purchase or video), or Stripe's \
                name of a payment.
                """)
        var words: String?

        @OptionGroup var page: PageOptions
        @OptionGroup var printing: PrintingOptions

        func call(_ database: Connection) -> ConsoleCall {
            .look(
                "users", ["q": words, "limit": page.limit.map { "\($0)" }, "cursor": page.cursor])
        }
    }

    struct Show: ConsoleCommand {
        static let configuration = CommandConfiguration(
            commandName: "show", abstract: "One user, with credit and notes.")

        @Argument(help: "The id of the user or of their account, or the address.")
        var user: String

        @OptionGroup var printing: PrintingOptions

        func call(_ database: Connection) throws -> ConsoleCall {
            .look("users/\(try ConsoleSubject.user.id(user, in: database))")
        }
    }

    struct Lines: ConsoleCommand {
        static let configuration = CommandConfiguration(
            commandName: "lines", abstract: "What moved an account's credit, newest first.")
        static let columns = ["createdAt", "type", "amount", "balanceAfter", "description"]

        @Argument(help: "The id of the account, or its owner's address.")
        var account: String

        @OptionGroup var page: PageOptions
        @OptionGroup var printing: PrintingOptions

        func call(_ database: Connection) throws -> ConsoleCall {
            .look(
                "accounts/\(try ConsoleSubject.account.id(account, in: database))/transactions",
                ["limit": page.limit.map { "\($0)" }, "cursor": page.cursor])
        }
    }

    struct Sessions: ConsoleCommand {
        static let configuration = CommandConfiguration(
            commandName: "sessions", abstract: "Where a user is signed in, newest first.")
        static let columns = ["createdAt", "lastUsedAt", "address", "userAgent"]

        @Argument(help: "The id of the user, or the address.")
        var user: String

        @OptionGroup var page: PageOptions
        @OptionGroup var printing: PrintingOptions

        func call(_ database: Connection) throws -> ConsoleCall {
            .look(
                "users/\(try ConsoleSubject.user.id(user, in: database))/sessions",
                ["limit": page.limit.map { "\($0)" }, "cursor": page.cursor])
        }
    }

    struct Role: ConsoleCommand {
        static let configuration = CommandConfiguration(
            commandName: "role", abstract: "Gives a user a part in running the shop, or takes it.")

        @Argument(help: "The id of the user, or the address.")
        var user: String

        @Argument(help: "user, support, accountant or admin.")
        var role: String

        @OptionGroup var reason: ReasonOptions
        @OptionGroup var printing: PrintingOptions

        func call(_ database: Connection) throws -> ConsoleCall {
            let id = try ConsoleSubject.user.id(user, in: database)
            return try .act(
                "users/\(id)/role", key: reason.key.take(),
                ["reason": .text(reason.reason), "role": .text(role)])
        }
    }

    // MARK: Acts

    enum Block: PlainAct {
        static let name = "block"
        static let place = (things: "users", act: "block")
        static let subject = ConsoleSubject.user
        static let abstract = "Blocks a user: sessions end, what waits is canceled, credit stays."
    }

    enum Unblock: PlainAct {
        static let name = "unblock"
        static let place = (things: "users", act: "unblock")
        static let subject = ConsoleSubject.user
        static let abstract = "Lets a blocked user in again."
    }

    enum SignOut: PlainAct {
        static let name = "sign-out"
        static let place = (things: "users", act: "sign-out")
        static let subject = ConsoleSubject.user
        static let abstract = "Ends every session of a user."
    }

    enum Verify: PlainAct {
        static let name = "verify"
        static let place = (things: "users", act: "verification")
        static let subject = ConsoleSubject.user
        static let abstract = "Takes an address as proved, by your word."
    }

    enum ResetCodes: PlainAct {
        static let name = "reset-second-factor"
        static let place = (things: "users", act: "second-factor-reset")
        static let subject = ConsoleSubject.user
        static let abstract = "Makes a user's sign-ins take no code, and ends their sessions."
    }

    enum Note: PlainAct {
        static let name = "note"
        static let place = (things: "users", act: "notes")
        static let subject = ConsoleSubject.user
        static let abstract = "Notes the reason about a user, for operators alone."
    }

    enum Give: PlainAct {
        static let name = "grant"
        static let place = (things: "accounts", act: "grant")
        static let subject = ConsoleSubject.account
        static let abstract = "Gives credit; the account's users read the reason."
    }

    enum Take: PlainAct {
        static let name = "take"
        static let place = (things: "accounts", act: "take")
        static let subject = ConsoleSubject.account
        static let abstract = "Takes credit back that was given and is not spent."
    }

    enum Waive: PlainAct {
        static let name = "waive"
        static let place = (things: "accounts", act: "waiver")
        static let subject = ConsoleSubject.account
        static let abstract = "Forgives a debt, or a part of it."
    }
}
