import FoundationEssentials
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
        let isNegative = text.hasPrefix("-")
        let parts = text.dropFirst(isNegative ? 1 : 0)
            .split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        let fraction = parts.count > 1 ? parts[1] : "0"
        guard let whole = parts.first, isDigits(whole), isDigits(fraction) else { return nil }
        let digits = whole + (fraction + "000").prefix(3)
        guard let thousandths = Int(digits) else { return nil }
        let hundredths = thousandths / 10 + (thousandths % 10 >= 5 ? 1 : 0)
        return isNegative ? -hundredths : hundredths
    }

    private static func isDigits(_ text: Substring) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { (0x30...0x39).contains($0) }
    }
}

extension String {
    /// Without white space at either end.
    var trimmed: String {
        var rest = self[...]
        while rest.first?.isWhitespace == true { rest.removeFirst() }
        while rest.last?.isWhitespace == true { rest.removeLast() }
        return String(rest)
    }
}
