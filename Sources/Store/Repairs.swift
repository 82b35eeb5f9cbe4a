package import Domain
import FoundationEssentials
package import MariaDB
import Texts

/// A user's balances as the wallet has them.
struct Balances: Equatable {
    var available = Money.zero
    var held = Money.zero
    var frozen = Money.zero
    var shortfall = Money.zero

    func changes(to other: Balances) -> [String] {
        [
            ("available", available, other.available), ("held", held, other.held),
            ("frozen", frozen, other.frozen), ("shortfall", shortfall, other.shortfall),
        ].filter { $0.1 != $0.2 }.map { "\($0.0): \($0.1) -> \($0.2)" }
    }
}

/// What is in a lot.
private struct LotParts: Equatable {
    let granted, remaining, held, spent, expired, clawedBack, taken: Money

    func changes(to other: LotParts, of lot: LotID) -> [String] {
        let parts = [
            ("granted", granted, other.granted), ("remaining", remaining, other.remaining),
            ("held", held, other.held), ("spent", spent, other.spent),
            ("expired", expired, other.expired), ("clawed back", clawedBack, other.clawedBack),
            ("taken", taken, other.taken),
        ].filter { $0.1 != $0.2 }.map { "\($0.0) \($0.1) -> \($0.2)" }
        return parts.isEmpty ? [] : ["lot \(lot): \(parts.joined(separator: ", "))"]
    }
}

/// What of a purchase follows from the ledger, from Stripe's running total and from its disputes.
private struct Reversed: Equatable {
    let credits, bonus, clawback, pending, owed: Money
    let isFrozen: Bool

    func changes(to other: Reversed, of purchase: PurchaseID) -> [String] {
        var parts = [
            ("credit", credits, other.credits), ("bonus", bonus, other.bonus),
            ("clawed back", clawback, other.clawback), ("waiting", pending, other.pending),
            ("owed", owed, other.owed),
        ].filter { $0.1 != $0.2 }.map { "\($0.0) \($0.1) -> \($0.2)" }
        if isFrozen != other.isFrozen { parts.append(other.isFrozen ? "frozen" : "not frozen") }
        return parts.isEmpty ? [] : ["purchase \(purchase): \(parts.joined(separator: ", "))"]
    }
}

extension Connection {
    /// Locks the user's money (D2) and looks at nothing: what is there may be wrong.
    func lockBalances(of user: UserID) throws {
        let isThere = try first("SELECT 1 FROM wallets WHERE user_id = \(user) FOR UPDATE") { _ in
            true
        }
        if isThere == true { return }
        // Only a hand can have taken a wallet away.
        guard try first("SELECT 1 FROM users WHERE id = \(user)", { _ in true }) == true else {
            throw NotFound()
        }
        try execute("INSERT INTO wallets (user_id) VALUES (\(user))")
    }

    func balances(of user: UserID) throws -> Balances {
        try first(
            """
            SELECT available_micros, held_micros, frozen_micros, shortfall_micros
            FROM wallets
            WHERE user_id = \(user)
            """
        ) { row in
            try Balances(
                available: row("available_micros"), held: row("held_micros"),
                frozen: row("frozen_micros"), shortfall: row("shortfall_micros"))
        } ?? Balances()
    }

    // MARK: Rebuild

    /// Makes all of an account that follows from the ledger anew: its wallet, its lots, what its
    /// purchases and jobs have of it, ends of jobs that were not posted, and the sum of the lines
    /// that the user reads, by a line for the difference (A4). No entry is changed.
    ///
    /// Throws ``NotFound``, and ``Conflict`` when the ledger itself says what cannot be.
    package func rebuild(
        _ user: UserID, rebuild: ID<Violation> = .new(), by actor: Operator,
        isRehearsal: Bool = false
    ) throws -> CommandReport {
        try repair(
            "ledger.rebuild", "\(user)", of: user, result: "rebuild:\(rebuild)", by: actor,
            isRehearsal: isRehearsal
        ) {
            try rebuildJobs(of: user)
                + recompute(user, opKey: "rebuild:\(rebuild)", line: Phrase(.lineCorrected).text())
        }
    }

    /// Brings the caches in line with the ledger, and the user's lines with the balance.
    private func recompute(_ user: UserID, opKey: String, line: String) throws -> [String] {
        do {
            let changes = try rebuildLots(of: user) + rebuildPurchases(of: user)
            try rebuildWallet(of: user)
            return try changes + correctLines(of: user, opKey: opKey, line: line)
        } catch let error as DatabaseError {
            guard case .constraint(let name) = error.kind else { throw error }
            throw Conflict(.ledgerSaysOtherwise, ["rule": .text(name)])
        }
    }

    private func rebuildWallet(of user: UserID) throws {
        let ledger = try first(
            """
            SELECT COALESCE(available, 0) AS available, COALESCE(held, 0) AS held,
                COALESCE(frozen, 0) AS frozen, COALESCE(shortfall, 0) AS shortfall
            FROM (
                SELECT \(sql: Self.ledgerBalances)
                FROM ledger_entries
                WHERE user_id = \(user)
            ) AS ledger
            """
        ) { row in
            try Balances(
                available: row("available"), held: row("held"), frozen: row("frozen"),
                shortfall: row("shortfall"))
        }
        guard let ledger else { return }
        try execute(
            """
            UPDATE wallets
            SET available_micros = \(ledger.available), held_micros = \(ledger.held),
                frozen_micros = \(ledger.frozen), shortfall_micros = \(ledger.shortfall)
            WHERE user_id = \(user)
            """)
    }

    private func rebuildLots(of user: UserID) throws -> [String] {
        let lots = try query(
            """
            SELECT id, granted_micros, remaining_micros, held_micros, spent_micros,
                expired_micros, clawed_back_micros, taken_micros,
                COALESCE(granted, 0) AS granted, COALESCE(remaining, 0) AS remaining,
                COALESCE(held, 0) AS held, COALESCE(spent, 0) AS spent,
                COALESCE(expired, 0) AS expired, COALESCE(clawed_back, 0) AS clawed_back,
                COALESCE(taken, 0) AS taken
            FROM credit_lots
            LEFT JOIN (
                SELECT lot_id, \(sql: Self.ledgerParts)
                FROM ledger_entries
                WHERE user_id = \(user) AND lot_id IS NOT NULL
                GROUP BY lot_id
            ) AS ledger ON ledger.lot_id = credit_lots.id
            WHERE user_id = \(user)
            ORDER BY id
            FOR UPDATE
            """
        ) { row in
            try (
                id: row("id") as LotID,
                cached: LotParts(
                    granted: row("granted_micros"), remaining: row("remaining_micros"),
                    held: row("held_micros"), spent: row("spent_micros"),
                    expired: row("expired_micros"), clawedBack: row("clawed_back_micros"),
                    taken: row("taken_micros")),
                ledger: LotParts(
                    granted: row("granted"), remaining: row("remaining"), held: row("held"),
                    spent: row("spent"), expired: row("expired"), clawedBack: row("clawed_back"),
                    taken: row("taken"))
            )
        }
        var changes: [String] = []
        for lot in lots where lot.cached != lot.ledger {
            try execute(
                """
                UPDATE credit_lots
                SET granted_micros = \(lot.ledger.granted),
                    remaining_micros = \(lot.ledger.remaining), held_micros = \(lot.ledger.held),
                    spent_micros = \(lot.ledger.spent), expired_micros = \(lot.ledger.expired),
                    clawed_back_micros = \(lot.ledger.clawedBack),
                    taken_micros = \(lot.ledger.taken)
                WHERE id = \(lot.id)
                """)
            changes += lot.cached.changes(to: lot.ledger, of: lot.id)
        }
        return changes
    }

    /// Credit, bonus, what was clawed back and is owed follow from the ledger; what waits, from
    /// them and the money that went back; and whether it is frozen, from its disputes.
    private func rebuildPurchases(of user: UserID) throws -> [String] {
        let purchases = try query(
            """
            SELECT \(sql: Purchase.columns), clawback_micros, pending_micros, owed_micros,
                is_frozen, refunded_micros,
                COALESCE((
                    SELECT SUM(amount_micros)
                    FROM disputes
                    WHERE purchase_id = purchases.id AND standing = 'lost'), 0) AS lost,
                EXISTS (
                    SELECT 1
                    FROM disputes
                    WHERE purchase_id = purchases.id AND standing = 'open') AS is_disputed,
                COALESCE(credited, 0) AS credited, COALESCE(given, 0) AS given,
                COALESCE(clawed_back, 0) AS clawed_back, COALESCE(owed, 0) AS owed
            FROM purchases
            LEFT JOIN (
                SELECT purchase_id, \(sql: Self.ledgerCredits),
                    SUM(amount_micros * ((credit_account = 'returns')
                        - (debit_account = 'returns'))) AS clawed_back,
                    SUM(amount_micros * (
                        (debit_account = 'shortfall' AND credit_account = 'returns')
                        - (debit_account = 'returns'
                            AND credit_account IN ('shortfall', 'adjustments')))) AS owed
                FROM ledger_entries
                WHERE user_id = \(user) AND purchase_id IS NOT NULL
                GROUP BY purchase_id
            ) AS ledger ON ledger.purchase_id = purchases.id
            WHERE user_id = \(user) AND paid_at IS NOT NULL
            ORDER BY id
            FOR UPDATE
            """
        ) { row in
            let purchase = try Purchase(row: row)
            let credited: Money = try row("credited")
            let given: Money = try row("given")
            // One that brought nothing is credited by its own command.
            let isCredited = credited > .zero
            let clawback: Money = try row("clawed_back")
            let gone: Money = try (row("refunded_micros") as Money) + row("lost")
            let due = purchase.credit(for: min(gone, purchase.price))
            return try (
                id: purchase.id,
                cached: Reversed(
                    credits: purchase.credits, bonus: purchase.bonus,
                    clawback: row("clawback_micros"), pending: row("pending_micros"),
                    owed: row("owed_micros"), isFrozen: row("is_frozen")),
                ledger: Reversed(
                    credits: isCredited ? credited : purchase.credits,
                    bonus: isCredited ? given : purchase.bonus, clawback: clawback,
                    pending: max(due - clawback, .zero), owed: row("owed"),
                    isFrozen: row("is_disputed"))
            )
        }
        var changes: [String] = []
        for purchase in purchases {
            let ledger = purchase.ledger
            if purchase.cached != ledger {
                try execute(
                    """
                    UPDATE purchases
                    SET credits_micros = \(ledger.credits), bonus_micros = \(ledger.bonus),
                        clawback_micros = \(ledger.clawback), pending_micros = \(ledger.pending),
                        owed_micros = \(ledger.owed), is_frozen = \(ledger.isFrozen)
                    WHERE id = \(purchase.id)
                    """)
                changes += purchase.cached.changes(to: ledger, of: purchase.id)
            }
            let frozen: SQL = ledger.isFrozen ? "NULL" : "NOT NULL"
            let lots = try execute(
                """
                UPDATE credit_lots
                SET frozen_at = IF(\(ledger.isFrozen), UTC_TIMESTAMP(6), NULL)
                WHERE purchase_id = \(purchase.id) AND frozen_at IS \(sql: frozen)
                """)
            if lots > 0 {
                let word = ledger.isFrozen ? "frozen" : "not frozen any more"
                changes.append("purchase \(purchase.id): \(lots) lots \(word)")
            }
        }
        // A grant is never frozen.
        let grants = try execute(
            """
            UPDATE credit_lots
            SET frozen_at = NULL
            WHERE user_id = \(user) AND purchase_id IS NULL AND frozen_at IS NOT NULL
            """)
        return grants > 0 ? changes + ["\(grants) grants not frozen any more"] : changes
    }

    /// The lines are only added to, so one more makes their sum the balance.
    private func correctLines(of user: UserID, opKey: String, line: String) throws -> [String] {
        let difference = try first(
            """
            SELECT available_micros - (
                    SELECT COALESCE(SUM(amount_micros), 0)
                    FROM transactions
                    WHERE transactions.user_id = wallets.user_id) AS difference
            FROM wallets
            WHERE user_id = \(user)
            """
        ) { row in try row("difference") as Money }
        guard let difference, difference != .zero else { return [] }
        try record(.adjustment, difference, line, opKey: opKey, user: user, subject: .none)
        return ["a line of \(difference) in the user's list"]
    }

    /// Brings jobs in line with their holds: the price, and the end that the ledger lacks, or has.
    private func rebuildJobs(of user: UserID) throws -> [String] {
        let jobs = try query(
            """
            SELECT id, state, user_charged_micros, file_bytes IS NOT NULL AS has_file,
                COALESCE(held, 0) AS held, COALESCE(settled, 0) AS settled,
                COALESCE(released, 0) AS released
            FROM video_jobs
            LEFT JOIN (
                SELECT job_id, \(sql: Self.ledgerEnds)
                FROM ledger_entries
                WHERE user_id = \(user) AND job_id IS NOT NULL
                GROUP BY job_id
            ) AS ledger ON ledger.job_id = video_jobs.id
            WHERE user_id = \(user) AND (COALESCE(held, 0) <> user_charged_micros
                OR COALESCE(settled, 0) <> IF(state = 'delivered', user_charged_micros, 0)
                OR COALESCE(released, 0) <> IF(state = 'refunded', user_charged_micros, 0))
            ORDER BY id
            FOR UPDATE
            """
        ) { row in
            try (
                id: row("id") as VideoID, state: row("state") as VideoState,
                charged: row("user_charged_micros") as Money, hasFile: row("has_file") as Bool,
                held: row("held") as Money, settled: row("settled") as Money,
                released: row("released") as Money
            )
        }
        var changes: [String] = []
        for job in jobs where job.held > .zero {
            if job.charged != job.held {
                try execute(
                    "UPDATE video_jobs SET user_charged_micros = \(job.held) WHERE id = \(job.id)")
                changes.append("video \(job.id): price \(job.charged) -> \(job.held)")
            }
            switch (job.state, job.settled > .zero, job.released > .zero) {
            case (.delivered, false, false):
                try postEnd(of: job.id, user, kind: .settle, to: .revenue, word: "settle")
                changes.append("video \(job.id): \(job.held) settled, as it is delivered")
            case (.refunded, false, false):
                try postEnd(of: job.id, user, kind: .release, to: .available, word: "release")
                changes.append("video \(job.id): \(job.held) released, as it is refunded")
            case (.refunded, true, false) where job.hasFile:
                try redeliver(job.id)
                changes.append("video \(job.id): delivered, as it is settled")
            case (let state, false, true) where state.canBecome(.refunded):
                try finish(job.id, from: state, reason: .vendorDown)
                changes.append("video \(job.id): refunded, as it is released")
            default: break
            }
        }
        return changes
    }

    /// Posts the end of a job from the legs of its hold, whatever the caches say.
    private func postEnd(
        of job: VideoID, _ user: UserID, kind: Transfer.Kind, to account: Transfer.Account,
        word: String
    ) throws {
        let legs = try query(
            """
            SELECT lot_id, amount_micros
            FROM ledger_entries
            WHERE op_key = \("job:hold:\(job)")
            ORDER BY leg
            """
        ) { row in
            try Transfer(
                kind: kind, debit: .held, credit: account, amount: row("amount_micros"),
                lot: row("lot_id"))
        }
        try post(legs, opKey: "job:\(word):\(job)", user: user, subject: Subject(job: job))
    }

    // MARK: Adjust

    /// Gives credit from the adjustments, or takes credit that was given and is not spent (A4).
    ///
    /// - Parameter amount: below zero, it is taken. Throws ``Conflict`` when there is less.
    package func adjust(
        _ amount: Money, of user: UserID, policy: CreditPolicy, adjustment: ID<CreditLot> = .new(),
        by actor: Operator, isRehearsal: Bool = false
    ) throws -> CommandReport {
        let opKey = "adjust:\(adjustment)"
        return try repair(
            "ledger.adjust", "\(user)", of: user, arguments: "\(amount)",
            amount: amount < .zero ? -amount : amount, result: opKey, by: actor,
            isRehearsal: isRehearsal
        ) {
            guard amount != .zero else { throw Conflict(.adjustmentWithoutAmount) }
            let wallet = try lockWallet(of: user)
            guard amount > .zero else {
                try takeGiven(-amount, from: user, reason: actor.reason, opKey: opKey)
                return []
            }
            try addLot(
                .grant, amount, to: wallet, policy: policy, purchase: nil, opKey: opKey,
                as: .adjustment)
            try record(
                .adjustment, amount, actor.reason, opKey: opKey, user: user, subject: .none)
            return []
        }
    }

    /// Takes an effect back that should not be in the ledger, by the opposite of each of its legs
    /// (L2), and brings the caches in line. Throws ``Conflict`` when the account has no such effect,
    /// or when it was taken back already.
    package func reverse(
        _ wrong: String, of user: UserID, reversal: ID<Violation> = .new(), by actor: Operator,
        isRehearsal: Bool = false
    ) throws -> CommandReport {
        let legs = try query(
            """
            SELECT debit_account, credit_account, amount_micros, lot_id, job_id, purchase_id
            FROM ledger_entries
            WHERE op_key = \(wrong) AND user_id = \(user)
            ORDER BY leg
            """
        ) { row in
            try (
                transfer: Transfer(
                    kind: .adjust, debit: row("credit_account"), credit: row("debit_account"),
                    amount: row("amount_micros"), lot: row("lot_id")),
                subject: Subject(job: row("job_id"), purchase: row("purchase_id"))
            )
        }
        guard let subject = legs.first?.subject else {
            throw Conflict(.effectMissing, ["effect": .text(wrong)])
        }
        // Named after what it takes back, so that nothing is taken back twice.
        let opKey = "reverse:\(wrong)"
        return try repair(
            "ledger.reverse", "\(user)", of: user, arguments: wrong,
            amount: legs.map(\.transfer.amount).reduce(.zero, +), result: opKey, by: actor,
            isRehearsal: isRehearsal
        ) {
            guard opKey.utf8.count <= 255, try !isPosted(opKey) else {
                throw Conflict(.effectTakenBack, ["effect": .text(wrong)])
            }
            try post(legs.map(\.transfer), opKey: opKey, user: user, subject: subject)
            return try ["\(legs.count) entries opposite to \(wrong)"]
                + recompute(user, opKey: opKey, line: actor.reason)
        }
    }

    // MARK: Take and waive

    /// Takes credit back that was given and is not spent, the latest first, with the reason that
    /// the user reads (A4). The same `take` twice takes it once.
    ///
    /// Throws ``Conflict`` and takes nothing when less than `amount` is left of what was given:
    /// bought credit goes back with its money alone.
    @discardableResult
    package func takeCredit(
        _ amount: Money, from user: UserID, reason: String, take: ID<CreditLot>,
        by actor: Operator, isRehearsal: Bool = false
    ) throws -> CommandReport {
        let opKey = "take:\(take)"
        return try repair(
            "credit.take", "\(user)", of: user, arguments: "\(amount)", amount: amount,
            result: opKey, by: actor, isRehearsal: isRehearsal
        ) {
            guard try !isPosted(opKey) else { return [] }
            _ = try lockWallet(of: user)
            try takeGiven(amount, from: user, reason: reason, opKey: opKey)
            return []
        }
    }

    /// Forgives a debt, or a part of it (A4, L9). Throws ``Conflict`` when less is owed.
    ///
    /// - Parameter amount: all of it when nil.
    package func waive(
        _ amount: Money?, of user: UserID, waiver: ID<CreditLot> = .new(), by actor: Operator,
        isRehearsal: Bool = false
    ) throws -> CommandReport {
        let opKey = "waive:\(waiver)"
        let owed = try balances(of: user).shortfall
        return try repair(
            "debt.waive", "\(user)", of: user, arguments: amount.map { "\($0)" } ?? "all",
            amount: amount ?? owed, result: opKey, by: actor, isRehearsal: isRehearsal
        ) {
            let debt = try lockWallet(of: user).shortfall
            let part = amount ?? debt
            guard part > .zero, part <= debt else {
                throw Conflict(.debtSmaller, ["amount": .money(debt)])
            }
            try move(shortfall: -part, of: user)
            try post(
                [
                    Transfer(
                        kind: .adjust, debit: .adjustments, credit: .shortfall, amount: part,
                        lot: nil)
                ], opKey: opKey, user: user, subject: .none)
            return []
        }
    }

    // MARK: Purchases that do not fit

    /// Credits a purchase as it was ordered, by a person's word, although its payment does not fit
    /// it; or posts again what of its credit the ledger lacks (A4).
    ///
    /// - Parameter paymentIntent: of the payment that Stripe says is paid.
    package func creditByHand(
        _ id: PurchaseID, paymentIntent: String, policy: CreditPolicy, by actor: Operator,
        isRehearsal: Bool = false
    ) throws -> CommandReport {
        guard let order = try purchase(id) else { throw NotFound() }
        return try repair(
            "purchase.credit", "\(id)", of: order.userID, amount: order.credits + order.bonus,
            result: "stripe:credit:\(paymentIntent)", by: actor, isRehearsal: isRehearsal
        ) {
            let locked = try first(
                """
                SELECT \(sql: Purchase.columns)
                FROM purchases
                WHERE id = \(id)
                FOR UPDATE
                """, Purchase.init(row:))
            guard let locked else { throw NotFound() }
            guard locked.paidAt == nil else {
                return try creditAgain(locked, paymentIntent, policy)
            }
            let wallet = try lockWallet(of: locked.userID)
            try grant(locked, paymentIntent: paymentIntent, wallet: wallet, policy: policy)
            return ["\(locked.credits + locked.bonus) of credit for \(locked.price)"]
        }
    }

    /// Posts what the ledger lacks of a paid purchase, to the lots that it has.
    private func creditAgain(
        _ order: Purchase, _ paymentIntent: String, _ policy: CreditPolicy
    ) throws -> [String] {
        let changes =
            try creditAgain(
                order, .purchase, order.credits, .credit, from: .payments,
                opKey: "stripe:credit:\(paymentIntent)", policy)
            + creditAgain(
                order, .bonus, order.bonus, .bonus, from: .promotions,
                opKey: "stripe:bonus:\(paymentIntent)", policy)
        guard !changes.isEmpty else { throw Conflict(.purchaseCredited) }
        return try changes
            + recompute(
                order.userID, opKey: "rebuild:\(ID<Violation>.new())",
                line: Phrase(.linePurchaseCorrected).text())
    }

    private func creditAgain(
        _ order: Purchase, _ source: CreditLot.Source, _ amount: Money, _ kind: Transfer.Kind,
        from account: Transfer.Account, opKey: String, _ policy: CreditPolicy
    ) throws -> [String] {
        guard amount > .zero else { return [] }
        let isThere = try isPosted(opKey)
        guard !isThere else { return [] }
        let lot = try first(
            "SELECT id FROM credit_lots WHERE purchase_id = \(order.id) AND source = \(source)"
        ) { row in try row("id") as LotID }
        if let lot {
            let transfer = Transfer(
                kind: kind, debit: account, credit: .available, amount: amount, lot: lot)
            try post(
                [transfer], opKey: opKey, user: order.userID,
                subject: Subject(purchase: order.id))
        } else {
            try addLot(
                source, amount, to: readLockedWallet(of: order.userID), policy: policy,
                purchase: order.id, opKey: opKey)
        }
        return ["\(amount) posted as \(opKey)"]
    }

    /// Closes a purchase whose payment does not fit it: nothing is credited, and Stripe is asked
    /// about it no more (A4). Also one that is called paid, and brought nothing. What was paid all
    /// the same goes back at Stripe.
    package func closePurchase(
        _ id: PurchaseID, by actor: Operator, isRehearsal: Bool = false
    ) throws -> CommandReport {
        guard let order = try purchase(id) else { throw NotFound() }
        return try repair(
            "purchase.close", "\(id)", of: order.userID, result: "", by: actor,
            isRehearsal: isRehearsal
        ) {
            let changed = try execute(
                """
                UPDATE purchases
                SET state = IF(paid_at IS NULL AND state = 'expired', state, 'failed'),
                    paid_at = NULL, payment_intent = IF(paid_at IS NULL, payment_intent, NULL),
                    next_check_at = NULL, closed_at = UTC_TIMESTAMP(6)
                WHERE id = \(id) AND (paid_at IS NULL OR NOT EXISTS (
                    SELECT 1
                    FROM ledger_entries
                    WHERE purchase_id = \(id) AND kind IN ('credit', 'bonus')))
                """)
            guard changed == 1 else {
                throw Conflict(.purchaseCreditedNeedsRefund)
            }
            return ["purchase \(id): closed, nothing is credited"]
        }
    }

    package func paymentIntent(of purchase: PurchaseID) throws -> String? {
        try first("SELECT payment_intent FROM purchases WHERE id = \(purchase)") { row in
            try row("payment_intent") as String?
        } ?? nil
    }

    /// Applies a reading of a paid order's way back by an operator's hand.
    package func apply(
        _ reversal: PaymentReversal, to order: Purchase, readAt: Int, refundGrace: Duration,
        by actor: Operator, isRehearsal: Bool
    ) throws -> CommandReport {
        try repair(
            "purchase.refresh", "\(order.id)", of: order.userID, result: "", by: actor,
            isRehearsal: isRehearsal
        ) {
            let state = try apply(
                reversal, to: order.id, readAt: readAt, refundGrace: refundGrace
            ).state
            return ["purchase \(order.id): \(state.rawValue)"]
        }
    }
}
