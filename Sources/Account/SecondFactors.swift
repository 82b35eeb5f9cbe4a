import API
import Authenticator
import Domain
import Entrance
import FoundationEssentials
import HTTP
import HTTPTypes
import JSON
import Logging
import Sodium
import Store
import Texts
import Web

/// The second factor of whoever is signed in: codes of an authenticator (RFC 6238), which sign-ins
/// then take after the password. What changes it asks for a proof of within ten minutes.
enum SecondFactors {
    static let routes: [Route] = .part(
        "Accounts",
        [
            Route(
                .get, "/api/me/second-factor", "showSecondFactor", by: .caller(.person),
                answers: [.ok(SecondFactorAnswer.self, "As it stands.")],
                "Whether signing in takes a code, and how many recovery codes are left", show),
            Route(
                .post, "/api/me/second-factor", "prepareSecondFactor", by: .caller(.person),
                answers: [.created(PreparedFactor.self, "A new secret, which is not on yet.")],
                refuses: [.proofNeeded, .conflict], "Makes the secret of an authenticator",
                prepare),
            Route(
                .post, "/api/me/second-factor/activation", "turnOnSecondFactor",
                by: .caller(.person), takes: Body("SecondFactorCode", SignInCodes.code),
                answers: [
                    .ok(RecoveryCodes.self, "On from now on. Each stands for a code, once.")
                ], refuses: [.proofNeeded, .conflict, .triedTooOften],
                "Makes sign-ins take a code; every other session ends", turnOn),
            Route(
                .delete, "/api/me/second-factor", "turnOffSecondFactor", by: .caller(.person),
                answers: [.nothing("Signing in takes the password alone.")],
                refuses: [.proofNeeded], "Makes sign-ins take no code any more", turnOff),
            Route(
                .post, "/api/me/second-factor/recovery-codes", "renewRecoveryCodes",
                by: .caller(.person),
                answers: [.ok(RecoveryCodes.self, "The ones of before are over.")],
                refuses: [.proofNeeded, .conflict], "Makes new recovery codes", renew),
        ])

    private static func show(_ context: Context, _ caller: Caller) throws -> Response {
        let user = try caller.person().id
        return try .json(
            SecondFactorAnswer(
                since: context.database.secondFactor(of: user)?.turnedOnAt,
                codesLeft: context.database.recoveryCodesLeft(of: user)))
    }

    /// 409 when one is on. Asked again, it makes another secret in the place of the one before.
    private static func prepare(_ context: Context, _ caller: Caller) throws -> Response {
        try caller.demandProof()
        let user = try caller.person()
        let secret = randomBytes(OneTimePassword.secretLength)
        try context.database.beginSecondFactor(
            of: user.id, sealed: context.secrets.seal(secret, of: user.id),
            by: context.secrets.mark)
        let password = OneTimePassword(secret: secret)
        return .json(
            .created, PreparedFactor(secret: password.text, url: password.url(account: user.email)))
    }

    /// 400 names `code` when it is not of the secret.
    private static func turnOn(_ context: Context, _ caller: Caller) throws -> Response {
        try caller.demandProof()
        let user = try caller.person().id
        var body = context.body.reader
        guard let typed = body.read(SignInCodes.code), !typed.isEmpty else {
            throw InvalidInput([.code])
        }
        let tries = Tries.confirmation(of: user, context.tokens)
        try context.database.countTry(tries.keys)
        let codes = Self.newCodes()
        let isRight = try context.database.turnOnSecondFactor(
            of: user, recovery: codes.map(\.hash), keeping: caller.session.token.sessionHash
        ) { context.step(of: typed, by: $0, of: user) }
        guard isRight else { throw InvalidInput("code", .codeWrong) }
        try context.database.takeBackTry(tries.keys)
        context.log.notice("second factor on", metadata: ["user": "\(user)"])
        return .json(RecoveryCodes(codes: codes))
    }

    private static func turnOff(_ context: Context, _ caller: Caller) throws -> Response {
        try caller.demandProof()
        let user = try caller.person().id
        try context.database.turnOffSecondFactor(of: user)
        context.log.notice("second factor off", metadata: ["user": "\(user)"])
        return .nothing
    }

    /// 409 when signing in takes no code.
    private static func renew(_ context: Context, _ caller: Caller) throws -> Response {
        try caller.demandProof()
        let codes = Self.newCodes()
        try context.database.renewRecoveryCodes(
            of: caller.person().id, to: codes.map(\.hash))
        return .json(RecoveryCodes(codes: codes))
    }

    private static func newCodes() -> [RecoveryCode] {
        (0..<RecoveryCode.count).map { _ in .new() }
    }
}

private struct SecondFactorAnswer: JSONObject {
    let since: Date?
    let codesLeft: Int

    static var schemaName: String? { "SecondFactor" }

    static func list<List: FieldList>(_ fields: inout List)
    where List.Source == SecondFactorAnswer {
        fields.field("isOn", example: "true") { $0.since != nil }
        fields.field("since") { $0.since }
        fields.field("recoveryCodesLeft", example: "10") { $0.codesLeft }
    }
}

private struct PreparedFactor: JSONObject {
    let secret: String
    let url: String

    static var schemaName: String? { "PreparedSecondFactor" }

    static func list<List: FieldList>(_ fields: inout List) where List.Source == PreparedFactor {
        fields.field(
            "secret", "Base32 (RFC 4648).", example: "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ".quoted
        ) { $0.secret }
        fields.field(
            "url", "What an authenticator opens.",
            example: "otpauth://totp/Rushes:a%40b.example?secret=GEZDGNBV&issuer=Rushes".quoted
        ) { $0.url }
        fields.field(
            "qrCode", "The address as a QR code: rows of dots, `1` for dark, without an edge.",
            example: #"["11111110", "10000010"]"#
        ) { QRCode($0.url)?.rows ?? [] }
    }
}

private struct RecoveryCodes: JSONObject {
    let codes: [RecoveryCode]

    static var schemaName: String? { "RecoveryCodes" }

    static func list<List: FieldList>(_ fields: inout List) where List.Source == RecoveryCodes {
        fields.field(
            "recoveryCodes", "They are shown here and never again.",
            example: #"["mfrg-gzdf-mztw-q2lk"]"#
        ) { $0.codes.map(\.text) }
    }
}
