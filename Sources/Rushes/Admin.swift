import ArgumentParser
import Domain
import FoundationEssentials
import MariaDB
import Store
import System
import Texts

struct Admin: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "admin", abstract: "What an operator does by hand.",
        subcommands: [
            AdminAttention.self, AdminUsers.self, AdminPurchases.self, AdminVideoRecords.self,
            AdminCatalog.self, AdminPause.self, CloseFinding.self, CreateAdmin.self, EndVideo.self,
            Grant.self,
            Refund.self,
            RefundQueued.self, ResetPassword.self, ResetSecondFactor.self, ResolveVideo.self,
            Seed.self, SetRole.self, Take.self, Waive.self,
        ])
}

/// What a command refuses: told in one line, without a usage, which was right; the exit code is 1.
struct Refusal: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}

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
