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
}

/// People's accounts.
enum Accounts {
    static let routes: [Route] = .part(
        "Accounts",
        [
            Route(
                .post, "/api/auth/register", "register", by: .anyone, takes: .credentials,
                answers: [
                    .created(
                        SessionAnswer.self, "The account, its token and its cookie.",
                        setsCookie: true),
                    .checkMail,
                ], refuses: [.conflict, .triedTooOften],
                "Makes an account and signs it in", create),
            Route(
                .get, "/api/me", "showMe", by: .caller(.person),
                answers: [.ok(Me.self, "The account.")],
                "Who is signed in, what they have, and which mails they get", show),
            Route(
                .patch, "/api/me", "changeMe", by: .caller(.person), takes: change,
                answers: [.ok(Me.self, "The account.")], refuses: [.proofNeeded, .triedTooOften],
                "Switches kinds of mail on or off, or asks for another address", update),
        ])

    /// Makes an account, signs it in, and mails the link that proves its address. What a new
    /// account gets waits until then.
    ///
    /// 409 when the address has an account, whose owner is told. Where addresses have to be proved
    /// first, known and new alike are answered 202, by the same hash and the same statements.
    private static func create(_ context: Context) throws -> Response {
        var body = context.body.reader
        let credentials = try Credentials(
            registering: body.read(Inputs.email), password: body.read(Inputs.newPassword))
        let tries = context.mailTries(to: credentials.email)
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
                id: id, account: .new(), email: credentials.email, passwordHash: hash,
                link: context.newLink()))
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

    private static func show(_ context: Context, _ caller: Caller) throws -> Response {
        let user = try caller.person()
        return try .json(
            Me(
                user: user, pendingEmail: context.database.pendingEmail(of: user.id),
                balance: context.database.balance(of: caller.account),
                muted: context.database.mutedNotices(of: user.id),
                undoSeconds: context.settings.undoSeconds,
                leavesAt: caller.leavesAt,
                hasSecondFactor: context.database.secondFactor(of: user.id)?.isOn == true,
                permissions: caller.permissions,
                orders: context.database.allowance(
                    of: caller.account, under: context.settings.generateLimit)))
    }

    private static let newEmail = Inputs.email.optional
    private static let proof = Inputs.presentPassword.optional
    private static let change = Body("MeChange", NoticeSwitches.input, newEmail, proof)

    /// Changes what is named and nothing else; with bad fields nothing is changed. `email` needs
    /// `currentPassword`, and a proof of within ten minutes where sign-ins take a code; it is the
    /// account's once the link mailed to it is followed.
    private static func update(_ context: Context, _ caller: Caller) throws -> Response {
        var body = context.body.reader
        body.refuseOthers(than: change.names, .notChangeableHere)
        let changes = body.read(NoticeSwitches.input) ?? [:]
        try body.finish()
        let user = try caller.person()
        if body.has(newEmail) {
            try Addresses.change(
                to: body.read(newEmail), password: body.read(proof), by: caller, context)
        }
        try context.database.changeMutedNotices(of: user.id, changes)
        return try show(context, caller)
    }
}

private struct Me: JSONObject {
    let user: User
    let pendingEmail: String?
    let balance: Balance
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
