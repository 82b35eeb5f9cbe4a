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
    /// second time throws `DatabaseError` of kind `duplicateKey`.
    ///
    /// - Parameters:
    ///   - line: is written where the available balance changes.
    ///   - grace: how long after its first expiry what comes back to a lot that has lapsed can be
    ///     spent (C5).
    mutating func perform(
        _ transfers: [Transfer], opKey: String, about subject: Subject = .none, line: LedgerLine?,
        grace: Duration? = nil
    ) throws {
        guard !transfers.isEmpty else { return }
        for transfer in transfers where !transfer.opensLot { try changeLot(transfer, grace) }
        let change = Balances(transfers)
        try move(change)
        try post(transfers, opKey: opKey, about: subject)
        if let line, change.available != .zero {
            try record(line, change.available, opKey: opKey, about: subject)
        }
        lots = nil
    }

    /// Changes a lot as a transfer says; a part that would fall below zero means that the books are
    /// wrong (C1, L6), so the transaction is given up.
    private func changeLot(_ transfer: Transfer, _ grace: Duration?) throws {
        guard let lot = transfer.lot else { return }
        let parts = LotParts(transfer)
        guard parts != .zero else { return }
        let changed = try database.execute(
            """
            UPDATE credit_lots
            SET remaining_micros = remaining_micros + \(parts.remaining),
                held_micros = held_micros + \(parts.held),
                spent_micros = spent_micros + \(parts.spent),
                expired_micros = expired_micros + \(parts.expired),
                clawed_back_micros = clawed_back_micros + \(parts.clawedBack),
                taken_micros = taken_micros + \(parts.taken),
                expiries = expiries + \(transfer.kind == .expire ? 1 : 0),
                expires_at = IF(\(grace == nil) OR expires_at > UTC_TIMESTAMP(6), expires_at,
                    original_expires_at + INTERVAL \(grace?.microseconds ?? 0) MICROSECOND)
            WHERE id = \(lot) AND remaining_micros + \(parts.remaining) >= 0
                AND held_micros + \(parts.held) >= 0 AND spent_micros + \(parts.spent) >= 0
                AND expired_micros + \(parts.expired) >= 0
                AND clawed_back_micros + \(parts.clawedBack) >= 0
                AND taken_micros + \(parts.taken) >= 0
            """)
        guard changed == 1 else { throw BooksDisagree("the lot \(lot)") }
    }

    /// Changes the account's balances by one guarded statement (L6). A balance that rises above the
    /// threshold is low no more; ``noteLow()`` says when it has fallen.
    private mutating func move(_ change: Balances) throws {
        guard change != Balances() else { return }
        let changed = try database.execute(
            """
            UPDATE wallets
            SET available_micros = available_micros + \(change.available),
                held_micros = held_micros + \(change.held),
                frozen_micros = frozen_micros + \(change.frozen),
                shortfall_micros = shortfall_micros + \(change.shortfall),
                is_low = is_low AND available_micros < \(lowBalanceThreshold)
            WHERE account_id = \(account) AND available_micros + \(change.available) >= 0
                AND held_micros + \(change.held) >= 0 AND frozen_micros + \(change.frozen) >= 0
                AND shortfall_micros + \(change.shortfall) >= 0
            """)
        guard changed == 1 else { throw BooksDisagree("the wallet of \(account)") }
        balances += change
    }

    /// Adds the legs of one effect to the ledger. Alone, it is for repairs, which make the caches
    /// anew from the ledger afterwards.
    func post(_ transfers: [Transfer], opKey: String, about subject: Subject) throws {
        for (leg, transfer) in transfers.enumerated() {
            try database.execute(
                """
                INSERT INTO ledger_entries
                    (id, op_key, leg, kind, debit_account, credit_account, amount_micros, account_id,
                     lot_id, job_id, purchase_id, created_at)
                VALUES (\(newID() as ID<Transfer>), \(opKey), \(leg), \(transfer.kind),
                    \(transfer.debit), \(transfer.credit), \(transfer.amount), \(account),
                    \(transfer.lot), \(subject.job), \(subject.purchase), UTC_TIMESTAMP(6))
                """)
        }
    }

    /// Writes the line that users read, with the balance after it. Its user is who ordered the job or
    /// bought the credit, of all else the account's owner, and nobody where it has no member: the line
    /// is written all the same.
    func record(
        _ line: LedgerLine, _ amount: Money, opKey: String, about subject: Subject
    ) throws {
        try database.execute(
            """
            INSERT INTO transactions
                (id, account_id, user_id, type, amount_micros, balance_after_micros, description,
                 detail, op_key, job_id, purchase_id, created_at)
            VALUES (\(newID() as TransactionID), \(account),
                COALESCE((SELECT user_id FROM video_jobs WHERE id = \(subject.job)),
                    (SELECT user_id FROM purchases WHERE id = \(subject.purchase)),
                    \(sql: .owner(of: account))),
                \(line.type), \(amount),
                \(balances.available), \(line.english.cut(to: 500)),
                \(line.json(reasonUpTo: 500)), \(opKey), \(subject.job), \(subject.purchase),
                UTC_TIMESTAMP(6))
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
