package import Domain
package import FoundationEssentials
package import MariaDB

/// A paid order of the last days, as it is compared with Stripe.
package struct PaidOrder: Sendable {
    package let id: PurchaseID
    package let session: String?
    package let paymentIntent: String?
    package let price: Money
    package let refunded: Money
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
    /// The orders of the last 30 days and a day.
    package func ordersToReconcile() throws -> [PaidOrder] {
        try paidOrders("created_at > UTC_TIMESTAMP(6) - INTERVAL 31 DAY")
    }

    /// The order of a payment, however old it is.
    package func orderToReconcile(paymentIntent: String) throws -> PaidOrder? {
        try paidOrders("payment_intent = \(paymentIntent)").first
    }

    private func paidOrders(_ condition: SQL) throws -> [PaidOrder] {
        try query(
            """
            SELECT id, session_id, payment_intent, price_micros, refunded_micros,
                paid_at IS NOT NULL AS is_paid, created_at
            FROM purchases
            WHERE \(sql: condition)
            """
        ) { row in
            try PaidOrder(
                id: row("id"), session: row("session_id"), paymentIntent: row("payment_intent"),
                price: row("price_micros"), refunded: row("refunded_micros"),
                isPaid: row("is_paid"), createdAt: row("created_at"))
        }
    }

    package func disputesToReconcile() throws -> [String: PaymentDispute] {
        let disputes = try query("SELECT id, amount_micros, standing FROM disputes") { row in
            try PaymentDispute(
                id: row("id"), amount: row("amount_micros"), standing: row("standing"))
        }
        return Dictionary(disputes.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// Ended jobs of the last 14 days, as long as the vendor keeps files, that were not compared.
    package func tasksToReconcile(limit: Int) throws -> [EndedTask] {
        try query(
            """
            SELECT id, COALESCE(task_id, callback_task_id) AS task_id,
                state = 'delivered' AS is_delivered, estimated_cost_micros, actual_cost_micros,
                lost_micros
            FROM video_jobs
            WHERE completed_at BETWEEN UTC_TIMESTAMP(6) - INTERVAL 14 DAY
                    AND UTC_TIMESTAMP(6) - INTERVAL 1 MINUTE
                AND COALESCE(task_id, callback_task_id) IS NOT NULL AND reconciled_at IS NULL
            ORDER BY completed_at
            LIMIT \(limit)
            """
        ) { row in
            try EndedTask(
                id: row("id"), taskID: row("task_id"), isDelivered: row("is_delivered"),
                estimatedCost: row("estimated_cost_micros"),
                actualCost: row("actual_cost_micros"), lost: row("lost_micros"))
        }
    }

    /// Notes that a job was compared, with what it cost and what was lost as it is known now.
    package func reconciled(_ task: EndedTask, actualCost: Money?, lost: Money?) throws {
        try execute(
            """
            UPDATE video_jobs
            SET reconciled_at = UTC_TIMESTAMP(6),
                actual_cost_micros = COALESCE(\(actualCost), actual_cost_micros),
                lost_micros = COALESCE(\(lost), lost_micros)
            WHERE id = \(task.id)
            """)
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
