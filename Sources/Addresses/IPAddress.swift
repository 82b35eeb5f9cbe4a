/// An IPv4 or IPv6 address, most significant byte first: 4 or 16 of them.
package enum IPAddress: Hashable, Sendable {
    case v4([UInt8])
    case v6([UInt8])

    /// Reads dotted decimals (`192.0.2.1`) and the text forms of RFC 4291 2.2 (`2001:db8::1`).
    ///
    /// The other ways in which resolvers write IPv4, hexadecimal, octal and with fewer than four
    /// parts, are none: what reads them differently connects elsewhere. A zone (`%eth0`) is none.
    package init?(_ text: some Collection<UInt8>) {
        let bytes = Array(text)
        let octets = bytes.contains(Byte.colon) ? Self.v6(bytes[...]) : Self.v4(bytes[...])
        guard let octets else { return nil }
        self = octets.count == 4 ? .v4(octets) : .v6(octets)
    }

    private static func v4(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        let parts = text.split(separator: Byte.dot, omittingEmptySubsequences: false)
        let octets = parts.compactMap { part -> UInt8? in
            let isPlain =
                (1...3).contains(part.count) && part.allSatisfy(Byte.isDigit)
                && (part.count == 1 || part.first != UInt8(ascii: "0"))
            return isPlain ? UInt8(String(decoding: part, as: UTF8.self)) : nil
        }
        return parts.count == 4 && octets.count == 4 ? octets : nil
    }

    private static func v6(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        let gap = text.indices.dropLast().first {
            text[$0] == Byte.colon && text[$0 + 1] == Byte.colon
        }
        guard let gap else {
            let octets = groups(text, mayEndInV4: true)
            return octets?.count == 16 ? octets : nil
        }
        guard let head = groups(text[..<gap], mayEndInV4: false),
            let tail = groups(text[(gap + 2)...], mayEndInV4: true),
            // The gap stands for one group at least.
            head.count + tail.count <= 14
        else { return nil }
        return head + [UInt8](repeating: 0, count: 16 - head.count - tail.count) + tail
    }

    /// The octets of groups between colons; none for an empty text.
    private static func groups(_ text: ArraySlice<UInt8>, mayEndInV4: Bool) -> [UInt8]? {
        guard !text.isEmpty else { return [] }
        var octets: [UInt8] = []
        let parts = text.split(separator: Byte.colon, omittingEmptySubsequences: false)
        for (index, part) in parts.enumerated() {
            if mayEndInV4, index == parts.count - 1, let last = v4(part) {
                octets += last
            } else {
                guard (1...4).contains(part.count), part.allSatisfy(Byte.isHexDigit),
                    let group = UInt16(String(decoding: part, as: UTF8.self), radix: 16)
                else { return nil }
                octets += [UInt8(group >> 8), UInt8(group & 0xFF)]
            }
        }
        return octets
    }

    /// `192.0.2.1`, or `2001:db8::1` as RFC 5952 writes it.
    package var text: String {
        switch self {
        case .v4(let octets): return octets.map { "\($0)" }.joined(separator: ".")
        case .v6(let octets):
            let groups = stride(from: 0, to: 16, by: 2).map {
                UInt16(octets[$0]) << 8 | UInt16(octets[$0 + 1])
            }
            var longest = 0..<0
            var start = 0
            for index in 0...8 where index == 8 || groups[index] != 0 {
                // The first of the longest runs of zeros is left out, unless it is one group.
                if index - start > max(1, longest.count) { longest = start..<index }
                start = index + 1
            }
            func write(_ range: Range<Int>) -> String {
                groups[range].map { String($0, radix: 16) }.joined(separator: ":")
            }
            return longest.isEmpty
                ? write(0..<8)
                : "\(write(0..<longest.lowerBound))::\(write(longest.upperBound..<8))"
        }
    }

    // MARK: Where it is

    /// Whether the address is one of the public internet: not this host, not its networks, not a
    /// cloud's metadata service, not a group, not reserved.
    ///
    /// An IPv6 address that carries an IPv4 address is public only behind NAT64's own prefix, which
    /// is how a host without IPv4 reaches the others, and when the carried one is.
    package var isPublic: Bool {
        switch self {
        case .v4:
            return !Self.special.contains { $0.contains(self) }
        case .v6(let octets):
            if Self.nat64.contains(self) { return IPAddress.v4(Array(octets[12...])).isPublic }
            return Self.global.contains(self) && !Self.special.contains { $0.contains(self) }
        }
    }

    /// The IANA special-purpose address registries (RFC 6890), without the few ranges that they
    /// call globally reachable, and beside them what is no host or a cloud's own.
    private static let special: [Block] = [
        Block("0.0.0.0", 8),  // this network
        Block("10.0.0.0", 8),  // private
        Block("100.64.0.0", 10),  // carrier-grade NAT; metadata at Alibaba
        Block("127.0.0.0", 8),  // loopback
        Block("168.63.129.16", 32),  // metadata at Azure, not in the registry
        Block("169.254.0.0", 16),  // link-local; metadata at most clouds
        Block("172.16.0.0", 12),  // private
        Block("192.0.0.0", 24),  // protocol assignments; metadata at Oracle
        Block("192.0.2.0", 24),  // documentation
        Block("192.88.99.0", 24),  // 6to4 relays
        Block("192.168.0.0", 16),  // private
        Block("198.18.0.0", 15),  // benchmarks
        Block("198.51.100.0", 24),  // documentation
        Block("203.0.113.0", 24),  // documentation
        Block("224.0.0.0", 4),  // groups
        Block("240.0.0.0", 4),  // reserved; broadcast
        // Of IPv6 only what lies within 2000::/3, which is all that is global.
        Block("2001::", 23),  // protocol assignments; Teredo (2001::/32), which carries IPv4
        Block("2001:db8::", 32),  // documentation
        Block("2002::", 16),  // 6to4, which carries IPv4
        Block("3fff::", 20),  // documentation
    ]
    private static let global = Block("2000::", 3)
    private static let nat64 = Block("64:ff9b::", 96)

    /// The addresses whose first `bits` bits are those of `prefix`.
    private struct Block: Sendable {
        let prefix: [UInt8]
        let bits: Int

        init(_ text: String, _ bits: Int) {
            guard let address = IPAddress(text.utf8) else { preconditionFailure(text) }
            prefix = address.octets
            self.bits = bits
        }

        func contains(_ address: IPAddress) -> Bool {
            let octets = address.octets
            guard octets.count == prefix.count else { return false }
            for index in 0..<(bits + 7) / 8 {
                let mask = UInt8.max << UInt8(8 - min(8, bits - index * 8))
                if octets[index] & mask != prefix[index] & mask { return false }
            }
            return true
        }
    }

    private var octets: [UInt8] {
        switch self {
        case .v4(let octets), .v6(let octets): octets
        }
    }
}
