package enum LotKind {}
package typealias LotID = ID<LotKind>

/// Where the credit of a lot comes from.
package enum LotSource: String, CaseIterable, Sendable {
    case purchase, bonus, grant
}

/// What became of a lot's credit, or by how much that changes.
package struct LotParts: Hashable, Sendable {
    package var granted = Money.zero
    package var remaining = Money.zero
    package var held = Money.zero
    package var spent = Money.zero
    package var expired = Money.zero
    package var clawedBack = Money.zero
    package var taken = Money.zero

    package init(
        granted: Money = .zero, remaining: Money = .zero, held: Money = .zero,
        spent: Money = .zero, expired: Money = .zero, clawedBack: Money = .zero,
        taken: Money = .zero
    ) {
        self.granted = granted
        self.remaining = remaining
        self.held = held
        self.spent = spent
        self.expired = expired
        self.clawedBack = clawedBack
        self.taken = taken
    }

    /// What a transfer changes of its lot, which is there already.
    package init(_ transfer: Transfer) {
        self[transfer.debit] -= transfer.amount
        self[transfer.credit] += transfer.amount
    }

    /// The part of a lot that an account is about. What is frozen remains in its lot.
    package subscript(account: Transfer.Account) -> Money {
        get {
            switch account {
            case .available, .frozen: remaining
            case .held: held
            case .revenue, .shortfall: spent
            case .breakage: expired
            case .returns: clawedBack
            case .adjustments: taken
            case .payments, .promotions: granted
            }
        }
        set {
            switch account {
            case .available, .frozen: remaining = newValue
            case .held: held = newValue
            case .revenue, .shortfall: spent = newValue
            case .breakage: expired = newValue
            case .returns: clawedBack = newValue
            case .adjustments: taken = newValue
            case .payments, .promotions: granted = newValue
            }
        }
    }

    package static let zero = LotParts()

    package static func += (left: inout LotParts, right: LotParts) {
        left.granted += right.granted
        left.remaining += right.remaining
        left.held += right.held
        left.spent += right.spent
        left.expired += right.expired
        left.clawedBack += right.clawedBack
        left.taken += right.taken
    }
}

/// A lot, as it stands while it is locked.
package struct Lot: Hashable, Sendable {
    package let id: LotID
    package let source: LotSource
    package var parts: LotParts
    /// How often something of it has lapsed.
    package let expiries: Int
    /// Whether its time is over.
    package let isOver: Bool

    package init(
        id: LotID, source: LotSource, parts: LotParts, expiries: Int = 0, isOver: Bool = false
    ) {
        self.id = id
        self.source = source
        self.parts = parts
        self.expiries = expiries
        self.isOver = isOver
    }
}

extension [Lot] {
    /// Moves up to `amount` of what the lots have in one part to another, in their order, and
    /// returns the transfers.
    package mutating func draw(
        _ amount: Money, as kind: Transfer.Kind, from debit: Transfer.Account,
        to credit: Transfer.Account
    ) -> [Transfer] {
        var missing = amount
        var transfers: [Transfer] = []
        for index in indices {
            let part = Swift.min(self[index].parts[debit], missing)
            guard part > .zero else { continue }
            let transfer = Transfer(
                kind: kind, debit: debit, credit: credit, amount: part, lot: self[index].id)
            self[index].parts += LotParts(transfer)
            missing -= part
            transfers.append(transfer)
        }
        return transfers
    }
}

extension [Transfer] {
    package var total: Money { map(\.amount).reduce(.zero, +) }
}
