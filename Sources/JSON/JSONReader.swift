import FoundationEssentials

/// Why bytes are not taken for JSON.
package enum JSONError: Error, Equatable {
    /// They are no JSON text in UTF-8.
    case malformed
    /// Arrays and objects nest deeper than the caller allows.
    case tooDeep(limit: Int)
    /// An object has two members of one name: two readers could each believe another one.
    case duplicateName
    /// A member's name is longer than any that means something.
    case longName(limit: Int)
    /// A number has more digits than can be kept, or lies too far out.
    case inexactNumber
}

/// Reads one JSON text in a single pass: each byte is looked at once, the nesting is bounded, and
/// nothing is built for what is wrong, so the cost is linear whatever the bytes are.
///
/// It is our own because no library at hand keeps numbers: jansson makes a `double` of `0.1`, and
/// Foundation's decoder, which has `Decimal`, takes trailing commas and duplicate names and builds
/// an error for each wrong guess of a value's type, which cost seconds for two kilobytes.
struct JSONReader {
    /// In bytes. The hash of a name is one of its normal form, and that costs the square of its
    /// length when it is all combining marks: four milliseconds for eight kilobytes.
    private static let longestName = 256

    private let bytes: [UInt8]
    private let depth: Int
    private var index = 0

    init(_ bytes: [UInt8], depth: Int) {
        self.bytes = bytes
        self.depth = depth
    }

    /// The value that all of the bytes are.
    mutating func text() throws(JSONError) -> JSONValue {
        skipSpace()
        let value = try value(at: 0)
        skipSpace()
        guard index == bytes.count else { throw .malformed }
        return value
    }

    private var next: UInt8? { index < bytes.count ? bytes[index] : nil }

    private mutating func skipSpace() {
        while index < bytes.count {
            switch bytes[index] {
            case 0x20, 0x0A, 0x0D, 0x09: index += 1
            default: return
            }
        }
    }

    /// Takes the byte when it is next.
    private mutating func take(_ byte: Unicode.Scalar) -> Bool {
        guard next == UInt8(ascii: byte) else { return false }
        index += 1
        return true
    }

    /// `level` is how many arrays and objects are around the value.
    private mutating func value(at level: Int) throws(JSONError) -> JSONValue {
        switch next {
        case UInt8(ascii: "{"): return try object(at: level + 1)
        case UInt8(ascii: "["): return try array(at: level + 1)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: return try number()
        }
    }

    private mutating func word(
        _ word: StaticString, _ value: JSONValue
    ) throws(JSONError) -> JSONValue {
        let length = word.utf8CodeUnitCount
        let isNext =
            bytes.count - index >= length
            && word.withUTF8Buffer { unsafe $0.elementsEqual(bytes[index..<(index + length)]) }
        guard isNext else { throw .malformed }
        index += length
        return value
    }

    private mutating func array(at level: Int) throws(JSONError) -> JSONValue {
        guard level <= depth else { throw .tooDeep(limit: depth) }
        index += 1
        var elements: [JSONValue] = []
        skipSpace()
        if take("]") { return .array(elements) }
        while true {
            skipSpace()
            elements.append(try value(at: level))
            skipSpace()
            if take("]") { return .array(elements) }
            guard take(",") else { throw .malformed }
        }
    }

    private mutating func object(at level: Int) throws(JSONError) -> JSONValue {
        guard level <= depth else { throw .tooDeep(limit: depth) }
        index += 1
        var members: [String: JSONValue] = [:]
        skipSpace()
        if take("}") { return .object(members) }
        while true {
            skipSpace()
            guard next == UInt8(ascii: "\"") else { throw .malformed }
            let name = try string()
            guard name.utf8.count <= Self.longestName else {
                throw .longName(limit: Self.longestName)
            }
            skipSpace()
            guard take(":") else { throw .malformed }
            skipSpace()
            // Names that differ in their bytes alone (U+00E9, and "e" with U+0301) are one to
            // Swift, so one of them would be lost: they count as the same.
            guard members.updateValue(try value(at: level), forKey: name) == nil else {
                throw .duplicateName
            }
            skipSpace()
            if take("}") { return .object(members) }
            guard take(",") else { throw .malformed }
        }
    }

    // MARK: Strings

    private mutating func string() throws(JSONError) -> String {
        index += 1
        let start = index
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "\""):
                let text = String(validating: bytes[start..<index], as: UTF8.self)
                index += 1
                guard let text else { throw .malformed }
                return text
            case UInt8(ascii: "\\"): return try escapedString(from: start)
            case ..<0x20: throw .malformed
            default: index += 1
            }
        }
        throw .malformed
    }

    /// The string that began at `start` and has its first escape at the index.
    private mutating func escapedString(from start: Int) throws(JSONError) -> String {
        var content = Array(bytes[start..<index])
        while let byte = next {
            index += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let text = String(validating: content, as: UTF8.self) else {
                    throw .malformed
                }
                return text
            case UInt8(ascii: "\\"): try escape(into: &content)
            case ..<0x20: throw .malformed
            default: content.append(byte)
            }
        }
        throw .malformed
    }

    private mutating func escape(into content: inout [UInt8]) throws(JSONError) {
        guard let byte = next else { throw .malformed }
        index += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): content.append(byte)
        case UInt8(ascii: "b"): content.append(0x08)
        case UInt8(ascii: "f"): content.append(0x0C)
        case UInt8(ascii: "n"): content.append(0x0A)
        case UInt8(ascii: "r"): content.append(0x0D)
        case UInt8(ascii: "t"): content.append(0x09)
        case UInt8(ascii: "u"):
            guard let encoded = UTF8.encode(try scalar()) else { throw .malformed }
            content.append(contentsOf: encoded)
        default: throw .malformed
        }
    }

    /// What follows `\u`: one scalar, in four digits or in two surrogates. Half of a pair is none.
    private mutating func scalar() throws(JSONError) -> Unicode.Scalar {
        let first = try codeUnit()
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard UTF16.isLeadSurrogate(first), take("\\"), take("u") else { throw .malformed }
        let second = try codeUnit()
        guard UTF16.isTrailSurrogate(second) else { throw .malformed }
        let value = 0x1_0000 + (UInt32(first & 0x3FF) << 10 | UInt32(second & 0x3FF))
        guard let scalar = Unicode.Scalar(value) else { throw .malformed }
        return scalar
    }

    private mutating func codeUnit() throws(JSONError) -> UInt16 {
        guard bytes.count - index >= 4 else { throw .malformed }
        var unit: UInt16 = 0
        for byte in bytes[index..<(index + 4)] {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                unit = unit << 4 | UInt16(byte - UInt8(ascii: "0"))
            case UInt8(ascii: "A")...UInt8(ascii: "F"):
                unit = unit << 4 | UInt16(byte - UInt8(ascii: "A") + 10)
            case UInt8(ascii: "a")...UInt8(ascii: "f"):
                unit = unit << 4 | UInt16(byte - UInt8(ascii: "a") + 10)
            default: throw .malformed
            }
        }
        index += 4
        return unit
    }

    // MARK: Numbers

    private mutating func number() throws(JSONError) -> JSONValue {
        var number = Number(isNegative: take("-"))
        let whole = digits(into: &number)
        // RFC 8259 6: no zero before other digits.
        guard let first = whole.first.map({ bytes[$0] }),
            first != UInt8(ascii: "0") || whole.count == 1
        else { throw .malformed }
        if take(".") {
            let fraction = digits(into: &number)
            guard !fraction.isEmpty else { throw .malformed }
            number.exponent -= fraction.count
        }
        if take("e") || take("E") {
            let isNegative = take("-")
            if !isNegative { _ = take("+") }
            guard let exponent = exponent() else { throw .malformed }
            number.exponent += isNegative ? -exponent : exponent
        }
        return try number.value()
    }

    /// Takes all digits that come next, and tells where they stood.
    private mutating func digits(into number: inout Number) -> Range<Int> {
        let start = index
        while let byte = next, byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") {
            number.append(byte - UInt8(ascii: "0"))
            index += 1
        }
        return start..<index
    }

    /// The digits of an exponent; what is beyond any number counts as a million.
    private mutating func exponent() -> Int? {
        let start = index
        var exponent = 0
        while let byte = next, byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") {
            exponent = min(exponent * 10 + Int(byte - UInt8(ascii: "0")), 1_000_000)
            index += 1
        }
        return index == start ? nil : exponent
    }

    /// `digits` × 10^`exponent`.
    private struct Number {
        let isNegative: Bool
        var exponent = 0
        /// Those that count: without the zeros before the first other one.
        private var digits: UInt128 = 0
        private var count = 0
        /// Zeros that were read and count only when another digit follows.
        private var zeros = 0
        private var isTooLong = false

        init(isNegative: Bool) {
            self.isNegative = isNegative
        }

        mutating func append(_ digit: UInt8) {
            guard digit != 0 else {
                if count > 0 { zeros += 1 }
                return
            }
            guard count + zeros < 38 else {
                isTooLong = true
                return
            }
            for _ in 0..<zeros { digits *= 10 }
            digits = digits * 10 + UInt128(digit)
            count += zeros + 1
            zeros = 0
        }

        /// Whole when it is a whole number that fits, else exact, or refused.
        func value() throws(JSONError) -> JSONValue {
            guard !isTooLong else { throw .inexactNumber }
            guard digits != 0 else { return .integer(0) }
            let exponent = exponent + zeros
            if (0...18).contains(exponent) {
                var whole = digits
                for _ in 0..<exponent where whole < 1 << 64 { whole *= 10 }
                let limit = UInt128(Int64.max) + (isNegative ? 1 : 0)
                if whole <= limit {
                    return .integer(Int64(truncatingIfNeeded: isNegative ? 0 &- whole : whole))
                }
            }
            // What `Decimal` holds: an exponent of one signed byte.
            guard (-128...127).contains(exponent) else { throw .inexactNumber }
            let half: UInt128 = 10_000_000_000_000_000_000
            let significand =
                Decimal(UInt64(digits / half)) * Decimal(UInt64(half))
                + Decimal(UInt64(digits % half))
            return .number(
                Decimal(
                    sign: isNegative ? .minus : .plus, exponent: exponent,
                    significand: significand))
        }
    }
}
