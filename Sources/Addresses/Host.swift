/// The host of an address, in the one form that it is judged, compared and used in.
package enum Host: Hashable, Sendable {
    /// Labels of lower-case letters, digits, `-` and `_`, without a dot at the end. Not a number.
    case name(String)
    case address(IPAddress)

    /// Reads the host of a URL: a name, dotted decimals, or an IPv6 address in brackets.
    ///
    /// One dot at the end is dropped. Nil for all else: percent-encoding, letters beyond ASCII (a
    /// name of those is written `xn--…`), and what ends in a number without being dotted decimals,
    /// since resolvers read `127.1`, `0x7f.1`, `0177.0.0.1` and `2130706433` as addresses.
    package init?(_ text: some Collection<UInt8>) {
        var bytes = Array(text)
        if bytes.first == UInt8(ascii: "[") {
            guard bytes.last == UInt8(ascii: "]"), bytes.contains(Byte.colon),
                let address = IPAddress(bytes.dropFirst().dropLast())
            else { return nil }
            self = .address(address)
            return
        }
        if bytes.last == Byte.dot { bytes.removeLast() }
        let labels = bytes.split(separator: Byte.dot, omittingEmptySubsequences: false)
        guard bytes.count <= 253, labels.allSatisfy(Self.isLabel), let last = labels.last else {
            return nil
        }
        // WHATWG URL, "ends in a number".
        let isHexadecimal =
            last.count > 1 && last.first == UInt8(ascii: "0")
            && last[last.startIndex + 1] | 0x20 == UInt8(ascii: "x")
        if last.allSatisfy(Byte.isDigit) || isHexadecimal {
            guard let address = IPAddress(bytes) else { return nil }
            self = .address(address)
        } else {
            self = .name(String(decoding: bytes.map(Byte.lowered), as: UTF8.self))
        }
    }

    private static func isLabel(_ label: ArraySlice<UInt8>) -> Bool {
        let dash = UInt8(ascii: "-")
        return (1...63).contains(label.count) && label.first != dash && label.last != dash
            && label.allSatisfy {
                Byte.isLetter($0) || Byte.isDigit($0) || $0 == dash || $0 == UInt8(ascii: "_")
            }
    }

    /// As it stands in a URL.
    package var text: String {
        switch self {
        case .name(let name): name
        case .address(.v4(let octets)): IPAddress.v4(octets).text
        case .address(let address): "[\(address.text)]"
        }
    }

    /// Whether it can be one of the public internet, by its form: an address that is, or a name of
    /// two labels or more that no local network or protocol has for itself. What a name stands for
    /// is judged when it is connected to.
    package var isPublic: Bool {
        switch self {
        case .address(let address): return address.isPublic
        case .name(let name):
            let labels = name.utf8.split(separator: Byte.dot).map {
                String(decoding: $0, as: UTF8.self)
            }
            guard labels.count >= 2, let last = labels.last else { return false }
            return !Self.localSuffixes.contains(last) && labels.suffix(2) != ["home", "arpa"]
        }
    }

    /// Of the special-use names (RFC 6761), and what is used in the same way without being listed.
    private static let localSuffixes: Set<String> = [
        "localhost", "local", "internal", "intranet", "lan", "home", "corp", "private",
        "localdomain", "invalid", "onion", "alt",
    ]
}

/// What ASCII bytes are. Text of protocols is judged by bytes, never by characters.
enum Byte {
    static let colon = UInt8(ascii: ":")
    static let dot = UInt8(ascii: ".")
    static let slash = UInt8(ascii: "/")
    static let question = UInt8(ascii: "?")
    static let hash = UInt8(ascii: "#")

    static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
    static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte | 0x20) }
    static func isHexDigit(_ byte: UInt8) -> Bool {
        isDigit(byte) || (0x61...0x66).contains(byte | 0x20)
    }
    static func lowered(_ byte: UInt8) -> UInt8 {
        (0x41...0x5A).contains(byte) ? byte | 0x20 : byte
    }
}
