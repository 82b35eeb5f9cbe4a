// Ledger: accounts' money: wallets, lots, entries, lines, reversals, and the audit of them all. Money
// moves by a locked wallet alone, and every cache follows from the entries (L3 to L7).
// It knows no job's state and no purchase's page (Store), and asks nobody outside (Billing).

package import Domain
import FoundationEssentials
package import MariaDB

/// An account's money while this transaction holds the lock on it (D2, L7): whoever has one may move
/// money, and nobody else can. It lives in the closure of ``MariaDB/Connection/withWallet(of:_:)``,
/// cannot be copied, and cannot leave it.
///
/// All that moves goes through ``perform(_:opKey:about:line:grace:)``: what a wallet, a lot and the
/// account's list say follows there from the transfers, in the transaction that posts them (L3, L4).
package struct LockedWallet: ~Copyable {
    let database: Connection
    package let account: AccountID
    /// What the account has, after all that was done with it.
    package internal(set) var balances: Balances
    /// The database's clock when the lock was taken (D8).
    let now: Date
    /// What can be spent, in the order in which it will be (C3); nil until it is read, and again
    /// after what may have added to it.
    var lots: [Lot]?
}

extension Connection {
    /// Locks the account's money before all else (D2) and gives it to `body`, in the transaction that
    /// is open, or in one of its own, which may run `body` again (D3). Throws ``NotFound``.
    ///
    /// It writes nothing: ``LockedWallet/lapse()`` lets credit lapse whose time is over.
    package func withWallet<T>(
        of account: AccountID, _ body: (inout LockedWallet) throws -> T
    ) throws -> T {
        try inTransaction {
            var wallet = try lockedWallet(of: account)
            return try body(&wallet)
        }
    }

    /// Only locks the account's money, for the rest of the transaction: what comes later in it may
    /// change that, and locks nothing before it (D2).
    package func lockWallet(of account: AccountID) throws {
        _ = try lockedWallet(of: account)
    }

    /// Makes the wallet of an account whose wallet only a hand can have taken away. Throws
    /// ``NotFound`` when there is no such account.
    package func restoreWallet(of account: AccountID) throws {
        let hasWallet = try first("SELECT 1 FROM wallets WHERE account_id = \(account) FOR UPDATE")
        {
            _ in true
        }
        if hasWallet == true { return }
        guard try first("SELECT 1 FROM accounts WHERE id = \(account)", { _ in true }) == true
        else {
            throw NotFound()
        }
        try execute("INSERT INTO wallets (account_id) VALUES (\(account))")
    }

    private func lockedWallet(of account: AccountID) throws -> LockedWallet {
        let row = try first(
            """
            SELECT available_micros, held_micros, frozen_micros, shortfall_micros,
                UTC_TIMESTAMP(6) AS now
            FROM wallets
            WHERE account_id = \(account)
            FOR UPDATE
            """
        ) { row in
            try (
                balances: Balances(
                    available: row("available_micros"), held: row("held_micros"),
                    frozen: row("frozen_micros"), shortfall: row("shortfall_micros")),
                now: row("now") as Date
            )
        }
        guard let row else { throw NotFound() }
        return LockedWallet(
            database: self, account: account, balances: row.balances, now: row.now, lots: nil)
    }
}

// MARK: - One effect

extension LockedWallet {
    /// Does one effect: changes the lots and the wallet as its transfers say, and adds the legs to
    /// the ledger and the line to the account's list, all under one key (L4, L5). The same `opKey` a
    /// second time throws `DatabaseError` of kind `duplicateKey`; a part or a balance that would fall
    /// below zero means that the books are wrong (C1, L6), and throws ``BooksDisagree``.
    ///
    /// Each leg is one call of the routine `move_credit`, the first with the change of the balances,
    /// so that the lock is not held while statements go to and fro. A balance that rises above the
    /// threshold is low no more; ``noteLow()`` says when it has fallen.
    ///
    /// - Parameters:
    ///   - user: whom the line tells of; nil for who ordered the job or bought the credit, and else
    ///     the account's owner.
    ///   - line: is written where the available balance changes.
    ///   - grace: how long after its first expiry what comes back to a lot that has lapsed can be
    ///     spent (C5).
    mutating func perform(
        _ transfers: [Transfer], opKey: String, about subject: Subject = .none,
        by user: UserID? = nil, line: LedgerLine?, grace: Duration? = nil
    ) throws {
        guard !transfers.isEmpty else { return }
        var change = Balances(transfers)
        balances += change
        var line = change.available == .zero ? nil : line
        for (leg, transfer) in transfers.enumerated() {
            let parts = transfer.opensLot ? .zero : LotParts(transfer)
            try move(
                transfer, leg: leg, opKey: opKey, about: subject, by: user, parts: parts,
                change: change, line: line, grace: grace)
            change = Balances()
            line = nil
        }
        lots = nil
    }

    /// Adds the legs of one effect to the ledger. Alone, it is for repairs, which make the caches
    /// anew from the ledger afterwards.
    func post(_ transfers: [Transfer], opKey: String, about subject: Subject) throws {
        for (leg, transfer) in transfers.enumerated() {
            try move(transfer, leg: leg, opKey: opKey, about: subject)
        }
    }

    private func move(
        _ transfer: Transfer, leg: Int, opKey: String, about subject: Subject,
        by user: UserID? = nil, parts: LotParts = .zero, change: Balances = Balances(),
        line: LedgerLine? = nil, grace: Duration? = nil
    ) throws {
        let parts = transfer.lot == nil ? .zero : parts
        let place = try database.first(
            """
            CALL move_credit(\(account), \(transfer.lot), \(parts.remaining), \(parts.held),
                \(parts.spent), \(parts.expired), \(parts.clawedBack), \(parts.taken),
                \(grace?.microseconds), \(change.available), \(change.held), \(change.frozen),
                \(change.shortfall), \(lowBalanceThreshold), \(newID() as ID<Transfer>), \(opKey),
                \(leg), \(transfer.kind), \(transfer.debit), \(transfer.credit),
                \(transfer.amount), \(subject.job), \(subject.purchase),
                \(line.map { _ in newID() as TransactionID }), \(user), \(line?.type),
                \(balances.available), \(line?.english.cut(to: 500)),
                \(line?.json(reasonUpTo: 500)))
            """
        ) { row in try row("disagrees") as String }
        if let place { throw BooksDisagree(place) }
    }

    /// Writes the line that users read, with the balance after it, of what no effect has done.
    func record(_ line: LedgerLine, _ amount: Money, opKey: String) throws {
        try database.execute(
            """
            CALL record_line(\(account), \(newID() as TransactionID), NULL, \(line.type), \(amount),
                \(balances.available), \(line.english.cut(to: 500)), \(line.json(reasonUpTo: 500)),
                \(opKey), NULL, NULL)
            """)
    }

    /// Notes that the balance has fallen below ``lowBalanceThreshold``. True once, until it was
    /// above again.
    package func noteLow() throws -> Bool {
        guard balances.available < lowBalanceThreshold else { return false }
        return try database.execute(
            """
            UPDATE wallets
            SET is_low = TRUE
            WHERE account_id = \(account) AND NOT is_low AND available_micros < \(lowBalanceThreshold)
            """) == 1
    }
}

/// A guarded statement on money found another number than the ledger has: a defect, never a
/// refusal. The transaction is rolled back.
package struct BooksDisagree: Error, CustomStringConvertible {
    package let description: String

    package init(_ place: String) {
        description = "the books disagree: \(place)"
    }
}
