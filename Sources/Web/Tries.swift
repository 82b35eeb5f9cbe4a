import Domain
import HTTP
import Logging
import MariaDB
import Sodium
import Store
import Texts

/// What is counted of a request, before it is known whether it is right.
struct Tries {
    let keys: [ThrottleKey]

    /// A sign-in: by the account's address and the caller's network, or by the device alone when it
    /// has signed in to that account before. An address without an account is counted like another.
    static func signIn(
        email: String, account: UserID?, _ request: Request, _ context: Context
    ) -> Tries {
        let tokens = context.site.tokens
        if let account, let device = DeviceCookie(of: request), device.belongs(to: account, tokens)
        {
            let name = "\(account):\(Base64.encode(device.id, .urlSafe))"
            return Tries(keys: [ThrottleKey(tokens.code(of: "tries of device:\(name)"), .device)])
        }
        return Tries(keys: [
            ThrottleKey(tokens.code(of: "tries of account:\(email)"), .account),
            network("tries of network", .network, request, context),
        ])
    }

    /// The password of somebody who is signed in: a stolen session may not guess it.
    static func confirmation(of user: UserID, _ context: Context) -> Tries {
        let key = context.site.tokens.code(of: "confirmations of:\(user)")
        return Tries(keys: [ThrottleKey(key, .device)])
    }

    /// A mail to an address, or an answer about it, for somebody who need not be its owner.
    static func mail(to email: String, _ request: Request, _ context: Context) -> Tries {
        Tries(keys: [
            ThrottleKey(context.site.tokens.code(of: "mails to:\(email)"), .mails),
            network("mails from network", .strangers, request, context),
        ])
    }

    private static func network(
        _ label: String, _ throttle: Throttle, _ request: Request, _ context: Context
    ) -> ThrottleKey {
        let network = ClientNetwork.of(request.remoteAddress)
        return ThrottleKey(context.site.tokens.code(of: "\(label):\(network)"), throttle)
    }

    /// Whether these are slowed by the account, so that its owner is told.
    var account: ThrottleKey? { keys.first { $0.throttle == .account } }
}

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
        let tries = Tries.confirmation(of: user.id, self)
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

    /// A link to be mailed.
    func newLink() -> NewMailToken {
        let id = MailTokenID.new()
        return NewMailToken(id: id, hash: site.links.token(of: id.description).hash)
    }
}

extension InvalidInput.Field {
    static let presentPassword = Self("currentPassword", .presentPasswordNeeded)
}
