package import Domain
import FoundationEssentials
package import MariaDB

extension Money: SQLConvertible {
    package static func read(_ value: SQLValue) throws(UnfitValue) -> Self {
        Money(micros: try Int64.read(value))
    }

    package var sqlValue: SQLValue { .integer(micros) }
}

extension ID: SQLConvertible {
    package static func read(_ value: SQLValue) throws(UnfitValue) -> Self {
        guard case .text(let text) = value, let id = Self(text) else { throw UnfitValue() }
        return id
    }

    package var sqlValue: SQLValue { .text(description) }
}

extension Purchase.State: SQLConvertible {}
extension VideoState: SQLConvertible {}
extension LotSource: SQLConvertible {}
extension PaymentDocument.Kind: SQLConvertible {}
extension Transfer.Kind: SQLConvertible {}
extension Transfer.Account: SQLConvertible {}
extension TransactionType: SQLConvertible {}
extension PaymentDispute.Standing: SQLConvertible {}

/// A new id of this moment, which sorts after all that this process has made before: the lines of
/// one transaction are listed in the order of their ids. No rule compares its time.
///
/// The twelve bits after the milliseconds hold the fraction of the millisecond, and count on where
/// the clock does not (RFC 9562, 6.2, method 3); 62 bits are random.
package func newID<Kind>() -> ID<Kind> {
    let tick = IDClock.current.next()
    // Half a millisecond more, so that rounding cannot reach the one before.
    let time = Date(timeIntervalSince1970: (Double(tick >> 12) + 0.5) / 1000)
    return ID(at: time, random: (tick, .random(in: 0 ... .max)))
}
