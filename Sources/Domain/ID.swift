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
        uuid = UUID(high, low)
    }

    /// The least id that can be made at `instant`: all that are made later sort after it.
    package static func first(at instant: Date) -> ID { ID(at: instant, random: (0, 0)) }

    /// Parses the 36-character form, in either case.
    package init?(_ text: String) {
        guard let uuid = UUID(text: text) else { return nil }
        self.uuid = uuid
    }
}

extension ID: CustomStringConvertible {
    /// The 36-character form in lower case.
    package var description: String { uuid.text }
}
