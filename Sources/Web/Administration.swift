import Billing
import Domain
import FoundationEssentials
import HTTP
import HTTPTypes
import JSON
import Logging
import Pollo
import Store
import Stripe

/// Makes a handler of one that needs an administrator. To others the route does not exist.
func administrator(_ handler: @escaping UserHandler) -> Handler {
    signedIn { request, context, user in
        guard user.role == .admin else { throw NotFound() }
        return try handler(request, context, user)
    }
}

/// What the operator sees and does. Every act needs a `reason` and leaves a line in the log.
enum Administration {
    /// `GET /api/admin/attention`: `{items}` of what needs a person, oldest first.
    static func attention(_ request: Request, _ context: Context, _ user: User) throws -> Response {
        let items = try context.database.attention()
        return .json { json in
            json.key("items")
            json.beginArray()
            for item in items {
                json.beginObject()
                json.member("kind", item.kind.rawValue)
                json.member("subject", item.subject)
                json.key("amount")
                json.literal(item.amount?.json ?? "null")
                json.member("detail", item.detail)
                json.member("since", item.since)
                json.endObject()
            }
            json.endArray()
        }
    }

    /// `GET /api/admin/reconciliation`: what the last comparison with the vendors found:
    /// `{startedAt, finishedAt, items}`; 404 before the first.
    static func reconciliation(
        _ request: Request, _ context: Context, _ user: User
    ) throws -> Response {
        guard let last = try context.database.lastReconciliation() else { throw NotFound() }
        return .json { json in
            json.member("startedAt", last.startedAt)
            json.member("finishedAt", last.finishedAt)
            json.key("items")
            json.literal(last.report)
        }
    }

    /// `GET /api/admin/audit?limit&cursor`: what was done by hand, newest first.
    static func audit(_ request: Request, _ context: Context, _ user: User) throws -> Response {
        var problems: [InvalidInput.Field] = []
        let page = Page<AuditLine>(Query(request.queryString), problems: &problems)
        guard problems.isEmpty else { throw InvalidInput(problems) }
        let lines = try context.database.auditLog(before: page.cursor, limit: page.limit + 1)
        return .json { json in
            page.write(lines, id: \.id, &json) { json, line in
                json.beginObject()
                json.member("id", line.id)
                json.member("actorId", line.actorID?.description)
                json.member("action", line.action)
                json.member("subject", line.subject)
                json.member("reason", line.reason)
                json.member("detail", line.detail)
                json.member("createdAt", line.createdAt)
                json.endObject()
            }
        }
    }

    /// `POST /api/admin/purchases/:id/refund`: sends money back, and takes the credit with it.
    ///
    /// Body: `reason`; `amount` in dollars, or all that is not spent. Answers 200 and the order;
    /// 409 when it is more than is left or Stripe refuses it, 502 when Stripe does not answer (then
    /// the refund is finished by `work`).
    static func refund(_ request: Request, _ context: Context, _ user: User) throws -> Response {
        let body = try request.jsonObject()
        let actor = try Operator(userID: user.id, reason: body["reason"]?.string)
        let amount = try Self.amount(body["amount"])
        let log = context.site.logger(for: request)
        let purchase: Purchase
        do {
            purchase = try context.withBilling(log) { billing in
                try billing.refund(context.id(), amount: amount, by: actor)
            }
        } catch let error as StripeError {
            log.error("stripe: no refund", metadata: ["error": "\(error)"])
            guard case .refused(let failure) = error else { throw VendorUnavailable() }
            throw Conflict("Stripe refuses it: \(failure.message)")
        }
        return .json { $0.members(of: purchase) }
    }

    private static func amount(_ value: JSONValue?) throws -> Money? {
        switch value {
        case nil, .null: return nil
        case .integer(let dollars) where (1...1_000_000).contains(dollars):
            return Money(micros: dollars * 1_000_000)
        case .number(let dollars):
            guard let money = Money(dollars: "\(dollars)"), money > .zero, money.cents != nil
            else { break }
            return money
        default: break
        }
        throw InvalidInput("amount", "Send dollars and whole cents, such as 4.50.")
    }

    /// `POST /api/admin/videos/:id/resolution`: ends the uncertainty about a submission.
    ///
    /// Body: `reason`; `taskId` when the vendor made a task, or without it the hold goes back.
    /// Answers 204; 409 when the video is not uncertain.
    static func resolve(_ request: Request, _ context: Context, _ user: User) throws -> Response {
        let body = try request.jsonObject()
        let actor = try Operator(userID: user.id, reason: body["reason"]?.string)
        var reader = FieldReader(body)
        let task = reader.string("taskId", maxLength: 255)
        if let task, !PolloTask.isID(task) {
            reader.refuse("taskId", "Send the vendor's id: letters, digits, - and _.")
        }
        try reader.finish()
        try context.database.resolve(
            context.id(), task: task, renderDeadline: context.settings.deadlines.render,
            policy: context.settings.creditPolicy, by: actor)
        return Response(status: .noContent, fields: [.cacheControl: "no-store"])
    }
}
