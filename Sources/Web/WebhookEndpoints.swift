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
    static let routes: [Route] = .part(
        "Webhooks out",
        [
            Route(
                .get, "/api/webhooks/endpoints", "listWebhookEndpoints", by: .caller(.webhooks),
                answers: [.ok(PageAnswer<WebhookEndpoint>.self, "Oldest first.")],
                "The addresses that are told what happens; at most ten", index),
            Route(
                .post, "/api/webhooks/endpoints", "createWebhookEndpoint", by: .caller(.webhooks),
                takes: Body(
                    "WebhookEndpointDraft", WebhookEndpointDraft.url, WebhookEndpointDraft.events),
                answers: [.created(NewEndpoint.self, "The endpoint with its secret.")],
                refuses: [.conflict], "Adds an address; without `events` it is told of all",
                create),
            Route(
                .get, "/api/webhooks/endpoints/:id", "showWebhookEndpoint", by: .caller(.webhooks),
                answers: [.ok(WebhookEndpoint.self, "The endpoint.")],
                "One address, without its secret", show),
            Route(
                .delete, "/api/webhooks/endpoints/:id", "deleteWebhookEndpoint",
                by: .caller(.webhooks), answers: [.nothing("It is gone.")],
                "Takes an address away, with its deliveries", destroy),
            Route(
                .post, "/api/webhooks/endpoints/:id/secret", "rotateWebhookSecret",
                by: .caller(.webhooks), with: [.webhookSource],
                answers: [.created(NewSecret.self, "What signs from now on.")],
                "Puts a new secret in the place of the old one", rotate),
            Route(
                .post, "/api/webhooks/endpoints/:id/test", "testWebhookEndpoint",
                by: .caller(.webhooks), answers: [.queuedWebhook], refuses: [.rateLimited],
                "Sends an event `test`", test),
        ])

    private static func index(
        _ request: Request, _ context: Context, _ caller: Caller
    ) throws -> Response {
        try .json(
            PageAnswer(
                items: context.database.webhookEndpoints(of: caller.account), nextCursor: nil))
    }

    /// The endpoint with its `secret`, which is never shown again; 409 beyond ten.
    private static func create(
        _ request: Request, _ context: Context, _ caller: Caller
    ) throws -> Response {
        let draft = try WebhookEndpointDraft(
            context.body.reader, exceptOrigins: context.settings.exceptOrigins)
        let id = WebhookEndpointID.new()
        let secret = randomBytes(32)
        try context.database.insertWebhookEndpoint(id, draft, secret: secret, of: caller.account)
        guard let endpoint = try context.database.webhookEndpoint(id, of: caller.account) else {
            throw NotFound()
        }
        return .json(.created, NewEndpoint(endpoint: endpoint, secret: NewSecret(secret)))
    }

    private static func show(
        _ request: Request, _ context: Context, _ caller: Caller
    ) throws -> Response {
        guard
            let endpoint = try context.database.webhookEndpoint(context.id(), of: caller.account)
        else { throw NotFound() }
        return .json(endpoint)
    }

    private static func destroy(
        _ request: Request, _ context: Context, _ caller: Caller
    ) throws -> Response {
        try context.database.deleteWebhookEndpoint(context.id(), of: caller.account)
        return .nothing
    }

    /// A new secret in place of the old one, for `default` that of the addresses which orders name
    /// themselves (`webhookUrl`). It is never shown again.
    private static func rotate(
        _ request: Request, _ context: Context, _ caller: Caller
    ) throws -> Response {
        let secret = randomBytes(32)
        try context.database.setWebhookSecret(
            secret, of: context.webhookSource(), account: caller.account)
        return .json(.created, NewSecret(secret))
    }

    /// 429 beyond ten in a minute.
    private static func test(
        _ request: Request, _ context: Context, _ caller: Caller
    ) throws -> Response {
        let endpoint: WebhookEndpointID = try context.id()
        let id = OutboxID.new()
        try context.database.testWebhook(endpoint, of: caller.account, id: id)
        return try WebhookDeliveries.accepted(id, from: .endpoint(endpoint), context, caller)
    }
}

/// What was sent to users' own servers, and what came of it.
enum WebhookDeliveries {
    static let routes: [Route] = .part(
        "Webhooks out",
        [
            Route(
                .get, "/api/webhooks/endpoints/:id/deliveries", "listWebhookDeliveries",
                by: .caller(.webhooks), with: [.webhookSource] + [Parameter].page,
                answers: [.ok(PageAnswer<WebhookDelivery>.self, "A page, newest first.")],
                "What was sent in thirty days, and what came of it", index),
            Route(
                .post, "/api/webhooks/endpoints/:id/deliveries/:delivery/resend", "resendWebhook",
                by: .caller(.webhooks), with: [.webhookSource], answers: [.queuedWebhook],
                refuses: [.conflict, .rateLimited],
                "Sends one again, under the same webhook-id", resend),
        ])

    /// For `default` those to addresses that orders named themselves.
    private static func index(
        _ request: Request, _ context: Context, _ caller: Caller
    ) throws -> Response {
        let source = try context.webhookSource()
        if case .endpoint(let id) = source,
            try context.database.webhookEndpoint(id, of: caller.account) == nil
        {
            throw NotFound()
        }
        let page = try Page<OutboxKind>(request)
        let deliveries = try context.database.webhookDeliveries(
            from: source, of: caller.account, before: page.cursor, limit: page.limit + 1)
        return .json(page.answer(deliveries, id: \.id))
    }

    /// 409 while it is being sent, 429 within a minute of the last time.
    private static func resend(
        _ request: Request, _ context: Context, _ caller: Caller
    ) throws -> Response {
        let source = try context.webhookSource()
        let id: OutboxID = try context.id(at: 1)
        try context.database.resendWebhook(id, from: source, of: caller.account)
        return try accepted(id, from: source, context, caller)
    }

    static func accepted(
        _ id: OutboxID, from source: WebhookSource, _ context: Context, _ caller: Caller
    ) throws -> Response {
        guard
            let delivery = try context.database.webhookDelivery(
                id, from: source, of: caller.account)
        else { throw NotFound() }
        return .json(.accepted, delivery)
    }
}

extension Context {
    /// The endpoint in the path, or the orders' own addresses for `default`.
    fileprivate func webhookSource() throws -> WebhookSource {
        arguments.first == "default" ? .orders : .endpoint(try id())
    }
}

extension Parameter {
    fileprivate static let webhookSource = path(
        "webhookEndpoint", "id",
        "An endpoint, or `default` for the addresses that orders name themselves (webhookUrl).")
}

extension Outcome {
    fileprivate static let queuedWebhook = accepted(
        WebhookDelivery.self, "It is sent in a moment.")
}
