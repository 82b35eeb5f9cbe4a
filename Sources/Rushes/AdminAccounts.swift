import ArgumentParser
import Domain
import MariaDB
import Sodium
import Store
import Texts

extension Admin {
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

extension Admin {
    struct ResetSecondFactor: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "reset-second-factor",
            abstract: "Makes an account's sign-ins take no code, and ends its sessions.")

        @Argument(help: "The address of the account.")
        var email: String

        @Option(help: "Why: how you know that it is the owner who asks.")
        var reason: String

        func run() throws {
            let database = try openDatabase()
            let actor = try makeOperator(reason)
            let user = try findUser(email, in: database)
            try database.resetSecondFactor(of: user.id, by: actor)
            print("\(user.email)")
        }
    }
}

extension Admin {
    struct SetRole: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "set-role",
            abstract: "Gives a user a part in running the shop, or takes it.")

        @Argument(help: "The address of the user.")
        var email: String

        @Argument(help: "user, support, accountant or admin.")
        var role: String

        @Option(help: "Why.")
        var reason: String

        @OptionGroup var key: KeyOption

        func run() throws {
            guard let role = User.Role(rawValue: role) else {
                let names = User.Role.allCases.map(\.rawValue).joined(separator: ", ")
                throw Refusal("there is no role \(self.role): choose one of \(names)")
            }
            let database = try openDatabase()
            let user = try findUser(email, in: database)
            let actor = try makeOperator(reason, key: key.take())
            try explained("user") {
                try database.setRole(of: user.id, to: role, by: actor)
            }
            print("\(user.email) \(role.rawValue)")
        }
    }
}

/// The reason of a command that takes none.
private let atTheCommandLine = "At the command line"

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
