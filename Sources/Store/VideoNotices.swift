package import Domain
import Ledger
package import MariaDB

// What is told of a video that has ended, and to whom.
extension Connection {
    /// How long a mail about a video waits for whoever sees its end on a page (``noteSeen(_:by:of:)``):
    /// longer than pages take to learn of it.
    static let videoMailDelay = Duration.seconds(20)

    /// Tells of a job that has ended, in the transaction that ends it (J12): the account's servers at
    /// once, and who ordered it by mail when all that the same call made have ended, in one mail.
    /// What its account canceled is told to nobody.
    func announceEnd(of id: VideoID) throws {
        let batch = try batch(of: id)
        guard let job = batch.first(where: { $0.id == id }) else { throw NotFound() }
        if !job.isCanceled {
            try call(job.isReady ? .videoCompleted : .videoFailed, about: id, of: job.account)
        }
        guard batch.allSatisfy({ $0.state.isFinal }) else { return }
        let told = batch.filter { !$0.isCanceled }
        if told.count > 1 {
            try mail(told)
        } else if let one = told.first {
            let notice = one.isReady ? Notice.videoReady(one.id) : .videoFailed(one.id)
            try tell(notice, to: one.user, opKey: Self.mailKey(of: one), after: Self.videoMailDelay)
        }
    }

    /// One mail about several: of the kind for what is ready if anything is, unless the user has
    /// switched that off.
    private func mail(_ batch: [EndedJob]) throws {
        let call = batch[0].call
        var notices: [Notice] = []
        if batch.contains(where: \.isReady) { notices.append(.videosReady(call)) }
        if batch.contains(where: { !$0.isReady }) { notices.append(.videosFailed(call)) }
        for notice in notices {
            let isWritten = try tell(
                notice, to: batch[0].user, opKey: Self.mailKey(of: call),
                after: Self.videoMailDelay)
            if isWritten { return }
        }
    }

    /// The user has seen the end of a video on a page: a mail about it that was not sent yet is not
    /// needed any more. Throws ``NotFound`` for a video that is none of the account's.
    package func noteSeen(_ id: VideoID, by user: UserID, of account: AccountID) throws {
        let batch = try batch(of: id)
        guard let job = batch.first(where: { $0.id == id }), job.account == account else {
            throw NotFound()
        }
        try execute(
            """
            DELETE FROM outbox
            WHERE op_key IN (\(Self.mailKey(of: job)), \(Self.mailKey(of: job.call)))
                AND user_id = \(user) AND channel = 'mail' AND attempts = 0 AND sent_at IS NULL
            """)
    }

    private static func mailKey(of job: EndedJob) -> String {
        "mail:video.\(job.isReady ? "completed" : "failed"):\(job.id)"
    }

    private static func mailKey(of call: GenerateCallID) -> String { "mail:videos:\(call)" }

    /// All that the call made which made this job, as they are now, and they stay so: of two that end
    /// at once, one is the last.
    private func batch(of id: VideoID) throws -> [EndedJob] {
        try query(
            """
            SELECT id, generate_call_id, user_id, account_id, state, failure_reason
            FROM video_jobs
            WHERE generate_call_id = (SELECT generate_call_id FROM video_jobs WHERE id = \(id))
            LOCK IN SHARE MODE
            """
        ) { row in
            try EndedJob(
                id: row("id"), call: row("generate_call_id"), user: row("user_id"),
                account: row("account_id"), state: row("state"), reason: row("failure_reason"))
        }
    }
}

private struct EndedJob {
    let id: VideoID
    let call: GenerateCallID
    let user: UserID
    let account: AccountID
    let state: VideoState
    let reason: FailureReason?

    var isReady: Bool { state == .delivered }
    var isCanceled: Bool { reason == .canceled }
}
