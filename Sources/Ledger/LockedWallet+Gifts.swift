package import Domain
import MariaDB
import Texts

// Credit that comes and goes without a payment.
extension LockedWallet {
    /// Gives credit, with the line that its users read.
    package mutating func grant(
        _ amount: Money, policy: CreditPolicy, opKey: String, line: LedgerLine
    ) throws {
        try lapse()
        try addLot(amount, from: .promotion, policy: policy, opKey: opKey, line: line)
    }

    /// Takes credit that was given and is not spent, the latest first; throws ``Conflict`` when there
    /// is less.
    package mutating func take(_ amount: Money, opKey: String, reason: String) throws {
        var given = try spendable().filter { $0.source == .grant }
            .sorted { $0.id.description > $1.id.description }
        let total = given.map(\.parts.remaining).reduce(.zero, +)
        guard amount > .zero, amount <= total else {
            throw Conflict(.givenCreditTakeable, ["amount": .money(total)])
        }
        try perform(
            given.draw(amount, as: .adjust, from: .available, to: .adjustments), opKey: opKey,
            line: .adjusted(reason: reason))
    }

    /// Gives credit from the adjustments, or takes credit that was given and is not spent, below
    /// zero (A4). Throws ``Conflict`` when there is less.
    package mutating func adjust(
        _ amount: Money, policy: CreditPolicy, opKey: String, reason: String
    ) throws {
        guard amount != .zero else { throw Conflict(.adjustmentWithoutAmount) }
        try lapse()
        guard amount > .zero else { return try take(-amount, opKey: opKey, reason: reason) }
        try addLot(
            amount, from: .adjustment, policy: policy, opKey: opKey,
            line: .adjusted(reason: reason))
    }

    /// Forgives a debt, or a part of it (A4, L9); all of it when `amount` is nil. Throws
    /// ``Conflict`` when less is owed.
    package mutating func waive(_ amount: Money?, opKey: String) throws {
        try lapse()
        let debt = balances.shortfall
        let part = amount ?? debt
        guard part > .zero, part <= debt else {
            throw Conflict(.debtSmaller, ["amount": .money(debt)])
        }
        try perform(
            [
                Transfer(
                    kind: .adjust, debit: .adjustments, credit: .shortfall, amount: part, lot: nil)
            ], opKey: opKey, line: nil)
    }
}
