import Billing
import Domain
import FoundationEssentials
import HTTP
import HTTPTypes
import JSON
import Ledger
import Logging
import Pollo
import Store
import Stripe
import Texts

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
                json.member("differenceId", item.differenceID?.description)
                json.member("findingId", item.findingID?.description)
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
    /// `{startedAt, finishedAt, items, unknown}`, the last of the parts that could not be read
    /// since `since` (null: ever); 404 before the first.
    static func reconciliation(
        _ request: Request, _ context: Context, _ user: User
    ) throws -> Response {
        guard let last = try context.database.lastReconciliation() else { throw NotFound() }
        let unread = try context.database.unreadParts()
        return .json { json in
            json.member("startedAt", last.startedAt)
            json.member("finishedAt", last.finishedAt)
            json.key("items")
            json.literal(last.report)
            json.key("unknown")
            json.beginArray()
            for part in unread {
                json.beginObject()
                json.member("part", part.part.rawValue)
                json.member("since", part.since)
                json.member("problem", part.problem)
                json.endObject()
            }
            json.endArray()
        }
    }

    /// `POST /api/admin/differences/:id/closure`: closes a difference that is dealt with.
    ///
    /// Body: `reason`. Answers 204, and again for the same `Idempotency-Key`; 409 when it is closed
    /// already, or gone by itself.
    static func close(_ request: Request, _ context: Context, _ user: User) throws -> Response {
        let actor = try actor(request, request.jsonObject(), user)
        try context.database.close(context.id() as DifferenceID, by: actor)
        return Response(status: .noContent, fields: [.cacheControl: "no-store"])
    }

    /// `GET /api/admin/audit?action&limit&cursor`: what was done by hand, newest first.
    static func audit(_ request: Request, _ context: Context, _ user: User) throws -> Response {
        var problems: [InvalidInput.Field] = []
        let query = Query(request.queryString)
        let page = Page<AuditLine>(query, problems: &problems)
        let action = query["action"]
        if let action, !isAction(action) {
            problems.append(.init("action", .actionMalformed))
        }
        guard problems.isEmpty else { throw InvalidInput(problems) }
        let lines = try context.database.auditLog(
            before: page.cursor, action: action, limit: page.limit + 1)
        return .json { json in
            page.write(lines, id: \.id, &json) { json, line in
                json.beginObject()
                json.member("id", line.id)
                json.member("actorId", line.actorID?.description)
                json.member("systemUser", line.systemUser)
                json.member("action", line.action)
                json.member("subject", line.subject)
                json.member("reason", line.reason)
                json.member("detail", line.detail)
                json.member("createdAt", line.createdAt)
                json.endObject()
            }
        }
    }

    private static func isAction(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count)
            && text.utf8.allSatisfy { (97...122).contains($0) || "-._".utf8.contains($0) }
    }

    /// Who asks, with the reason of the body and the key of the header.
    private static func actor(
        _ request: Request, _ body: [String: JSONValue], _ user: User
    ) throws -> Operator {
        try Operator(
            userID: user.id, reason: body["reason"]?.string,
            key: request.clientKey(body: [])?.key)
    }

    /// `POST /api/admin/purchases/:id/refund`: sends money back, and takes the credit with it.
    ///
    /// Body: `reason`; `amount` in dollars, or all that is not spent. The same `Idempotency-Key`
    /// again is the same refund. Answers 200 and the order; 202 and the order when Stripe does not
    /// answer: then the refund is being finished by `work`, and is not to be repeated; 409 when it
    /// is more than is left or Stripe refuses it.
    static func refund(_ request: Request, _ context: Context, _ user: User) throws -> Response {
        let body = try request.jsonObject()
        let actor = try actor(request, body, user)
        let amount = try Self.amount(body["amount"])
        let log = context.site.logger(for: request)
        guard let known = try context.database.purchase(context.id()) else { throw NotFound() }
        let purchase: Purchase
        do {
            purchase = try context.withBilling(log) { billing in
                try billing.refund(context.id(), amount: amount, by: actor)
            }
        } catch is UnfinishedRefund {
            return .json(.accepted) { $0.members(of: known) }
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
        throw InvalidInput("amount", .centsMalformed)
    }

    /// `POST /api/admin/videos/:id/resolution`: ends the uncertainty about a submission.
    ///
    /// Body: `reason`; `taskId` when the vendor made a task, or without it the hold goes back.
    /// Answers 204, and again for the same `Idempotency-Key`; 409 when the video is not uncertain.
    static func resolve(_ request: Request, _ context: Context, _ user: User) throws -> Response {
        let body = try request.jsonObject()
        let actor = try actor(request, body, user)
        var reader = FieldReader(body)
        let task = reader.string("taskId", maxLength: 255)
        if let task, !PolloTask.isID(task) {
            reader.refuse("taskId", .taskMalformed)
        }
        try reader.finish()
        try context.database.resolve(
            context.id(), task: task, renderDeadline: context.settings.deadlines.render,
            policy: context.settings.creditPolicy, by: actor)
        return Response(status: .noContent, fields: [.cacheControl: "no-store"])
    }

    /// `POST /api/admin/videos/:id/closure`: ends a video in whatever state it is, and gives the
    /// credit back (J13). What the vendor makes of it all the same is a loss.
    ///
    /// Body: `reason`. Answers 204, and again for the same `Idempotency-Key`; 409 when it has ended.
    static func endVideo(_ request: Request, _ context: Context, _ user: User) throws -> Response {
        let actor = try actor(request, request.jsonObject(), user)
        try context.database.endVideo(
            context.id(), policy: context.settings.creditPolicy, by: actor)
        return Response(status: .noContent, fields: [.cacheControl: "no-store"])
    }
}
