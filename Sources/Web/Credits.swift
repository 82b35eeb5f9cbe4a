import Domain
import HTTP
import JSON
import Ledger
import Store

/// What a user has, and how it came and went.
enum Credits {
    /// `GET /api/credits/balance`: `{available, reserved, lots, shortfall}`.
    static func balance(_ request: Request, _ context: Context, _ user: User) throws -> Response {
        let balance = try context.database.balance(of: user.id)
        let lots = try context.database.lots(of: user.id)
        return .json { json in
            json.member("available", balance.available)
            json.member("reserved", balance.reserved)
            json.key("lots")
            json.beginArray()
            for lot in lots {
                json.beginObject()
                json.member("id", lot.id)
                json.member("source", lot.source.rawValue)
                json.member("remaining", lot.remaining)
                json.member("expiresAt", lot.expiresAt)
                json.endObject()
            }
            json.endArray()
            json.member("shortfall", balance.shortfall)
        }
    }

    /// `GET /api/credits/transactions?limit&cursor`: the ledger, newest first.
    static func transactions(
        _ request: Request, _ context: Context, _ user: User
    ) throws -> Response {
        var problems: [InvalidInput.Field] = []
        let page = Page<TransactionKind>(Query(request.queryString), problems: &problems)
        guard problems.isEmpty else { throw InvalidInput(problems) }
        let lines = try context.database.transactions(
            of: user.id, before: page.cursor, limit: page.limit + 1)
        return .json { json in
            page.write(lines, id: \.id, &json) { json, line in
                json.beginObject()
                json.member("id", line.id)
                json.member("type", line.type.rawValue)
                json.member("amount", line.amount)
                json.member("balanceAfter", line.balanceAfter)
                json.member("description", line.description)
                if let job = line.jobID { json.member("jobId", job) }
                if let purchase = line.purchaseID { json.member("purchaseId", purchase) }
                json.member("createdAt", line.createdAt)
                json.endObject()
            }
        }
    }
}
