import API
import Domain
import Entrance
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
    private static func forgot(_ context: Context) throws -> Response {
        var body = context.body.reader
        guard let email = body.read(Inputs.email).flatMap(Credentials.normalized) else {
            throw InvalidInput("email", .emailMalformed)
        }
        try context.database.countTry(context.mailTries(to: email).keys)
        try context.database.mailReset(context.newLink(), to: email)
        return .checkMail
    }

    /// Every session of the account ends, nobody is signed in, and the address counts as proved.
    /// 400 names `token` when the link was used or is older than 30 minutes. The browser is known
    /// to the account from now on, so that whoever guesses at the account cannot keep its owner out.
    private static func reset(_ context: Context) throws -> Response {
        var body = context.body.reader
        let token = body.read(Inputs.mailToken) ?? ""
        let user = try context.database.resettable(tokenHash: LinkTokens.hash(token))
        let password = try context.choose(
            body.read(Inputs.newPassword), for: user?.email, beside: user == nil ? [.badLink] : [])
        let id = try context.database.resetPassword(
            tokenHash: LinkTokens.hash(token), to: context.site.passwords.hash(password),
            credit: context.settings.signupCredit, policy: context.settings.creditPolicy)
        context.log.notice("password reset", metadata: ["user": "\(id)"])
        return Response.nothing.knowing(id, context.request, context.site.tokens)
    }

    /// A wrong present password is a bad field, and 429 after too many.
    private static func change(_ context: Context, _ caller: Caller) throws -> Response {
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
        context.log.notice(
            "password changed", metadata: ["user": "\(user.id)"])
        return .nothing
    }
}
