package import FoundationEssentials

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
