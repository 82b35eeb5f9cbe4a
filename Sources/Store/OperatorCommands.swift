import Domain
package import MariaDB

extension Connection {
    /// Notes a command under its key, in the transaction of its effect and under the lock that the
    /// effect takes first. Nil: it is new, or has no key, and is to be done. Otherwise it was done
    /// before, and made `result` then (P7).
    ///
    /// Throws ``IdempotencyConflict`` when the key was another command's.
    func claim(
        _ action: String, _ subject: String, arguments: String, result: String,
        by actor: Operator
    ) throws -> String? {
        guard let key = actor.key else { return nil }
        let found = try first(
            """
            SELECT action, subject, arguments, result
            FROM operator_commands
            WHERE command_key = \(key)
            FOR UPDATE
            """
        ) { row in
            (
                words: [try row("action"), try row("subject"), try row("arguments")] as [String],
                result: try row("result") as String
            )
        }
        if let found {
            guard found.words == [action, subject, arguments] else { throw IdempotencyConflict() }
            return found.result
        }
        try execute(
            """
            INSERT INTO operator_commands
                (command_key, action, subject, arguments, result, created_at)
            VALUES (\(key), \(action), \(subject), \(arguments), \(result), UTC_TIMESTAMP(6))
            """)
        return nil
    }

    /// Notes a command that has many effects, each in a transaction of its own. Returns whether
    /// it is new.
    package func beginCommand(
        _ action: String, _ subject: String, by actor: Operator
    ) throws -> Bool {
        try transaction {
            try claim(action, subject, arguments: "", result: "", by: actor) == nil
        }
    }
}
