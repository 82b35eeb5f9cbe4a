import Domain
import FoundationEssentials
import HTTP
import HTTPTypes
import JSON
import Logging
import MariaDB
import Sodium
import Store

/// People's accounts.
enum Accounts {
    /// `POST /api/auth/register`: makes an account and signs it in.
    ///
    /// Body: `email`, `password`. Answers 201 `{user, token, expiresAt}` and the cookie, 400 for
    /// bad fields, 409 when the address has an account.
    static func create(_ request: Request, _ context: Context) throws -> Response {
        try refuseForeignOrigin(request, context)
        let body = try request.jsonObject()
        let credentials = try Credentials(
            registering: body["email"]?.string, password: body["password"]?.string)
        let hash = try context.site.passwords.hash(credentials.password)
        let id = UserID.new()
        do {
            try context.database.transaction {
                try context.database.createUser(
                    id, email: credentials.email, passwordHash: hash, role: .user)
                guard context.settings.signupCredit > .zero else { return }
                try context.database.grantCredit(
                    context.settings.signupCredit, to: id, reason: "Welcome",
                    policy: context.settings.creditPolicy, grant: ID(uuid: id.uuid))
            }
        } catch is EmailTaken {
            throw Conflict("This address has an account already. Sign in instead.")
        }
        context.site.logger(for: request).notice("registered", metadata: ["user": "\(id)"])
        guard let user = try context.database.user(id) else { throw NotFound() }
        return try Sessions.start(for: user, .created, request, context)
    }

    /// `GET /api/me`: who is signed in, what they have, and which mails they get.
    static func show(_ request: Request, _ context: Context, _ user: User) throws -> Response {
        let balance = try context.database.balance(of: user.id)
        let muted = try context.database.mutedNotices(of: user.id)
        return .json { json in
            json.members(of: user)
            json.member("balance", balance.available)
            json.member("reserved", balance.reserved)
            json.key("notifications")
            json.beginObject()
            for kind in NoticeKind.allCases {
                json.key(kind.rawValue)
                json.bool(!muted.contains(kind))
            }
            json.endObject()
        }
    }

    /// `PATCH /api/me`: changes what is named and nothing else.
    ///
    /// Body: `notifications`, an object of kinds of mail (`videoReady`, `videoFailed`, `receipt`,
    /// `creditLapsing`, `lowBalance`) and whether each is sent. Answers 200 as `GET` does, 400 for
    /// bad fields; then nothing is changed.
    static func update(_ request: Request, _ context: Context, _ user: User) throws -> Response {
        let body = try request.jsonObject()
        var problems: [InvalidInput.Field] = []
        for name in body.keys.sorted() where name != "notifications" {
            problems.append(.init(name, "This cannot be changed here."))
        }
        let changes = noticeChanges(body["notifications"], &problems)
        guard problems.isEmpty else { throw InvalidInput(problems) }
        try context.database.changeMutedNotices(of: user.id, changes)
        return try show(request, context, user)
    }

    /// Which kinds are switched on or off.
    private static func noticeChanges(
        _ value: JSONValue?, _ problems: inout [InvalidInput.Field]
    ) -> [NoticeKind: Bool] {
        guard let value else { return [:] }
        guard let members = value.object else {
            problems.append(.init("notifications", "Send an object such as {\"receipt\": false}."))
            return [:]
        }
        var changes: [NoticeKind: Bool] = [:]
        for (name, isOn) in members.sorted(by: { $0.key < $1.key }) {
            guard let kind = NoticeKind(rawValue: name) else {
                let names = NoticeKind.allCases.map(\.rawValue).joined(separator: ", ")
                problems.append(.init("notifications.\(name)", "Choose among \(names)."))
                continue
            }
            guard let isOn = isOn.bool else {
                problems.append(.init("notifications.\(name)", "Send true or false."))
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

/// Sign-ins. A session ends with its token, at the latest after thirty days.
enum Sessions {
    private static let lifetime = Duration.seconds(30 * 86_400)

    /// `POST /api/auth/login`: starts a session.
    ///
    /// Body: `email`, `password`. Answers 200 `{user, token, expiresAt}` and the cookie, 401 for
    /// a wrong pair. An address without an account takes as long as one with.
    static func create(_ request: Request, _ context: Context) throws -> Response {
        try refuseForeignOrigin(request, context)
        let body = try request.jsonObject()
        let credentials = try Credentials(
            signingIn: body["email"]?.string, password: body["password"]?.string)
        let login = try context.database.login(email: credentials.email)
        let log = context.site.logger(for: request)
        let check = try context.site.passwords.check(
            credentials.password, against: login?.passwordHash)
        guard let login, check != .wrong else {
            log.notice("login refused", metadata: ["address": "\(request.remoteAddress)"])
            throw InvalidCredentials()
        }
        if check == .outdated {
            let hash = try context.site.passwords.hash(credentials.password)
            try context.database.setPasswordHash(hash, of: login.user.id)
        }
        log.notice("login", metadata: ["user": "\(login.user.id)"])
        return try start(for: login.user, .ok, request, context)
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

    /// `POST /api/auth/refresh`: a new session in place of the one of the request.
    static func refresh(_ request: Request, _ context: Context, _ user: User) throws -> Response {
        let response = try start(for: user, .ok, request, context)
        if let credential = try Credential.of(request),
            let token = context.site.tokens.read(credential.text, at: context.now)
        {
            try context.database.endSession(idHash: token.sessionHash)
        }
        return response
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
        }
    }
}

extension HTTPField.Name {
    /// W3C Clear Site Data: what a browser has to forget.
    fileprivate static let clearSiteData = HTTPField.Name("Clear-Site-Data") ?? .cacheControl
}
