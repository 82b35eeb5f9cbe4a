import MariaDB
import Synchronization

/// When the database last refused a request of this process: a thread that holds a session still
/// works while others get none, so what health finds by its own session is not the whole truth.
package final class DatabaseTrouble: Sendable {
    private let lastAt = Mutex<ContinuousClock.Instant?>(nil)
    private let memory: Duration

    /// - Parameter memory: how long one refusal is told. Longer than a client's pause before it
    ///   tries again, so that one which goes on is told without gaps.
    package init(memory: Duration = .seconds(5)) { self.memory = memory }

    /// Notes the error if it is of the database itself, rather than of one row that is busy.
    package func note(_ error: any Error) {
        guard (error as? DatabaseError)?.isOutage == true else { return }
        lastAt.withLock { $0 = .now }
    }

    package var isRecent: Bool {
        guard let last = lastAt.withLock({ $0 }) else { return false }
        return last.duration(to: .now) < memory
    }
}
