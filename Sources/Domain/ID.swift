package import FoundationEssentials

/// The key of a row of one kind: a UUIDv7 (RFC 9562 5.7), so that keys made later sort later.
///
/// `Kind` keeps the ids of different tables apart; it is never stored.
package struct ID<Kind>: Hashable, Sendable {
    package let uuid: UUID

    package init(uuid: UUID) {
        self.uuid = uuid
    }

    /// Makes a new id from the time and 74 of the 128 random bits given.
    package init(at now: Date, random: (UInt64, UInt64)) {
        let milliseconds = UInt64(max(0, now.timeIntervalSince1970 * 1000))
        let high = milliseconds << 16 | 0x7000 | random.0 & 0x0FFF
        let low = random.1 & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
        func byte(_ word: UInt64, _ index: UInt64) -> UInt8 {
            UInt8(truncatingIfNeeded: word >> (56 - 8 * index))
        }
        uuid = UUID(
            uuid: (
                byte(high, 0), byte(high, 1), byte(high, 2), byte(high, 3), byte(high, 4),
                byte(high, 5), byte(high, 6), byte(high, 7), byte(low, 0), byte(low, 1),
                byte(low, 2), byte(low, 3), byte(low, 4), byte(low, 5), byte(low, 6), byte(low, 7)
            ))
    }

    /// Parses the 36-character form, in either case.
    package init?(_ text: some StringProtocol) {
        guard text.utf8.count == 36, let uuid = UUID(uuidString: String(text)) else { return nil }
        self.uuid = uuid
    }
}

extension ID: CustomStringConvertible {
    /// The 36-character form in lower case.
    package var description: String { uuid.uuidString.lowercased() }
}
