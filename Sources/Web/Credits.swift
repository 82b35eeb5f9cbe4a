import API
import Domain
import HTTP
import HTTPTypes
import JSON
import Ledger
import Texts

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
                with: filters + [Parameter].page,
                answers: [.ok(PageAnswer<TransactionLine>.self, "A page.")],
                "Everything that changed the balance, newest first", transactions),
            Route(
                .get, "/api/credits/transactions.csv", "exportTransactions",
                by: .caller(.readCredits), with: filters,
                answers: [.file("text/csv", "One line for each, newest first, under a heading.")],
                "The same as a table, whole", table),
        ])

    private static let filters: [Parameter] = [
        .query(
            "type", "Movements of one kind.",
            as: .words(TransactionType.allCases.map(\.rawValue))),
        .query("from", "The first instant, or day.", example: "2026-11-01T00:00:00Z"),
        .query("to", "The instant, or day, after the last.", example: "2026-12-01"),
    ]

    /// How many one table holds: some megabytes.
    private static let mostLines = 20_000

    private static func balance(_ context: Context, _ caller: Caller) throws -> Response {
        try .json(
            BalanceAnswer(
                balance: context.database.balance(of: caller.account),
                lots: context.database.lots(of: caller.account)))
    }

    private static func transactions(_ context: Context, _ caller: Caller) throws -> Response {
        var query = RecordQuery(context.request)
        let page = Page<TransactionKind>(query.query, problems: &query.problems)
        let filter = filter(&query)
        try query.finish()
        let lines = try context.database.transactions(
            of: caller.account, matching: filter, before: page.cursor, limit: page.limit + 1)
        return .json(page.answer(lines, id: \.id))
    }

    private static func filter(_ query: inout RecordQuery) -> TransactionFilter {
        TransactionFilter(type: query.word("type"), from: query.date("from"), to: query.date("to"))
    }

    /// 400 when there are more lines than one answer holds: a shorter time has fewer.
    private static func table(_ context: Context, _ caller: Caller) throws -> Response {
        var query = RecordQuery(context.request)
        let filter = filter(&query)
        try query.finish()
        let lines = try context.database.transactions(
            of: caller.account, matching: filter, before: nil, limit: mostLines + 1)
        guard lines.count <= mostLines else {
            throw InvalidInput("from", .tableTooLong, ["most": .number(mostLines)])
        }
        return Response(
            status: .ok, contentType: "text/csv",
            fields: [
                .cacheControl: "no-store",
                .contentDisposition: "attachment; filename=\"rushes-movements.csv\"",
            ], body: CSVTable(lines, of: TransactionLine.self).bytes)
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
