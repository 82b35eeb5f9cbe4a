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
import Texts

/// Stripe's events.
enum StripeWebhook {
    /// `POST /api/webhooks/stripe`: a signed event, which is a hint to look at its object.
    ///
    /// Answers 200 once the effect is committed, also for events that were seen or mean nothing to
    /// us, 400 for a bad signature; any failure of ours answers 5xx, so that Stripe sends again.
    static func create(_ request: Request, _ context: Context) throws -> Response {
        let body = try request.source.body(upTo: BodyLimit.event)
        let log = context.site.logger(for: request)
        guard
            StripeSignature.verify(
                header: request.values("HTTP_STRIPE_SIGNATURE"), body: body,
                secrets: context.settings.stripeWebhookSecrets, now: context.now)
        else {
            log.warning(
                "stripe webhook refused", metadata: ["address": "\(request.remoteAddress)"])
            throw InvalidInput("Stripe-Signature", .signatureMisfit)
        }
        guard let event = StripeEvent(body) else {
            throw InvalidInput("body", .notAnEvent)
        }
        do {
            try context.withBilling(log) { try $0.receive(event) }
        } catch let error as StripeError {
            log.error(
                "stripe: an event's object cannot be read",
                metadata: ["event": "\(event.id)", "error": "\(error)"])
            throw VendorUnavailable()
        }
        return received
    }

    private static let received = Response.json { $0.member("received", true) }
}

/// The video vendor's callbacks.
enum PolloWebhook {
    /// `POST /api/webhooks/pollo/:token` and the same without a token: a task has ended.
    ///
    /// The body is only a hint (W3): the job's state is asked for at once. Answers 200 also for a
    /// task that is not known (W5), 401 for a bad signature.
    static func create(_ request: Request, _ context: Context) throws -> Response {
        let body = try request.source.body(upTo: BodyLimit.event)
        let log = context.site.logger(for: request)
        let id = request.values("HTTP_X_WEBHOOK_ID")
        guard
            PolloSignature.verify(
                id: id, timestamp: request.values("HTTP_X_WEBHOOK_TIMESTAMP"),
                signature: request.values("HTTP_X_WEBHOOK_SIGNATURE"), body: body,
                secret: context.settings.polloWebhookSecret)
        else {
            log.warning(
                "pollo callback refused", metadata: ["address": "\(request.remoteAddress)"])
            throw Unsigned()
        }
        guard let taskID = PolloCallback.taskID(in: body) else {
            log.warning("pollo callback without a task")
            return received
        }
        try context.site.threads.pass(.callbacks) { try note(taskID, id[0], context, log) }
        return received
    }

    private static func note(
        _ taskID: String, _ event: String, _ context: Context, _ log: Logger
    ) throws {
        try context.database.receive(event, from: .pollo, type: "task", object: taskID) {
            let job =
                try context.arguments.first.map { token in
                    try context.database.hint(
                        callbackToken: token, taskID: taskID,
                        renderDeadline: context.settings.deadlines.render)
                } ?? context.database.hint(taskID: taskID)
            if job == nil { log.notice("pollo callback for no open job of ours") }
            return true
        }
    }

    private static let received = Response.json { $0.member("received", true) }
}

extension Request {
    /// Every value of a header. Of one that was repeated only the first is known, which is enough
    /// to refuse it.
    fileprivate func values(_ parameter: StaticString) -> [String] {
        let first = source.parameter(parameter) ?? ""
        return Array(repeating: first, count: source.count(of: parameter))
    }
}
