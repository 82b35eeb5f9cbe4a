package import Domain
package import HTTP
import Sodium
package import Store

/// What is counted of a request, before it is known whether it is right.
package struct Tries {
    package let keys: [ThrottleKey]

    /// A sign-in: by the account's address and the caller's network, or by the device alone when it
    /// has signed in to that account before. An address without an account is counted like another.
    package static func signIn(
        email: String, user: UserID?, _ request: Request, _ tokens: TokenAuthority
    ) -> Tries {
        if let user, let device = DeviceCookie(of: request), device.belongs(to: user, tokens) {
            let name = "\(user):\(Base64.encode(device.id, .urlSafe))"
            return Tries(keys: [ThrottleKey(tokens.code(of: "tries of device:\(name)"), .device)])
        }
        return Tries(keys: [
            ThrottleKey(tokens.code(of: "tries of account:\(email)"), .account),
            network("tries of network", .network, request, tokens),
        ])
    }

    /// The code after the password: by the account, or by the device that has signed in before.
    /// Counted apart from passwords, since who gets here knew one.
    package static func code(
        of user: UserID, _ request: Request, _ tokens: TokenAuthority
    ) -> Tries {
        if let device = DeviceCookie(of: request), device.belongs(to: user, tokens) {
            let name = "\(user):\(Base64.encode(device.id, .urlSafe))"
            return Tries(keys: [ThrottleKey(tokens.code(of: "codes of device:\(name)"), .device)])
        }
        return Tries(keys: [
            ThrottleKey(tokens.code(of: "codes of account:\(user)"), .account),
            network("codes of network", .network, request, tokens),
        ])
    }

    /// The password of somebody who is signed in: a stolen session may not guess it.
    package static func confirmation(of user: UserID, _ tokens: TokenAuthority) -> Tries {
        let key = tokens.code(of: "confirmations of:\(user)")
        return Tries(keys: [ThrottleKey(key, .device)])
    }

    /// A mail to an address, or an answer about it, for somebody who need not be its owner.
    package static func mail(
        to email: String, _ request: Request, _ tokens: TokenAuthority
    ) -> Tries {
        Tries(keys: [
            ThrottleKey(tokens.code(of: "mails to:\(email)"), .mails),
            network("mails from network", .strangers, request, tokens),
        ])
    }

    /// A picture that an account sends, whatever becomes of it: each costs a program's time.
    package static func picture(of account: AccountID, _ tokens: TokenAuthority) -> Tries {
        Tries(keys: [ThrottleKey(tokens.code(of: "pictures of:\(account)"), .pictures)])
    }

    private static func network(
        _ label: String, _ throttle: Throttle, _ request: Request, _ tokens: TokenAuthority
    ) -> ThrottleKey {
        let network = ClientNetwork.of(request.remoteAddress)
        return ThrottleKey(tokens.code(of: "\(label):\(network)"), throttle)
    }

    /// Whether these are slowed by the account, so that its owner is told.
    package var account: ThrottleKey? { keys.first { $0.throttle == .account } }
}
