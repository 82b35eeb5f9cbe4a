import API
import Domain
import Entrance
import FoundationEssentials
import HTTP
import HTTPTypes
import JSON
import Logging
import Store
import Texts
import Web

/// The removal of one's account, which can be taken back for 14 days.
enum Departures {
    static let routes: [Route] = .part(
        "Accounts",
        [
            Route(
                .delete, "/api/me", "removeMe", by: .caller(.person),
                takes: Body("Removal", givesUpCredit),
                answers: [
                    .accepted(
                        DepartureAnswer.self,
                        "It is removed then; until then signing in and one call bring it back.")
                ], refuses: [.proofNeeded, .conflict],
                "Removes the account in 14 days; every other session ends", create),
            Route(
                .post, "/api/me/restoration", "keepMe", by: .caller(.person),
                answers: [.nothing("It stays.")], "Takes the removal of the account back", restore),
        ])

    private static let givesUpCredit = Input.flag(
        "giveUpCredit", "Has to be `true` where credit is left.", example: "true")

    /// 400 names `giveUpCredit` while credit is left, and says how much. Nothing is ordered or bought
    /// from now on; what is being made is finished.
    private static func create(_ context: Context, _ caller: Caller) throws -> Response {
        try caller.demandProof()
        let user = try caller.person().id
        var body = context.body.reader
        let givesUp = body.read(givesUpCredit) ?? false
        try body.finish()
        let date = try context.database.leave(
            user, givingUpCredit: givesUp, keeping: caller.session.token.sessionHash)
        context.log.notice("account to be removed", metadata: ["user": "\(user)"])
        return .json(.accepted, DepartureAnswer(leavesAt: date))
    }

    private static func restore(_ context: Context, _ caller: Caller) throws -> Response {
        let user = try caller.person().id
        try context.database.stay(user)
        context.log.notice("account stays", metadata: ["user": "\(user)"])
        return .nothing
    }
}

private struct DepartureAnswer: JSONObject {
    let leavesAt: Date

    static var schemaName: String? { "Departure" }

    static func list<List: FieldList>(_ fields: inout List) where List.Source == DepartureAnswer {
        fields.field("leavesAt", example: "2026-12-22T10:00:00.123Z".quoted) { $0.leavesAt }
    }
}
