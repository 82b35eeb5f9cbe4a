import Domain
import HTTP
import Store
import Texts

/// What a caller may do for an account.
struct Scope: OptionSet, Sendable {
    let rawValue: UInt8

    /// The person's own data: address, password, sign-ins.
    static let person = Scope(rawValue: 1 << 0)
    static let readVideos = Scope(rawValue: 1 << 1)
    static let orderVideos = Scope(rawValue: 1 << 2)
    static let readCredits = Scope(rawValue: 1 << 3)
    static let buyCredits = Scope(rawValue: 1 << 4)
    static let webhooks = Scope(rawValue: 1 << 5)

    static let all: Scope = [
        .person, .readVideos, .orderVideos, .readCredits, .buyCredits, .webhooks,
    ]
}

/// What an operator may do.
struct Permission: OptionSet, Sendable {
    let rawValue: UInt8

    static let look = Permission(rawValue: 1 << 0)
    static let endVideos = Permission(rawValue: 1 << 1)
    static let moveMoney = Permission(rawValue: 1 << 2)
    static let repairBooks = Permission(rawValue: 1 << 3)

    static let all: Permission = [.look, .endVideos, .moveMoney, .repairBooks]
}

/// For whom a request acts, and what it may do.
struct Caller: Sendable {
    /// How it has shown for whom it acts.
    enum Way: Sendable {
        case session(TokenAuthority.Token, isCookie: Bool)
    }

    /// Who owns what the caller sees, and pays.
    let account: AccountID
    /// The person who acts; nil when it is a program.
    let user: User?
    let via: Way
    let scopes: Scope
    let permissions: Permission
    /// Whether the person signed in within fifteen minutes, which dangerous things may ask for.
    let isRecent: Bool
    /// Whether it is play: no money moves for it.
    let isTest: Bool

    /// The person who acts. Throws ``Forbidden`` when a program does.
    func person() throws -> User {
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
    /// when a browser sends its cookie from another site's page.
    init(_ request: Request, _ context: Context) throws {
        guard let credential = try Credential.of(request) else { throw Unauthenticated() }
        if !request.isSafe { try credential.demandOwnOrigin(of: request, context) }
        guard let token = context.site.tokens.read(credential.text, at: context.now),
            let signIn = try context.database.useSession(token.sessionHash)
        else { throw Unauthenticated() }
        let user = signIn.user
        guard user.id == token.userID, user.isEmailVerified || !context.settings.requiresVerified
        else { throw Unauthenticated() }
        account = signIn.account
        self.user = user
        via = .session(token, isCookie: credential.isCookie)
        scopes = .all
        permissions = user.role == .admin ? .all : []
        isRecent = signIn.isRecent
        isTest = false
    }
}
