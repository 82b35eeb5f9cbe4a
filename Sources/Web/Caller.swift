package import API
package import Domain
package import Entrance
import FoundationEssentials
import HTTP
import Store
import Texts

/// For whom a request acts, and what it may do.
package struct Caller: Sendable {
    /// How it has shown for whom it acts.
    enum Way: Sendable {
        case session(TokenAuthority.Token, isCookie: Bool)
        case commandLine(String)
    }

    /// Who owns what the caller sees, and pays.
    package let account: AccountID
    /// The person who acts; nil when it is a program.
    let user: User?
    let via: Way
    let scopes: Scope
    package let permissions: Permission
    /// When the person's account is removed, unless they take that back.
    let leavesAt: Date?
    /// Whether the person showed within ten minutes that they are who they are, by password and
    /// code, which dangerous things ask for.
    package let isRecent: Bool
    /// Whether it is play: no money moves for it.
    let isTest = false

    /// The person who acts. Throws ``Forbidden`` when a program does.
    package func person() throws -> User {
        guard let user else { throw Forbidden(.personNeeded) }
        return user
    }

    /// Which account of the operating system acts; nil when somebody has signed in.
    package var systemUser: String? {
        if case .commandLine(let name) = via { name } else { nil }
    }

    /// Throws ``Forbidden`` unless the caller may do this for the account.
    func demand(_ scope: Scope) throws {
        guard !scopes.contains(scope) else { return }
        throw Forbidden(leavesAt == nil ? .callerMayNot : .accountLeaving)
    }

    /// Throws ``Refusal/proofNeeded`` unless they showed just now that they are who they are.
    package func demandProof() throws {
        guard isRecent else { throw Refusal.proofNeeded }
    }

    /// The session that it came with.
    package var session: (token: TokenAuthority.Token, isCookie: Bool) {
        guard case .session(let token, let isCookie) = via else {
            preconditionFailure("the command line calls what is the operator's alone")
        }
        return (token, isCookie)
    }
}

extension Caller {
    /// The caller of a request. Throws ``Unauthenticated`` without a good session, and ``Forbidden``
    /// when a browser sends its cookie from another site's page, or the person belongs to no account.
    init(_ context: Context) throws {
        let (token, isCookie) = try Self.token(of: context)
        guard let signIn = try context.database.useSession(token.sessionHash) else {
            throw Unauthenticated()
        }
        try self.init(signIn, by: token, isCookie: isCookie, context)
    }

    /// The caller, and their account's video of this id; nil when it has none. Throws as the other.
    static func looking(
        at video: VideoID, _ context: Context
    ) throws -> (caller: Caller, video: Video?) {
        let (token, isCookie) = try token(of: context)
        guard
            let found = try context.database.useSession(token.sessionHash, lookingAt: video)
        else { throw Unauthenticated() }
        let caller = try Caller(found.signIn, by: token, isCookie: isCookie, context)
        return (caller, found.video)
    }

    /// Who calls at the command line: they have the shop's keys, and may do all that an operator may.
    init(systemUser: String) {
        account = .new()
        user = nil
        via = .commandLine(systemUser)
        leavesAt = nil
        scopes = []
        permissions = .all
        isRecent = true
    }

    private static func token(
        of context: Context
    ) throws -> (token: TokenAuthority.Token, isCookie: Bool) {
        let request = context.request
        guard let credential = try Credential.of(request) else { throw Unauthenticated() }
        if !request.isSafe { try credential.demandOwnOrigin(of: request, context.settings.origin) }
        guard let token = context.site.tokens.read(credential.text, at: context.now) else {
            throw Unauthenticated()
        }
        return (token, credential.isCookie)
    }

    private init(
        _ signIn: SignIn, by token: TokenAuthority.Token, isCookie: Bool, _ context: Context
    ) throws {
        let user = signIn.user
        guard user.id == token.userID, user.isEmailVerified || !context.settings.requiresVerified
        else { throw Unauthenticated() }
        guard let membership = signIn.membership else { throw Forbidden(.accountNeeded) }
        account = membership.account
        self.user = user
        via = .session(token, isCookie: isCookie)
        leavesAt = signIn.leavesAt
        let all = Scope(of: membership.role)
        scopes = leavesAt == nil ? all : all.intersection(.whileLeaving)
        permissions = Permission(of: user.role)
        isRecent = signIn.isRecent
    }
}

extension Permission {
    /// What a person may do who runs this part of the shop.
    init(of role: User.Role) {
        self =
            switch role {
            case .user: []
            case .support:
                [
                    .look, .readPeople, .readPurchases, .managePeople, .endVideos, .refund,
                    .resetCodes,
                ]
            case .accountant: [.look, .readPurchases, .readMoney]
            case .admin: .all
            }
    }
}

extension Scope {
    /// What can be done still for an account that is to be removed.
    static let whileLeaving: Scope = [.person, .readVideos, .readCredits]

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
