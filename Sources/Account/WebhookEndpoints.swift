import API
import Domain
import HTTP
import HTTPTypes
import JSON
import Sodium
import Store
import Web

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

    private static func index(_ context: Context, _ caller: Caller) throws -> Response {
        try .json(
            PageAnswer(
                items: context.database.webhookEndpoints(of: caller.account), nextCursor: nil))
    }

    /// The endpoint with its `secret`, which is never shown again; 409 beyond ten.
    private static func create(_ context: Context, _ caller: Caller) throws -> Response {
        let draft = try WebhookEndpointDraft(
            context.body.reader, exceptOrigins: context.settings.exceptOrigins)
        let id = WebhookEndpointID.new()
        let secret = randomBytes(32)
        try context.database.insertWebhookEndpoint(id, draft, secret: secret, of: caller.account)
        guard let endpoint = try context.database.webhookEndpoint(id, of: caller.account) else {
            throw NotFound()
        }
        return .json(.created, NewEndpoint(endpoint, secret: secret))
    }

    private static func show(_ context: Context, _ caller: Caller) throws -> Response {
        guard
            let endpoint = try context.database.webhookEndpoint(context.id(), of: caller.account)
        else { throw NotFound() }
        return .json(endpoint)
    }

    private static func destroy(_ context: Context, _ caller: Caller) throws -> Response {
        try context.database.deleteWebhookEndpoint(context.id(), of: caller.account)
        return .nothing
    }

    /// A new secret in place of the old one, for `default` that of the addresses which orders name
    /// themselves (`webhookUrl`). It is never shown again.
    private static func rotate(_ context: Context, _ caller: Caller) throws -> Response {
        let secret = randomBytes(32)
        try context.database.setWebhookSecret(
            secret, of: context.webhookSource(), account: caller.account)
        return .json(.created, NewSecret(secret))
    }

    /// 429 beyond ten in a minute.
    private static func test(_ context: Context, _ caller: Caller) throws -> Response {
        let endpoint: WebhookEndpointID = try context.id()
        let id = OutboxID.new()
        try context.database.testWebhook(endpoint, of: caller.account, id: id)
        return try WebhookDeliveries.accepted(id, from: .endpoint(endpoint), context, caller)
    }
}
