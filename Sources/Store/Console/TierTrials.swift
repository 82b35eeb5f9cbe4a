package import Domain
import JSON
package import MariaDB

/// The last video that an operator ordered to try a tier before it is on sale.
package struct TierTrial: Sendable {
    package let video: VideoID
    package let status: VideoStatus
}

extension Connection {
    private static var trial: String { "tier.trial" }

    /// Accepts an order by which an operator tries a tier, and notes it, in one transaction: once for
    /// the key, also when the day is over for which orders keep theirs (P7).
    ///
    /// Throws what an order does, and ``IdempotencyConflict`` for another command's key; then nothing
    /// is held.
    package func acceptTrial(
        _ order: VideoOrder, from account: AccountID, by user: UserID, key: ClientKey?,
        limit: CallLimit, queueDeadline: Duration, as actor: Operator
    ) throws -> OrderAnswer {
        let tier = order.draft.tier
        return try transaction {
            let answer = try accept(
                order, from: account, by: user, key: key, limit: limit,
                queueDeadline: queueDeadline)
            guard let video = answer.firstVideo else { throw IdempotencyConflict() }
            let before = try claim(
                Self.trial, tier.id, arguments: tier.vendorPath, result: video, by: actor)
            guard let before else {
                try log(Self.trial, tier.id, detail: "video \(video)", by: actor)
                return answer
            }
            guard before == video else { throw IdempotencyConflict() }
            return answer
        }
    }

    /// What came of the last try of each tier, by its id.
    package func tierTrials() throws -> [String: TierTrial] {
        let trials = try query(
            """
            SELECT subject, video_jobs.id, status
            FROM operator_commands
            JOIN video_jobs ON video_jobs.id = CAST(result AS UUID)
            WHERE action = \(Self.trial)
            ORDER BY video_jobs.id
            """
        ) { row in
            (tier: try row("subject") as String, trial: try TierTrial(row: row))
        }
        return Dictionary(trials.map { ($0.tier, $0.trial) }) { $1 }
    }

    /// Whether the tier was on sale before, or a try of the same model was delivered.
    func mayBeSold(_ tier: Tier) throws -> Bool {
        try first(
            """
            SELECT EXISTS (
                    SELECT 1 FROM tiers
                    WHERE id = \(tier.id) AND vendor_path = \(tier.vendorPath) AND is_enabled)
                OR EXISTS (
                    SELECT 1 FROM operator_commands
                    JOIN video_jobs ON video_jobs.id = CAST(result AS UUID)
                    WHERE action = \(Self.trial) AND subject = \(tier.id)
                        AND arguments = \(tier.vendorPath) AND state = 'delivered') AS may_be_sold
            """
        ) { row in try row("may_be_sold") } ?? false
    }
}

extension OrderAnswer {
    fileprivate var firstVideo: String? {
        switch self {
        case .now(let acceptance): "\(acceptance.videoIDs[0])"
        case .before(let answer):
            (try? JSONValue(parsing: Array(answer.body.utf8)))?["jobId"]?.string
        }
    }
}

extension TierTrial {
    fileprivate init(row: Row) throws {
        video = try row("id")
        status = try row("status")
    }
}
