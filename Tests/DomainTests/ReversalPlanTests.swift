import Domain
import FoundationEssentials
import RandomSupport
import Testing

private let now = Date(timeIntervalSince1970: 1_767_225_600)
private let price = Money(cents: 4799)

/// What a purchase's credit becomes as its money goes back and returns, without a database.
@Suite struct `P3 to P5 the plan of a reversal` {
    /// $55 of credit for $47.99, in two lots, and what became of it.
    private struct State: Equatable {
        var lots: [Lot]
        var reversed = Reversed()
        var debt = Money.zero
        /// What came back by a new lot, or was never the user's.
        var settled = Money.zero

        private static let amounts: [(LotSource, Int64)] = [(.purchase, 50), (.bonus, 5)]

        /// - Parameter parts: of each lot, how many cents are held, spent and expired.
        init(_ parts: [(held: Int64, spent: Int64, expired: Int64)]) {
            lots = zip(Self.amounts, parts).enumerated().map { index, lot in
                let ((source, dollars), parts) = lot
                let granted = Money(cents: dollars * 100)
                let gone = Money(cents: parts.held + parts.spent + parts.expired)
                return Lot(
                    id: LotID(at: now, random: (UInt64(index), 1)), source: source,
                    parts: LotParts(
                        granted: granted, remaining: granted - gone,
                        held: Money(cents: parts.held), spent: Money(cents: parts.spent),
                        expired: Money(cents: parts.expired)))
            }
        }

        init(_ random: inout SplitMix64) {
            self.init(
                Self.amounts.map { _, dollars in
                    let cents = dollars * 100
                    let held = Int64.random(in: 0...cents, using: &random)
                    let spent = Int64.random(in: 0...(cents - held), using: &random)
                    let expired = Int64.random(in: 0...(cents - held - spent), using: &random)
                    return (held: held, spent: spent, expired: expired)
                })
        }

        private static let purchase = Purchase(
            id: PurchaseID(at: now, random: (1, 2)),
            accountID: AccountID(at: now, random: (5, 6)), userID: UserID(at: now, random: (3, 4)),
            packageID: "pro", price: price, credits: .init(cents: 5000), bonus: .init(cents: 500),
            state: .paid, sessionID: "cs_1", checkoutURL: nil, isLive: false, createdAt: now,
            paidAt: now)

        @discardableResult
        mutating func read(gone: Money, isDisputed: Bool = false) -> ReversalPlan {
            let due = Self.purchase.credit(for: gone)
            let plan = ReversalPlan(
                lots: lots, reversed: reversed, due: due, isDisputed: isDisputed, debt: debt)
            check(plan, due: due, isDisputed: isDisputed)
            let change = Balances(plan.steps.flatMap(\.transfers))
            debt += change.shortfall
            settled += plan.settled
            lots = plan.lots
            reversed = plan.reversed
            return plan
        }

        /// What each plan keeps, whatever it begins with.
        private func check(_ plan: ReversalPlan, due: Money, isDisputed: Bool) {
            #expect(plan.reversed.clawback + plan.reversed.pending == due)
            #expect(plan.reversed.isFrozen == isDisputed)
            #expect(plan.reversed.pending >= .zero && plan.reversed.owed >= .zero)
            #expect(plan.reversed.pending <= held)
            for (before, after) in zip(lots, plan.lots) {
                let transfers = plan.steps.flatMap(\.transfers).filter { $0.lot == after.id }
                var parts = before.parts
                for transfer in transfers { parts += LotParts(transfer) }
                #expect(parts == after.parts, "the transfers say what becomes of the lot")
                #expect(after.parts.isWhole)
                #expect(after.parts.held == before.parts.held)
            }
            // What is gone is in the lots, or owed (the auditor's P3).
            let clawedBack = plan.lots.map(\.parts.clawedBack).reduce(.zero, +)
            #expect(plan.reversed.clawback == clawedBack + plan.reversed.owed)
            #expect(plan.steps.flatMap(\.transfers).allSatisfy { $0.amount > .zero })
        }

        private var held: Money { lots.map(\.parts.held).reduce(.zero, +) }
    }

    @Test(arguments: 0..<200 as Range<UInt64>)
    func `no credit is made or lost, and nothing falls below zero`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var state = State(&random)
        for _ in 1...8 {
            state.read(
                gone: Money(cents: .random(in: 0...4799, using: &random)),
                isDisputed: .random(using: &random))
        }
    }

    @Test(arguments: 0..<100 as Range<UInt64>)
    func `the same reading twice is nothing`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var state = State(&random)
        let gone = Money(cents: .random(in: 0...4799, using: &random))
        let isDisputed = Bool.random(using: &random)
        state.read(gone: gone, isDisputed: isDisputed)
        let before = state
        let second = state.read(gone: gone, isDisputed: isDisputed)
        #expect(second.steps.isEmpty)
        #expect(state == before)
    }

    /// Each reading is of the running total, so what was read on the way to it does not matter.
    @Test(arguments: 0..<100 as Range<UInt64>)
    func `any order of readings ends alike`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let start = State(&random)
        let last = Int64.random(in: 0...4799, using: &random)
        var direct = start
        direct.read(gone: Money(cents: last))
        for count in 1...4 {
            var state = start
            let totals = (0..<count).map { _ in Int64.random(in: 0...last, using: &random) }
            for total in totals.sorted() + [last, last] {
                state.read(gone: Money(cents: total), isDisputed: .random(using: &random))
            }
            state.read(gone: Money(cents: last))
            #expect(state == direct)
        }
    }

    @Test func `what is left goes first, then what lapsed, then what is held waits`() {
        var state = State([(held: 1000, spent: 1000, expired: 1000), (0, 0, 0)])
        let plan = state.read(gone: price)
        #expect(plan.steps.map(\.step) == [.claw])
        let accounts: [Transfer.Account] = [.available, .available, .breakage, .shortfall]
        #expect(plan.steps[0].transfers.map(\.debit) == accounts)
        #expect(plan.steps[0].transfers.map(\.amount.cents) == [2000, 500, 1000, 1000])
        #expect(plan.reversed.pending == Money(cents: 1000))
        #expect(plan.reversed.owed == Money(cents: 1000))
    }

    @Test func `a dispute that is won after a part was refunded frees the rest`() {
        var state = State([(0, 0, 0), (0, 0, 0)])
        #expect(state.read(gone: .zero, isDisputed: true).steps.map(\.step) == [.freeze])
        let part = state.read(gone: Money(cents: 1000), isDisputed: true)
        #expect(part.steps.map(\.step) == [.thaw(isOver: false), .claw, .freeze])
        let won = state.read(gone: Money(cents: 1000))
        #expect(won.steps.map(\.step) == [.thaw(isOver: true)])
    }

    @Test func `a debt that was paid elsewhere is not the lots' to give back`() {
        var state = State([(0, 5000, 0), (0, 500, 0)])
        state.read(gone: price)
        #expect(state.debt == Money(cents: 5500))
        state.debt = Money(cents: 500)
        let plan = state.read(gone: .zero)
        #expect(plan.settled == Money(cents: 5000))
        #expect(state.debt == .zero)
        #expect(plan.reversed == Reversed())
    }
}

extension LotParts {
    /// C1, and no part below zero.
    fileprivate var isWhole: Bool {
        let parts = [remaining, held, spent, expired, clawedBack, taken]
        return parts.allSatisfy { $0 >= .zero } && parts.reduce(.zero, +) == granted
    }
}
