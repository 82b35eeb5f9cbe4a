package import FoundationEssentials
import JSON

// What is read of Stripe's objects. Fields and values that are not named here come at any time
// and are ignored; an unknown word keeps its text.

/// A word of one of Stripe's vocabularies, which may grow: known ones are constants.
package struct StripeWord<Vocabulary>: Hashable, Sendable, Decodable {
    package let text: String

    package init(_ text: String) {
        self.text = text
    }

    package init(from decoder: any Decoder) throws {
        text = try decoder.singleValueContainer().decode(String.self)
    }
}

/// A page of a list, newest first as Stripe sends it.
package struct StripeList<Item: Decodable & Sendable>: Decodable, Sendable {
    package let data: [Item]
    /// Whether more lies beyond the last item.
    package let hasMore: Bool

    private enum CodingKeys: String, CodingKey {
        case data
        case hasMore = "has_more"
    }
}

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

/// A Dispute: a buyer's bank asks for the money back. `amount` can differ from the charge.
package struct StripeDispute: Decodable, Equatable, Sendable {
    package let id: String
    package let amount: Int
    package let currency: String
    package let status: StripeWord<StripeDispute>
    package let reason: String?
    package let charge: String?
    package let paymentIntent: String?
    package let isLive: Bool

    private enum CodingKeys: String, CodingKey {
        case id, amount, currency, status, reason, charge, livemode
        case paymentIntent = "payment_intent"
    }

    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        id = try values.decode(String.self, forKey: .id)
        amount = try values.decodeCents(forKey: .amount)
        currency = try values.decode(String.self, forKey: .currency)
        status = try values.decode(StripeWord.self, forKey: .status)
        reason = try values.decodeIfPresent(String.self, forKey: .reason)
        charge = try values.decodeIfPresent(Reference.self, forKey: .charge)?.id
        paymentIntent = try values.decodeIfPresent(Reference.self, forKey: .paymentIntent)?.id
        isLive = try values.decode(Bool.self, forKey: .livemode)
    }
}

extension StripeWord<StripeDispute> {
    package static var needsResponse: Self { Self("needs_response") }
    package static var underReview: Self { Self("under_review") }
    package static var won: Self { Self("won") }
    package static var lost: Self { Self("lost") }
    package static var warningClosed: Self { Self("warning_closed") }
    package static var prevented: Self { Self("prevented") }

    /// An inquiry, open or closed: no money has moved (`warning_…`).
    package var isInquiry: Bool { text.utf8.starts(with: "warning_".utf8) }
    /// Whether it is over; its status changes no more.
    package var isClosed: Bool { [.won, .lost, .warningClosed, .prevented].contains(self) }
}

/// The account's money. Amounts can be negative.
package struct StripeBalance: Decodable, Equatable, Sendable {
    package struct Amount: Decodable, Equatable, Sendable {
        package let amount: Int
        package let currency: String
    }

    package let available: [Amount]
    package let pending: [Amount]
    package let isLive: Bool

    private enum CodingKeys: String, CodingKey {
        case available, pending
        case isLive = "livemode"
    }
}

/// An event: a hint that an object has changed, and which. What the object says now is read from
/// the API, so nothing else of it is decoded.
package struct StripeEvent: Decodable, Equatable, Sendable {
    package let id: String
    /// `checkout.session.completed`, …
    package let type: String
    package let isLive: Bool
    /// In whole seconds: good for people, useless for order.
    package let createdAt: Date
    /// The version that the event is rendered in.
    package let apiVersion: String?
    package let objectID: String?
    /// `checkout.session`, `charge`, `refund`, `dispute`, …
    package let objectKind: String?
    /// The payment that the object belongs to.
    package let paymentIntent: String?

    private enum CodingKeys: String, CodingKey {
        case id, type, livemode, created, data
        case apiVersion = "api_version"
    }

    private struct Payload: Decodable {
        let object: Subject
    }

    private struct Subject: Decodable {
        let id: String?
        let object: String?
        let paymentIntent: Reference?

        enum CodingKeys: String, CodingKey {
            case id, object
            case paymentIntent = "payment_intent"
        }

        init(from decoder: any Decoder) throws {
            let values = try decoder.container(keyedBy: CodingKeys.self)
            // An object of a kind that we do not know may have any shape.
            id = try? values.decodeIfPresent(String.self, forKey: .id)
            object = try? values.decodeIfPresent(String.self, forKey: .object)
            paymentIntent = try? values.decodeIfPresent(Reference.self, forKey: .paymentIntent)
        }
    }

    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        id = try values.decode(String.self, forKey: .id)
        type = try values.decode(String.self, forKey: .type)
        isLive = try values.decode(Bool.self, forKey: .livemode)
        createdAt = try values.date(forKey: .created)
        apiVersion = try values.decodeIfPresent(String.self, forKey: .apiVersion)
        let subject = try? values.decode(Payload.self, forKey: .data).object
        objectID = subject?.id
        objectKind = subject?.object
        paymentIntent =
            subject?.object == "payment_intent" ? subject?.id : subject?.paymentIntent?.id
    }

    /// An event that was written down when it came.
    package init(
        id: String, type: String, objectID: String, objectKind: String, paymentIntent: String?
    ) {
        self.id = id
        self.type = type
        isLive = false
        createdAt = .distantPast
        apiVersion = nil
        self.objectID = objectID
        self.objectKind = objectKind
        self.paymentIntent = paymentIntent
    }

    /// The event in the body of a webhook, whose signature has been checked; nil when it is none.
    package init?(_ body: [UInt8]) {
        guard let event = try? decode(StripeEvent.self, from: body) else { return nil }
        self = event
    }
}

/// Another object: its id, or all of it where the call asked to expand it.
struct Reference: Decodable {
    let id: String

    private enum CodingKeys: CodingKey { case id }

    init(from decoder: any Decoder) throws {
        if let id = try? decoder.singleValueContainer().decode(String.self) {
            self.id = id
        } else {
            id = try decoder.container(keyedBy: CodingKeys.self).decode(String.self, forKey: .id)
        }
    }
}

extension KeyedDecodingContainer {
    /// An amount in cents. Stripe takes eight digits; what is far beyond them is no amount, and no
    /// number to reckon with (J16).
    fileprivate func decodeCents(forKey key: Key) throws -> Int {
        let cents = try decode(Int.self, forKey: key)
        guard (0...1_000_000_000_000).contains(cents) else {
            throw DecodingError.dataCorruptedError(
                forKey: key, in: self, debugDescription: "no amount of money")
        }
        return cents
    }

    fileprivate func decodeCentsIfPresent(forKey key: Key) throws -> Int? {
        guard contains(key), try !decodeNil(forKey: key) else { return nil }
        return try decodeCents(forKey: key)
    }

    /// An instant, which Stripe writes in Unix seconds.
    fileprivate func date(forKey key: Key) throws -> Date {
        Date(timeIntervalSince1970: TimeInterval(try decode(Int.self, forKey: key)))
    }
}

/// Reads an object of Stripe's. Our own reader goes first: the decoder alone takes names that stand
/// twice and nesting of any depth, and what it does for a type that does not fit grows with that.
func decode<Value: Decodable>(_ type: Value.Type, from bytes: [UInt8]) throws -> Value {
    _ = try JSONValue(parsing: bytes)
    return try JSONDecoder().decode(type, from: Data(bytes))
}
