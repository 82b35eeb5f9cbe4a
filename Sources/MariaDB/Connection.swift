// MariaDB: the only importer of the client library. Connections, bound SQL, rows, transactions that
// run again as a whole, migrations. It knows no table of the shop.
// Which errors pass by themselves is said in one place (PassingConditions).

internal import Glibc

/// A connection to the database, for one thread.
///
/// Connects at first use. A session that saw an unexpected error is closed and never used again;
/// the next use opens a new one (with no prepared statements, and with all settings made anew),
/// but never in the middle of a transaction. A session that the server ended while it was idle is
/// found out and replaced before a statement is sent, so a restart of the database costs callers
/// only what was running during it.
///
/// Each session has: utf8mb4, UTC, strict SQL mode, READ COMMITTED, `innodb_snapshot_isolation`,
/// bounded waits for locks and idle transactions, no automatic reconnect, no local files, no
/// multi-statements.
package final class Connection {
    /// How often a transaction is tried (D3).
    package static let largestTryCount = 8

    package let configuration: DatabaseConfiguration
    private let pause: (Duration) -> Void
    private var session: Session?
    /// 0 outside of a transaction, 1 inside, one more for each savepoint.
    private var depth = 0
    /// Why the open transaction cannot be committed any more.
    private var failure: DatabaseError?
    /// Inside of ``snapshot(_:)``: a write there is refused for our own mistake.
    private var isReading = false

    /// - Parameter pause: waits between two tries of a transaction, a few milliseconds mostly.
    package init(
        _ configuration: DatabaseConfiguration,
        pause: @escaping (Duration) -> Void = Connection.sleep
    ) {
        self.configuration = configuration
        self.pause = pause
    }

    // MARK: Statements

    /// Runs a statement and returns how many rows it matched or inserted.
    ///
    /// An UPDATE counts the rows that its WHERE found, changed or not. An INSERT with ON
    /// DUPLICATE KEY UPDATE counts 2 for a row that it updated to something else.
    @discardableResult
    package func execute(_ sql: SQL) throws(DatabaseError) -> Int {
        try run(sql).matchedRows
    }

    /// Runs a statement and returns what `read` makes of each of its rows.
    ///
    /// All rows are copied before the first one is read, so `read` may use this connection.
    package func query<T>(_ sql: SQL, _ read: (Row) throws -> T) throws -> [T] {
        let outcome = try run(sql)
        var results: [T] = []
        results.reserveCapacity(outcome.rowCount)
        for index in 0..<outcome.rowCount { results.append(try read(outcome.row(index))) }
        return results
    }

    /// Runs a statement and returns what `read` makes of its first row, or nil without rows.
    package func first<T>(_ sql: SQL, _ read: (Row) throws -> T) throws -> T? {
        let outcome = try run(sql)
        return outcome.rowCount > 0 ? try read(outcome.row(0)) : nil
    }

    /// Outside of a transaction a statement that met another one's locks (1213, 1020) was undone as
    /// a whole, unless it is a routine of several, and is run again as ``transaction(_:)`` would be.
    private func run(_ sql: SQL) throws(DatabaseError) -> Statement.Outcome {
        var tries = 1
        while true {
            do throws(DatabaseError) {
                return try runOnce(sql)
            } catch {
                let isUndone = error.kind == .deadlock || error.kind == .recordChanged
                guard depth == 0, isUndone, !sql.text.utf8.starts(with: "CALL".utf8),
                    tries < Self.largestTryCount
                else { throw error }
                pauseAfter(tries)
                tries += 1
            }
        }
    }

    private func runOnce(_ sql: SQL) throws(DatabaseError) -> Statement.Outcome {
        let outcome = try use { session throws(DatabaseError) in try session.run(sql) }
        if depth > 0, let session, !session.isInTransaction {
            // DDL commits what was done before it, and the rest would be on its own.
            failure = DatabaseError(
                kind: .other, message: "the statement has ended the transaction",
                statement: sql.text)
        }
        return outcome
    }

    /// Runs a statement without values by the text protocol.
    private func control(_ text: String) throws(DatabaseError) {
        try use { session throws(DatabaseError) in try session.runText(text) }
    }

    /// Gives the session to `body`, and judges what state an error of it leaves.
    private func use<T>(
        _ body: (Session) throws(DatabaseError) -> T
    ) throws(DatabaseError) -> T {
        if let failure { throw failure }
        let session = try openSession()
        do {
            return try body(session)
        } catch let thrown {
            let error = isReading ? thrown.inSnapshot : thrown
            if !error.leavesSessionUsable { self.session = nil }
            if depth > 0, error.endsTransaction { failure = error }
            throw error
        }
    }

    private func openSession() throws(DatabaseError) -> Session {
        if let session {
            // Inside of a transaction a dead session has to fail, not to be replaced.
            if depth > 0 || session.isQuiet { return session }
            self.session = nil
        }
        let session = try Session(configuration)
        self.session = session
        return session
    }

    // MARK: Transactions

    /// Runs `body` in a READ COMMITTED transaction and commits it, or rolls all of it back and
    /// throws what `body` threw.
    ///
    /// `body` may run up to eight times: again after a deadlock (1213), a changed record (1020),
    /// a lock timeout (1205), and after a lost connection, at COMMIT too, where nobody can know
    /// whether it happened; up to three times where the server refuses for now, since the next
    /// session may reach another server. So it must have no effect besides its SQL, and must be
    /// safe to repeat after it was committed: a unique `op_key` makes the second run fail with
    /// `duplicateKey`, and the caller then reads what exists. Between two runs it waits some milliseconds; no
    /// run begins later than 20 seconds after the first.
    ///
    /// A `body` that swallows one of these errors, or an unexpected one, gains nothing: every
    /// further statement throws it again, and the transaction is not committed. `duplicateKey`
    /// and `constraint` undo their own statement alone; `body` may catch them and go on.
    ///
    /// Inside of another transaction this is a savepoint: an error undoes only what `body` did,
    /// and the errors above run the outermost transaction again.
    package func transaction<T>(_ body: () throws -> T) throws -> T {
        try repeating(["START TRANSACTION"], body)
    }

    /// Runs `body` in the transaction that is open, as a part of it, or in one of its own, as
    /// ``transaction(_:)`` does.
    package func inTransaction<T>(_ body: () throws -> T) throws -> T {
        try depth > 0 ? body() : transaction(body)
    }

    /// Runs `body` in a read-only REPEATABLE READ transaction that sees one instant of the
    /// database: for reports and the auditor. May run `body` again as ``transaction(_:)`` does.
    ///
    /// Inside of another transaction it sees what that one sees.
    package func snapshot<T>(_ body: () throws -> T) throws -> T {
        guard depth == 0 else { return try savepoint(body) }
        isReading = true
        defer { isReading = false }
        return try repeating(
            [
                "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ",
                "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",
            ], body)
    }

    private func repeating<T>(_ begin: [String], _ body: () throws -> T) throws -> T {
        guard depth == 0 else { return try savepoint(body) }
        let started = ContinuousClock.now
        var tries = 1
        while true {
            do {
                return try attempt(begin, body)
            } catch let error as DatabaseError
                where tries < error.usefulTryCount
                && started.duration(to: .now) < .seconds(20)
            {
                pauseAfter(tries)
                tries += 1
            }
        }
    }

    /// 5 ms, doubled with each try; any part of it, so that those who met once do not meet again.
    private func pauseAfter(_ tries: Int) {
        pause(.microseconds(Int.random(in: 1_000...(5_000 << (tries - 1)))))
    }

    private func attempt<T>(_ begin: [String], _ body: () throws -> T) throws -> T {
        // From here on a lost session is an error: its transaction must not go on in another.
        _ = try openSession()
        depth = 1
        defer {
            depth = 0
            failure = nil
        }
        do {
            for text in begin { try control(text) }
            let result = try body()
            try control("COMMIT")
            return result
        } catch {
            let reason: any Error = failure ?? error
            rollBack()
            throw reason
        }
    }

    /// Leaves no transaction open: by ROLLBACK, or by closing the session.
    private func rollBack() {
        failure = nil
        guard let session else { return }
        do {
            try session.runText("ROLLBACK")
        } catch {
            self.session = nil
        }
    }

    private func savepoint<T>(_ body: () throws -> T) throws -> T {
        let name = "savepoint_\(depth)"
        try control("SAVEPOINT \(name)")
        depth += 1
        defer { depth -= 1 }
        let result: T
        do {
            result = try body()
        } catch {
            if let failure { throw failure }
            try control("ROLLBACK TO SAVEPOINT \(name)")
            try control("RELEASE SAVEPOINT \(name)")
            throw error
        }
        try control("RELEASE SAVEPOINT \(name)")
        return result
    }

    /// Sleeps on this thread, at least as long as told.
    package static func sleep(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        var request = timespec(
            tv_sec: Int(seconds), tv_nsec: Int(attoseconds / 1_000_000_000))
        var remainder = timespec()
        while unsafe nanosleep(&request, &remainder) != 0 && errno == EINTR {
            request = remainder
        }
    }
}

// Used only by the thread that made it, so it must not be sent to another.
@available(*, unavailable)
extension Connection: Sendable {}

extension DatabaseError {
    /// Whether we know what the session's state is after this error (D3, D4).
    fileprivate var leavesSessionUsable: Bool {
        switch kind {
        case .duplicateKey, .deadlock, .recordChanged, .lockTimeout, .diskFull, .constraint: true
        case .connectionLost, .unavailable, .refusedForNow, .other: false
        }
    }

    /// Whether the transaction it happened in must not be committed: the server has rolled it
    /// back, or all of it has to be.
    fileprivate var endsTransaction: Bool {
        switch kind {
        case .duplicateKey, .constraint: false
        case .deadlock, .recordChanged, .lockTimeout, .diskFull, .connectionLost, .unavailable,
            .refusedForNow, .other:
            true
        }
    }

    /// How often a transaction that meets this is tried within the milliseconds that its caller
    /// waits.
    fileprivate var usefulTryCount: Int {
        switch kind {
        case .deadlock, .recordChanged, .lockTimeout, .connectionLost: Connection.largestTryCount
        // The server may be just starting, but it will not change its mind about a password.
        case .unavailable:
            [1044, 1045, 1049, 1130, 1698].contains(code) ? 1 : Connection.largestTryCount
        // A session that leads to the new writer, or has no statements, is worth a try; a server
        // that stays as it is needs longer than anybody waits here.
        case .refusedForNow: 3
        case .duplicateKey, .diskFull, .constraint, .other: 1
        }
    }

    /// This error where nothing may be written: a write that is refused (1792) does not pass.
    fileprivate var inSnapshot: DatabaseError {
        guard code == 1792 else { return self }
        return DatabaseError(
            kind: .other, code: code, sqlState: sqlState, message: message, statement: statement)
    }
}
