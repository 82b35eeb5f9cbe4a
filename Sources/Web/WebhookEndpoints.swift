import Domain
import FoundationEssentials
import HTTP
import HTTPTypes
import JSON
import Sodium
import Store

/// The addresses of users' own servers that are told what happens. What is sent to them is
/// signed as Standard Webhooks (https://www.standardwebhooks.com).
enum WebhookEndpoints {
    /// `GET /api/webhooks/endpoints`: all of the user's, oldest first; at most ten.
    static func index(_ request: Request, _ context: Context, _ user: User) throws -> Response {
        let endpoints = try context.database.webhookEndpoints(of: user.id)
        return .json { json in
            json.key("items")
            json.beginArray()
            for endpoint in endpoints {
                json.beginObject()
                json.members(of: endpoint)
                json.endObject()
            }
            json.endArray()
            json.member("nextCursor", nil as String?)
        }
    }

    /// `POST /api/webhooks/endpoints`: adds one.
    ///
    /// Body: `url` (HTTPS, public) and `events` (all when left out). Answers 201 and the endpoint
    /// with its `secret`, which is never shown again; 400 for bad fields, 409 beyond ten.
    static func create(_ request: Request, _ context: Context, _ user: User) throws -> Response {
        let draft = try WebhookEndpointDraft(
            FieldReader(request.jsonObject()), exceptOrigins: context.settings.exceptOrigins)
        let id = WebhookEndpointID.new()
        let secret = randomBytes(32)
        try context.database.insertWebhookEndpoint(id, draft, secret: secret, of: user.id)
        guard let endpoint = try context.database.webhookEndpoint(id, of: user.id) else {
            throw NotFound()
        }
        return .json(.created) { json in
            json.members(of: endpoint)
            json.member("secret", shown(secret))
        }
    }

    /// `GET /api/webhooks/endpoints/:id`: one of the user's; 404 for another's.
    static func show(_ request: Request, _ context: Context, _ user: User) throws -> Response {
        guard let endpoint = try context.database.webhookEndpoint(context.id(), of: user.id) else {
            throw NotFound()
        }
        return .json { $0.members(of: endpoint) }
    }

    /// `DELETE /api/webhooks/endpoints/:id`: takes it away, with its deliveries. Answers 204.
    static func destroy(_ request: Request, _ context: Context, _ user: User) throws -> Response {
        try context.database.deleteWebhookEndpoint(context.id(), of: user.id)
        return Response(status: .noContent, fields: [.cacheControl: "no-store"])
    }

    /// `POST /api/webhooks/endpoints/:id/secret`: a new secret in place of the old one, for
    /// `default` that of the addresses which orders name themselves (`webhookUrl`). Answers 201
    /// `{secret}`, which is never shown again.
    static func rotate(_ request: Request, _ context: Context, _ user: User) throws -> Response {
        let secret = randomBytes(32)
        try context.database.setWebhookSecret(
            secret, of: context.webhookSource(), user: user.id)
        return .json(.created) { $0.member("secret", shown(secret)) }
    }

    /// `POST /api/webhooks/endpoints/:id/test`: sends it an event `test`. Answers 202 and the
    /// delivery, 429 beyond ten in a minute.
    static func test(_ request: Request, _ context: Context, _ user: User) throws -> Response {
        let endpoint: WebhookEndpointID = try context.id()
        let id = OutboxID.new()
        try context.database.testWebhook(endpoint, of: user.id, id: id)
        return try WebhookDeliveries.accepted(id, from: .endpoint(endpoint), context, user)
    }

    /// A secret as the specification's libraries take it.
    private static func shown(_ secret: [UInt8]) -> String { "whsec_" + Base64.encode(secret) }
}

/// What was sent to users' own servers, and what came of it.
enum WebhookDeliveries {
    /// `GET /api/webhooks/endpoints/:id/deliveries?limit&cursor`: those of the last thirty days,
    /// newest first; for `default` those to addresses that orders named themselves.
    static func index(_ request: Request, _ context: Context, _ user: User) throws -> Response {
        let source = try context.webhookSource()
        if case .endpoint(let id) = source,
            try context.database.webhookEndpoint(id, of: user.id) == nil
        {
            throw NotFound()
        }
        var problems: [InvalidInput.Field] = []
        let page = Page<OutboxKind>(Query(request.queryString), problems: &problems)
        guard problems.isEmpty else { throw InvalidInput(problems) }
        let deliveries = try context.database.webhookDeliveries(
            from: source, of: user.id, before: page.cursor, limit: page.limit + 1)
        return .json { json in
            page.write(deliveries, id: \.id, &json) { json, delivery in
                json.beginObject()
                json.members(of: delivery)
                json.endObject()
            }
        }
    }

    /// `POST /api/webhooks/endpoints/:id/deliveries/:delivery/resend`: sends one again, under the
    /// same `webhook-id`. Answers 202 and the delivery, 409 while it is being sent, 429 within a
    /// minute of the last time.
    static func resend(_ request: Request, _ context: Context, _ user: User) throws -> Response {
        let source = try context.webhookSource()
        let id: OutboxID = try context.id(at: 1)
        try context.database.resendWebhook(id, from: source, of: user.id)
        return try accepted(id, from: source, context, user)
    }

    static func accepted(
        _ id: OutboxID, from source: WebhookSource, _ context: Context, _ user: User
    ) throws -> Response {
        let delivery = try context.database.webhookDelivery(id, from: source, of: user.id)
        guard let delivery else { throw NotFound() }
        return .json(.accepted) { $0.members(of: delivery) }
    }
}

extension Context {
    /// The endpoint in the path, or the orders' own addresses for `default`.
    fileprivate func webhookSource() throws -> WebhookSource {
        arguments.first == "default" ? .orders : .endpoint(try id())
    }
}

extension JSONWriter {
    fileprivate mutating func members(of endpoint: WebhookEndpoint) {
        member("id", endpoint.id)
        member("url", endpoint.url)
        key("events")
        beginArray()
        for event in endpoint.events { string(event.rawValue) }
        endArray()
        member("status", endpoint.isOff ? "off" : endpoint.failingSince == nil ? "ok" : "failing")
        member("failingSince", endpoint.failingSince)
        member("createdAt", endpoint.createdAt)
    }

    fileprivate mutating func members(of delivery: WebhookDelivery) {
        member("id", delivery.id)
        member("type", delivery.type)
        member("jobId", delivery.subject.job?.description)
        member("url", delivery.url)
        member("status", delivery.state.rawValue)
        member("createdAt", delivery.createdAt)
        member("deliveredAt", delivery.deliveredAt)
        member("nextAttemptAt", delivery.nextAttemptAt)
        key("attempts")
        beginArray()
        for attempt in delivery.attempts {
            beginObject()
            member("attempt", attempt.number)
            member("statusCode", attempt.statusCode)
            member("problem", attempt.problem)
            member("milliseconds", attempt.milliseconds)
            member("at", attempt.at)
            endObject()
        }
        endArray()
    }
}
