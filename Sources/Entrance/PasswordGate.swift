import API
package import Domain
import Sodium
import Synchronization
import System

/// Lets at most four passwords be hashed at once: each takes 19 MiB and a core.
package final class PasswordGate: Sendable {
    private let free = Mutex(4)
    private let count = Atomic(0)

    package init() {}

    /// How many were let through.
    package var passed: Int { count.load(ordering: .relaxed) }

    /// Runs `body` when a place is free, waiting 50 ms at most; otherwise throws ``Refusal/busy``.
    package func pass<Result>(_ body: () throws -> Result) throws -> Result {
        let end = ContinuousClock.now + .milliseconds(50)
        while !take() {
            guard ContinuousClock.now < end else { throw Refusal.busy }
            CurrentThread.sleep(for: .milliseconds(2))
        }
        defer { free.withLock { $0 += 1 } }
        count.add(1, ordering: .relaxed)
        return try body()
    }

    private func take() -> Bool {
        free.withLock { places in
            guard places > 0 else { return false }
            places -= 1
            return true
        }
    }
}

extension PasswordGate {
    package enum Check: Equatable {
        case wrong, right
        /// Right, and to be hashed anew: from the prepared form, or with the present parameters.
        case outdated
    }

    package func hash(_ password: PreparedPassword) throws -> String {
        try pass { Password.hash(password.text) }
    }

    /// Whether the password is the one that `stored` was made from. Without a hash it takes as
    /// long as with one, so that the time does not tell which addresses have an account.
    ///
    /// - Parameter begin: runs first, once there is a place; the check ends with what it throws.
    package func check(
        _ password: PreparedPassword, against stored: String?, begin: () throws -> Void = {}
    ) throws -> Check {
        try pass {
            try begin()
            let hash = stored ?? Self.nobodysHash
            if Password.verify(password.text, against: hash) {
                return Password.needsRehash(hash) ? .outdated : .right
            }
            guard let typed = password.typed else { return .wrong }
            return Password.verify(typed, against: hash) ? .outdated : .wrong
        }
    }

    /// The hash of a password that nobody knows.
    private static let nobodysHash = Password.hash(Hex.encode(randomBytes(16)))
}
