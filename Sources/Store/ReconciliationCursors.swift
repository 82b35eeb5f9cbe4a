package import Domain
package import FoundationEssentials
package import MariaDB

/// A list of Stripe's that is compared with our books.
package enum ReconciledList: String, CaseIterable, Sendable, SQLConvertible {
    case sessions, charges, refunds, disputes, transactions
}

/// A walk through one of Stripe's lists, newest object first, and where it stands.
package struct ListWalk: Sendable {
    package let list: ReconciledList
    package let startedAt: Date
    /// The last object that was compared; nil at the beginning.
    package let after: String?

    package init(list: ReconciledList, startedAt: Date, after: String?) {
        self.list = list
        self.startedAt = startedAt
        self.after = after
    }
}

extension Connection {
    /// Takes up the walk that is to go on, or begins another (R4).
    ///
    /// - Parameter isNew: whether another may begin where the last one is done; nil is returned for
    ///   those otherwise.
    package func takeWalk(
        through list: ReconciledList, at now: Date, isNew: Bool
    ) throws -> ListWalk? {
        try transaction {
            let known = try first(
                """
                SELECT started_at, after_id, done_at IS NOT NULL AS is_done
                FROM reconciliation_cursors
                WHERE list = \(list)
                FOR UPDATE
                """
            ) { row in
                (
                    walk: try ListWalk(
                        list: list, startedAt: row("started_at"), after: row("after_id")),
                    isDone: try row("is_done") as Bool
                )
            }
            if let known, !known.isDone, known.walk.after != nil { return known.walk }
            guard isNew || known?.isDone == false else { return nil }
            try execute(
                """
                INSERT INTO reconciliation_cursors (list, started_at) VALUES (\(list), \(now))
                ON DUPLICATE KEY UPDATE started_at = VALUES(started_at), after_id = NULL,
                    done_at = NULL
                """)
            return ListWalk(list: list, startedAt: now, after: nil)
        }
    }

    /// Notes how far a walk has come: after the work (R3).
    package func note(_ walk: ListWalk, after: String?, isDone: Bool) throws {
        try execute(
            """
            UPDATE reconciliation_cursors
            SET after_id = \(after?.cut(to: 255)), done_at = IF(\(isDone), UTC_TIMESTAMP(6), NULL)
            WHERE list = \(walk.list) AND started_at = \(walk.startedAt)
            """)
    }

    /// Begins a walk again: Stripe does not know the object any more that it stood at.
    package func restart(_ list: ReconciledList) throws {
        try execute(
            "UPDATE reconciliation_cursors SET after_id = NULL WHERE list = \(list)")
    }

    /// Whether a walk was left before its end, or there are tasks that were never asked for.
    package func hasMoreToReconcile() throws -> Bool {
        try first(
            """
            SELECT 1
            FROM DUAL
            WHERE EXISTS (SELECT 1 FROM reconciliation_cursors WHERE done_at IS NULL)
                OR EXISTS (
                    SELECT 1
                    FROM video_jobs
                    WHERE uncompared_at BETWEEN UTC_TIMESTAMP(6) - INTERVAL 14 DAY
                            AND UTC_TIMESTAMP(6) - INTERVAL 6 HOUR
                        AND reconcile_tried_at IS NULL)
            """, { _ in true }) ?? false
    }

    // MARK: Sessions

    /// Notes that Stripe's list has the paid sessions of these purchases.
    package func noteListed(_ purchases: [PurchaseID]) throws {
        guard !purchases.isEmpty else { return }
        try transaction {
            for purchase in purchases {
                try execute(
                    """
                    INSERT INTO listed_purchases (purchase_id, listed_at)
                    VALUES (\(purchase), UTC_TIMESTAMP(6))
                    ON DUPLICATE KEY UPDATE purchase_id = purchase_id
                    """)
            }
        }
    }

    /// Purchases since `start` that were paid before `end`, and whose session no list has had; at most
    /// 1,000, oldest first.
    package func unlistedPurchases(since start: Date, paidBefore end: Date) throws -> [PaidPurchase]
    {
        try paidPurchases(
            """
            id >= \(PurchaseID(at: start.addingTimeInterval(-86_400), random: (0, 0)))
            AND created_at > \(start) AND paid_at < \(end) AND NOT EXISTS (
                SELECT 1 FROM listed_purchases WHERE purchase_id = purchases.id)
            ORDER BY id
            LIMIT 1000
            """)
    }

    // MARK: Disputes

    /// A dispute as it stands in our books; nil for one that is not there.
    package func dispute(_ id: String) throws -> PaymentDispute? {
        try first(
            "SELECT id, amount_micros, standing FROM disputes WHERE id = \(id)"
        ) { row in
            try PaymentDispute(
                id: row("id"), amount: row("amount_micros"), standing: row("standing"))
        }
    }

    /// Takes the next dispute that is not over and was opened before `start`, so that no list of
    /// Stripe's shows it: the one that was looked at longest ago, if that was before `end`.
    package func takeOldDispute(openedBefore start: Date, lookedAtBefore end: Date) throws
        -> (id: String, purchaseID: PurchaseID)?
    {
        try transaction {
            let next = try first(
                """
                SELECT id, purchase_id
                FROM disputes
                WHERE standing IN ('inquiry', 'open') AND created_at < \(start)
                    AND (checked_at IS NULL OR checked_at < \(end))
                ORDER BY checked_at, id
                LIMIT 1
                FOR UPDATE SKIP LOCKED
                """
            ) { row in
                (id: try row("id") as String, purchaseID: try row("purchase_id") as PurchaseID)
            }
            if let next {
                try execute(
                    "UPDATE disputes SET checked_at = UTC_TIMESTAMP(6) WHERE id = \(next.id)")
            }
            return next
        }
    }
}
