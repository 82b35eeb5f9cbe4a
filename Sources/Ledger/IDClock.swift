package import FoundationEssentials
import Synchronization

/// What ids take their time from: ``newID()`` asks the clock that is ``current`` where it runs.
///
/// Mostly that is the one of the whole process. Who makes rows of the past, as the sample shop does,
/// runs under a clock of its own, which stands where it was set.
package final class IDClock: Sendable {
    @TaskLocal package static var current = IDClock()

    private struct State {
        /// In 4096ths of a millisecond since 1970, as all ticks.
        var last: UInt64 = 0
        var standing: UInt64?
    }

    private let state = Mutex(State())

    package init() {}

    /// Stands at `instant` from now on.
    package func stand(at instant: Date) {
        state.withLock { $0.standing = Self.ticks(of: instant) }
    }

    /// The tick of the next id: later than all before.
    func next() -> UInt64 {
        let now = Self.ticks(of: Date())
        return state.withLock { state in
            state.last = max(state.last + 1, state.standing ?? now)
            return state.last
        }
    }

    private static func ticks(of instant: Date) -> UInt64 {
        UInt64(instant.timeIntervalSince1970 * 4_096_000)
    }
}
