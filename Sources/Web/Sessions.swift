import API
import Domain
import Entrance
import FoundationEssentials
import HTTP
import HTTPTypes
import JSON
import Logging
import MariaDB
import Sodium
import Store

/// Sign-ins. A session ends after thirty days without use, and after ninety in all.
enum Sessions {
    private static let lifetime = Duration.seconds(90 * 86_400)

    static let routes: [Route] = .part(
        "Accounts",
        [
            Route(
                .post, "/api/auth/login", "login", by: .anyone, takes: .credentials,
                answers: [
                    .ok(
                        SessionAnswer.self,
                        "A token and a cookie: good until 30 days without use, and 90 in all.",
                        setsCookie: true),
                    .accepted(
                        SignInPending.self,
                        "The password is right, and more is needed: the proof of the address, or a "
                            + "code."),
                ], refuses: [.invalidCredentials, .triedTooOften], "Starts a session", create),
            Route(
                .post, "/api/auth/logout", "logout", by: .anyone,
                answers: [.nothing("It is over; the cookie is cleared.", setsCookie: true)],
                refuses: [.unauthenticated], "Ends the session of the call, if there is one",
                destroy),
            Route(
                .post, "/api/auth/refresh", "refresh", by: .caller(.person),
                answers: [
                    .ok(
                        RenewedSession.self,
                        "Of what came with the call, the cookie or the token, a new one; the old "
                            + "one is over.")
                ], "Puts a new session in the place of the call's", refresh),
        ])

    /// Starts a session.
    ///
    /// 401 for a wrong pair, 429 after too many wrong ones. An address without an account is
    /// treated as one with, in the same time. Where addresses have to be proved first, the right
    /// password of one that is not gets 202 and the link again; so does, with a ticket for the code,
    /// that of an account whose sign-ins take one.
    private static func create(_ context: Context) throws -> Response {
        var body = context.body.reader
        let credentials = try Credentials(
            signingIn: body.read(Inputs.email), password: body.read(Inputs.newPassword))
        let login = try context.database.login(email: credentials.email)
        let log = context.log
        let tries = Tries.signIn(
            email: credentials.email, user: login?.user.id, context.request,
            context.site.tokens)
        let check: PasswordGate.Check
        do {
            check = try context.check(credentials.password, against: login?.passwordHash, tries)
        } catch let error as TooManyTries {
            log.notice("login slowed", metadata: Self.who(login?.user, context))
            throw error
        }
        guard let login, check != .wrong else {
            log.notice("login refused", metadata: Self.who(login?.user, context))
            if let account = tries.account {
                try context.database.tellOfRefusedSignIns(email: credentials.email, key: account)
            }
            throw InvalidCredentials()
        }
        var hash = login.passwordHash
        if check == .outdated {
            hash = try context.site.passwords.hash(credentials.password)
            try context.database.setPasswordHash(hash, of: login.user.id)
        }
        guard login.user.isEmailVerified || !context.settings.requiresVerified else {
            try mailProof(to: login.user, context)
            return .json(.accepted, SignInPending(ticket: nil))
        }
        if try context.database.secondFactor(of: login.user.id)?.isOn == true {
            let ticket = SignInTicket(
                for: login.user.id, passwordHash: hash, at: context.now, context.site.tokens)
            return .json(.accepted, SignInPending(ticket: ticket))
        }
        log.notice("login", metadata: ["user": "\(login.user.id)"])
        return try start(for: login.user, .ok, context)
    }

    private static func mailProof(
        to user: User, _ context: Context
    ) throws {
        do {
            try context.database.countTry(context.mailTries(to: user.email).keys)
            try context.database.mailProof(context.newLink(), to: user.id)
        } catch is TooManyTries {
            // It was sent so often that it is in the mailbox.
        }
    }

    /// What the log says of a sign-in that did not succeed: the account by its id, never the
    /// address that was typed, which may be a password in the wrong field.
    private static func who(_ user: User?, _ context: Context) -> Logger.Metadata {
        [
            "user": "\(user?.id.description ?? "unknown")",
            "address": "\(context.request.remoteAddress)",
        ]
    }

    /// Ends the session of the request. The browser forgets what it kept of this site: pictures,
    /// answers, drafts.
    private static func destroy(_ context: Context) throws -> Response {
        if let credential = try Credential.of(context.request) {
            try credential.demandOwnOrigin(of: context.request, context.settings.origin)
            if let token = context.site.tokens.read(credential.text, at: context.now) {
                try context.database.endSession(idHash: token.sessionHash)
            }
        }
        var response = Response.nothing
        response.fields[.setCookie] = SessionCookie.cleared
        response.fields[.clearSiteData] = "\"cache\", \"storage\""
        return response
    }

    /// Puts another secret in the place of the session's own, which ends when it would have. Who
    /// came with the cookie gets a cookie, who came with the token a token: a script on a page of
    /// ours cannot make a token of a cookie that it may not read.
    private static func refresh(_ context: Context, _ caller: Caller) throws -> Response {
        let user = try caller.person()
        let session = caller.session
        let sessionID = randomBytes(16)
        guard
            let expiresAt = try context.database.renewSession(
                idHash: session.token.sessionHash, to: SHA256.hash(sessionID))
        else { throw Unauthenticated() }
        let token = TokenAuthority.Token(
            userID: user.id, sessionID: sessionID, expiresAt: expiresAt)
        let text = context.site.tokens.sign(token, at: context.now)
        guard session.isCookie else {
            return .json(RenewedSession(user: user, token: text, expiresAt: expiresAt))
        }
        let seconds = Int(expiresAt.timeIntervalSince(context.now))
        return .json(
            RenewedSession(user: user, token: nil, expiresAt: expiresAt),
            fields: [.setCookie: SessionCookie.set(text, lasting: seconds)])
    }

    static func start(
        for user: User, _ status: HTTPResponse.Status, _ context: Context
    ) throws -> Response {
        let seconds = Int(lifetime.components.seconds)
        let userAgent = context.request.source.parameter("HTTP_USER_AGENT") ?? ""
        let token = TokenAuthority.Token(
            userID: user.id, sessionID: randomBytes(16),
            expiresAt: context.now.addingTimeInterval(Double(seconds)))
        try context.database.createSession(
            idHash: token.sessionHash, of: user.id, lasting: lifetime,
            userAgent: userAgent, address: context.request.remoteAddress)
        let text = context.site.tokens.sign(token, at: context.now)
        return Response.json(
            status, SessionAnswer(user: user, token: text, expiresAt: token.expiresAt),
            fields: [.setCookie: SessionCookie.set(text, lasting: seconds)]
        ).knowing(user.id, context.request, context.site.tokens)
    }
}

extension HTTPField.Name {
    /// W3C Clear Site Data: what a browser has to forget.
    fileprivate static let clearSiteData = HTTPField.Name("Clear-Site-Data") ?? .cacheControl
}
