internal import FoundationEssentials

/// Any JSON value. For answers whose shape differs between documents and the wire, so that one
/// odd field costs that field alone and not the answer.
enum JSONValue: Equatable, Decodable {
    case null
    case bool(Bool)
    /// Decimal, so that amounts are exact.
    case number(Decimal)
    case string(String)
    case array([JSONValue])
    case object([String: JSONValue])

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode([String: JSONValue].self) {
            self = .object(value)
        } else if let value = try? container.decode([JSONValue].self) {
            self = .array(value)
        } else if let value = try? container.decode(Decimal.self) {
            self = .number(value)
        } else {
            // Null, or a number beyond what Decimal holds: as good as absent.
            self = .null
        }
    }

    /// The object that the bytes hold; nil when they are anything else.
    static func object(in bytes: [UInt8]) -> [String: JSONValue]? {
        try? JSONDecoder().decode([String: JSONValue].self, from: Data(bytes))
    }

    /// The text, without white space around it; nil when it is empty or this is no text.
    var text: String? {
        guard case .string(let value) = self else { return nil }
        let trimmed = value.trimmed
        return trimmed.isEmpty ? nil : trimmed
    }

    var object: [String: JSONValue]? {
        guard case .object(let value) = self else { return nil }
        return value
    }

    var array: [JSONValue]? {
        guard case .array(let value) = self else { return nil }
        return value
    }

    /// A number, or a text that is one, in hundredths, rounded half away from zero; nil when it
    /// is something else or too large.
    var hundredths: Int? {
        switch self {
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
