package import Domain
import Synchronization
import System

/// What a thread of `serve` may have to wait for.
package enum Awaited: Hashable, Sendable {
    /// An account: its wallet, its rows.
    case account(AccountID)
    case stripe
    /// The rows that callbacks of the video vendor change, which `work` may hold.
    case callbacks
    /// The program that makes pictures ours.
    case pictureTools
    /// The program that makes pages of text.
    case typesetter
    /// Other people's servers, which pictures are fetched from.
    case pictureServers
}

/// As many threads as may wait for it do already, and none of them has got through lately.
package struct Crowded: Error, Equatable {
    package let awaited: Awaited
}

/// Shares the threads of `serve` out to what they wait for: no account and no one thing holds more
/// than a quarter of them, so that a locked wallet or a slow vendor stops its own callers alone.
///
/// While those inside get through quickly, others wait in line for them, as they would without
/// this. Once nobody has made way for `patience`, what they wait for does not move: those in line
/// and all who come are refused at once, until somebody gets through quickly again.
package final class ThreadGate: Sendable {
    fileprivate struct Place {
        var inside = 0
        var waiting = 0
        /// When somebody last got through quickly.
        var movedAt: ContinuousClock.Instant?
        /// Somebody has waited in vain, and nobody got through quickly since.
        var isStuck = false
    }

    /// Longer than a request takes that waits for nothing, and shorter than a lock's timeout.
    private static let quick = Duration.seconds(1)
    private static let longestWait = Duration.seconds(2)

    private let places = Mutex<[Awaited: Place]>([:])
    /// How many threads one place may hold.
    package let share: Int
    private let patience: Duration

    /// - Parameters:
    ///   - threads: how many requests are answered at once.
    ///   - patience: how long all threads may stand in one line.
    package init(threads: Int, patience: Duration = .milliseconds(200)) {
        share = max(1, threads / 4)
        self.patience = patience
    }

    /// Runs `body` inside, or throws ``Crowded`` and has done nothing.
    package func pass<Result>(_ awaited: Awaited, _ body: () throws -> Result) throws -> Result {
        try enter(awaited)
        let enteredAt = ContinuousClock.now
        defer { leave(awaited, isQuick: enteredAt.duration(to: .now) < Self.quick) }
        return try body()
    }

    private func enter(_ awaited: Awaited) throws {
        let cameAt = ContinuousClock.now
        switch places.withLock({ $0[awaited, default: Place()].come(share) }) {
        case .inside: return
        case .refused: throw Crowded(awaited: awaited)
        case .inLine: break
        }
        while true {
            CurrentThread.sleep(for: .milliseconds(1))
            let now = ContinuousClock.now
            let isInside = places.withLock { places -> Bool? in
                places[awaited, default: Place()].look(
                    share, cameAt: cameAt, now: now, patience: patience,
                    isLast: now - cameAt >= Self.longestWait)
            }
            if let isInside {
                guard isInside else { throw Crowded(awaited: awaited) }
                return
            }
        }
    }

    private func leave(_ awaited: Awaited, isQuick: Bool) {
        let now = ContinuousClock.now
        places.withLock { places in
            guard var place = places[awaited] else { return }
            place.inside -= 1
            if isQuick {
                place.movedAt = now
                place.isStuck = false
            }
            places[awaited] = place.inside == 0 && place.waiting == 0 ? nil : place
        }
    }
}

extension ThreadGate.Place {
    enum Arrival {
        case inside, inLine, refused
    }

    mutating func come(_ share: Int) -> Arrival {
        if inside < share, waiting == 0 || isStuck {
            inside += 1
            return .inside
        }
        if isStuck { return .refused }
        waiting += 1
        return .inLine
    }

    /// Looks whether one who stands in line may go inside (true) or has to go away (false).
    mutating func look(
        _ share: Int, cameAt: ContinuousClock.Instant, now: ContinuousClock.Instant,
        patience: Duration, isLast: Bool
    ) -> Bool? {
        if inside < share {
            waiting -= 1
            inside += 1
            return true
        }
        let since = max(movedAt ?? cameAt, cameAt)
        if now - since >= patience { isStuck = true }
        guard isStuck || isLast else { return nil }
        waiting -= 1
        return false
    }
}
