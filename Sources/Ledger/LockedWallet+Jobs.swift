package import Domain
import MariaDB

/// How a job's hold ends, by the word of its key.
package enum HoldEnd: String, Sendable {
    case settle, release

    var kind: Transfer.Kind { self == .settle ? .settle : .release }
    var account: Transfer.Account { self == .settle ? .revenue : .available }

    func key(of job: VideoID) -> String { "job:\(rawValue):\(job)" }
}

extension LockedWallet {
    /// Throws ``InsufficientCredits`` unless `price` can be spent and nothing is owed (L9).
    package mutating func requireFunds(_ price: Money) throws {
        try lapse()
        if balances.shortfall > .zero {
            throw InsufficientCredits(
                required: price, current: balances.available, debt: balances.shortfall)
        }
        guard balances.available >= price else {
            throw InsufficientCredits(required: price, current: balances.available)
        }
    }

    /// Sets `price` aside for a job that was just inserted, from the lots in spend order (C3), after
    /// ``requireFunds(_:)`` has passed for it. The line tells of `user`.
    package mutating func hold(
        _ price: Money, for job: VideoID, by user: UserID, line: LedgerLine
    ) throws {
        var lots = try spendable()
        let legs = lots.draw(price, as: .hold, from: .available, to: .held)
        guard legs.total == price else { throw BooksDisagree("the lots of \(account)") }
        try perform(
            legs, opKey: "job:hold:\(job)", about: Subject(job: job), by: user, line: line)
        // What the hold leaves of them is known.
        self.lots = lots
    }

    /// Turns a job's hold into revenue (J2). The caller has changed the job.
    package mutating func settle(_ job: VideoID) throws {
        try lapse()
        try perform(
            endLegs(of: job, .settle), opKey: HoldEnd.settle.key(of: job), about: Subject(job: job),
            line: nil)
        try collectPending(of: job, after: .settle)
    }

    /// Gives a job's hold back to the lots it came from, to the micro-dollar (J2, C5). What goes
    /// to a lot that has lapsed meanwhile can be spent for the grace period after its first
    /// expiry; beyond that it lapses at once. The caller has changed the job.
    package mutating func release(
        _ job: VideoID, policy: CreditPolicy, because reason: FailureReason
    ) throws {
        // Before the lots have more time: what lapsed with its time is not given more.
        try lapse()
        try perform(
            endLegs(of: job, .release), opKey: HoldEnd.release.key(of: job),
            about: Subject(job: job), line: .returned(reason), grace: policy.refundGrace)
        try collectPending(of: job, after: .release)
        try lapse()
    }

    /// The legs of a job's hold, turned to its end.
    func endLegs(of job: VideoID, _ end: HoldEnd) throws -> [Transfer] {
        let legs = try database.query(
            """
            SELECT lot_id, amount_micros
            FROM ledger_entries
            WHERE op_key = \("job:hold:\(job)")
            ORDER BY leg
            """
        ) { row in
            try Transfer(
                kind: end.kind, debit: .held, credit: end.account, amount: row("amount_micros"),
                lot: row("lot_id"))
        }
        guard !legs.isEmpty else { throw BooksDisagree("the job \(job) has no hold") }
        return legs
    }
}

// MARK: - What waits for a job's end

/// A leg of a hold whose lot waits for a clawback, or is frozen.
private struct EncumberedLeg {
    let lot: LotID
    let amount: Money
    let purchase: PurchaseID
    let isFrozen: Bool
}

extension LockedWallet {
    /// A job has ended: of what it held, a clawback that waited takes its part, and what went to a
    /// frozen lot is held back with it. What was settled is spent, so of that only what the
    /// purchase's other holds no longer cover is taken, as a debt: the order in which jobs end
    /// changes nothing (P5).
    private mutating func collectPending(of job: VideoID, after end: HoldEnd) throws {
        for leg in try encumberedLegs(of: job) {
            let subject = Subject(job: job, purchase: leg.purchase)
            let part = try takePending(of: leg, after: end)
            if part > .zero {
                let claw: Transfer =
                    end == .settle
                    ? .claw(part, from: .shortfall, nil) : .claw(part, from: .available, leg.lot)
                try perform(
                    [claw], opKey: "\(end.key(of: job)):clawback:\(leg.lot)", about: subject,
                    line: .clawedBack)
            }
            let rest = leg.amount - part
            guard end == .release, leg.isFrozen, rest > .zero else { continue }
            try perform(
                [
                    Transfer(
                        kind: .freeze, debit: .available, credit: .frozen, amount: rest,
                        lot: leg.lot)
                ], opKey: "\(end.key(of: job)):freeze:\(leg.lot)", about: subject, line: .heldBack)
        }
    }

    /// Mostly there are none.
    private func encumberedLegs(of job: VideoID) throws -> [EncumberedLeg] {
        try database.query(
            """
            SELECT lot_id, amount_micros, purchase_id, pending_micros,
                frozen_at IS NOT NULL AS frozen
            FROM (SELECT ledger_entries.lot_id, ledger_entries.amount_micros,
                      purchases.id AS purchase_id, pending_micros, frozen_at
                  FROM ledger_entries
                  JOIN credit_lots ON credit_lots.id = ledger_entries.lot_id
                  JOIN purchases ON purchases.id = credit_lots.purchase_id
                  WHERE op_key = \("job:hold:\(job)")
                      AND (pending_micros > 0 OR frozen_at IS NOT NULL)) AS legs
            ORDER BY lot_id
            """
        ) { row in
            try EncumberedLeg(
                lot: row("lot_id"), amount: row("amount_micros"), purchase: row("purchase_id"),
                isFrozen: row("frozen"))
        }
    }

    /// Turns as much of the purchase's pending clawback as the leg covers into a done one; after a
    /// settle, what its other holds cover waits on.
    private func takePending(of leg: EncumberedLeg, after end: HoldEnd) throws -> Money {
        var covered = Money.zero
        if end == .settle {
            covered = try database.lockLots(of: leg.purchase).map(\.parts.held).reduce(.zero, +)
        }
        let pending =
            try database.first(
                "SELECT pending_micros FROM purchases WHERE id = \(leg.purchase) FOR UPDATE"
            ) { row in try row("pending_micros") as Money } ?? .zero
        let part = min(pending - covered, leg.amount)
        guard part > .zero else { return .zero }
        let owed: Money = end == .settle ? part : .zero
        try database.execute(
            """
            UPDATE purchases
            SET pending_micros = pending_micros - \(part),
                clawback_micros = clawback_micros + \(part),
                owed_micros = owed_micros + \(owed)
            WHERE id = \(leg.purchase)
            """)
        return part
    }
}
