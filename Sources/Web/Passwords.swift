import Domain
import HTTP
import HTTPTypes
import JSON
import Logging
import Sodium
import Store
import Texts

/// A password that is forgotten, or is to be another.
enum Passwords {
    static let routes: [Route] = .part(
        "Accounts",
        [
            Route(
                .post, "/api/auth/password/forgot", "forgotPassword", by: .anyone,
                takes: Body("Address", Inputs.email), answers: [.checkMail],
                refuses: [.triedTooOften],
                "Mails a link that sets a new password, if the address has an account", forgot),
            Route(
                .post, "/api/auth/password/reset", "resetPassword", by: .anyone,
                takes: Body("PasswordReset", Inputs.mailToken, Inputs.newPassword),
                answers: [
                    .nothing(
                        "Nobody is signed in. The address counts as proved.", setsCookie: true)
                ], "Sets a new password by a mailed link; every session ends", reset),
            Route(
                .post, "/api/auth/password/change", "changePassword", by: .caller(.person),
                takes: Body("PasswordChange", Inputs.presentPassword, Inputs.newPassword),
                answers: [.nothing("The owner gets a mail.")],
                refuses: [.conflict, .triedTooOften],
                "Sets a new password; every other session ends", change),
        ])

    /// Answers alike whether or not the address has an account, by the same statements.
    private static func forgot(_ request: Request, _ context: Context) throws -> Response {
        var body = context.body.reader
        guard let email = body.read(Inputs.email).flatMap(Credentials.normalized) else {
            throw InvalidInput("email", .mailAddressMalformed)
        }
        try context.database.countTry(Tries.mail(to: email, request, context).keys)
        try context.database.mailReset(context.newLink(), to: email)
        return .checkMail
    }

    /// Every session of the account ends, nobody is signed in, and the address counts as proved.
    /// 400 names `token` when the link was used or is older than 30 minutes. The browser is known
    /// to the account from now on, so that whoever guesses at the account cannot keep its owner out.
    private static func reset(_ request: Request, _ context: Context) throws -> Response {
        var body = context.body.reader
        let token = body.read(Inputs.mailToken) ?? ""
        let user = try context.database.resettable(tokenHash: LinkTokens.hash(token))
        let password = try context.choose(
            body.read(Inputs.newPassword), for: user?.email, beside: user == nil ? [.badLink] : [])
        let id = try context.database.resetPassword(
            tokenHash: LinkTokens.hash(token), to: context.site.passwords.hash(password),
            credit: context.settings.signupCredit, policy: context.settings.creditPolicy)
        context.site.logger(for: request).notice("password reset", metadata: ["user": "\(id)"])
        return Response.nothing.knowing(id, request, context)
    }

    /// A wrong present password is a bad field, and 429 after too many.
    private static func change(
        _ request: Request, _ context: Context, _ caller: Caller
    ) throws -> Response {
        let user = try caller.person()
        var body = context.body.reader
        let present = body.read(Inputs.presentPassword) ?? ""
        let password = try context.choose(
            body.read(Inputs.newPassword), for: user.email,
            beside: present.isEmpty ? [.presentPassword] : [])
        guard let stored = try context.database.passwordHash(of: user.id) else {
            throw Unauthenticated()
        }
        try context.confirm(present, of: user, stored: stored)
        try context.database.changePassword(
            of: user.id, from: stored, to: context.site.passwords.hash(password),
            keeping: caller.session.token.sessionHash)
        context.site.logger(for: request).notice(
            "password changed", metadata: ["user": "\(user.id)"])
        return .nothing
    }
}

/// What proves that an address is somebody's.
enum Addresses {
    static let routes: [Route] = .part(
        "Accounts",
        [
            Route(
                .post, "/api/auth/verify-email", "verifyEmail", by: .anyone,
                takes: Body("EmailProof", Inputs.mailToken),
                answers: [.ok(ProvedUser.self, "The account, with the address proved.")],
                "Proves an address by the link that was mailed to it", verify),
            Route(
                .post, "/api/me/verification", "sendVerification", by: .caller(.person),
                answers: [.checkMail], refuses: [.triedTooOften],
                "Mails the link again that proves an address", resend),
        ])

    /// Where another address was asked for, the account has it now. 400 names `token` when the
    /// link was used or is older than a day.
    private static func verify(_ request: Request, _ context: Context) throws -> Response {
        var body = context.body.reader
        guard let token = body.read(Inputs.mailToken) else { throw InvalidMailToken() }
        let user = try context.database.proveAddress(
            tokenHash: LinkTokens.hash(token), credit: context.settings.signupCredit,
            policy: context.settings.creditPolicy)
        context.site.logger(for: request).notice("address proved", metadata: ["user": "\(user.id)"])
        return .json(ProvedUser(user: user))
    }

    /// Mails the link again that is waited for. Answers alike when none is.
    private static func resend(
        _ request: Request, _ context: Context, _ caller: Caller
    ) throws -> Response {
        let user = try caller.person()
        if let pending = try context.database.pendingEmail(of: user.id) {
            try context.database.countTry(Tries.mail(to: pending, request, context).keys)
            try context.database.mailChange(context.newLink(), of: user.id, to: pending)
        } else if !user.isEmailVerified {
            try context.database.countTry(Tries.mail(to: user.email, request, context).keys)
            try context.database.mailProof(context.newLink(), to: user.id)
        }
        return .checkMail
    }

    /// Mails the link that moves the account of `user` to another address. Which addresses have an
    /// account is not told.
    static func change(
        to typed: String?, password: String?, of user: User, _ request: Request, _ context: Context
    ) throws {
        guard let email = typed.flatMap(Credentials.normalized) else {
            throw InvalidInput("email", .mailAddressMalformed)
        }
        try context.confirm(
            password, of: user, stored: context.database.passwordHash(of: user.id))
        guard email != user.email else {
            return try context.database.dropChange(of: user.id)
        }
        try context.database.countTry(Tries.mail(to: email, request, context).keys)
        try context.database.mailChange(context.newLink(), of: user.id, to: email)
        context.site.logger(for: request).notice(
            "another address asked for", metadata: ["user": "\(user.id)"])
    }
}

private struct ProvedUser: JSONObject {
    let user: User

    static var schemaName: String? { "ProvedUser" }

    static func list<List: FieldList>(_ fields: inout List) where List.Source == ProvedUser {
        fields.field("user") { $0.user }
    }
}

private struct CheckMail: JSONObject {
    static var schemaName: String? { "CheckMail" }

    static func list<List: FieldList>(_ fields: inout List) where List.Source == CheckMail {
        let status = "check_mail"
        fields.field("status", as: .constant(status.quoted), example: status.quoted) { _ in status }
    }
}

extension Outcome {
    static let checkMail = accepted(
        CheckMail.self, "A mail holds the rest, if there is anything to be mailed.")
}

extension Response {
    /// The answer to whoever has to look for a mail, or would if there were an account.
    static var checkMail: Response { .json(.accepted, CheckMail()) }
}
