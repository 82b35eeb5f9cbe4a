import FoundationEssentials
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
    func decodeCents(forKey key: Key) throws -> Int {
        let cents = try decode(Int.self, forKey: key)
        guard (0...1_000_000_000_000).contains(cents) else {
            throw DecodingError.dataCorruptedError(
                forKey: key, in: self, debugDescription: "no amount of money")
        }
        return cents
    }

    func decodeCentsIfPresent(forKey key: Key) throws -> Int? {
        guard contains(key), try !decodeNil(forKey: key) else { return nil }
        return try decodeCents(forKey: key)
    }

    /// An instant, which Stripe writes in Unix seconds.
    func date(forKey key: Key) throws -> Date {
        Date(timeIntervalSince1970: TimeInterval(try decode(Int.self, forKey: key)))
    }
}

/// Reads an object of Stripe's. Our own reader goes first: the decoder alone takes names that stand
/// twice and nesting of any depth, and what it does for a type that does not fit grows with that.
func decode<Value: Decodable>(_ type: Value.Type, from bytes: [UInt8]) throws -> Value {
    _ = try JSONValue(parsing: bytes)
    return try JSONDecoder().decode(type, from: Data(bytes))
}
