import Domain
package import Entrance
import Sodium
import Store
import Texts

extension Context {
    /// Checks a password and counts the try; the try is taken back when the password is right.
    /// Throws ``TooManyTries`` without looking at the password.
    ///
    /// The try is counted once a place for its hash is free, so that the right password many times
    /// at once is not taken for guessing: there are fewer places than tries.
    func check(
        _ password: PreparedPassword, against stored: String?, _ tries: Tries
    ) throws -> PasswordGate.Check {
        let check = try site.passwords.check(password, against: stored) {
            try database.countTry(tries.keys)
        }
        if check != .wrong { try database.takeBackTry(tries.keys) }
        return check
    }

    /// Throws a refusal of the field `currentPassword` unless that is the user's password.
    func confirm(_ typed: String?, of user: User, stored: String?) throws {
        guard let typed, !typed.isEmpty else { throw InvalidInput([.presentPassword]) }
        let tries = Tries.confirmation(of: user.id, site.tokens)
        guard let password = PreparedPassword(proving: typed),
            try check(password, against: stored, tries) != .wrong
        else { throw InvalidInput("currentPassword", .presentPasswordWrong) }
    }

    /// What is wrong with a password that somebody chooses, beside `others`: all is said at once.
    func choose(
        _ typed: String?, for email: String?, beside others: [InvalidInput.Field]
    ) throws -> PreparedPassword {
        let password: PreparedPassword
        do {
            password = try PreparedPassword(choosing: typed, for: email)
        } catch let error as InvalidInput {
            throw InvalidInput(others + error.fields)
        }
        guard others.isEmpty else { throw InvalidInput(others) }
        return password
    }

    /// What is counted of a mail to an address.
    package func mailTries(to email: String) -> Tries {
        Tries.mail(to: email, request, site.tokens)
    }

    /// A link to be mailed.
    func newLink() -> NewMailToken {
        let id = MailTokenID.new()
        return NewMailToken(id: id, hash: site.links.token(of: id.description).hash)
    }
}

extension InvalidInput.Field {
    static let presentPassword = Self("currentPassword", .presentPasswordNeeded)
}
