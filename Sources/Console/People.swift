import API
import Domain
import HTTP
import HTTPTypes
import JSON
import Ledger
import Store
import Texts
import Web

/// The people who use the shop: who they are, what they have, and what an operator may do for or
/// against them. Every act needs a `reason`, is done once for its `Idempotency-Key`, and leaves a
/// line in the log.
enum People {
    static let routes: [Route] = .part(
        "Administration",
        [
            Route(
                .get, "/api/admin/users", "listPeople", by: .operator(.readPeople),
                with: [
                    .query(
                        "q",
                        "A part of the address, an id (of a user, account, purchase or video), or "
                            + "Stripe's name of a payment, session, refund or dispute.",
                        as: .text(atMost: 254), example: "name@")
                ] + [Parameter].page,
                answers: [.ok(PageAnswer<Person>.self, "A page.")],
                "Users with what their accounts have, newest first", index),
            Route(
                .get, "/api/admin/users/:id", "showPerson", by: .operator(.readPeople),
                answers: [.ok(PersonAnswer.self, "As they stand.")],
                "One user, by their id or their account's", show),
            Route(
                .get, "/api/admin/accounts/:id/transactions", "listAccountTransactions",
                by: .operator(.readPurchases), with: .page,
                answers: [.ok(PageAnswer<TransactionLine>.self, "A page.")],
                "The lines of an account, newest first", transactions),
            Route(
                .get, "/api/admin/users/:id/sessions", "listPersonSessions",
                by: .operator(.readPeople), with: .page,
                answers: [.ok(PageAnswer<SessionRecord>.self, "A page.")],
                "Where a user is signed in, newest first", sessions),
            act("block", "blockPerson", "a stolen card", "Blocks a user", block),
            act("unblock", "unblockPerson", "it was their card", "Lets a user in again") {
                try $0.database.unblock($0.id(), by: $1)
            },
            act("sign-out", "signPersonOut", "a lost phone", "Ends every session of a user") {
                try $0.database.endSessions(of: $0.id(), by: $1)
            },
            act("verification", "verifyPerson", "seen by phone", "Takes an address as proved") {
                try $0.database.vouch(
                    for: $0.id(), credit: $0.settings.signupCredit,
                    policy: $0.settings.creditPolicy, by: $1)
            },
            act(
                "second-factor-reset", "resetSecondFactor", "the phone is lost, seen in person",
                "Makes a user's sign-ins take no code, and ends their sessions",
                by: .resetCodes
            ) { try $0.database.resetSecondFactor(of: $0.id(), by: $1) },
            act("notes", "notePerson", "asked for an invoice", "Notes something about a user") {
                try $0.database.note(about: $0.id(), by: $1)
            },
            Route(
                .post, "/api/admin/users/:id/role", "setRole", by: .operator(.setRoles),
                with: [.neededCommandKey],
                takes: Body("RoleChange", Inputs.reason("answers the mail now"), Inputs.role),
                answers: [.nothing("It is theirs, now or before.")], refuses: [.conflict],
                "Gives a user a part in running the shop, or takes it", setRole),
            Route(
                .post, "/api/admin/accounts/:id/grant", "grantCredit", by: .operator(.moveMoney),
                with: [.neededCommandKey],
                takes: Body("Grant", Inputs.reason("for the wait"), Inputs.grant),
                answers: [.nothing("It is theirs.")], refuses: [.conflict],
                "Gives credit; the account's users read the reason", grant),
        ])

    private static func act(
        _ path: String, _ id: String, _ reason: String, _ summary: String,
        by permission: Permission = .managePeople,
        _ effect: @escaping @Sendable (Context, Operator) throws -> Void
    ) -> Route {
        Route(
            .post, "/api/admin/users/:id/\(path)", id, by: .operator(permission),
            with: [.neededCommandKey], takes: .closure(reason),
            answers: [.nothing("Done, now or before.")], refuses: [.conflict], summary
        ) { context, caller in
            try effect(context, Operator(context, caller))
            return .nothing
        }
    }

    private static func index(_ context: Context, _ caller: Caller) throws -> Response {
        let query = Query(context.request.queryString)
        var problems: [InvalidInput.Field] = []
        let page = Page<UserKind>(query, problems: &problems)
        let text = query["q"] ?? ""
        if text.codeUnits > 254 { problems.append(.init("q", .searchTooLong)) }
        guard problems.isEmpty else { throw InvalidInput(problems) }
        let people = try context.database.people(
            PersonSearch(text), before: page.cursor, limit: page.limit + 1)
        return .json(page.answer(people, id: \.user.id))
    }

    /// 404 for an id of nobody's.
    private static func show(_ context: Context, _ caller: Caller) throws -> Response {
        let database = context.database
        let person =
            try database.person(context.id() as UserID)
            ?? database.person(of: context.id() as AccountID)
        guard let person else { throw NotFound() }
        return try .json(
            PersonAnswer(
                person: person, lots: person.accountID.map { try database.lots(of: $0) } ?? [],
                notes: database.notes(about: person.user.id)))
    }

    private static func transactions(_ context: Context, _ caller: Caller) throws -> Response {
        let page = try Page<TransactionKind>(context.request)
        let lines = try context.database.transactions(
            of: context.id(), before: page.cursor, limit: page.limit + 1)
        return .json(page.answer(lines, id: \.id))
    }

    private static func sessions(_ context: Context, _ caller: Caller) throws -> Response {
        let page = try Page<SessionKind>(context.request)
        let sessions = try context.database.sessions(
            of: context.id(), current: nil, before: page.cursor, limit: page.limit)
        return .json(page.answer(sessions, id: \.id))
    }

    private static func setRole(_ context: Context, _ caller: Caller) throws -> Response {
        let actor = try Operator(context, caller)
        var body = context.body.reader
        let role = body.read(Inputs.role)
        try body.finish()
        guard let role else { throw InvalidInput("role", .fieldNeeded) }
        try context.database.setRole(of: context.id(), to: role, by: actor)
        return .nothing
    }

    private static func block(_ context: Context, _ actor: Operator) throws {
        _ = try context.database.block(
            context.id(), policy: context.settings.creditPolicy, by: actor)
    }

    /// More takes the command line, where it has to be meant.
    private static let largestGrant = Money(micros: 500_000_000)

    private static func grant(_ context: Context, _ caller: Caller) throws -> Response {
        let actor = try Operator(context, caller)
        var body = context.body.reader
        let amount = body.read(Inputs.grant)
        if let amount, amount > Self.largestGrant {
            body.refuse("amount", .amountTooLarge, ["amount": .money(Self.largestGrant)])
        } else if amount == nil {
            body.refuse("amount", .centsMalformed)
        }
        try body.finish()
        try context.database.grantCredit(
            amount ?? .zero, to: context.id(), reason: actor.reason,
            policy: context.settings.creditPolicy, grant: .new(), by: actor)
        return .nothing
    }
}

extension Operator {
    /// Who asks, with the reason of the body and the key of the head, which has to be there.
    init(_ context: Context, _ caller: Caller) throws {
        guard let key = try context.request.clientKey(body: [], of: caller)?.key else {
            throw InvalidInput("Idempotency-Key", .keyMissing)
        }
        var body = context.body.reader
        try self.init(caller, reason: body.read(Inputs.anyReason), key: key)
    }

    /// Who asks: a person who has signed in, or somebody at the command line.
    init(_ caller: Caller, reason: String?, key: String?, refundLimit: Money? = nil) throws {
        try self.init(
            userID: caller.systemUser == nil ? caller.person().id : nil,
            systemUser: caller.systemUser, reason: reason, key: key,
            refundLimit: refundLimit, mayActOnOperators: caller.permissions.contains(.setRoles))
    }
}

private struct PersonAnswer: JSONObject {
    let person: Person
    let lots: [CreditLot]
    let notes: [PersonNote]

    static var schemaName: String? { "PersonDetail" }

    static func list<List: FieldList>(_ fields: inout List) where List.Source == PersonAnswer {
        fields.include { $0.person }
        fields.field("lots", "In the order of spending.", example: "[]") { $0.lots }
        fields.field("notes", "Newest first.", example: "[]") { $0.notes }
    }
}
