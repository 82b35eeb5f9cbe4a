import API
import Domain
import HTTP
import Logging
import Pollo
import Stripe
import Texts

/// Who calls us by a signed message.
enum Vendor: Sendable {
    case stripe, pollo

    /// Throws a refusal unless the signature is that of the body.
    func verify(_ body: [UInt8], _ context: Context) throws {
        guard isSigned(body, context) else {
            context.log.warning(
                "\(self) \(self == .stripe ? "webhook" : "callback") refused",
                metadata: ["address": "\(context.request.remoteAddress)"])
            switch self {
            case .stripe:
                throw InvalidInput("Stripe-Signature", .signatureMisfit)
            case .pollo: throw Refusal.unsigned
            }
        }
    }

    private func isSigned(_ body: [UInt8], _ context: Context) -> Bool {
        let request = context.request
        return switch self {
        case .stripe:
            StripeSignature.verify(
                header: request.values("HTTP_STRIPE_SIGNATURE"), body: body,
                secrets: context.settings.stripeWebhookSecrets, now: context.now)
        case .pollo:
            PolloSignature.verify(
                id: request.values("HTTP_X_WEBHOOK_ID"),
                timestamp: request.values("HTTP_X_WEBHOOK_TIMESTAMP"),
                signature: request.values("HTTP_X_WEBHOOK_SIGNATURE"), body: body,
                secret: context.settings.polloWebhookSecret)
        }
    }

    /// What a signature is made of, and what a message without a good one gets.
    var signature: Signature {
        switch self {
        case .stripe:
            Signature(
                [
                    .header(
                        "stripeSignature", "Stripe-Signature",
                        "Over the bytes of the body, at most 300 seconds old.")
                ], refusal: .invalidInput)
        case .pollo:
            Signature(
                [
                    .header("polloID", "X-Webhook-Id"),
                    .header("polloTimestamp", "X-Webhook-Timestamp"),
                    .header(
                        "polloSignature", "X-Webhook-Signature",
                        "Over id, timestamp and the bytes of the body."),
                ], refusal: .unsigned)
        }
    }
}

extension Request {
    /// Every value of a header. Of one that was repeated only the first is known, which is enough
    /// to refuse it.
    func values(_ parameter: StaticString) -> [String] {
        let first = source.parameter(parameter) ?? ""
        return Array(repeating: first, count: source.count(of: parameter))
    }
}
