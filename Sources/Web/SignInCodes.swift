import API
import Authenticator
package import Domain
import Entrance
import FoundationEssentials
import HTTP
import HTTPTypes
import JSON
import Logging
package import Store
import Texts

/// What shows, beside the password, that somebody is who they are: the code of a sign-in, and the
/// proof that dangerous things ask for again.
package enum SignInCodes {
    package static let code = Input.plain(
        "code", "Of the authenticator, or a recovery code.", as: .text(atMost: 40),
        example: "492039")
    private static let ticket = Input.plain(
        "ticket", "As the sign-in gave it.", example: "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b.1.c2ln")

    static let routes: [Route] = .part(
        "Accounts",
        [
            Route(
                .post, "/api/auth/login/code", "completeLogin", by: .anyone,
                takes: Body("SignInCode", ticket, code),
                answers: [
                    .ok(
                        SessionAnswer.self, "A token and a cookie, as without a code.",
                        setsCookie: true)
                ], refuses: [.triedTooOften],
                "Starts a session by the code that a sign-in asked for", complete),
            Route(
                .post, "/api/auth/confirmation", "confirmIdentity", by: .caller(.person),
                takes: Body("Confirmation", Inputs.presentPassword, code.optional),
                answers: [.nothing("For ten minutes the session may do what is dangerous.")],
                refuses: [.triedTooOften],
                "Shows again that it is the person, by password and code", confirm),
        ])

    /// Starts a session. 400 names `code` when it is wrong or was used, and `ticket` when that is too
    /// old: then the sign-in begins anew.
    private static func complete(_ context: Context) throws -> Response {
        var body = context.body.reader
        let typed = body.read(code)
        guard let ticket = body.read(ticket).flatMap(SignInTicket.init),
            let login = try context.database.login(of: ticket.user),
            ticket.isGood(for: login.passwordHash, at: context.now, context.site.tokens)
        else { throw InvalidInput("ticket", .ticketOver) }
        let user = login.user
        do {
            try context.prove(
                typed, of: user, Tries.code(of: user.id, context.request, context.site.tokens))
        } catch {
            context.log.notice("code refused", metadata: ["user": "\(user.id)"])
            throw error
        }
        context.log.notice("login", metadata: ["user": "\(user.id)"])
        return try Sessions.start(for: user, .ok, context)
    }

    /// 400 names what is wrong. A code is asked for where the account's sign-ins take one.
    private static func confirm(_ context: Context, _ caller: Caller) throws -> Response {
        let user = try caller.person()
        var body = context.body.reader
        let typed = body.read(code.optional)
        let needsCode = try context.database.secondFactor(of: user.id)?.isOn == true
        let password = body.read(Inputs.presentPassword) ?? ""
        var missing: [InvalidInput.Field] = password.isEmpty ? [.presentPassword] : []
        if needsCode, typed?.isEmpty ?? true { missing.append(.code) }
        guard missing.isEmpty else { throw InvalidInput(missing) }
        try context.confirm(
            password, of: user, stored: context.database.passwordHash(of: user.id))
        if needsCode {
            try context.prove(
                typed, of: user, Tries.confirmation(of: user.id, context.site.tokens))
        }
        try context.database.noteProof(of: caller.session.token.sessionHash)
        return .nothing
    }
}

extension Context {
    /// Uses a code up that the user's sign-ins take; each try is counted. Throws a refusal of the
    /// field `code` when it is wrong, or was used.
    fileprivate func prove(_ typed: String?, of user: User, _ tries: Tries) throws {
        guard let typed, !typed.isEmpty else { throw InvalidInput([.code]) }
        try database.countTry(tries.keys)
        let isRight = try database.useCode(of: user.id, recovery: RecoveryCode.hash(typed)) {
            step(of: typed, by: $0, of: user.id)
        }
        guard isRight else { throw InvalidInput("code", .codeWrong) }
        try database.takeBackTry(tries.keys)
    }

    /// The step of the authenticator's code that was typed, with or without spaces.
    package func step(of typed: String, by factor: SecondFactor, of user: UserID) -> Int64? {
        let digits = String(decoding: typed.utf8.filter { $0 != 0x20 }, as: UTF8.self)
        guard digits.utf8.count == 6 else { return nil }
        guard let secret = site.secrets.secret(of: factor, of: user) else {
            log.critical(
                "the secret of a second factor cannot be opened", metadata: ["user": "\(user)"])
            return nil
        }
        return OneTimePassword(secret: secret).step(of: digits, at: now)
    }
}

extension InvalidInput.Field {
    package static let code = Self("code", .codeNeeded)
}

/// What a right password gets that does not start a session yet.
struct SignInPending: JSONObject {
    let ticket: SignInTicket?

    static var schemaName: String? { "SignInPending" }

    static func list<List: FieldList>(_ fields: inout List) where List.Source == SignInPending {
        fields.field(
            "status",
            "`check_mail`: the address has to be proved first. `code_needed`: a code is asked for.",
            as: .words(["check_mail", "code_needed"]), example: "code_needed".quoted
        ) { $0.ticket == nil ? "check_mail" : "code_needed" }
        fields.optional(
            "ticket", "To be sent with the code.",
            example: "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b.1.c2ln".quoted
        ) { $0.ticket?.text }
        fields.optional("expiresAt", "Until when the code is waited for.") { $0.ticket?.expiresAt }
    }
}
