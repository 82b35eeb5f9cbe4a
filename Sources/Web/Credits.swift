import API
import Domain
import HTTP
import HTTPTypes
import JSON
import Ledger

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

    private static func balance(_ context: Context, _ caller: Caller) throws -> Response {
        try .json(
            BalanceAnswer(
                balance: context.database.balance(of: caller.account),
                lots: context.database.lots(of: caller.account)))
    }

    private static func transactions(_ context: Context, _ caller: Caller) throws -> Response {
        let page = try Page<TransactionKind>(context.request)
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
