package import Domain
import FoundationEssentials
package import MariaDB

/// What is counted, and how it is slowed.
package struct ThrottleKey: Sendable {
    package let hash: [UInt8]
    package let throttle: Throttle

    package init(_ hash: [UInt8], _ throttle: Throttle) {
        self.hash = hash
        self.throttle = throttle
    }
}

extension Connection {
    /// Counts a try under every key, or throws ``TooManyTries`` and counts none.
    ///
    /// A try is counted before it is made, so that many at once are not all let through; one that
    /// turns out to be right is taken back. All callers name their keys in the same order of
    /// kinds, because each row is locked when it is read.
    package func countTry(_ keys: [ThrottleKey]) throws {
        // Not thrown in the transaction: nothing is undone, and the locks are given back first.
        let wait = try transaction { () -> (Throttle, Int)? in
            let states = try keys.map { try lockTries($0) }
            let waits = zip(keys, states).filter { $0.1.waitSeconds > 0 }
            if let longest = waits.max(by: { $0.1.waitSeconds < $1.1.waitSeconds }) {
                return (longest.0.throttle, longest.1.waitSeconds)
            }
            for (key, state) in zip(keys, states) {
                let tries = state.tries + 1
                let wait = key.throttle.wait(after: tries).microseconds
                try execute(
                    """
                    UPDATE throttles
                    SET tries = \(tries), tried_at = UTC_TIMESTAMP(6),
                        blocked_until = UTC_TIMESTAMP(6) + INTERVAL \(wait) MICROSECOND,
                        told_at = IF(\(tries) = 1, NULL, told_at)
                    WHERE key_hash = \(key.hash)
                    """)
            }
            return nil
        }
        if let wait { throw TooManyTries(wait.0, retryAfterSeconds: wait.1) }
    }

    /// Takes a try back that was right, so that who signs in often is not slowed.
    package func takeBackTry(_ keys: [ThrottleKey]) throws {
        try transaction {
            for key in keys {
                try execute(
                    """
                    UPDATE throttles SET tries = GREATEST(tries - 1, 0), blocked_until = NULL
                    WHERE key_hash = \(key.hash)
                    """)
            }
        }
    }

    /// Tells the owner of `email` that wrong passwords are being tried, once until all of them are
    /// forgotten. The same statements run for an address without an account.
    package func tellOfRefusedSignIns(email: String, key: ThrottleKey) throws {
        try transaction {
            let isNews = try execute(
                """
                UPDATE throttles SET told_at = UTC_TIMESTAMP(6)
                WHERE key_hash = \(key.hash) AND told_at IS NULL AND tries >= \(key.throttle.free)
                """)
            guard isNews == 1 else { return }
            try tellOnce(
                .signInsRefused, to: "users.email = \(email) AND email_verified_at IS NOT NULL",
                opKey: "mail:sign-ins.refused:\(OutboxID.new())")
        }
    }

    /// Takes away what has long been forgotten, 1,000 at most. Returns how many.
    @discardableResult
    package func purgeThrottles() throws -> Int {
        try execute(
            """
            DELETE FROM throttles WHERE tried_at < UTC_TIMESTAMP(6) - INTERVAL 7 DAY LIMIT 1000
            """)
    }

    private func lockTries(_ key: ThrottleKey) throws -> (tries: Int, waitSeconds: Int) {
        // Locks the row as a later UPDATE does. An insert that is only refused would share it, and
        // two that share it wait for each other.
        try execute(
            """
            INSERT INTO throttles (key_hash, tried_at) VALUES (\(key.hash), UTC_TIMESTAMP(6))
            ON DUPLICATE KEY UPDATE tries = tries
            """)
        let state = try first(
            """
            SELECT tries, TIMESTAMPDIFF(SECOND, tried_at, UTC_TIMESTAMP(6)) AS age,
                GREATEST(0, COALESCE(CEILING(TIMESTAMPDIFF(
                    MICROSECOND, UTC_TIMESTAMP(6), blocked_until) / 1000000), 0)) AS wait
            FROM throttles
            WHERE key_hash = \(key.hash)
            FOR UPDATE
            """
        ) { row in
            (
                tries: try row("tries") as Int, age: try row("age") as Int,
                wait: try row("wait") as Int
            )
        }
        guard let state else { return (0, 0) }
        return (key.throttle.remaining(state.tries, age: .seconds(state.age)), state.wait)
    }
}
