/// What a transfer, or a line of the user's list, belongs to.
package struct Subject: Hashable, Sendable {
    package var job: VideoID?
    package var purchase: PurchaseID?

    package init(job: VideoID? = nil, purchase: PurchaseID? = nil) {
        self.job = job
        self.purchase = purchase
    }

    package static let none = Subject()
}

/// One entry of the ledger, before it has a key: an amount goes from one account to another. What a
/// wallet and a lot have changes by what their transfers say, and by nothing else.
package struct Transfer: Hashable, Sendable {
    package enum Kind: String, CaseIterable, Sendable {
        case credit, bonus, grant, hold, settle, release, expire, clawback, shortfall, freeze
        case unfreeze, adjust
    }

    /// The first four are the user's, the others the shop's.
    package enum Account: String, CaseIterable, Sendable {
        case available, held, frozen, shortfall
        case payments, promotions, revenue, breakage, returns, adjustments
    }

    package let kind: Kind
    package let debit: Account
    package let credit: Account
    package let amount: Money
    package let lot: LotID?

    package init(kind: Kind, debit: Account, credit: Account, amount: Money, lot: LotID?) {
        self.kind = kind
        self.debit = debit
        self.credit = credit
        self.amount = amount
        self.lot = lot
    }

    /// Whether its lot begins with it.
    package var opensLot: Bool {
        switch debit {
        case .payments, .promotions: true
        case .adjustments: credit == .available
        default: false
        }
    }

    /// The same from the other side, which takes it back (L2).
    package var opposite: Transfer {
        Transfer(kind: .adjust, debit: credit, credit: debit, amount: amount, lot: lot)
    }
}

/// A user's four accounts: what they have, or by how much they change.
package struct Balances: Hashable, Sendable {
    package var available = Money.zero
    package var held = Money.zero
    package var frozen = Money.zero
    /// What the user owes (L9).
    package var shortfall = Money.zero

    package init() {}

    package init(available: Money, held: Money, frozen: Money, shortfall: Money) {
        self.available = available
        self.held = held
        self.frozen = frozen
        self.shortfall = shortfall
    }

    /// What the transfers change.
    package init(_ transfers: [Transfer]) {
        for transfer in transfers {
            add(-transfer.amount, to: transfer.debit)
            add(transfer.amount, to: transfer.credit)
        }
    }

    private mutating func add(_ amount: Money, to account: Transfer.Account) {
        switch account {
        case .available: available += amount
        case .held: held += amount
        case .frozen: frozen += amount
        // A debt is the other way round: it grows by what is taken from it.
        case .shortfall: shortfall -= amount
        case .payments, .promotions, .revenue, .breakage, .returns, .adjustments: break
        }
    }

    package static func += (left: inout Balances, right: Balances) {
        left.available += right.available
        left.held += right.held
        left.frozen += right.frozen
        left.shortfall += right.shortfall
    }

    /// What differs, in words for the operator.
    package func changes(to other: Balances) -> [String] {
        [
            ("available", available, other.available), ("held", held, other.held),
            ("frozen", frozen, other.frozen), ("shortfall", shortfall, other.shortfall),
        ].filter { $0.1 != $0.2 }.map { "\($0.0): \($0.1) -> \($0.2)" }
    }
}
