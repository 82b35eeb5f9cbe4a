package import Domain
import Ledger
package import MariaDB
import Texts

/// What became of a command of an operator's.
package struct CommandReport: Sendable {
    package enum Outcome: String, CaseIterable, Sendable {
        case done
        /// It was done before, under the same key, and did nothing more.
        case repeated
        /// It is above the limit, and waits for a second operator, who says the same (A4).
        case waits
        /// It would be done so; nothing was changed.
        case rehearsed
    }

    package let outcome: Outcome
    /// What it changed, or would change, in words for the operator.
    package let changes: [String]
}

/// The amount above which a command needs a second operator, where there are two (A4).
package let largestSoloAmount = Money(micros: 100_000_000)

/// What a key is already.
enum KeyUse {
    /// Of nobody: the command is to be done.
    case fresh
    /// Of this command, which was done and made this.
    case done(String)
    /// Of this command, which waits for a second operator.
    case waiting
}

/// Ends a rehearsal: all that it did is rolled back.
private struct Rehearsed: Error {
    let changes: [String]
}

extension Operator {
    /// Who it is, among operators: the same person by the command line and by a browser is two.
    var name: String { (userID.map { "user \($0)" } ?? "\(systemUser ?? "somebody")").cut(to: 255) }
}

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
        switch try keyUse(action, subject, arguments: arguments, by: actor) {
        case .fresh:
            try note(action, subject, arguments: arguments, result: result, by: actor)
            return nil
        case .done(let result): return result
        // Only of a command that waited when it took two, and is done by one now.
        case .waiting:
            try markDone(result: result, by: actor)
            return nil
        }
    }

    private func keyUse(
        _ action: String, _ subject: String, arguments: String, by actor: Operator
    ) throws -> KeyUse {
        guard let key = actor.key else { return .fresh }
        let found = try first(
            """
            SELECT action, subject, arguments, result, is_done
            FROM operator_commands
            WHERE command_key = \(key)
            FOR UPDATE
            """
        ) { row in
            (
                words: [try row("action"), try row("subject"), try row("arguments")] as [String],
                result: try row("result") as String, isDone: try row("is_done") as Bool
            )
        }
        guard let found else { return .fresh }
        guard found.words == [action, subject, arguments] else { throw IdempotencyConflict() }
        return found.isDone ? .done(found.result) : .waiting
    }

    private func note(
        _ action: String, _ subject: String, arguments: String, result: String,
        isDone: Bool = true, by actor: Operator
    ) throws {
        guard let key = actor.key else { return }
        try execute(
            """
            INSERT INTO operator_commands
                (command_key, action, subject, arguments, result, is_done, requested_by,
                 created_at)
            VALUES (\(key), \(action), \(subject), \(arguments), \(result), \(isDone),
                \(actor.name), UTC_TIMESTAMP(6))
            """)
    }

    private func markDone(result: String, by actor: Operator) throws {
        try execute(
            """
            UPDATE operator_commands
            SET is_done = TRUE, result = \(result)
            WHERE command_key = \(actor.key)
            """)
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

    // MARK: Commands that repair

    /// Does a command that repairs the books of one account (A4): in one transaction under its
    /// wallet's lock, once for its key (P7), with a line in the log, and after that a look at the
    /// books as soon as somebody can.
    ///
    /// - Parameters:
    ///   - amount: what it moves; above ``largestSoloAmount`` it waits for a second operator where
    ///     there are two. Nil: it moves nothing that was not there.
    ///   - isRehearsal: it is done and rolled back.
    ///   - effect: returns what it changed beside the balances, and has no effect besides its SQL.
    func repair(
        _ action: String, _ subject: String, of account: AccountID, arguments: String = "",
        amount: Money? = nil, result: String, by actor: Operator, isRehearsal: Bool,
        effect: (inout LockedWallet) throws -> [String]
    ) throws -> CommandReport {
        do {
            return try transaction {
                try restoreWallet(of: account)
                switch try keyUse(action, subject, arguments: arguments, by: actor) {
                case .done: return CommandReport(outcome: .repeated, changes: [])
                case .fresh:
                    if !isRehearsal, try needsSecond(amount) {
                        guard actor.key != nil else {
                            throw Conflict(.keyNeeded, ["amount": .money(largestSoloAmount)])
                        }
                        try note(
                            action, subject, arguments: arguments, result: "", isDone: false,
                            by: actor)
                        try log(
                            "\(action).request", subject, detail: arguments.cut(to: 400), by: actor)
                        return CommandReport(outcome: .waits, changes: [])
                    }
                    try note(action, subject, arguments: arguments, result: result, by: actor)
                case .waiting:
                    guard try isRehearsal || !needsSecond(amount) || isAnother(actor) else {
                        return CommandReport(outcome: .waits, changes: [])
                    }
                    try markDone(result: result, by: actor)
                }
                let changes = try withWallet(of: account) { wallet in
                    let before = wallet.balances
                    let effects = try effect(&wallet)
                    return before.changes(to: wallet.balances) + effects
                }
                try log(
                    action, subject,
                    detail: ([arguments] + changes).filter { !$0.isEmpty }
                        .joined(separator: "; "), by: actor)
                try hurry(AuditStanding.schedule)
                if isRehearsal { throw Rehearsed(changes: changes) }
                return CommandReport(outcome: .done, changes: changes)
            }
        } catch let rehearsed as Rehearsed {
            return CommandReport(outcome: .rehearsed, changes: rehearsed.changes)
        }
    }

    /// Whether `amount` takes two, and there are two.
    private func needsSecond(_ amount: Money?) throws -> Bool {
        guard let amount, amount > largestSoloAmount else { return false }
        let count = try first(
            "SELECT COUNT(*) AS count FROM users WHERE role = 'admin'",
            { row in try row("count") as Int })
        return count ?? 0 >= 2
    }

    /// Whether somebody else has asked for the command that waits under the actor's key.
    private func isAnother(_ actor: Operator) throws -> Bool {
        try first(
            """
            SELECT requested_by <> \(actor.name) AS is_another
            FROM operator_commands
            WHERE command_key = \(actor.key)
            """
        ) { row in try row("is_another") } ?? false
    }
}
