import Logging
import Store
import System

/// Something that is done from time to time, whatever else happens. Each is harmless to do twice,
/// and by several workers at once.
struct Chore: Sendable {
    /// What it is called in the log; of one that all share also its row of `schedules`.
    let name: String
    /// How often a thread comes to it.
    let pause: Duration
    /// How long it goes on when there is much to do. The rest is its next round's.
    let budget: Duration
    let run: @Sendable (Worker) throws -> Void

    /// A chore of each worker, in its own time.
    init(
        _ name: String, every interval: Duration, within budget: Duration,
        _ body: @escaping @Sendable (Worker, Budget) throws -> Void
    ) {
        self.name = name
        self.pause = interval
        self.budget = budget
        run = { try body($0, Budget(budget)) }
    }

    /// A chore that one worker does for all, when its schedule says that it is time.
    ///
    /// - Parameters:
    ///   - retry: how long it waits after a failure; as long as always where it is nil.
    ///   - lease: after that it is another's, unless it was renewed; longer than it can take.
    init(
        oneOfAll name: String, every interval: Duration, within budget: Duration,
        retryAfter retry: Duration? = nil, lease: Duration? = nil,
        _ body: @escaping @Sendable (Worker, Budget, Turn) throws -> TurnEnd
    ) {
        self.name = name
        self.pause = min(interval, .seconds(5))
        self.budget = budget
        run = { worker in
            try worker.database.takeTurn(
                name, every: interval, retryAfter: retry,
                lasting: lease ?? budget + .seconds(60)
            ) { try body(worker, Budget(budget), $0) }
        }
    }
}

/// How much of a chore is done in one round.
struct Budget {
    /// The end of its time. A step that has begun is not cut off; each has a bound of its own.
    let end: ContinuousClock.Instant
    private static let largestRoundCount = 1000

    init(_ span: Duration) {
        end = .now + span
    }

    /// Takes `step` again while it says that there was something to do, within the budget.
    func rounds(_ step: () throws -> Bool) rethrows {
        for _ in 0..<Self.largestRoundCount {
            guard try step(), ContinuousClock.now < end else { return }
        }
    }
}

extension Worker {
    /// Does every chore of the lane that is due. One that fails is logged and does not keep the
    /// others back.
    package func doChores(in lane: Lane) {
        for chore in lane.chores {
            let now = ContinuousClock.now
            if let begunAt = choresBegunAt[chore.name], now - begunAt < chore.pause { continue }
            choresBegunAt[chore.name] = now
            do {
                try chore.run(self)
                troubles.succeeded(log)
            } catch is LeaseLost {
                log.warning("another process does it", metadata: ["chore": "\(chore.name)"])
            } catch {
                troubles.failed(error, doing: chore.name, log)
            }
        }
    }
}
