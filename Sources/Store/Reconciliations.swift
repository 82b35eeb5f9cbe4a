package import Domain
package import FoundationEssentials
package import MariaDB

/// A paid purchase of the last days, as it is compared with Stripe.
package struct PaidPurchase: Sendable {
    package let id: PurchaseID
    package let session: String?
    package let paymentIntent: String?
    package let price: Money
    package let refunded: Money
    package let isLive: Bool
    package let isPaid: Bool
    package let createdAt: Date
}

/// A job that had a task and has ended, as it is compared with the vendor.
package struct EndedTask: Sendable {
    package let id: VideoID
    package let taskID: String
    package let isDelivered: Bool
    package let estimatedCost: Money
    package let actualCost: Money?
    package let lost: Money?
}

/// What a comparison found.
package struct ReconciliationReport: Sendable {
    package let startedAt: Date
    package let finishedAt: Date
    package let differences: Int
    /// A JSON array.
    package let report: String
}

extension Connection {
    /// The purchase that a session names; nil when it is not here.
    package func purchaseToReconcile(_ id: PurchaseID) throws -> PaidPurchase? {
        try paidPurchases("id = \(id)").first
    }

    /// The purchase of a payment, however old it is.
    package func purchaseToReconcile(paymentIntent: String) throws -> PaidPurchase? {
        try paidPurchases("payment_intent = \(paymentIntent)").first
    }

    func paidPurchases(_ condition: SQL) throws -> [PaidPurchase] {
        try query(
            """
            SELECT id, session_id, payment_intent, price_micros, refunded_micros, is_live,
                paid_at IS NOT NULL AS is_paid, created_at
            FROM purchases
            WHERE \(sql: condition)
            """
        ) { row in
            try PaidPurchase(
                id: row("id"), session: row("session_id"), paymentIntent: row("payment_intent"),
                price: row("price_micros"), refunded: row("refunded_micros"),
                isLive: row("is_live"), isPaid: row("is_paid"), createdAt: row("created_at"))
        }
    }

    /// Ended jobs of the last 14 days, as long as the vendor keeps files, that were not compared:
    /// first those that were never asked for, then the others, longest ago first (R4).
    ///
    /// - Parameter start: when this run began. What it has asked for is not asked for again.
    package func tasksToReconcile(limit: Int, askedBefore start: Date) throws -> [EndedTask] {
        try endedTasks(
            """
            uncompared_at BETWEEN UTC_TIMESTAMP(6) - INTERVAL 14 DAY
                    AND UTC_TIMESTAMP(6) - INTERVAL 1 MINUTE
                AND (reconcile_tried_at IS NULL OR reconcile_tried_at < \(start))
            ORDER BY reconcile_tried_at, completed_at
            LIMIT \(limit)
            """)
    }

    /// Jobs whose task the vendor never told the end of, as long as it keeps files.
    package func untoldTasks(limit: Int) throws -> [EndedTask] {
        try endedTasks(
            """
            uncompared_at BETWEEN UTC_TIMESTAMP(6) - INTERVAL 60 DAY
                    AND UTC_TIMESTAMP(6) - INTERVAL 14 DAY
            ORDER BY uncompared_at
            LIMIT \(limit)
            """)
    }

    private func endedTasks(_ condition: SQL) throws -> [EndedTask] {
        try query(
            """
            SELECT id, COALESCE(task_id, callback_task_id) AS task_id,
                state = 'delivered' AS is_delivered, estimated_cost_micros, actual_cost_micros,
                lost_micros
            FROM video_jobs
            WHERE \(sql: condition)
            """
        ) { row in
            try EndedTask(
                id: row("id"), taskID: row("task_id"), isDelivered: row("is_delivered"),
                estimatedCost: row("estimated_cost_micros"),
                actualCost: row("actual_cost_micros"), lost: row("lost_micros"))
        }
    }

    /// Notes that the vendor was asked for a task and did not tell its end: its turn comes after
    /// all others'.
    package func noteUntold(_ task: EndedTask) throws {
        try execute(
            """
            UPDATE video_jobs SET reconcile_tried_at = UTC_TIMESTAMP(6) WHERE id = \(task.id)
            """)
    }

    /// Notes that a job was compared, with what it cost and what was lost as it is known now.
    package func noteReconciled(_ task: EndedTask, actualCost: Money?, lost: Money?) throws {
        try execute(
            """
            UPDATE video_jobs
            SET reconciled_at = UTC_TIMESTAMP(6),
                actual_cost_micros = COALESCE(\(actualCost), actual_cost_micros),
                lost_micros = COALESCE(\(lost), lost_micros)
            WHERE id = \(task.id)
            """)
    }

    /// Whether a create call is under way or its end is not known, so that the vendor's balance may
    /// have moved for a task that is not in the books yet.
    package func hasUncertainTasks() throws -> Bool {
        try first(
            """
            SELECT 1 FROM video_jobs WHERE state IN ('submitting', 'submit_unknown') LIMIT 1
            """, { _ in true }) ?? false
    }

    /// What the tasks cost that were submitted since `instant`: known costs, else estimates.
    package func vendorCost(since instant: Date) throws -> Money {
        try first(
            """
            SELECT COALESCE(SUM(COALESCE(actual_cost_micros, estimated_cost_micros)), 0) AS cost
            FROM video_jobs
            WHERE submitted_at > \(instant)
            """
        ) { row in try row("cost") } ?? .zero
    }

    package func insertReconciliation(
        _ id: ID<ReconciliationReport>, startedAt: Date, differences: Int, report: String,
        polloHundredths: Int?
    ) throws {
        try execute(
            """
            INSERT INTO reconciliations
                (id, started_at, finished_at, differences, report, pollo_hundredths)
            VALUES (\(id), \(startedAt), UTC_TIMESTAMP(6), \(differences), \(report),
                \(polloHundredths))
            """)
    }

    package func lastReconciliation() throws -> ReconciliationReport? {
        try first(
            """
            SELECT started_at, finished_at, differences, report
            FROM reconciliations
            ORDER BY id DESC
            LIMIT 1
            """
        ) { row in
            try ReconciliationReport(
                startedAt: row("started_at"), finishedAt: row("finished_at"),
                differences: row("differences"), report: row("report"))
        }
    }

    /// The vendor's balance that was last seen, and when.
    package func lastPolloBalance() throws -> (hundredths: Int, at: Date)? {
        try first(
            """
            SELECT pollo_hundredths, started_at
            FROM reconciliations
            WHERE pollo_hundredths IS NOT NULL
            ORDER BY id DESC
            LIMIT 1
            """
        ) { row in (try row("pollo_hundredths"), try row("started_at")) }
    }

}
