import Synchronization
import System

/// Runs `body` on `count` threads at once, with the thread's number from 0, and returns what they
/// made, in that order. Throws the first error, after all have ended.
///
/// - Parameter meanwhile: runs on the calling thread beside them.
package func inParallel<T: Sendable>(
    _ count: Int, _ body: @escaping @Sendable (Int) throws -> T,
    whileRunning meanwhile: () throws -> Void = {}
) throws -> [T] {
    let results = Results<T>(count: count)
    let threads = try (0..<count).map { index in
        try WorkerThread.start(name: "test \(index)") {
            results.set(Result { try body(index) }, at: index)
        }
    }
    let ended = Result { try meanwhile() }
    for thread in threads { thread.join() }
    // A thread's own error first: what went on beside it may only have waited for it in vain.
    let made = try results.all.compactMap { try $0?.get() }
    try ended.get()
    return made
}

private final class Results<T: Sendable>: Sendable {
    private let results: Mutex<[Result<T, any Error>?]>

    init(count: Int) {
        results = Mutex(Array(repeating: nil, count: count))
    }

    func set(_ result: Result<T, any Error>, at index: Int) {
        results.withLock { $0[index] = result }
    }

    var all: [Result<T, any Error>?] { results.withLock { $0 } }
}
