import Domain
import Logging
import MariaDB
import Store
import System

/// What a thread has taken for itself for a while: a job, or a message.
protocol Claim {
    var metadata: Logger.Metadata { get }
}

extension ClaimedJob: Claim {
    var metadata: Logger.Metadata {
        ["job": "\(id)", "state": "\(state.rawValue)", "task": "\(taskID ?? "-")"]
    }

    /// The same, and what was said about it.
    func metadata(_ key: String, _ text: String) -> Logger.Metadata {
        metadata.merging([key: "\(text)"]) { $1 }
    }
}

extension OutboxClaim: Claim {
    var metadata: Logger.Metadata { ["message": "\(id)"] }
}

/// Who learns outside what nobody else knows, and writes it down.
protocol Keeper {
    var log: Logger { get }
}

extension Keeper {
    /// Writes down what is known here alone, again and again while the database is away or refuses.
    /// After `patience` its error is thrown.
    @discardableResult
    func persist<T>(patience: Duration = .seconds(20), _ change: () throws -> T) throws -> T {
        let end = ContinuousClock.now + patience
        var tries = 0
        while true {
            do {
                return try change()
            } catch let error as DatabaseError where error.isPassing {
                guard ContinuousClock.now < end else { throw error }
                tries += 1
                CurrentThread.sleep(
                    for: Backoff.delay(
                        afterTry: tries, base: .milliseconds(100), ceiling: .seconds(1),
                        jitter: .random(in: 0...1)))
            }
        }
    }

    /// The same under a claim. Nil when another process has it: stop, change nothing (J5).
    ///
    /// - Parameter patience: shorter than what is left of the claim's lease, unless the change
    ///   holds without it.
    @discardableResult
    func persist<T>(
        _ claim: some Claim, patience: Duration = .seconds(40), _ change: () throws -> T
    ) throws -> T? {
        do {
            return try persist(patience: patience, change)
        } catch is LeaseLost {
            log.warning("another process has the claim", metadata: claim.metadata)
            return nil
        }
    }
}
