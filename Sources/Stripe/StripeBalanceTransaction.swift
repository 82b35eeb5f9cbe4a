package import FoundationEssentials

/// A BalanceTransaction: what moved our balance at Stripe, and what Stripe took for it. It never
/// changes. Amounts are in the currency in which the account is settled, which need not be that of
/// the payment. What is not as promised is nil: others of the list are as good without it.
package struct StripeBalanceTransaction: Decodable, Equatable, Sendable {
    package let id: String
    package let type: String?
    /// Negative where money went back.
    package let amount: Int?
    /// Negative where Stripe gave a fee back.
    package let fee: Int?
    package let currency: String?
    package let createdAt: Date?
    package let source: Source?

    /// What moved it, as far as a charge, a refund and a dispute have it in common.
    package struct Source: Decodable, Equatable, Sendable {
        package let paymentIntent: String?
        /// In the currency of the payment, never negative.
        package let amount: Int?
        package let currency: String?

        private enum CodingKeys: String, CodingKey {
            case amount, currency
            case paymentIntent = "payment_intent"
        }

        package init(from decoder: any Decoder) throws {
            let values = try decoder.container(keyedBy: CodingKeys.self)
            paymentIntent = try? values.decode(Reference.self, forKey: .paymentIntent).id
            amount = try? values.decodeCents(forKey: .amount)
            currency = try? values.decode(String.self, forKey: .currency)
        }
    }

    private enum CodingKeys: String, CodingKey {
        case id, type, amount, fee, currency, created, source
    }

    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        id = try values.decode(String.self, forKey: .id)
        type = try? values.decode(String.self, forKey: .type)
        amount = Self.bounded(try? values.decode(Int.self, forKey: .amount))
        fee = Self.bounded(try? values.decode(Int.self, forKey: .fee))
        currency = try? values.decode(String.self, forKey: .currency)
        createdAt = try? values.date(forKey: .created)
        // A fee of Stripe's own has no source, and the source of a payout no payment.
        source = try? values.decode(Source.self, forKey: .source)
    }

    /// What moved and what it cost, in cents of the payment's currency: of an account that is settled
    /// in another one, the fee is that share of the payment which it is of the settled amount. Nil when
    /// that cannot be known.
    package var inPaymentCurrency: (amount: Int, fee: Int)? {
        guard let amount, let fee, let source, let paid = source.amount else { return nil }
        guard currency != source.currency else { return (amount, fee) }
        guard amount != 0 else { return nil }
        // Up to 10^24, rounded half away from zero.
        let share = Int128(fee.magnitude) * Int128(paid)
        let divisor = Int128(amount.magnitude)
        guard let cents = Self.bounded(Int(exactly: (share + divisor / 2) / divisor)) else {
            return nil
        }
        return (paid * amount.signum(), cents * fee.signum())
    }

    /// As in ``KeyedDecodingContainer/decodeCents(forKey:)``, on both sides of zero.
    private static func bounded(_ cents: Int?) -> Int? {
        cents.flatMap { $0.magnitude <= 1_000_000_000_000 ? $0 : nil }
    }
}
