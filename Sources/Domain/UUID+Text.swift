import FoundationEssentials

// The text of a UUID (RFC 9562 4), read and written here and not by Foundation: its ways go through
// scanf and printf, and were a fifth of the instructions of an order (`bin/bench instructions`).
extension UUID {
    /// The 128 bits in two halves, the first one first.
    init(_ high: UInt64, _ low: UInt64) {
        func byte(_ half: UInt64, _ index: UInt64) -> UInt8 {
            UInt8(truncatingIfNeeded: half >> (56 - 8 * index))
        }
        self.init(
            uuid: (
                byte(high, 0), byte(high, 1), byte(high, 2), byte(high, 3), byte(high, 4),
                byte(high, 5), byte(high, 6), byte(high, 7), byte(low, 0), byte(low, 1),
                byte(low, 2), byte(low, 3), byte(low, 4), byte(low, 5), byte(low, 6), byte(low, 7)
            ))
    }

    /// Reads 36 characters, digits in either case; nil for anything else.
    init?(text: String) {
        var high: UInt64 = 0
        var low: UInt64 = 0
        var place = 0
        for character in text.utf8 {
            switch place {
            case 8, 13, 18, 23:
                guard character == UInt8(ascii: "-") else { return nil }
            case 0..<18:
                guard let digit = Self.value(of: character) else { return nil }
                high = high << 4 | digit
            case 18..<36:
                guard let digit = Self.value(of: character) else { return nil }
                low = low << 4 | digit
            default: return nil
            }
            place += 1
        }
        guard place == 36 else { return nil }
        self.init(high, low)
    }

    /// 36 characters in lower case.
    var text: String {
        let bytes = uuid
        var characters: [UInt8] = []
        characters.reserveCapacity(36)
        func write(_ byte: UInt8) {
            characters.append(Self.digit(byte >> 4))
            characters.append(Self.digit(byte & 15))
        }
        func writeHyphen() { characters.append(UInt8(ascii: "-")) }
        write(bytes.0)
        write(bytes.1)
        write(bytes.2)
        write(bytes.3)
        writeHyphen()
        write(bytes.4)
        write(bytes.5)
        writeHyphen()
        write(bytes.6)
        write(bytes.7)
        writeHyphen()
        write(bytes.8)
        write(bytes.9)
        writeHyphen()
        write(bytes.10)
        write(bytes.11)
        write(bytes.12)
        write(bytes.13)
        write(bytes.14)
        write(bytes.15)
        return String(decoding: characters, as: UTF8.self)
    }

    private static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }

    private static func value(of digit: UInt8) -> UInt64? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt64(digit - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt64(digit - UInt8(ascii: "a") + 10)
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt64(digit - UInt8(ascii: "A") + 10)
        default: nil
        }
    }
}
