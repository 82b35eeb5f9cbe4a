/// How much of a purchase's credit went back with its money, or is to.
package struct Reversed: Hashable, Sendable {
    /// What is taken: from its lots, or owed.
    package var clawback = Money.zero
    /// What is to be taken when the jobs end that hold it (P5).
    package var pending = Money.zero
    /// What of `clawback` was spent, and became a debt (L9).
    package var owed = Money.zero
    package var isFrozen = false

    package init(
        clawback: Money = .zero, pending: Money = .zero, owed: Money = .zero,
        isFrozen: Bool = false
    ) {
        self.clawback = clawback
        self.pending = pending
        self.owed = owed
        self.isFrozen = isFrozen
    }
}

/// What brings a purchase's credit in line with what went back of its money (P3 to P5).
///
/// It works towards a state, not by events: the credit that should be gone is `due`; the difference
/// to what is gone already is taken, or given back. So the same reading twice is nothing, and any
/// order of readings ends alike.
package struct ReversalPlan: Sendable {
    package enum Step: Hashable, Sendable {
        /// The lots are frozen no more; `isOver`: nor will they be at the end.
        case thaw(isOver: Bool)
        case claw, giveBack
        case freeze

        /// What the step's key has behind that of its cause.
        package var suffix: String {
            switch self {
            case .thaw: ":unfreeze"
            case .claw, .giveBack: ""
            case .freeze: ":freeze"
            }
        }

        package var line: LedgerLine {
            switch self {
            case .thaw: .noLongerHeldBack
            case .claw: .clawedBack
            case .giveBack: .givenBack
            case .freeze: .heldBack
            }
        }
    }

    /// In their order, each with its transfers; a step may have none.
    package private(set) var steps: [(step: Step, transfers: [Transfer])] = []
    /// The purchase, and its lots, when the plan is done.
    package private(set) var reversed: Reversed
    package private(set) var lots: [Lot]
    /// What is given back although neither its lots nor an open debt have it: the debt of this
    /// purchase was paid from another, or forgiven.
    package private(set) var settled = Money.zero

    /// - Parameters:
    ///   - lots: those of the purchase.
    ///   - due: the credit that goes with the money that is gone.
    ///   - isDisputed: a dispute is open: what is left is frozen.
    ///   - debt: what the user owes, for whatever purchase.
    package init(
        lots: [Lot], reversed: Reversed, due: Money, isDisputed: Bool, debt: Money
    ) {
        self.lots = lots
        self.reversed = reversed
        let difference = due - reversed.clawback - reversed.pending
        if reversed.isFrozen, difference != .zero || !isDisputed {
            moveRest(.thaw(isOver: !isDisputed), as: .unfreeze, from: .frozen, to: .available)
        }
        if difference > .zero { claw(difference) }
        if difference < .zero { giveBack(-difference, debt: debt) }
        if isDisputed, !reversed.isFrozen || difference != .zero {
            moveRest(.freeze, as: .freeze, from: .available, to: .frozen)
        }
        self.reversed.isFrozen = isDisputed
    }

    /// What is left of the lots stays in them, and goes from one account of the user to another.
    private mutating func moveRest(
        _ step: Step, as kind: Transfer.Kind, from debit: Transfer.Account,
        to credit: Transfer.Account
    ) {
        let transfers = lots.filter { $0.parts.remaining > .zero }.map {
            Transfer(
                kind: kind, debit: debit, credit: credit, amount: $0.parts.remaining, lot: $0.id)
        }
        steps.append((step, transfers))
    }

    /// Takes credit: what is left, then what had lapsed; what open jobs hold is taken when they end
    /// (P5), and what is spent becomes a debt (L9).
    private mutating func claw(_ amount: Money) {
        var transfers = lots.draw(amount, as: .clawback, from: .available, to: .returns)
        transfers += lots.draw(
            amount - transfers.total, as: .clawback, from: .breakage, to: .returns)
        let missing = amount - transfers.total
        let held = lots.map(\.parts.held).reduce(.zero, +)
        let pending = min(max(held - reversed.pending, .zero), missing)
        let owed = missing - pending
        if owed > .zero { transfers.append(.claw(owed, from: .shortfall, nil)) }
        steps.append((.claw, transfers))
        reversed.clawback += amount - pending
        reversed.pending += pending
        reversed.owed += owed
    }

    /// Gives credit back, because a refund failed or a lost dispute was decided anew: first what is
    /// only pending, then the debt, then the lots.
    private mutating func giveBack(_ amount: Money, debt: Money) {
        let pending = min(reversed.pending, amount)
        let clawback = amount - pending
        let forgiven = min(reversed.owed, debt, clawback)
        var transfers: [Transfer] = []
        if forgiven > .zero { transfers.append(.giveBack(forgiven, to: .shortfall)) }
        transfers += lots.draw(
            clawback - forgiven, as: .clawback, from: .returns, to: .available)
        settled = clawback - transfers.total
        steps.append((.giveBack, transfers))
        reversed.clawback -= clawback
        reversed.pending -= pending
        reversed.owed -= min(reversed.owed, forgiven + settled)
    }
}

extension Transfer {
    package static func claw(_ amount: Money, from account: Account, _ lot: LotID?) -> Transfer {
        Transfer(kind: .clawback, debit: account, credit: .returns, amount: amount, lot: lot)
    }

    package static func giveBack(_ amount: Money, to account: Account) -> Transfer {
        Transfer(kind: .clawback, debit: .returns, credit: account, amount: amount, lot: nil)
    }
}
