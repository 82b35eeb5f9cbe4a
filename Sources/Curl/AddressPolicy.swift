/// Which peers may be connected to.
package enum AddressPolicy: Sendable, Equatable {
    /// Every address. Only for addresses that the operator has configured.
    case any
    /// Addresses of the public internet alone: for every URL that somebody else has chosen. The
    /// origins named (`http://localhost:8090`) may be anywhere; they are the sandbox of
    /// development and of the tests.
    case publicOnly(exceptOrigins: [String])

    func isExcepted(_ origin: Origin) -> Bool {
        switch self {
        case .any: false
        case .publicOnly(let exceptions): exceptions.contains { Origin(of: $0) == origin }
        }
    }
}

/// An IPv4 or IPv6 address, most significant byte first.
package enum IPAddress: Equatable, Sendable {
    case v4([UInt8])
    case v6([UInt8])

    /// Whether the address is one of the public internet: not this host, not its networks, not a
    /// cloud's metadata service, not a group, not reserved.
    ///
    /// By the IANA special-purpose address registries (RFC 6890 and its updates). For IPv6 what
    /// is global unicast (`2000::/3`) and nothing else, without the ranges that carry an IPv4
    /// address inside, which could be a private one.
    package var isPublic: Bool {
        switch self {
        case .v4(let bytes): !Self.specialV4.contains { $0.contains(bytes) }
        case .v6(let bytes):
            Self.globalV6.contains(bytes) && !Self.specialV6.contains { $0.contains(bytes) }
        }
    }

    private static let specialV4: [Range] = [
        Range([0], 8),  // this network
        Range([10], 8),  // private
        Range([100, 64], 10),  // carrier-grade NAT; metadata at Alibaba
        Range([127], 8),  // loopback
        Range([168, 63, 129, 16], 32),  // metadata at Azure
        Range([169, 254], 16),  // link-local; metadata at most clouds
        Range([172, 16], 12),  // private
        Range([192, 0, 0], 24),  // protocol assignments; metadata at Oracle
        Range([192, 0, 2], 24),  // documentation
        Range([192, 88, 99], 24),  // 6to4 relays
        Range([192, 168], 16),  // private
        Range([198, 18], 15),  // benchmarks
        Range([198, 51, 100], 24),  // documentation
        Range([203, 0, 113], 24),  // documentation
        Range([224], 4),  // multicast
        Range([240], 4),  // reserved; broadcast
    ]

    private static let globalV6 = Range([0x20], 3)
    private static let specialV6: [Range] = [
        Range([0x20, 0x01, 0x00], 23),  // protocol assignments; Teredo, which carries IPv4
        Range([0x20, 0x01, 0x0d, 0xb8], 32),  // documentation
        Range([0x20, 0x02], 16),  // 6to4, which carries IPv4
        Range([0x3f, 0xff, 0x00], 20),  // documentation
    ]

    /// The addresses whose first `bits` bits are those of `prefix`.
    private struct Range: Sendable {
        let prefix: [UInt8]
        let bits: Int

        init(_ prefix: [UInt8], _ bits: Int) {
            self.prefix = prefix
            self.bits = bits
        }

        func contains(_ address: [UInt8]) -> Bool {
            for index in 0..<(bits + 7) / 8 {
                let significant = min(8, bits - index * 8)
                let mask = UInt8.max << UInt8(8 - significant)
                let expected = index < prefix.count ? prefix[index] : 0
                if address[index] & mask != expected & mask { return false }
            }
            return true
        }
    }
}
