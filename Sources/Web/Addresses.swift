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
    private static func verify(_ context: Context) throws -> Response {
        var body = context.body.reader
        guard let token = body.read(Inputs.mailToken) else { throw InvalidMailToken() }
        let user = try context.database.proveAddress(
            tokenHash: LinkTokens.hash(token), credit: context.settings.signupCredit,
            policy: context.settings.creditPolicy)
        context.log.notice("address proved", metadata: ["user": "\(user.id)"])
        return .json(ProvedUser(user: user))
    }

    /// Mails the link again that is waited for. Answers alike when none is.
    private static func resend(_ context: Context, _ caller: Caller) throws -> Response {
        let user = try caller.person()
        if let pending = try context.database.pendingEmail(of: user.id) {
            try context.database.countTry(context.mailTries(to: pending).keys)
            try context.database.mailChange(context.newLink(), of: user.id, to: pending)
        } else if !user.isEmailVerified {
            try context.database.countTry(context.mailTries(to: user.email).keys)
            try context.database.mailProof(context.newLink(), to: user.id)
        }
        return .checkMail
    }

    /// Mails the link that moves the caller's account to another address. Which addresses have an
    /// account is not told.
    static func change(
        to typed: String?, password: String?, by caller: Caller, _ context: Context
    ) throws {
        let user = try caller.person()
        guard let email = typed.flatMap(Credentials.normalized) else {
            throw InvalidInput("email", .emailMalformed)
        }
        try context.confirm(
            password, of: user, stored: context.database.passwordHash(of: user.id))
        if try context.database.secondFactor(of: user.id)?.isOn == true { try caller.demandProof() }
        guard email != user.email else {
            return try context.database.dropChange(of: user.id)
        }
        try context.database.countTry(context.mailTries(to: email).keys)
        try context.database.mailChange(context.newLink(), of: user.id, to: email)
        context.log.notice(
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
