// Domain: what the shop deals in, and its rules: money, catalog, drafts, states, purchases.
// It reads no clock, no environment and no randomness, and does no I/O: these come in as
// arguments. Input is parsed here once, into types that cannot hold a bad value.

package import Texts

/// An amount of US dollars as a whole number of micro-dollars (1 USD = 1,000,000): what the
/// `_micros` columns hold. Never a floating-point number; overflow ends the process.
package struct Money: Hashable, Comparable, Sendable {
    package let micros: Int64

    package static let zero = Money(micros: 0)

    package init(micros: Int64) {
        self.micros = micros
    }

    /// `cents` of a dollar, as Stripe counts them.
    package init(cents: Int64) {
        micros = cents * 10_000
    }

    /// Parses dollars as a person types them: an optional minus sign, digits, and at most six
    /// decimals. Nil for anything else, and for amounts beyond ±1,000,000,000.
    package init?(dollars text: String) {
        var digits = Substring(text)
        let isNegative = digits.first == "-"
        if isNegative { digits.removeFirst() }
        let parts = digits.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        let decimals = parts.count == 2 ? parts[1] : ""
        guard let whole = parts.first, (1...10).contains(whole.utf8.count),
            decimals.utf8.count <= 6, parts.count == 1 || !decimals.isEmpty,
            (whole + decimals).utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")) ~= $0 }),
            let dollars = Int64(whole), dollars <= 1_000_000_000
        else { return nil }
        let padded = decimals + String(repeating: "0", count: 6 - decimals.utf8.count)
        guard let fraction = Int64(padded) else { return nil }
        let micros = dollars * 1_000_000 + fraction
        self.init(micros: isNegative ? -micros : micros)
    }

    /// Whole cents; nil when the amount is not one.
    package var cents: Int64? {
        micros.isMultiple(of: 10_000) ? micros / 10_000 : nil
    }

    /// The price of `seconds` at this rate per second, rounded half up to a whole cent.
    package func price(forSeconds seconds: Int) -> Money {
        precondition(micros >= 0 && seconds >= 0, "a rate and a duration are never negative")
        return Money(micros: (micros * Int64(seconds) + 5_000) / 10_000 * 10_000)
    }

    package static func < (left: Money, right: Money) -> Bool { left.micros < right.micros }

    package static func + (left: Money, right: Money) -> Money {
        Money(micros: left.micros + right.micros)
    }

    package static func - (left: Money, right: Money) -> Money {
        Money(micros: left.micros - right.micros)
    }

    package static prefix func - (money: Money) -> Money { Money(micros: -money.micros) }

    package static func * (money: Money, count: Int) -> Money {
        Money(micros: money.micros * Int64(count))
    }

    package static func += (left: inout Money, right: Money) { left = left + right }
    package static func -= (left: inout Money, right: Money) { left = left - right }
}

extension Money {
    /// The exact number of dollars as JSON prints it: `1.55`, `2`, `0.372`, `-0.01`.
    package var json: String {
        let magnitude = micros.magnitude
        var text = micros < 0 ? "-" : ""
        text += String(magnitude / 1_000_000)
        var fraction = magnitude % 1_000_000
        guard fraction > 0 else { return text }
        var digits = 6
        while fraction.isMultiple(of: 10) {
            fraction /= 10
            digits -= 1
        }
        let decimals = String(fraction)
        return text + "." + String(repeating: "0", count: digits - decimals.utf8.count) + decimals
    }
}

extension Money: CustomStringConvertible {
    /// For operators and logs, in English: `$1.55`.
    package var description: String { Phrase.Value.money(self).text() }
}

extension Phrase.Value {
    package static func money(_ money: Money) -> Phrase.Value { .money(micros: money.micros) }
}
