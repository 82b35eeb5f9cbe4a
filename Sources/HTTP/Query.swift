/// The parameters of a query string (`application/x-www-form-urlencoded`), in their order.
package struct Query: Sendable {
    private let pairs: [(name: String, value: String)]

    package init(_ text: String) {
        pairs = text.bytes.parts(at: "&").map { pair in
            let (name, value) = pair.halves(at: "=") ?? (pair, "".bytes)
            return (Self.decode(name), Self.decode(value))
        }
    }

    /// The first value with this name; nil when there is none, or when it is empty.
    package subscript(name: String) -> String? {
        guard let value = pairs.first(where: { $0.name.isSame(as: name) })?.value, !value.isEmpty
        else {
            return nil
        }
        return value
    }

    /// Turns `+` and `%20` into a space; what is not UTF-8 becomes U+FFFD, which no field takes.
    private static func decode(_ text: Bytes) -> String {
        guard text.contains(where: { $0 == UInt8(ascii: "%") || $0 == UInt8(ascii: "+") })
        else { return text.text }
        var bytes: [UInt8] = []
        var rest = text
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "+"): bytes.append(UInt8(ascii: " "))
            case UInt8(ascii: "%"):
                if let high = rest.first.flatMap(hexDigit),
                    let low = rest.dropFirst().first.flatMap(hexDigit)
                {
                    bytes.append(high << 4 | low)
                    rest.removeFirst(2)
                } else {
                    bytes.append(byte)
                }
            default: bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func hexDigit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
