package import Domain
import FoundationEssentials
package import MariaDB
import Texts

/// An effect as it stands in the ledger.
package struct PostedEffect: Sendable {
    package let opKey: String
    let transfers: [Transfer]
    let subject: Subject

    package var total: Money { transfers.total }
    package var legCount: Int { transfers.count }
}

extension Connection {
    /// An effect of an account by its key; nil when it has none.
    package func effect(_ opKey: String, of account: AccountID) throws -> PostedEffect? {
        let legs = try query(
            """
            SELECT kind, debit_account, credit_account, amount_micros, lot_id, job_id, purchase_id
            FROM ledger_entries
            WHERE op_key = \(opKey) AND account_id = \(account)
            ORDER BY leg
            """
        ) { row in
            try (
                transfer: Transfer(
                    kind: row("kind"), debit: row("debit_account"), credit: row("credit_account"),
                    amount: row("amount_micros"), lot: row("lot_id")),
                subject: Subject(job: row("job_id"), purchase: row("purchase_id"))
            )
        }
        guard let subject = legs.first?.subject else { return nil }
        return PostedEffect(opKey: opKey, transfers: legs.map(\.transfer), subject: subject)
    }
}

// Repairs never change an entry: they add entries, and make the caches anew from the ledger (A4).
extension LockedWallet {
    /// Posts ends of jobs that the ledger lacks, from the legs of their holds, whatever the caches
    /// say; then makes all of the account that follows from the ledger anew: its wallet, its lots,
    /// what its purchases have of it, and the sum of the lines that its users read, by a line for
    /// the difference. Returns what it changed, in words for the operator.
    ///
    /// Throws ``Conflict`` when the ledger itself says what cannot be.
    package mutating func rebuild(
        posting ends: [(job: VideoID, end: HoldEnd)] = [], opKey: String
    ) throws -> [String] {
        for (job, end) in ends {
            try post(
                endLegs(of: job, end), opKey: end.key(of: job), about: Subject(job: job))
        }
        return try recompute(opKey: opKey, line: .corrected)
    }

    /// Takes an effect back that should not be in the ledger, by the opposite of each of its legs
    /// (L2), and brings the caches in line. Throws ``Conflict`` when it was taken back already.
    package mutating func takeBack(_ effect: PostedEffect, reason: String) throws -> [String] {
        // Named after what it takes back, so that nothing is taken back twice.
        let opKey = "reverse:\(effect.opKey)"
        guard opKey.utf8.count <= 255, try !database.isPosted(opKey) else {
            throw Conflict(.effectTakenBack, ["effect": .text(effect.opKey)])
        }
        try post(effect.transfers.map(\.opposite), opKey: opKey, about: effect.subject)
        return try ["\(effect.legCount) entries opposite to \(effect.opKey)"]
            + recompute(opKey: opKey, line: .adjusted(reason: reason))
    }

    /// Posts what the ledger lacks of a paid purchase, to the lots that it has. Throws ``Conflict``
    /// when it lacks nothing.
    package mutating func creditAgain(
        _ purchase: Purchase, paymentIntent: String, policy: CreditPolicy
    ) throws -> [String] {
        let changes =
            try creditAgain(
                purchase.credits, .purchase(purchase.id),
                opKey: "stripe:credit:\(paymentIntent)", policy)
            + creditAgain(
                purchase.bonus, .bonus(purchase.id), opKey: "stripe:bonus:\(paymentIntent)",
                policy)
        guard !changes.isEmpty else { throw Conflict(.purchaseCredited) }
        let opKey = "rebuild:\(newID() as ID<Violation>)"
        return try changes + recompute(opKey: opKey, line: .purchaseCorrected)
    }

    private mutating func creditAgain(
        _ amount: Money, _ origin: LotOrigin, opKey: String, _ policy: CreditPolicy
    ) throws -> [String] {
        guard amount > .zero, try !database.isPosted(opKey) else { return [] }
        let lot = try database.first(
            """
            SELECT id
            FROM credit_lots
            WHERE purchase_id = \(origin.purchaseID) AND source = \(origin.source)
            """
        ) { row in try row("id") as LotID }
        if let lot {
            try post(
                [origin.transfer(amount, to: lot)], opKey: opKey,
                about: Subject(purchase: origin.purchaseID))
        } else {
            try addLot(amount, from: origin, policy: policy, opKey: opKey, line: nil)
        }
        return ["\(amount) posted as \(opKey)"]
    }

    /// Brings the caches in line with the ledger, and the account's lines with the balance.
    private mutating func recompute(opKey: String, line: LedgerLine) throws -> [String] {
        do {
            let changes = try rebuildLots() + rebuildPurchases()
            try rebuildWallet()
            try database.remakeSums(of: account)
            return try changes + correctLines(opKey: opKey, line: line)
        } catch let error as DatabaseError {
            guard case .constraint(let name) = error.kind else { throw error }
            throw Conflict(.ledgerSaysOtherwise, ["rule": .text(name)])
        }
    }

    private mutating func rebuildWallet() throws {
        let ledger = try database.first(
            """
            SELECT COALESCE(available, 0) AS available, COALESCE(held, 0) AS held,
                COALESCE(frozen, 0) AS frozen, COALESCE(shortfall, 0) AS shortfall
            FROM (
                SELECT \(sql: .ledgerBalances)
                FROM ledger_entries
                WHERE account_id = \(account)
            ) AS ledger
            """
        ) { row in
            try Balances(
                available: row("available"), held: row("held"), frozen: row("frozen"),
                shortfall: row("shortfall"))
        }
        guard let ledger else { return }
        try database.execute(
            """
            UPDATE wallets
            SET available_micros = \(ledger.available), held_micros = \(ledger.held),
                frozen_micros = \(ledger.frozen), shortfall_micros = \(ledger.shortfall)
            WHERE account_id = \(account)
            """)
        balances = ledger
        lots = nil
    }

    /// The lines are only added to, so one more makes their sum the balance.
    private func correctLines(opKey: String, line: LedgerLine) throws -> [String] {
        let total = try database.first(
            """
            SELECT COALESCE(SUM(amount_micros), 0) AS total
            FROM transactions
            WHERE account_id = \(account)
            """
        ) { row in try row("total") as Money }
        let difference = balances.available - (total ?? .zero)
        guard difference != .zero else { return [] }
        try record(line, difference, opKey: opKey)
        return ["a line of \(difference) in the account's list"]
    }
}
