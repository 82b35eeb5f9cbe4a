package import FoundationEssentials

/// A Checkout Session. Amounts are in the smallest unit of the currency.
package struct CheckoutSession: Decodable, Equatable, Sendable {
    package let id: String
    /// Where the buyer goes; nil once the session is over.
    package let url: String?
    package let status: StripeWord<CheckoutSession>?
    package let paymentStatus: StripeWord<StripePaymentStatus>
    package let mode: String
    /// Before discounts and tax.
    package let amountSubtotal: Int?
    package let amountTotal: Int?
    package let currency: String?
    package let clientReferenceID: String?
    package let metadata: [String: String]
    /// Nil until the buyer has confirmed.
    package let paymentIntent: String?
    package let expiresAt: Date
    package let createdAt: Date
    package let isLive: Bool

    private enum CodingKeys: String, CodingKey {
        case id, url, status, mode, currency, metadata, created, livemode
        case paymentStatus = "payment_status"
        case amountSubtotal = "amount_subtotal"
        case amountTotal = "amount_total"
        case clientReferenceID = "client_reference_id"
        case paymentIntent = "payment_intent"
        case expiresAt = "expires_at"
    }

    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        id = try values.decode(String.self, forKey: .id)
        url = try values.decodeIfPresent(String.self, forKey: .url)
        status = try values.decodeIfPresent(StripeWord.self, forKey: .status)
        paymentStatus = try values.decode(StripeWord.self, forKey: .paymentStatus)
        mode = try values.decode(String.self, forKey: .mode)
        amountSubtotal = try values.decodeCentsIfPresent(forKey: .amountSubtotal)
        amountTotal = try values.decodeCentsIfPresent(forKey: .amountTotal)
        currency = try values.decodeIfPresent(String.self, forKey: .currency)
        clientReferenceID = try values.decodeIfPresent(String.self, forKey: .clientReferenceID)
        metadata = try values.decodeIfPresent([String: String].self, forKey: .metadata) ?? [:]
        paymentIntent = try values.decodeIfPresent(Reference.self, forKey: .paymentIntent)?.id
        expiresAt = try values.date(forKey: .expiresAt)
        createdAt = try values.date(forKey: .created)
        isLive = try values.decode(Bool.self, forKey: .livemode)
    }
}

extension StripeWord<CheckoutSession> {
    package static var open: Self { Self("open") }
    package static var complete: Self { Self("complete") }
    package static var expired: Self { Self("expired") }
}

/// The vocabulary of `payment_status`.
package enum StripePaymentStatus {}

extension StripeWord<StripePaymentStatus> {
    /// The money is there.
    package static var paid: Self { Self("paid") }
    /// It is not, or not yet.
    package static var unpaid: Self { Self("unpaid") }
    package static var noPaymentRequired: Self { Self("no_payment_required") }
}
