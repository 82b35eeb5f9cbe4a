/// A Charge: money that was taken once, and how much of it went back.
package struct StripeCharge: Decodable, Equatable, Sendable {
    package let id: String
    package let amount: Int
    /// The running total of all refunds.
    package let amountRefunded: Int
    /// Whether all of it went back.
    package let isRefunded: Bool
    package let isDisputed: Bool
    package let currency: String
    package let status: StripeWord<StripeCharge>
    package let paymentIntent: String?
    package let metadata: [String: String]
    package let isLive: Bool

    private enum CodingKeys: String, CodingKey {
        case id, amount, refunded, disputed, currency, status, metadata, livemode
        case amountRefunded = "amount_refunded"
        case paymentIntent = "payment_intent"
    }

    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        id = try values.decode(String.self, forKey: .id)
        amount = try values.decodeCents(forKey: .amount)
        amountRefunded = try values.decodeCents(forKey: .amountRefunded)
        isRefunded = try values.decode(Bool.self, forKey: .refunded)
        isDisputed = try values.decode(Bool.self, forKey: .disputed)
        currency = try values.decode(String.self, forKey: .currency)
        status = try values.decode(StripeWord.self, forKey: .status)
        paymentIntent = try values.decodeIfPresent(Reference.self, forKey: .paymentIntent)?.id
        metadata = try values.decodeIfPresent([String: String].self, forKey: .metadata) ?? [:]
        isLive = try values.decode(Bool.self, forKey: .livemode)
    }
}

extension StripeWord<StripeCharge> {
    package static var succeeded: Self { Self("succeeded") }
    package static var pending: Self { Self("pending") }
    package static var failed: Self { Self("failed") }
}

/// A Refund of a part of a charge, or of all of it.
package struct StripeRefund: Decodable, Equatable, Sendable {
    package let id: String
    package let amount: Int
    package let currency: String?
    /// Nil is possible by Stripe's own schema; then it is not known to have succeeded.
    package let status: StripeWord<StripeRefund>?
    package let reason: String?
    package let failureReason: String?
    package let charge: String?
    package let paymentIntent: String?
    package let metadata: [String: String]

    private enum CodingKeys: String, CodingKey {
        case id, amount, currency, status, reason, charge, metadata
        case failureReason = "failure_reason"
        case paymentIntent = "payment_intent"
    }

    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        id = try values.decode(String.self, forKey: .id)
        amount = try values.decodeCents(forKey: .amount)
        currency = try values.decodeIfPresent(String.self, forKey: .currency)
        status = try values.decodeIfPresent(StripeWord.self, forKey: .status)
        reason = try values.decodeIfPresent(String.self, forKey: .reason)
        failureReason = try values.decodeIfPresent(String.self, forKey: .failureReason)
        charge = try values.decodeIfPresent(Reference.self, forKey: .charge)?.id
        paymentIntent = try values.decodeIfPresent(Reference.self, forKey: .paymentIntent)?.id
        metadata = try values.decodeIfPresent([String: String].self, forKey: .metadata) ?? [:]
    }
}

extension StripeWord<StripeRefund> {
    package static var pending: Self { Self("pending") }
    package static var requiresAction: Self { Self("requires_action") }
    package static var succeeded: Self { Self("succeeded") }
    package static var failed: Self { Self("failed") }
    package static var canceled: Self { Self("canceled") }
}
