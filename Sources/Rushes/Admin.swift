import ArgumentParser
import Domain
import MariaDB
import Sodium
import Store

struct Admin: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "What an operator does by hand.",
        subcommands: [CreateAdmin.self, Grant.self, ResetPassword.self, Seed.self])

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
                    .new(), email: credentials.email, passwordHash: Password.hash(password),
                    role: .admin)
            } catch is EmailTaken {
                throw ValidationError("\(credentials.email) has an account already")
            }
            print("\(credentials.email) \(password)")
        }
    }

    struct Grant: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Gives a user credit.")

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
            guard !reason.trimmed.isEmpty, reason.count <= 500 else {
                throw ValidationError("the reason must have 1 to 500 characters")
            }
            let database = Connection(try environment.databaseURL())
            let user = try account(email, in: database)
            try database.grantCredit(
                money, to: user.id, reason: reason, policy: Settings.creditPolicy(environment),
                grant: .new())
            print("\(user.email) has \(try database.balance(of: user.id).available)")
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
