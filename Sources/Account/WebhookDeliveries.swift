import API
import Domain
import HTTP
import HTTPTypes
import JSON
import Store
import Web

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
    private static func index(_ context: Context, _ caller: Caller) throws -> Response {
        let source = try context.webhookSource()
        if case .endpoint(let id) = source,
            try context.database.webhookEndpoint(id, of: caller.account) == nil
        {
            throw NotFound()
        }
        let page = try Page<OutboxKind>(context.request)
        let deliveries = try context.database.webhookDeliveries(
            from: source, of: caller.account, before: page.cursor, limit: page.limit + 1)
        return .json(page.answer(deliveries, id: \.id))
    }

    /// 409 while it is being sent, 429 within a minute of the last time.
    private static func resend(_ context: Context, _ caller: Caller) throws -> Response {
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
    func webhookSource() throws -> WebhookSource {
        try argument() == "default" ? .orders : .endpoint(id())
    }
}

extension Parameter {
    static let webhookSource = path(
        "webhookEndpoint", "id",
        "An endpoint, or `default` for the addresses that orders name themselves (webhookUrl).")
}

extension Outcome {
    static let queuedWebhook = accepted(
        WebhookDelivery.self, "It is sent in a moment.")
}
