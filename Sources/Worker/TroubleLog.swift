import Domain
package import Logging
import MariaDB
import Synchronization

/// Says what goes wrong, once, however many threads find it out, and again every minute while it
/// lasts: a server that refuses must not fill the log.
///
/// What passes by itself is one trouble, of the database, whatever its number. It is over when a
/// thread had success and none had failed for ten seconds.
package final class TroubleLog: Sendable {
    private struct Trouble {
        var lastAt: ContinuousClock.Instant
        var saidAt: ContinuousClock.Instant
        /// Those that were not said.
        var silent = 0
    }

    private static let interval = Duration.seconds(60)
    private static let quiet = Duration.seconds(10)
    private static let database = "database"
    /// What is beyond is said each time.
    private static let largestCount = 100

    private let troubles = Mutex<[String: Trouble]>([:])

    package init() {}

    package func failed(
        _ error: any Error, doing work: String, _ log: Logger,
        at now: ContinuousClock.Instant = .now
    ) {
        let isPassing = (error as? DatabaseError)?.isPassing == true
        let key = isPassing ? Self.database : "\(work): \(error)"
        let silent = troubles.withLock { troubles -> Int? in
            guard var trouble = troubles[key] else {
                if troubles.count >= Self.largestCount {
                    troubles = troubles.filter { now - $0.value.lastAt < Self.interval }
                }
                if troubles.count < Self.largestCount {
                    troubles[key] = Trouble(lastAt: now, saidAt: now)
                }
                return 0
            }
            let isDue = now - trouble.saidAt >= Self.interval
            let silent = trouble.silent
            trouble.lastAt = now
            trouble.silent = isDue ? 0 : silent + 1
            if isDue { trouble.saidAt = now }
            troubles[key] = trouble
            return isDue ? silent : nil
        }
        guard let silent else { return }
        log.error(
            isPassing ? "the database does not do its part; trying on" : "a step failed",
            metadata: [
                "work": "\(work)", "error": "\(error)", "sinceLastLine": "\(silent)",
            ])
    }

    package func succeeded(_ log: Logger, at now: ContinuousClock.Instant = .now) {
        let isOver = troubles.withLock { troubles in
            guard let trouble = troubles[Self.database], now - trouble.lastAt >= Self.quiet else {
                return false
            }
            troubles[Self.database] = nil
            return true
        }
        if isOver { log.notice("the database does its part again") }
    }
}

/// How long a thread rests between two steps.
package struct Pace {
    private var failures = 0

    package init() {}

    package mutating func succeeded(foundWork: Bool) -> Duration {
        failures = 0
        return foundWork ? .zero : .milliseconds(250)
    }

    /// Longer with each failure in a row, to five seconds: what is promised for a second should not
    /// wait much longer once the database is back.
    package mutating func failed(jitter: Double = .random(in: 0...1)) -> Duration {
        failures += 1
        return Backoff.delay(
            afterTry: failures, base: .seconds(1), ceiling: .seconds(5), jitter: jitter)
    }
}
