import API
import Domain
import Entrance
import FoundationEssentials
import HTTP
import HTTPTypes
import JSON
import Ledger
import Logging
import MariaDB
import Store
import Texts

/// What people send of themselves.
enum Inputs {
    static let email = Input.plain(
        "email", as: .text(atMost: 254, format: "email"), example: "name@example.org")
    static let newPassword = Input.plain(
        "password",
        "At most 1024 bytes. Spaces and accents have one form on every keyboard (RFC 8265, "
            + "OpaqueString).", as: .text(atLeast: 8), example: "four words of my own")
    static let presentPassword = Input.plain("currentPassword", example: "three words of mine")
    /// As it stands in the link of a mail.
    static let mailToken = Input.plain(
        "token", example: "mYzZ0f7m3Z5b8kq1Xw2v4Rr6tUuN9oPpQ_sL-hJdEeA")
}

extension Body {
    static let credentials = Body("Credentials", Inputs.email, Inputs.newPassword)
    fileprivate static let registration = Body(
        "Registration", Inputs.email, Inputs.newPassword, Inputs.terms)
}

/// People's accounts.
enum Accounts {
    static let routes: [Route] = .part(
        "Accounts",
        [
            Route(
                .post, "/api/auth/register", "register", by: .anyone, takes: .registration,
                answers: [
                    .created(
                        SessionAnswer.self, "The account, its token and its cookie.",
                        setsCookie: true),
                    .checkMail,
                ], refuses: [.conflict, .triedTooOften, .paused],
                "Makes an account and signs it in. Whoever makes one agrees to the terms and the "
                    + "privacy notice in force", create),
            Route(
                .get, "/api/me", "showMe", by: .caller(.person),
                answers: [.ok(Me.self, "The account.")],
                "Who is signed in, what they have, and which mails they get", show),
            Route(
                .patch, "/api/me", "changeMe", by: .caller(.person), takes: change,
                answers: [.ok(Me.self, "The account.")], refuses: [.proofNeeded, .triedTooOften],
                "Changes name, language and kinds of mail, or asks for another address", update),
        ])

    /// Makes an account, signs it in, and mails the link that proves its address. What a new
    /// account gets waits until then. Which version of the terms was in force is noted: the words of
    /// the page, and of this API, say that whoever registers agrees to it.
    ///
    /// 409 when the address has an account, whose owner is told. Where addresses have to be proved
    /// first, known and new alike are answered 202, by the same hash and the same statements.
    private static func create(_ context: Context) throws -> Response {
        var body = context.body.reader
        let credentials = try credentials(&body, context)
        let tries = context.mailTries(to: credentials.email)
        try context.database.countTry(tries.keys)
        let id = UserID.new()
        let isNew: Bool
        do {
            isNew = try context.database.register(
                Registration(
                    id: id, account: .new(), email: credentials.email,
                    passwordHash: context.site.passwords.hash(credentials.password),
                    language: Language(
                        preferredBy: context.request.source.parameter("HTTP_ACCEPT_LANGUAGE")),
                    terms: context.termsInForce, from: context.request.remoteAddress,
                    link: context.newLink()))
        } catch {
            try context.database.takeBackTry(tries.keys)
            throw error
        }
        if isNew {
            context.log.notice("registered", metadata: ["user": "\(id)"])
        }
        guard !context.settings.requiresVerified else { return .checkMail }
        guard isNew else {
            throw Conflict(.addressTaken)
        }
        // Only what tells of other people's accounts is slowed.
        try context.database.takeBackTry(tries.keys)
        guard let user = try context.database.user(id) else { throw NotFound() }
        return try Sessions.start(for: user, .created, context)
    }

    /// Throws ``InvalidInput`` that names all that is wrong.
    private static func credentials(
        _ body: inout FieldReader, _ context: Context
    ) throws -> Credentials {
        context.judgeTerms(of: &body)
        do {
            let credentials = try Credentials(
                registering: body.read(Inputs.email), password: body.read(Inputs.newPassword))
            try body.finish()
            return credentials
        } catch let error as InvalidInput {
            for field in error.fields {
                body.refuse(field.field, field.phrase.name, field.phrase.values)
            }
            try body.finish()
            throw error
        }
    }

    private static func show(_ context: Context, _ caller: Caller) throws -> Response {
        try .json(me(caller.person(), context, caller))
    }

    private static func me(_ user: User, _ context: Context, _ caller: Caller) throws -> Me {
        try Me(
            user: user, pendingEmail: context.database.pendingEmail(of: user.id),
            balance: context.database.balance(of: caller.account),
            language: context.database.language(of: user.id),
            terms: terms(of: user, context),
            muted: context.database.mutedNotices(of: user.id),
            undoSeconds: context.settings.undoSeconds, leavesAt: caller.leavesAt,
            hasSecondFactor: context.database.secondFactor(of: user.id)?.isOn == true,
            permissions: caller.permissions,
            orders: context.database.allowance(
                of: caller.account, under: context.settings.generateLimit))
    }

    private static func terms(of user: User, _ context: Context) throws -> TermsAnswer? {
        try context.termsInForce.map { version in
            try TermsAnswer(
                version: version,
                acceptedAt: context.database.termsAcceptance(of: version, by: user.id)?.acceptedAt)
        }
    }

    private static let newEmail = Inputs.email.optional
    private static let proof = Inputs.presentPassword.optional
    private static let change = Body(
        "MeChange", ProfileChange.name, ProfileChange.language, NoticeSwitches.input, newEmail,
        proof)

    /// Changes what is named and nothing else; with bad fields nothing is changed. `email` needs
    /// `currentPassword`, and a proof of within ten minutes where sign-ins take a code; it is the
    /// account's once the link mailed to it is followed.
    private static func update(_ context: Context, _ caller: Caller) throws -> Response {
        var body = context.body.reader
        body.refuseOthers(than: change.names, .notChangeableHere)
        let changes = body.read(NoticeSwitches.input) ?? [:]
        let profile = ProfileChange(&body)
        try body.finish()
        let user = try caller.person()
        if body.has(newEmail) {
            try Addresses.change(
                to: body.read(newEmail), password: body.read(proof), by: caller, context)
        }
        try context.database.changeMutedNotices(of: user.id, changes)
        try context.database.change(user.id, to: profile)
        guard let changed = try context.database.user(user.id) else { throw NotFound() }
        return try .json(me(changed, context, caller))
    }
}

private struct Me: JSONObject {
    let user: User
    let pendingEmail: String?
    let balance: Balance
    let language: Language
    let terms: TermsAnswer?
    let muted: Set<NoticeKind>
    let undoSeconds: Int
    let leavesAt: Date?
    let hasSecondFactor: Bool
    let permissions: Permission
    let orders: OrderAllowance?

    static var schemaName: String? { "Me" }

    static func list<List: FieldList>(_ fields: inout List) where List.Source == Me {
        fields.include { $0.user }
        fields.field("pendingEmail", "An address that was asked for, and is not proved.") {
            $0.pendingEmail
        }
        fields.field("balance", example: "53.14") { $0.balance.available }
        fields.field("reserved", "Held by videos that are being made.") { $0.balance.reserved }
        fields.field(
            "language", "In which mails are written.", as: .words(Language.all.map(\.code)),
            example: "en".quoted
        ) { $0.language.code }
        fields.optional("terms", "Left out where the shop states none.") { $0.terms }
        fields.field(
            "undoSeconds", "How long the site lets an order wait to be taken back.", example: "8"
        ) { $0.undoSeconds }
        fields.field("leavesAt", "When the account is removed, if that was asked for.") {
            $0.leavesAt
        }
        fields.field("secondFactor", "Whether signing in takes a code.") { $0.hasSecondFactor }
        fields.field(
            "permissions", "What they may do who run a part of the shop; empty for others.",
            as: .array(of: .words(Permission.allNames)), example: "[]"
        ) { $0.permissions.names }
        fields.optional(
            "orders", "Left out where the limit is none that a person meets.",
            example: OrderAllowance.example
        ) { $0.orders }
        fields.field("notifications") { NoticeSwitches(muted: $0.muted) }
    }
}
