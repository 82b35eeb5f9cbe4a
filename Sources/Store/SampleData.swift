package import Domain
package import FoundationEssentials
import Ledger
package import MariaDB

/// How a sample job ended.
package enum SampleEnding: Sendable {
    case delivered(VideoFile, vendorCost: Money)
    case refunded(FailureReason)
}

extension Connection {
    /// Adds a job that has already ended, with all its money effects, for development: its hold
    /// is made, and settled or released, in one transaction, so that no worker ever sees it open.
    package func insertSample(
        _ order: VideoOrder, of account: AccountID, by user: UserID, ending: SampleEnding,
        startedAt: Date, lasting seconds: Int, policy: CreditPolicy
    ) throws {
        precondition(order.videos.count == 1, "a sample is one video")
        let id = order.videos[0].id
        try transaction {
            _ = try accept(
                order, from: account, by: user, key: nil,
                limit: CallLimit(calls: 1000, window: .seconds(60)), queueDeadline: .seconds(60))
            try execute(
                "UPDATE generate_calls SET created_at = \(startedAt) WHERE id = \(order.call)")
            let endedAt = startedAt.addingTimeInterval(Double(seconds))
            try withWallet(of: account) { wallet in
                switch ending {
                case .delivered(let file, let vendorCost):
                    // No vendor has made it, so none is asked for it.
                    try endSample(
                        id, as: .delivered, startedAt: startedAt, endedAt: endedAt,
                        """
                        , submitted_at = \(startedAt), attempts = 1, task_id = \("sample-\(id)"),
                        reconciled_at = \(endedAt), pollo_status = 'succeed',
                        video_url = \(VideoFile.path(of: id)), file_bytes = \(file.sizeBytes),
                        file_sha256 = \(file.checksum), file_milliseconds = \(file.durationMilliseconds),
                        file_width = \(file.width), file_height = \(file.height),
                        has_poster = \(file.hasPoster), actual_cost_micros = \(vendorCost)
                        """)
                    try wallet.settle(id)
                case .refunded(let reason):
                    try endSample(
                        id, as: .refunded, reason: reason, startedAt: startedAt, endedAt: endedAt)
                    try wallet.release(id, policy: policy, because: reason)
                }
            }
        }
    }
}
