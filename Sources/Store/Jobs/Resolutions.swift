package import Domain
import Ledger
package import MariaDB
import Texts

// What people say about jobs.
extension Connection {
    /// Cancels a job that is still ours and gives its hold back; one that is canceled already
    /// stays so. Throws ``NotFound`` or ``Conflict``.
    package func cancel(_ id: VideoID, of account: AccountID, policy: CreditPolicy) throws {
        try withWallet(of: account) { wallet in
            let job = try first(
                """
                SELECT state, failure_reason
                FROM video_jobs
                WHERE id = \(id) AND account_id = \(account) AND deleted_at IS NULL
                FOR UPDATE
                """
            ) { row in
                try (
                    state: row("state") as VideoState,
                    reason: row("failure_reason") as FailureReason?
                )
            }
            guard let job else { throw NotFound() }
            // Also when a COMMIT whose answer was lost ran again.
            if job.reason == .canceled { return }
            guard job.state == .queued else {
                throw Conflict(.videoNotCancelable)
            }
            try end(id, in: .queued, reason: .canceled, of: &wallet, policy: policy)
            try moveUp(behind: id, of: account)
        }
    }

    // MARK: By an operator, once for each key (P7), and written down

    /// Ends the uncertainty about a submission by a person's word: with the task that the vendor
    /// made, the job goes on; without one, its hold goes back. Throws ``NotFound``, and
    /// ``Conflict`` when the job is not uncertain or the task is another job's.
    package func resolve(
        _ id: VideoID, task: String?, renderDeadline: Duration, policy: CreditPolicy,
        by actor: Operator
    ) throws {
        let owner = try owner(of: id)
        do {
            try withWallet(of: owner) { wallet in
                let before = try claim(
                    "video.resolve", "\(id)", arguments: task ?? "", result: "", by: actor)
                guard before == nil else { return }
                if let task {
                    let isResumed = try resume(
                        id, task: task, isCallback: false, renderDeadline: renderDeadline)
                    guard isResumed else { throw LeaseLost() }
                } else {
                    try end(
                        id, in: .submitUnknown, reason: .vendorDown, of: &wallet, policy: policy)
                }
                try log(
                    "video.resolve", "\(id)", detail: task.map { "task \($0)" } ?? "refunded",
                    by: actor)
            }
        } catch is LeaseLost {
            throw Conflict(.videoNotUncertain)
        } catch let error as DatabaseError
            where error.kind == .duplicateKey(constraint: "video_jobs_task_unique")
        {
            throw Conflict(.taskOfAnother)
        }
    }

    /// Ends a job in any state by a person's word and gives its hold back; what the vendor made is
    /// a loss when it tells so later. Throws ``NotFound``, and ``Conflict`` when it has ended.
    package func endVideo(_ id: VideoID, policy: CreditPolicy, by actor: Operator) throws {
        let owner = try owner(of: id)
        try withWallet(of: owner) { wallet in
            guard try claim("video.end", "\(id)", arguments: "", result: "", by: actor) == nil
            else { return }
            let state = try lockedState(of: id)
            guard let state, state.canBecome(.refunded) else {
                throw Conflict(.videoEnded)
            }
            try end(id, in: state, reason: .vendorDown, of: &wallet, policy: policy)
            try log("video.end", "\(id)", detail: "it was \(state.rawValue)", by: actor)
        }
    }

    /// Ends up to 100 jobs that wait, by a person's word. In an older copy of the database that was
    /// restored, the vendor may have made them since (J6). Returns how many were ended.
    package func refundQueued(policy: CreditPolicy, by actor: Operator) throws -> Int {
        try sweep("state = 'queued'") { job in
            try withWallet(of: job.accountID) { wallet in
                try end(job.id, in: .queued, reason: .vendorDown, of: &wallet, policy: policy)
            }
            try log("video.refund", "\(job.id)", detail: "it was queued", by: actor)
            return true
        }.count
    }

    private func owner(of id: VideoID) throws -> AccountID {
        let owner = try first("SELECT account_id FROM video_jobs WHERE id = \(id)") { row in
            try row("account_id") as AccountID
        }
        guard let owner else { throw NotFound() }
        return owner
    }

    /// The state of a job, which it keeps until this transaction is over. Nil when it is gone.
    func lockedState(of id: VideoID) throws -> VideoState? {
        try first("SELECT state FROM video_jobs WHERE id = \(id) FOR UPDATE") { row in
            try row("state")
        }
    }
}
