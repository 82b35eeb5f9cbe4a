package import Domain
import FoundationEssentials
import HTTP
import HTTPTypes
package import JSON
import Ledger
import Logging
import MariaDB
import Sodium
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
                answers: [.ok(Me.self, "The account.")], refuses: [.triedTooOften],
                "Switches kinds of mail on or off, or asks for another address", update),
        ])

    /// Makes an account, signs it in, and mails the link that proves its address. What a new
    /// account gets waits until then.
    ///
    /// 409 when the address has an account, whose owner is told. Where addresses have to be proved
    /// first, known and new alike are answered 202, by the same hash and the same statements.
    private static func create(_ request: Request, _ context: Context) throws -> Response {
        var body = context.body.reader
        let credentials = try Credentials(
            registering: body.read(Inputs.email), password: body.read(Inputs.newPassword))
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
                id: id, account: .new(), email: credentials.email, passwordHash: hash,
                link: context.newLink()))
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

    private static func show(
        _ request: Request, _ context: Context, _ caller: Caller
    ) throws -> Response {
        let user = try caller.person()
        return try .json(
            Me(
                user: user, pendingEmail: context.database.pendingEmail(of: user.id),
                balance: context.database.balance(of: caller.account),
                muted: context.database.mutedNotices(of: user.id)))
    }

    private static let switches = Input<[NoticeKind: Bool]>(
        "notifications", as: NoticeSwitches.schema(required: []), isRequired: false,
        example: #"{"videoReady":false}"#
    ) { reader, name in
        guard let value = reader.given(name) else { return [:] }
        guard let members = value.object else {
            let example = Phrase.Value.text(#"{"receipt": false}"#)
            reader.refuse(name, .noticesMalformed, ["example": example])
            return nil
        }
        var changes: [NoticeKind: Bool] = [:]
        for (kindName, isOn) in members.sorted(by: { $0.key < $1.key }) {
            guard let kind = NoticeKind(rawValue: kindName), kind.isOptional else {
                let names = NoticeKind.optional.map(\.rawValue)
                reader.refuse("\(name).\(kindName)", .chooseAmong, ["names": .list(names)])
                continue
            }
            guard let isOn = isOn.bool else {
                reader.refuse("\(name).\(kindName)", .sendBoolean)
                continue
            }
            changes[kind] = isOn
        }
        return changes
    }

    private static let newEmail = Inputs.email.optional
    private static let proof = Inputs.presentPassword.optional
    private static let change = Body("MeChange", switches, newEmail, proof)

    /// Changes what is named and nothing else; with bad fields nothing is changed. `email` needs
    /// `currentPassword`, and is the account's once the link mailed to it is followed.
    private static func update(
        _ request: Request, _ context: Context, _ caller: Caller
    ) throws -> Response {
        var body = context.body.reader
        body.refuseOthers(than: change.names, .notChangeableHere)
        let changes = body.read(switches) ?? [:]
        try body.finish()
        let user = try caller.person()
        if body.has(newEmail) {
            try Addresses.change(
                to: body.read(newEmail), password: body.read(proof), of: user, request, context)
        }
        try context.database.changeMutedNotices(of: user.id, changes)
        return try show(request, context, caller)
    }
}

extension User.Role: JSONWord {}

extension User: JSONObject {
    package static var schemaName: String? { "User" }

    package static func list<List: FieldList>(_ fields: inout List) where List.Source == User {
        fields.field("id") { $0.id }
        fields.field("email", example: "name@example.org".quoted) { $0.email }
        fields.field("emailVerified", "Whether the address is proved.") { $0.isEmailVerified }
        fields.field("role") { $0.role }
        fields.field("createdAt") { $0.createdAt }
    }
}

private struct Me: JSONObject {
    let user: User
    let pendingEmail: String?
    let balance: Balance
    let muted: Set<NoticeKind>

    static var schemaName: String? { "Me" }

    static func list<List: FieldList>(_ fields: inout List) where List.Source == Me {
        fields.include { $0.user }
        fields.field("pendingEmail", "An address that was asked for, and is not proved.") {
            $0.pendingEmail
        }
        fields.field("balance", example: "53.14") { $0.balance.available }
        fields.field("reserved", "Held by videos that are being made.") { $0.balance.reserved }
        fields.field("notifications") { NoticeSwitches(muted: $0.muted) }
    }
}

/// Which mails somebody gets.
private struct NoticeSwitches: JSONField {
    let muted: Set<NoticeKind>

    func write(to json: inout JSONWriter) {
        json.beginObject()
        for kind in NoticeKind.optional {
            json.key(kind.rawValue)
            json.bool(!muted.contains(kind))
        }
        json.endObject()
    }

    static func schema(required: [NoticeKind]) -> Schema {
        Schema.object(
            NoticeKind.optional.map { ($0.rawValue, .type("boolean")) },
            required: required.map(\.rawValue)
        ).with("additionalProperties", "false")
    }

    static func schema(_ schemas: inout Schemas) -> Schema {
        schema(required: NoticeKind.optional)
    }

    static var example: String {
        var json = JSONWriter()
        NoticeSwitches(muted: [.lowBalance]).write(to: &json)
        return String(decoding: json.bytes, as: UTF8.self)
    }
}
