import API
package import Domain
import Entrance
import HTTP
import Store
import Texts

/// For whom a request acts, and what it may do.
package struct Caller: Sendable {
    /// How it has shown for whom it acts.
    enum Way: Sendable {
        case session(TokenAuthority.Token, isCookie: Bool)
    }

    /// Who owns what the caller sees, and pays.
    package let account: AccountID
    /// The person who acts; nil when it is a program.
    let user: User?
    let via: Way
    let scopes: Scope
    let permissions: Permission
    /// Whether the person signed in within fifteen minutes, which dangerous things may ask for.
    package let isRecent: Bool
    /// Whether it is play: no money moves for it.
    let isTest: Bool

    /// The person who acts. Throws ``Forbidden`` when a program does.
    package func person() throws -> User {
        guard let user else { throw Forbidden(.personNeeded) }
        return user
    }

    /// The session that it came with.
    var session: (token: TokenAuthority.Token, isCookie: Bool) {
        switch via {
        case .session(let token, let isCookie): (token, isCookie)
        }
    }
}

extension Caller {
    /// The caller of a request. Throws ``Unauthenticated`` without a good session, and ``Forbidden``
    /// when a browser sends its cookie from another site's page, or the person belongs to no account.
    init(_ context: Context) throws {
        let request = context.request
        guard let credential = try Credential.of(request) else { throw Unauthenticated() }
        if !request.isSafe { try credential.demandOwnOrigin(of: request, context.settings.origin) }
        guard let token = context.site.tokens.read(credential.text, at: context.now),
            let signIn = try context.database.useSession(token.sessionHash)
        else { throw Unauthenticated() }
        let user = signIn.user
        guard user.id == token.userID, user.isEmailVerified || !context.settings.requiresVerified
        else { throw Unauthenticated() }
        guard let membership = signIn.membership else { throw Forbidden(.accountNeeded) }
        account = membership.account
        self.user = user
        via = .session(token, isCookie: credential.isCookie)
        scopes = Scope(of: membership.role)
        permissions = user.role == .admin ? .all : []
        isRecent = signIn.isRecent
        isTest = false
    }
}

extension Scope {
    /// What a person may do for an account that they belong to as this.
    init(of role: Membership.Role) {
        self =
            switch role {
            case .owner: .all
            case .member: [.person, .readVideos, .orderVideos, .readCredits]
            case .billing: [.person, .readCredits, .buyCredits]
            }
    }
}
