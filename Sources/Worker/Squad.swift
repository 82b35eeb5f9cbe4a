import Domain
import Pollo
import Store
import Synchronization
package import System

/// A job whose file is to be fetched, by a link that was just told, with the claim of it.
package struct Handover: Sendable {
    let job: ClaimedJob
    let task: PolloTask
    let url: String
}

/// The threads of a process that do one kind of work. Of those that have nothing to do one keeps the
/// lookout: it looks four times a second. The others rest until they are called, so that they cost
/// nothing; and as many are started as there was work for.
///
/// A call is only a hint. What nobody is called for the lookout finds.
package final class Squad: Sendable {
    fileprivate struct State {
        var start: (@Sendable (Int) -> Bool)?
        var threads = 0
        var isStopped = false
        /// The bells of those that rest, the last to come at the end.
        var resting: [Bell] = []
        var lookout: Bell?
        /// A call that found nobody at rest: the next who would rest looks again.
        var isCalled = false
        /// How many of those that rest wait for a job that is promised to them.
        var promises = 0
        var handed: [ObjectIdentifier: Handover] = [:]

        /// Takes the one who came last from their rest; the lookout only when there is no other.
        mutating func wake() -> Bell? {
            let index = resting.lastIndex { $0 !== lookout } ?? resting.indices.last
            return index.map { resting.remove(at: $0) }
        }
    }

    private static let lookoutPause = Duration.seconds(1) / 4
    /// A backstop: nobody rests for ever.
    private static let longestRest = Duration.seconds(10)

    private let limit: Int
    private let state = Mutex(State())

    /// - Parameter limit: how many threads there may be.
    package init(limit: Int) {
        self.limit = limit
    }

    /// Starts the first thread. Returns whether it could.
    ///
    /// - Parameter start: starts the thread of a number, from 0 on; false when it could not.
    package func begin(_ start: @escaping @Sendable (Int) -> Bool) -> Bool {
        state.withLock { $0.start = start }
        call()
        return state.withLock { $0.threads > 0 }
    }

    /// There may be work: one who rests looks at once. When nobody rests, another thread is started
    /// if there may be one.
    package func call() {
        let next = state.withLock { state -> (start: @Sendable (Int) -> Bool, number: Int)? in
            guard !state.isStopped else { return nil }
            if state.resting.count > state.promises {
                state.wake()?.ring()
                return nil
            }
            state.isCalled = true
            guard state.resting.isEmpty, state.threads < limit, let start = state.start else {
                return nil
            }
            state.threads += 1
            return (start, state.threads - 1)
        }
        guard let next, !next.start(next.number) else { return }
        state.withLock { $0.threads -= 1 }
    }

    /// How many threads have nothing to do.
    var restingCount: Int { state.withLock { $0.resting.count } }

    /// Promises one who rests a job, which ``hand(_:)`` keeps and ``takeBack()`` breaks; false when
    /// nobody is free to take it at once.
    func promise() -> Bool {
        state.withLock { state in
            guard !state.isStopped, state.resting.count > state.promises else { return false }
            state.promises += 1
            return true
        }
    }

    func hand(_ handover: Handover) {
        state.withLock { state in
            state.promises -= 1
            guard let bell = state.wake() else { preconditionFailure("it was promised to one") }
            state.handed[ObjectIdentifier(bell)] = handover
            bell.ring()
        }
    }

    func takeBack() {
        state.withLock { $0.promises -= 1 }
    }

    /// Rests until there may be something to do, or all is to end. Returns what was handed over
    /// meanwhile.
    ///
    /// - Parameter bell: of the thread that asks.
    package func rest(by bell: Bell) -> Handover? {
        let span = state.withLock { state -> Duration? in
            guard !state.isStopped, !state.isCalled else {
                state.isCalled = false
                return nil
            }
            state.resting.append(bell)
            guard state.lookout == nil else { return Self.longestRest }
            state.lookout = bell
            return Self.lookoutPause
        }
        guard let span else { return nil }
        while true {
            bell.rest(for: span)
            let (isOver, handover) = state.withLock { $0.leave(bell) }
            if isOver { return handover }
        }
    }

    /// Wakes all, and starts no more. Promises are kept.
    package func stop() {
        state.withLock { state in
            state.isStopped = true
            for bell in state.resting { bell.ring() }
        }
    }
}

extension Squad.State {
    /// Whether the thread's rest is over: somebody took it from there, or its time is over and it is
    /// promised nothing.
    fileprivate mutating func leave(_ bell: Bell) -> (isOver: Bool, Handover?) {
        if let index = resting.firstIndex(where: { $0 === bell }) {
            guard resting.count > promises else { return (false, nil) }
            resting.remove(at: index)
        }
        if lookout === bell { lookout = nil }
        return (true, handed.removeValue(forKey: ObjectIdentifier(bell)))
    }
}

/// The squads that take a job from the queue to its end, each with threads of its own, so that what
/// one waits for keeps no other from its work (J17).
package struct Squads: Sendable {
    package let submitters: Squad
    package let followers: Squad
    package let storers: Squad
    /// Of jobs that nobody was free to be handed.
    let links = Links()

    package var all: [Squad] { [submitters, followers, storers] }

    package init(submitters: Squad, followers: Squad, storers: Squad) {
        self.submitters = submitters
        self.followers = followers
        self.storers = storers
    }
}

/// Links that were told a moment ago, for who takes the job up next in this process. Each is taken
/// once: whoever tries again asks for another.
final class Links: Sendable {
    struct Link {
        let task: PolloTask
        let url: String
        fileprivate let toldAt: ContinuousClock.Instant
    }

    /// Shorter than any vendor's links last.
    private static let age = Duration.seconds(60)
    /// What is beyond is asked for again.
    private static let largestCount = 1000

    private let links = Mutex<[VideoID: Link]>([:])

    func keep(
        _ url: String, of task: PolloTask, for id: VideoID,
        at now: ContinuousClock.Instant = .now
    ) {
        links.withLock { links in
            if links.count >= Self.largestCount {
                links = links.filter { now - $0.value.toldAt < Self.age }
            }
            guard links.count < Self.largestCount else { return }
            links[id] = Link(task: task, url: url, toldAt: now)
        }
    }

    /// Nil when none was told, or too long ago.
    func take(_ id: VideoID, at now: ContinuousClock.Instant = .now) -> Link? {
        guard let link = links.withLock({ $0.removeValue(forKey: id) }),
            now - link.toldAt < Self.age
        else { return nil }
        return link
    }
}
