package import Domain
package import FoundationEssentials
package import Ledger
package import MariaDB
import Store

/// A lot as it stands in the books.
package struct LotRow: Equatable, Sendable {
    package let id: LotID
    package let source: CreditLot.Source
    package let granted: Money
    package let remaining: Money
    package let held: Money
    package let spent: Money
    package let expired: Money
    package let expiresAt: Date
    package let originalExpiresAt: Date
}

/// A job as it stands in the database.
package struct JobRow: Sendable {
    package let state: VideoState
    package let status: String
    package let reason: FailureReason?
    package let taskID: String?
    package let callbackTaskID: String?
    package let callbackToken: String
    package let attempts: Int
    package let version: Int
    package let isLeased: Bool
    package let actualCost: Money?
    package let lost: Money?
    package let isLossPresumed: Bool
    package let extensions: Int
    package let lateLooks: Int
    /// Seconds until it is asked for again although it was refunded.
    package let lateLookInSeconds: Int?
    /// Seconds until it is looked at again, and until its deadline.
    package let dueInSeconds: Int
    package let secondsLeft: Int?
}

extension Connection {
    /// All lots of an account, in the order in which they were made.
    package func lotRows(of account: AccountID) throws -> [LotRow] {
        try query(
            """
            SELECT id, source, granted_micros, remaining_micros, held_micros, spent_micros,
                expired_micros, expires_at, original_expires_at
            FROM credit_lots
            WHERE account_id = \(account)
            ORDER BY created_at, id
            """
        ) { row in
            try LotRow(
                id: row("id"), source: row("source"), granted: row("granted_micros"),
                remaining: row("remaining_micros"), held: row("held_micros"),
                spent: row("spent_micros"), expired: row("expired_micros"),
                expiresAt: row("expires_at"), originalExpiresAt: row("original_expires_at"))
        }
    }

    package func lotRow(_ id: LotID, of account: AccountID) throws -> LotRow {
        try lotRows(of: account).first { $0.id == id }.orThrow("the lot")
    }

    package func job(_ id: VideoID) throws -> JobRow {
        try first(
            """
            SELECT state, status, failure_reason, task_id, callback_task_id, callback_token,
                attempts, version, lease_token IS NOT NULL AS is_leased, actual_cost_micros,
                lost_micros, is_loss_presumed, extensions, late_looks,
                TIMESTAMPDIFF(SECOND, UTC_TIMESTAMP(6), late_look_at) AS late_look_in_seconds,
                TIMESTAMPDIFF(SECOND, UTC_TIMESTAMP(6), next_attempt_at) AS due_in_seconds,
                TIMESTAMPDIFF(SECOND, UTC_TIMESTAMP(6), deadline_at) AS seconds_left
            FROM video_jobs
            WHERE id = \(id)
            """
        ) { row in
            try JobRow(
                state: row("state"), status: row("status"), reason: row("failure_reason"),
                taskID: row("task_id"), callbackTaskID: row("callback_task_id"),
                callbackToken: row("callback_token"), attempts: row("attempts"),
                version: row("version"), isLeased: row("is_leased"),
                actualCost: row("actual_cost_micros"), lost: row("lost_micros"),
                isLossPresumed: row("is_loss_presumed"), extensions: row("extensions"),
                lateLooks: row("late_looks"), lateLookInSeconds: row("late_look_in_seconds"),
                dueInSeconds: row("due_in_seconds"), secondsLeft: row("seconds_left"))
        }.orThrow("the job")
    }

    /// The outcomes of a job's create calls, in their order.
    package func attemptOutcomes(of job: VideoID) throws -> [String?] {
        try query("SELECT outcome FROM job_attempts WHERE job_id = \(job) ORDER BY attempt") {
            try $0("outcome")
        }
    }

    /// One number of the database.
    package func count(_ sql: SQL) throws -> Int {
        try first(sql) { try $0.at(0) as Int }.orThrow("a number")
    }

    /// How many entries of the ledger one effect has.
    package func legs(_ opKey: String) throws -> Int {
        try count("SELECT COUNT(*) FROM ledger_entries WHERE op_key = \(opKey)")
    }
}
