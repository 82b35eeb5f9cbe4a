package import Domain
package import FoundationEssentials
package import MariaDB
import Texts

/// The credit of one purchase, bonus or grant, for showing.
package struct CreditLot: Sendable {
    package enum Source: String, Sendable, SQLConvertible {
        case purchase, bonus, grant
    }

    package let id: LotID
    package let source: Source
    package let remaining: Money
    /// Nil when it never lapses.
    package let expiresAt: Date?
}

/// How long credit lasts.
package struct CreditPolicy: Hashable, Sendable {
    /// Nil: for ever.
    package var expiry: Duration?
    /// How long after its expiry a lot's credit can be spent when a failed job returned it (C5).
    package var refundGrace: Duration

    package init(expiry: Duration?, refundGrace: Duration = .seconds(7 * 86_400)) {
        self.expiry = expiry
        self.refundGrace = refundGrace
    }
}

/// Why credit is given.
enum Gift {
    case promotion
    /// To put the books right.
    case adjustment
}

/// The part of a job's price that one lot pays.
private struct Leg {
    let lot: LotID
    let amount: Money
}

extension Connection {
    /// The user's lots that can be spent, in the order in which they will be (C3).
    package func lots(of user: UserID) throws -> [CreditLot] {
        try query(
            """
            SELECT id, source, remaining_micros, expires_at
            FROM credit_lots
            WHERE user_id = \(user) AND remaining_micros > 0 AND frozen_at IS NULL
                AND expires_at > UTC_TIMESTAMP(6)
            ORDER BY expires_at, source = 'purchase', id
            """
        ) { row in
            let expiresAt: Date = try row("expires_at")
            return try CreditLot(
                id: row("id"), source: row("source"), remaining: row("remaining_micros"),
                expiresAt: expiresAt >= CreditPolicy.never ? nil : expiresAt)
        }
    }

    /// Adds a lot and moves its amount to the available balance. The caller has locked the wallet;
    /// lots that are added under one lock lapse at one instant, so that of a purchase the bonus is
    /// spent first (C3).
    func addLot(
        _ source: CreditLot.Source, _ amount: Money, to wallet: LockedWallet,
        policy: CreditPolicy, purchase: PurchaseID?, opKey: String, as gift: Gift = .promotion
    ) throws {
        let lot = LotID.new()
        let (kind, account): (Transfer.Kind, Transfer.Account) =
            switch (source, gift) {
            case (.purchase, _): (.credit, .payments)
            case (.bonus, _): (.bonus, .promotions)
            case (.grant, .promotion): (.grant, .promotions)
            case (.grant, .adjustment): (.adjust, .adjustments)
            }
        let expiresAt: SQL =
            policy.expiry.map { "\(wallet.now) + INTERVAL \($0.microseconds) MICROSECOND" }
            ?? "\(CreditPolicy.never)"
        try execute(
            """
            INSERT INTO credit_lots
                (id, user_id, source, purchase_id, granted_micros, remaining_micros, created_at,
                 original_expires_at, expires_at)
            VALUES (\(lot), \(wallet.userID), \(source), \(purchase), \(amount), \(amount),
                \(wallet.now), \(sql: expiresAt), \(sql: expiresAt))
            """)
        try move(available: amount, of: wallet.userID)
        try post(
            [
                Transfer(
                    kind: kind, debit: account, credit: .available, amount: amount, lot: lot)
            ], opKey: opKey, user: wallet.userID, subject: Subject(purchase: purchase))
    }

    /// Gives credit, with the reason that the user reads; `actor` is who does it by hand. The same
    /// `grant` twice gives it once.
    package func grantCredit(
        _ amount: Money, to user: UserID, reason: String, policy: CreditPolicy,
        grant: ID<CreditLot>, by actor: Operator? = nil
    ) throws {
        let opKey = "grant:\(grant)"
        try once(opKey) {
            let wallet = try lockWallet(of: user)
            if let actor,
                try claim(
                    "credit.grant", "\(user)", arguments: "\(amount)", result: opKey, by: actor)
                    != nil
            {
                return
            }
            try addLot(
                .grant, amount, to: wallet, policy: policy, purchase: nil, opKey: opKey)
            try record(.grant, amount, reason, opKey: opKey, user: user, subject: .none)
            if let actor { try log("credit.grant", "\(user)", detail: "\(amount)", by: actor) }
        }
    }

    /// Takes credit that was given and is not spent, the latest first; throws ``Conflict`` when there
    /// is less. The caller has locked the wallet. The lots are looked for as in `expireLots`, so that
    /// no other user's is locked.
    func takeGiven(_ amount: Money, from user: UserID, reason: String, opKey: String) throws {
        let lots = try query(
            """
            SELECT id, remaining_micros, source
            FROM credit_lots FORCE INDEX (idx_spend_order)
            WHERE user_id = \(user) AND remaining_micros > 0 AND frozen_at IS NULL
            ORDER BY id DESC
            FOR UPDATE
            """
        ) { row in
            (
                lot: try row("id") as LotID, amount: try row("remaining_micros") as Money,
                source: try row("source") as CreditLot.Source
            )
        }.filter { $0.source == .grant }
        let given = lots.map(\.amount).reduce(.zero, +)
        guard amount > .zero, amount <= given else {
            throw Conflict(.givenCreditTakeable, ["amount": .money(given)])
        }
        var missing = amount
        var legs: [Leg] = []
        for lot in lots where missing > .zero {
            let part = min(lot.amount, missing)
            legs.append(Leg(lot: lot.lot, amount: part))
            missing -= part
            let changed = try execute(
                """
                UPDATE credit_lots
                SET remaining_micros = remaining_micros - \(part),
                    taken_micros = taken_micros + \(part)
                WHERE id = \(lot.lot) AND remaining_micros >= \(part)
                """)
            guard changed == 1 else { throw BooksDisagree("the lot \(lot.lot)") }
        }
        try move(available: -amount, of: user)
        try post(
            legs.map {
                Transfer(
                    kind: .adjust, debit: .available, credit: .adjustments, amount: $0.amount,
                    lot: $0.lot)
            }, opKey: opKey, user: user, subject: .none)
        try record(.adjustment, -amount, reason, opKey: opKey, user: user, subject: .none)
    }

    /// Runs `effect` in a transaction unless `opKey` is in the ledger already (L5). Returns
    /// whether it ran now.
    @discardableResult
    func once(_ opKey: String, _ effect: () throws -> Void) throws -> Bool {
        do {
            return try transaction {
                guard try !isPosted(opKey) else { return false }
                try effect()
                return true
            }
        } catch let error as DatabaseError {
            guard case .duplicateKey = error.kind, try isPosted(opKey) else { throw error }
            return false
        }
    }
}

extension CreditPolicy {
    /// The expiry of credit that never lapses: 9999-12-31 00:00 UTC.
    static let never = Date(timeIntervalSince1970: 253_402_214_400)
}

// MARK: - Expiry

extension Connection {
    /// Lets the user's credit lapse whose time is over (C6). Returns whether there was any.
    ///
    /// The index is named because on a small table the optimizer would rather read all of it, and
    /// a locking read waits for every row that it passes, other users' too. For the same reason the
    /// expiry is no condition of the search: a range of the index ends at the next row, which is the
    /// next user's, and would be locked with ours until COMMIT.
    func expireLots(of wallet: LockedWallet) throws -> Bool {
        let lapsed = try query(
            """
            SELECT id, remaining_micros, expiries, expires_at <= UTC_TIMESTAMP(6) AS is_over
            FROM credit_lots FORCE INDEX (idx_spend_order)
            WHERE user_id = \(wallet.userID) AND remaining_micros > 0 AND frozen_at IS NULL
            ORDER BY id
            FOR UPDATE
            """
        ) { row in
            (
                lot: try row("id") as LotID, amount: try row("remaining_micros") as Money,
                expiries: try row("expiries") as Int, isOver: try row("is_over") as Bool
            )
        }.filter(\.isOver)
        for lot in lapsed {
            try expire(lot.amount, of: lot.lot, expiries: lot.expiries, user: wallet.userID)
        }
        return !lapsed.isEmpty
    }

    private func expire(
        _ amount: Money, of lot: LotID, expiries: Int, user: UserID
    ) throws {
        let opKey = "lot:expire:\(lot):\(expiries + 1)"
        let changed = try execute(
            """
            UPDATE credit_lots
            SET remaining_micros = remaining_micros - \(amount),
                expired_micros = expired_micros + \(amount), expiries = expiries + 1
            WHERE id = \(lot) AND remaining_micros = \(amount)
            """)
        guard changed == 1 else { throw BooksDisagree("the lot \(lot)") }
        try move(available: -amount, of: user)
        try post(
            [
                Transfer(
                    kind: .expire, debit: .available, credit: .breakage, amount: amount, lot: lot)
            ], opKey: opKey, user: user, subject: .none)
        try record(
            .expiry, -amount, Phrase(.lineExpired).text(), opKey: opKey, user: user, subject: .none)
    }

    /// Lets credit lapse of up to `limit` users whose lots are over. Returns of how many. One whose
    /// credit cannot lapse keeps no other back; its error is thrown when nothing could.
    package func expireOverdueLots(limit: Int) throws -> Int {
        let users = try query(
            """
            SELECT DISTINCT user_id
            FROM credit_lots
            WHERE expires_at <= UTC_TIMESTAMP(6) AND remaining_micros > 0 AND frozen_at IS NULL
            LIMIT \(limit)
            """
        ) { row in try row("user_id") as UserID }
        var count = 0
        var failure: (any Error)?
        for user in users {
            do {
                try transaction {
                    _ = try lockWallet(of: user)
                    try announceLowBalance(of: user)
                }
                count += 1
            } catch let error as DatabaseError where error.isPassing {
                throw error
            } catch {
                failure = failure ?? error
            }
        }
        if count == 0, let failure { throw failure }
        return count
    }
}

// MARK: - Hold, settle, release

extension Connection {
    /// Sets `price` aside for a job that was just inserted, from the lots in spend order (C3), or
    /// throws ``InsufficientCredits``. The caller has locked the wallet in this transaction. The
    /// lots are looked for as in `expireLots`, so that no other user's is locked.
    func hold(_ price: Money, for job: VideoID, from user: UserID, description: String) throws {
        let opKey = "job:hold:\(job)"
        var missing = price
        var legs: [Leg] = []
        let lots = try query(
            """
            SELECT id, remaining_micros, expires_at > UTC_TIMESTAMP(6) AS is_spendable
            FROM credit_lots FORCE INDEX (idx_spend_order)
            WHERE user_id = \(user) AND remaining_micros > 0 AND frozen_at IS NULL
            ORDER BY expires_at, source = 'purchase', id
            FOR UPDATE
            """
        ) { row in
            (
                lot: try row("id") as LotID, amount: try row("remaining_micros") as Money,
                isSpendable: try row("is_spendable") as Bool
            )
        }
        for lot in lots where lot.isSpendable && missing > .zero {
            let part = min(lot.amount, missing)
            legs.append(Leg(lot: lot.lot, amount: part))
            missing -= part
        }
        // A lot may lapse between two statements; then there is less than the wallet said.
        guard missing == .zero else {
            throw InsufficientCredits(required: price, current: price - missing)
        }
        for leg in legs {
            let changed = try execute(
                """
                UPDATE credit_lots
                SET remaining_micros = remaining_micros - \(leg.amount),
                    held_micros = held_micros + \(leg.amount)
                WHERE id = \(leg.lot) AND remaining_micros >= \(leg.amount)
                """)
            guard changed == 1 else { throw BooksDisagree("the lot \(leg.lot)") }
        }
        try move(available: -price, held: price, of: user)
        try post(
            legs.map {
                Transfer(
                    kind: .hold, debit: .available, credit: .held, amount: $0.amount, lot: $0.lot)
            }, opKey: opKey, user: user, subject: Subject(job: job))
        try record(
            .charge, -price, description, opKey: opKey, user: user, subject: Subject(job: job))
    }

    private func legs(ofHold job: VideoID) throws -> [Leg] {
        let legs = try query(
            """
            SELECT lot_id, amount_micros
            FROM ledger_entries
            WHERE op_key = \("job:hold:\(job)")
            ORDER BY leg
            """
        ) { row in try Leg(lot: row("lot_id"), amount: row("amount_micros")) }
        guard !legs.isEmpty else { throw BooksDisagree("the job \(job) has no hold") }
        return legs
    }

    /// Turns a job's hold into revenue (J2). The caller has locked the wallet and changed the job.
    func settle(_ job: VideoID, of user: UserID) throws {
        let legs = try legs(ofHold: job)
        for leg in legs {
            let changed = try execute(
                """
                UPDATE credit_lots
                SET held_micros = held_micros - \(leg.amount),
                    spent_micros = spent_micros + \(leg.amount)
                WHERE id = \(leg.lot) AND held_micros >= \(leg.amount)
                """)
            guard changed == 1 else { throw BooksDisagree("the lot \(leg.lot)") }
        }
        try move(held: -legs.map(\.amount).reduce(.zero, +), of: user)
        try post(
            legs.map {
                Transfer(
                    kind: .settle, debit: .held, credit: .revenue, amount: $0.amount, lot: $0.lot)
            }, opKey: "job:settle:\(job)", user: user, subject: Subject(job: job))
        try collectPendingAsDebt(of: job, user: user)
    }

    /// Gives a job's hold back to the lots it came from, to the micro-dollar (J2, C5). What goes
    /// to a lot that has lapsed meanwhile can be spent for the grace period after its first
    /// expiry; beyond that it lapses at once. The caller has locked the wallet, which swept what
    /// had lapsed, and changed the job.
    func release(
        _ job: VideoID, of wallet: LockedWallet, policy: CreditPolicy, description: String
    ) throws {
        let user = wallet.userID
        let opKey = "job:release:\(job)"
        let legs = try legs(ofHold: job)
        let amount = legs.map(\.amount).reduce(.zero, +)
        for leg in legs {
            let changed = try execute(
                """
                UPDATE credit_lots
                SET held_micros = held_micros - \(leg.amount),
                    remaining_micros = remaining_micros + \(leg.amount),
                    expires_at = IF(expires_at > UTC_TIMESTAMP(6), expires_at,
                        original_expires_at + INTERVAL \(policy.refundGrace.microseconds)
                            MICROSECOND)
                WHERE id = \(leg.lot) AND held_micros >= \(leg.amount)
                """)
            guard changed == 1 else { throw BooksDisagree("the lot \(leg.lot)") }
        }
        try move(available: amount, held: -amount, of: user)
        try post(
            legs.map {
                Transfer(
                    kind: .release, debit: .held, credit: .available, amount: $0.amount,
                    lot: $0.lot)
            }, opKey: opKey, user: user, subject: Subject(job: job))
        try record(
            .refund, amount, description, opKey: opKey, user: user, subject: Subject(job: job))
        try collectPending(of: job, user: user)
        _ = try expireLots(of: wallet)
    }
}
