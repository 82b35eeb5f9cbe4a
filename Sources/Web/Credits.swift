import Domain
import HTTP
import HTTPTypes
package import JSON
package import Ledger

/// What an account has, and how it came and went.
enum Credits {
    static let routes: [Route] = .part(
        "Credits",
        [
            Route(
                .get, "/api/credits/balance", "showBalance", by: .caller(.readCredits),
                answers: [
                    .ok(BalanceAnswer.self, "The balance with its lots, in the order of spending.")
                ], "What there is to spend, and until when", balance),
            Route(
                .get, "/api/credits/transactions", "listTransactions", by: .caller(.readCredits),
                with: .page, answers: [.ok(PageAnswer<TransactionLine>.self, "A page.")],
                "Everything that changed the balance, newest first", transactions),
        ])

    private static func balance(
        _ request: Request, _ context: Context, _ caller: Caller
    ) throws -> Response {
        try .json(
            BalanceAnswer(
                balance: context.database.balance(of: caller.account),
                lots: context.database.lots(of: caller.account)))
    }

    private static func transactions(
        _ request: Request, _ context: Context, _ caller: Caller
    ) throws -> Response {
        let page = try Page<TransactionKind>(request)
        let lines = try context.database.transactions(
            of: caller.account, before: page.cursor, limit: page.limit + 1)
        return .json(page.answer(lines, id: \.id))
    }
}

private struct BalanceAnswer: JSONObject {
    let balance: Balance
    let lots: [CreditLot]

    static var schemaName: String? { "Balance" }

    static func list<List: FieldList>(_ fields: inout List) where List.Source == BalanceAnswer {
        fields.field("available", example: "53.14") { $0.balance.available }
        fields.field("reserved", "Held by videos that are being made.") { $0.balance.reserved }
        fields.field("lots") { $0.lots }
        fields.field("shortfall", "A debt of earlier refunds.", example: "0") {
            $0.balance.shortfall
        }
    }
}

extension LotSource: JSONWord {}

extension CreditLot: JSONObject {
    package static var schemaName: String? { "Lot" }

    package static func list<List: FieldList>(_ fields: inout List) where List.Source == CreditLot {
        fields.field("id") { $0.id }
        fields.field("source") { $0.source }
        fields.field("remaining", example: "53.14") { $0.remaining }
        fields.field("expiresAt", example: "2027-02-20T10:00:00.123Z".quoted) { $0.expiresAt }
    }
}

extension TransactionType: JSONWord {}

extension TransactionLine: JSONObject {
    package static var schemaName: String? { "Transaction" }

    package static func list<List: FieldList>(_ fields: inout List)
    where List.Source == TransactionLine {
        fields.field("id") { $0.id }
        fields.field("type", example: "charge".quoted) { $0.type }
        fields.field("amount", example: "-1.86") { $0.amount }
        fields.field("balanceAfter", example: "53.14") { $0.balanceAfter }
        fields.field("description", example: "Pro video, 5 s".quoted) { $0.description }
        fields.optional("jobId", example: VideoID.example) { $0.jobID }
        fields.optional("purchaseId") { $0.purchaseID }
        fields.field("createdAt") { $0.createdAt }
    }
}
