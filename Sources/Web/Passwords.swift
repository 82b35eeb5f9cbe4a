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
    /// `POST /api/auth/password/forgot`: mails a link that sets a new password.
    ///
    /// Body: `email`. Answers 202 `{status: "check_mail"}` whether or not the address has an
    /// account, by the same statements; 429 when that was asked too often, alike.
    static func forgot(_ request: Request, _ context: Context) throws -> Response {
        try refuseForeignOrigin(request, context)
        let body = try request.jsonObject()
        guard let email = body["email"]?.string.flatMap(Credentials.normalized) else {
            throw InvalidInput("email", .mailAddressMalformed)
        }
        try context.database.countTry(Tries.mail(to: email, request, context).keys)
        try context.database.mailReset(context.newLink(), to: email)
        return .checkMail
    }

    /// `POST /api/auth/password/reset`: sets a new password by a mailed link.
    ///
    /// Body: `token`, `password`. Answers 204. Every session of the account ends, nobody is signed
    /// in, and the address counts as proved. 400 names `token` when the link was used or is older
    /// than 30 minutes. The browser is known to the account from now on, so that whoever guesses
    /// at the account cannot keep its owner out.
    static func reset(_ request: Request, _ context: Context) throws -> Response {
        try refuseForeignOrigin(request, context)
        let body = try request.jsonObject()
        let token = body["token"]?.string ?? ""
        let user = try context.database.resettable(tokenHash: LinkTokens.hash(token))
        let password = try context.choose(
            body["password"]?.string, for: user?.email, beside: user == nil ? [.badLink] : [])
        let id = try context.database.resetPassword(
            tokenHash: LinkTokens.hash(token), to: context.site.passwords.hash(password),
            credit: context.settings.signupCredit, policy: context.settings.creditPolicy)
        context.site.logger(for: request).notice("password reset", metadata: ["user": "\(id)"])
        return Response(status: .noContent, fields: [.cacheControl: "no-store"])
            .knowing(id, request, context)
    }

    /// `POST /api/auth/password/change`: puts another password in the place of the present one.
    ///
    /// Body: `currentPassword`, `password`. Answers 204; every other session ends, and the owner
    /// gets a mail. 400 for bad fields, a wrong present password among them, 429 after too many.
    static func change(_ request: Request, _ context: Context, _ user: User) throws -> Response {
        let body = try request.jsonObject()
        let present = body["currentPassword"]?.string ?? ""
        let password = try context.choose(
            body["password"]?.string, for: user.email,
            beside: present.isEmpty ? [.presentPassword] : [])
        guard let stored = try context.database.passwordHash(of: user.id) else {
            throw Unauthenticated()
        }
        try context.confirm(present, of: user, stored: stored)
        try context.database.changePassword(
            of: user.id, from: stored, to: context.site.passwords.hash(password),
            keeping: Sessions.current(of: request, context)?.sessionHash)
        context.site.logger(for: request).notice(
            "password changed", metadata: ["user": "\(user.id)"])
        return Response(status: .noContent, fields: [.cacheControl: "no-store"])
    }
}

/// What proves that an address is somebody's.
enum Addresses {
    /// `POST /api/auth/verify-email`: proves an address by a mailed link.
    ///
    /// Body: `token`. Answers 200 `{user}`; where another address was asked for, the account has
    /// it now. 400 names `token` when the link was used or is older than a day.
    static func verify(_ request: Request, _ context: Context) throws -> Response {
        try refuseForeignOrigin(request, context)
        guard let token = try request.jsonObject()["token"]?.string else {
            throw InvalidMailToken()
        }
        let user = try context.database.proveAddress(
            tokenHash: LinkTokens.hash(token), credit: context.settings.signupCredit,
            policy: context.settings.creditPolicy)
        context.site.logger(for: request).notice("address proved", metadata: ["user": "\(user.id)"])
        return .json { json in
            json.key("user")
            json.beginObject()
            json.members(of: user)
            json.endObject()
        }
    }

    /// `POST /api/me/verification`: mails the link again that is waited for. Answers 202, also when
    /// none is; 429 when that was asked too often.
    static func resend(_ request: Request, _ context: Context, _ user: User) throws -> Response {
        if let pending = try context.database.pendingEmail(of: user.id) {
            try context.database.countTry(Tries.mail(to: pending, request, context).keys)
            try context.database.mailChange(context.newLink(), of: user.id, to: pending)
        } else if !user.isEmailVerified {
            try context.database.countTry(Tries.mail(to: user.email, request, context).keys)
            try context.database.mailProof(context.newLink(), to: user.id)
        }
        return .checkMail
    }

    /// Mails the link that moves the account of `user` to the address in `body`. Which addresses
    /// have an account is not told.
    static func change(
        _ body: [String: JSONValue], _ request: Request, _ context: Context, _ user: User
    ) throws {
        guard let email = body["email"]?.string.flatMap(Credentials.normalized) else {
            throw InvalidInput("email", .mailAddressMalformed)
        }
        try context.confirm(
            body["currentPassword"]?.string, of: user,
            stored: context.database.passwordHash(of: user.id))
        guard email != user.email else {
            return try context.database.dropChange(of: user.id)
        }
        try context.database.countTry(Tries.mail(to: email, request, context).keys)
        try context.database.mailChange(context.newLink(), of: user.id, to: email)
        context.site.logger(for: request).notice(
            "another address asked for", metadata: ["user": "\(user.id)"])
    }
}

extension Response {
    /// The answer to whoever has to look for a mail, or would if there were an account.
    static var checkMail: Response {
        .json(.accepted) { json in json.member("status", "check_mail") }
    }
}
