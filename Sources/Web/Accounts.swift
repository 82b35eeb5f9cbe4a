import Domain
import FoundationEssentials
import HTTP
import HTTPTypes
import JSON
import Ledger
import Logging
import MariaDB
import Sodium
import Store
import Texts

/// People's accounts.
enum Accounts {
    /// `POST /api/auth/register`: makes an account, signs it in, and mails the link that proves its
    /// address. What a new account gets waits until then.
    ///
    /// Body: `email`, `password`. Answers 201 `{user, token, expiresAt}` and the cookie, 400 for
    /// bad fields, 409 when the address has an account, whose owner is told; 429 when that was
    /// asked too often. Where addresses have to be proved first, known and new alike are answered
    /// 202 `{status: "check_mail"}`, by the same hash and the same statements.
    static func create(_ request: Request, _ context: Context) throws -> Response {
        try refuseForeignOrigin(request, context)
        let body = try request.jsonObject()
        let credentials = try Credentials(
            registering: body["email"]?.string, password: body["password"]?.string)
        let tries = Tries.mail(to: credentials.email, request, context)
        try context.database.countTry(tries.keys)
        let hash: String
        do {
            hash = try context.site.passwords.hash(credentials.password)
        } catch {
            try context.database.takeBackTry(tries.keys)
            throw error
        }
        let id = UserID.new()
        let isNew = try context.database.register(
            Registration(
                id: id, email: credentials.email, passwordHash: hash, link: context.newLink()))
        if isNew {
            context.site.logger(for: request).notice("registered", metadata: ["user": "\(id)"])
        }
        guard !context.settings.requiresVerified else { return .checkMail }
        guard isNew else {
            throw Conflict(.addressTaken)
        }
        // Only what tells of other people's accounts is slowed.
        try context.database.takeBackTry(tries.keys)
        guard let user = try context.database.user(id) else { throw NotFound() }
        return try Sessions.start(for: user, .created, request, context)
    }

    /// `GET /api/me`: who is signed in, what they have, and which mails they get.
    static func show(_ request: Request, _ context: Context, _ user: User) throws -> Response {
        let balance = try context.database.balance(of: user.id)
        let muted = try context.database.mutedNotices(of: user.id)
        let pending = try context.database.pendingEmail(of: user.id)
        return .json { json in
            json.members(of: user)
            json.member("pendingEmail", pending)
            json.member("balance", balance.available)
            json.member("reserved", balance.reserved)
            json.key("notifications")
            json.beginObject()
            for kind in NoticeKind.optional {
                json.key(kind.rawValue)
                json.bool(!muted.contains(kind))
            }
            json.endObject()
        }
    }

    /// `PATCH /api/me`: changes what is named and nothing else.
    ///
    /// Body: `notifications`, an object of kinds of mail (`videoReady`, `videoFailed`, `receipt`,
    /// `creditLapsing`, `lowBalance`) and whether each is sent; `email` with `currentPassword`:
    /// another address, which the account has once the link mailed to it is followed. Answers 200
    /// as `GET` does, 400 for bad fields, then nothing is changed; 429 after too many.
    static func update(_ request: Request, _ context: Context, _ user: User) throws -> Response {
        let body = try request.jsonObject()
        var problems: [InvalidInput.Field] = []
        for name in body.keys.sorted()
        where !["notifications", "email", "currentPassword"].contains(name) {
            problems.append(.init(name, .notChangeableHere))
        }
        let changes = noticeChanges(body["notifications"], &problems)
        guard problems.isEmpty else { throw InvalidInput(problems) }
        if body["email"] != nil { try Addresses.change(body, request, context, user) }
        try context.database.changeMutedNotices(of: user.id, changes)
        return try show(request, context, user)
    }

    /// Which kinds are switched on or off.
    private static func noticeChanges(
        _ value: JSONValue?, _ problems: inout [InvalidInput.Field]
    ) -> [NoticeKind: Bool] {
        guard let value else { return [:] }
        guard let members = value.object else {
            let example = Phrase.Value.text(#"{"receipt": false}"#)
            problems.append(.init("notifications", .noticesMalformed, ["example": example]))
            return [:]
        }
        var changes: [NoticeKind: Bool] = [:]
        for (name, isOn) in members.sorted(by: { $0.key < $1.key }) {
            guard let kind = NoticeKind(rawValue: name), kind.isOptional else {
                let names = NoticeKind.optional.map(\.rawValue)
                problems.append(
                    .init("notifications.\(name)", .chooseAmong, ["names": .list(names)]))
                continue
            }
            guard let isOn = isOn.bool else {
                problems.append(.init("notifications.\(name)", .sendBoolean))
                continue
            }
            changes[kind] = isOn
        }
        return changes
    }
}

extension JSONWriter {
    mutating func members(of user: User) {
        member("id", user.id)
        member("email", user.email)
        member("emailVerified", user.isEmailVerified)
        member("role", user.role.rawValue)
        member("createdAt", user.createdAt)
    }
}

/// Sign-ins. A session ends after thirty days without use, and after ninety in all.
enum Sessions {
    private static let lifetime = Duration.seconds(90 * 86_400)

    /// `POST /api/auth/login`: starts a session.
    ///
    /// Body: `email`, `password`. Answers 200 `{user, token, expiresAt}` and the cookie, 401 for
    /// a wrong pair, 429 after too many wrong ones. An address without an account is treated as
    /// one with, in the same time. Where addresses have to be proved first, the right password of
    /// one that is not gets 202 `{status: "check_mail"}` and the link again.
    static func create(_ request: Request, _ context: Context) throws -> Response {
        try refuseForeignOrigin(request, context)
        let body = try request.jsonObject()
        let credentials = try Credentials(
            signingIn: body["email"]?.string, password: body["password"]?.string)
        let login = try context.database.login(email: credentials.email)
        let log = context.site.logger(for: request)
        let tries = Tries.signIn(
            email: credentials.email, account: login?.user.id, request, context)
        let check: PasswordGate.Check
        do {
            check = try context.check(credentials.password, against: login?.passwordHash, tries)
        } catch let error as TooManyTries {
            log.notice("login slowed", metadata: Self.who(login?.user, request))
            throw error
        }
        guard let login, check != .wrong else {
            log.notice("login refused", metadata: Self.who(login?.user, request))
            if let account = tries.account {
                try context.database.tellOfRefusedSignIns(email: credentials.email, key: account)
            }
            throw InvalidCredentials()
        }
        if check == .outdated {
            let hash = try context.site.passwords.hash(credentials.password)
            try context.database.setPasswordHash(hash, of: login.user.id)
        }
        guard login.user.isEmailVerified || !context.settings.requiresVerified else {
            do {
                try context.database.countTry(
                    Tries.mail(to: login.user.email, request, context).keys)
                try context.database.mailProof(context.newLink(), to: login.user.id)
            } catch is TooManyTries {
                // It was sent so often that it is in the mailbox.
            }
            return .checkMail
        }
        log.notice("login", metadata: ["user": "\(login.user.id)"])
        return try start(for: login.user, .ok, request, context)
    }

    /// What the log says of a sign-in that did not succeed: the account by its id, never the
    /// address that was typed, which may be a password in the wrong field.
    private static func who(_ user: User?, _ request: Request) -> Logger.Metadata {
        ["user": "\(user?.id.description ?? "unknown")", "address": "\(request.remoteAddress)"]
    }

    /// `POST /api/auth/logout`: ends the session of the request, if there is one. Answers 204, and
    /// the browser forgets what it kept of this site: pictures, answers, drafts.
    static func destroy(_ request: Request, _ context: Context) throws -> Response {
        try refuseForeignOrigin(request, context)
        if let credential = try Credential.of(request) {
            try credential.demandOwnOrigin(of: request, context)
            if let token = context.site.tokens.read(credential.text, at: context.now) {
                try context.database.endSession(idHash: token.sessionHash)
            }
        }
        return Response(
            status: .noContent,
            fields: [
                .setCookie: SessionCookie.cleared, .cacheControl: "no-store",
                .clearSiteData: "\"cache\", \"storage\"",
            ])
    }

    /// `POST /api/auth/refresh`: another secret in the place of the session's own, which ends when
    /// it would have. Who came with the cookie gets a cookie, who came with the token a token: a
    /// script on a page of ours cannot make a token of a cookie that it may not read.
    static func refresh(_ request: Request, _ context: Context, _ user: User) throws -> Response {
        guard let credential = try Credential.of(request),
            let old = context.site.tokens.read(credential.text, at: context.now)
        else { throw Unauthenticated() }
        let sessionID = randomBytes(16)
        guard
            let expiresAt = try context.database.renewSession(
                idHash: old.sessionHash, to: SHA256.hash(sessionID))
        else { throw Unauthenticated() }
        let token = TokenAuthority.Token(
            userID: user.id, sessionID: sessionID, expiresAt: expiresAt)
        let text = context.site.tokens.sign(token, at: context.now)
        var fields: HTTPFields = [:]
        if case .cookie = credential {
            let seconds = Int(expiresAt.timeIntervalSince(context.now))
            fields[.setCookie] = SessionCookie.set(text, lasting: seconds)
        }
        return .json(fields: fields) { json in
            json.key("user")
            json.beginObject()
            json.members(of: user)
            json.endObject()
            if case .bearer = credential { json.member("token", text) }
            json.member("expiresAt", expiresAt)
        }
    }

    static func start(
        for user: User, _ status: HTTPResponse.Status, _ request: Request, _ context: Context
    ) throws -> Response {
        let seconds = Int(lifetime.components.seconds)
        let userAgent = request.source.parameter("HTTP_USER_AGENT") ?? ""
        let token = TokenAuthority.Token(
            userID: user.id, sessionID: randomBytes(16),
            expiresAt: context.now.addingTimeInterval(Double(seconds)))
        try context.database.createSession(
            idHash: token.sessionHash, of: user.id, lasting: lifetime,
            userAgent: userAgent, address: request.remoteAddress)
        let text = context.site.tokens.sign(token, at: context.now)
        return .json(
            status, fields: [.setCookie: SessionCookie.set(text, lasting: seconds)]
        ) { json in
            json.key("user")
            json.beginObject()
            json.members(of: user)
            json.endObject()
            json.member("token", text)
            json.member("expiresAt", token.expiresAt)
        }.knowing(user.id, request, context)
    }
}

extension HTTPField.Name {
    /// W3C Clear Site Data: what a browser has to forget.
    fileprivate static let clearSiteData = HTTPField.Name("Clear-Site-Data") ?? .cacheControl
}
