import API
import Billing
import Domain
import HTTP
import HTTPTypes
import JSON
import Logging
import Store
import Stripe
import Texts

/// Stripe's events.
enum StripeWebhook {
    static let routes: [Route] = .part(
        "Webhooks",
        [
            Route(
                .post, "/api/webhooks/stripe", "receiveStripeEvent", by: .vendor(.stripe),
                takes: .event(#"{"id":"evt_1"}"#), answers: [.received],
                refuses: [.vendorUnavailable, .stripeBusy], "An event of Stripe's", create)
        ])

    /// A signed event, which is a hint to look at its object.
    ///
    /// Answers 200 once the effect is committed, also for events that were seen or mean nothing to
    /// us; any failure of ours answers 5xx, so that Stripe sends again.
    private static func create(_ context: Context, _ body: [UInt8]) throws -> Response {
        guard let event = StripeEvent(body) else {
            throw InvalidInput("body", .notAnEvent)
        }
        var log = context.log
        log[metadataKey: "event"] = "\(event.id)"
        try context.withBilling(log) { try $0.receive(event) }
        return .json(Receipt())
    }
}
