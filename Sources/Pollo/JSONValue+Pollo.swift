import Domain
import FoundationEssentials
import HTTP
import JSON

extension JSONValue {
    /// The members of the object that the bytes hold; nil when they are anything else.
    static func object(in bytes: [UInt8]) -> [String: JSONValue]? {
        (try? JSONValue(parsing: bytes))?.object
    }

    /// The text, without white space around it; nil when it is empty or this is no text.
    var text: String? {
        guard let trimmed = string?.trimmed else { return nil }
        return trimmed.isEmpty ? nil : trimmed
    }

    /// A number, or a text that is one, in hundredths, rounded half away from zero; nil when it
    /// is something else or too large.
    var hundredths: Int? {
        switch self {
        case .integer(let value): Self.hundredths(String(value))
        case .number(let value): Self.hundredths(value.description)
        case .string(let value): Self.hundredths(value.trimmed)
        default: nil
        }
    }

    private static func hundredths(_ text: String) -> Int? {
        let isNegative = text.bytes.starts(with: "-")
        let number = text.bytes.dropFirst(isNegative ? 1 : 0)
        let (whole, fraction) = number.halves(at: ".") ?? (number, "0".bytes)
        guard whole.decimal != nil, fraction.isDigits else { return nil }
        let digits = Array(whole) + (Array(fraction) + Array("000".utf8))[..<3]
        // Beyond that no account is, and products with a price would leave 64 bits (J16).
        guard let thousandths = Int(String(decoding: digits, as: UTF8.self)),
            thousandths <= 100_000_000_000_000
        else { return nil }
        let hundredths = thousandths / 10 + (thousandths % 10 >= 5 ? 1 : 0)
        return isNegative ? -hundredths : hundredths
    }
}
