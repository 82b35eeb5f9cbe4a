import Domain
package import FoundationEssentials
package import MariaDB

/// The right to do alone, of all `work` processes, what a schedule names, until it is given back or
/// its lease runs out.
package struct Turn: Sendable {
    package let schedule: String
    /// When it began, by the database's clock.
    package let begunAt: Date
    /// The instant that the last one that ended has seen; nil before the first.
    package let doneAt: Date?
    let token: ID<Turn>
}

/// What became of a turn that met no error.
package enum TurnEnd: Sendable {
    /// All was done as of its beginning.
    case done
    /// A part was done: the next one goes on, when it is time again.
    case unfinished
    /// The process is to end: somebody else begins anew at once.
    case brokenOff
    /// It was given back together with what it wrote down.
    case givenBack
}

/// How the looks at the books stand (A2).
package struct AuditStanding: Sendable {
    /// What the looks are called in `schedules`.
    package static let schedule = "audit"
    /// The instant that the last look that ended has seen; nil before the first.
    package let lookedAt: Date?
    /// Whether that is longer ago than ``overdue``; of a shop whose first look has not ended,
    /// whether that began so long ago.
    package let isOverdue: Bool
    /// Why the last look did not end.
    package let problem: String?

    /// How old a verdict may be.
    package static let overdue = Duration.seconds(900)

    /// Whether the last verdict may be relied on.
    package var isSound: Bool { problem == nil && !isOverdue }
}

extension Connection {
    /// Does `work` if it is due and no other process does it, and says when the next turn is: after
    /// `interval`, or after `retry` when it failed. Its error is thrown; a turn that is neither
    /// given back nor renewed is another's when its lease is over. Returns whether it was due.
    ///
    /// What has never been done is due.
    @discardableResult
    package func takeTurn(
        _ schedule: String, every interval: Duration, retryAfter retry: Duration? = nil,
        lasting lease: Duration, _ work: (Turn) throws -> TurnEnd
    ) throws -> Bool {
        guard let turn = try take(schedule, lasting: lease) else { return false }
        let end: TurnEnd
        do {
            end = try work(turn)
        } catch let error as LeaseLost {
            throw error
        } catch {
            // Without it the lease runs out; what went wrong first is what is told.
            _ = try? fail(turn, problem: "\(error)", nextAfter: retry ?? interval)
            throw error
        }
        switch end {
        case .done: try finish(turn, asOf: turn.begunAt, nextAfter: interval)
        case .unfinished: try fail(turn, problem: nil, nextAfter: interval)
        case .brokenOff: try fail(turn, problem: nil, nextAfter: .zero)
        case .givenBack: break
        }
        return true
    }

    /// Takes the turn if it is due and nobody has it, or nobody has it any more; nil otherwise.
    package func take(_ schedule: String, lasting: Duration) throws -> Turn? {
        let found = try first(
            """
            SELECT done_at, due_at <= UTC_TIMESTAMP(6)
                AND (lease_until IS NULL OR lease_until <= UTC_TIMESTAMP(6)) AS is_free
            FROM schedules
            WHERE name = \(schedule)
            """
        ) { row in (doneAt: try row("done_at") as Date?, isFree: try row("is_free") as Bool) }
        guard found?.isFree != false else { return nil }
        if found == nil {
            // Of many that come first at once one may be told of a deadlock.
            try transaction {
                _ = try execute(
                    """
                    INSERT INTO schedules (name, due_at) VALUES (\(schedule), UTC_TIMESTAMP(6))
                    ON DUPLICATE KEY UPDATE name = name
                    """)
            }
        }
        let turn = Turn(
            schedule: schedule, begunAt: try databaseTime(), doneAt: found?.doneAt, token: .new())
        let taken = try execute(
            """
            UPDATE schedules
            SET lease_token = \(turn.token),
                lease_until = UTC_TIMESTAMP(6) + INTERVAL \(lasting.microseconds) MICROSECOND,
                begun_at = COALESCE(begun_at, UTC_TIMESTAMP(6))
            WHERE name = \(schedule) AND due_at <= UTC_TIMESTAMP(6)
                AND (lease_until IS NULL OR lease_until <= UTC_TIMESTAMP(6))
            """)
        return taken == 1 ? turn : nil
    }

    /// Keeps the turn. Throws ``LeaseLost`` when another process has it.
    package func renew(_ turn: Turn, lasting: Duration) throws {
        let kept = try execute(
            """
            UPDATE schedules
            SET lease_until = UTC_TIMESTAMP(6) + INTERVAL \(lasting.microseconds) MICROSECOND
            WHERE name = \(turn.schedule) AND lease_token = \(turn.token)
            """)
        guard kept == 1 else { throw LeaseLost() }
    }

    /// Gives the turn back, done as of `instant`. Throws ``LeaseLost`` as ``renew(_:lasting:)``.
    func finish(_ turn: Turn, asOf instant: Date, nextAfter span: Duration) throws {
        let changed = try execute(
            """
            UPDATE schedules
            SET lease_token = NULL, lease_until = NULL, done_at = \(instant), failed_at = NULL,
                problem = NULL,
                due_at = UTC_TIMESTAMP(6) + INTERVAL \(span.microseconds) MICROSECOND
            WHERE name = \(turn.schedule) AND lease_token = \(turn.token)
            """)
        guard changed == 1 else { throw LeaseLost() }
    }

    /// Gives the turn back with why it came to no end; nil: it was only broken off.
    package func fail(_ turn: Turn, problem: String?, nextAfter span: Duration) throws {
        let text = problem?.cut(to: 500)
        let changed = try execute(
            """
            UPDATE schedules
            SET lease_token = NULL, lease_until = NULL,
                failed_at = IF(\(text) IS NULL, failed_at, UTC_TIMESTAMP(6)),
                problem = COALESCE(\(text), problem),
                due_at = UTC_TIMESTAMP(6) + INTERVAL \(span.microseconds) MICROSECOND
            WHERE name = \(turn.schedule) AND lease_token = \(turn.token)
            """)
        guard changed == 1 else { throw LeaseLost() }
    }

    /// Has it done as soon as somebody can.
    func hurry(_ schedule: String) throws {
        try execute(
            """
            UPDATE schedules
            SET due_at = LEAST(due_at, UTC_TIMESTAMP(6))
            WHERE name = \(schedule)
            """)
    }

    /// How the turns of `audit` went.
    package func auditStanding() throws -> AuditStanding {
        try first(
            """
            SELECT done_at, problem, COALESCE(COALESCE(done_at, begun_at) < UTC_TIMESTAMP(6)
                - INTERVAL \(AuditStanding.overdue.microseconds) MICROSECOND, FALSE) AS is_overdue
            FROM schedules
            WHERE name = \(AuditStanding.schedule)
            """
        ) { row in
            try AuditStanding(
                lookedAt: row("done_at"), isOverdue: row("is_overdue"), problem: row("problem"))
        } ?? AuditStanding(lookedAt: nil, isOverdue: false, problem: nil)
    }
}

// MARK: - Statements of looks

extension Connection {
    /// The number that the server has for this session.
    package func sessionNumber() throws -> Int {
        try first("SELECT CONNECTION_ID() AS number", { row in try row("number") }) ?? 0
    }

    /// Ends statements of scheduled looks at the server: a statement goes on there although its
    /// process is gone. Returns how many there were.
    ///
    /// - Parameter session: of that session alone; nil for every one of this account, by whoever
    ///   has the turn and has not begun.
    @discardableResult
    package func endAudits(of session: Int? = nil) throws -> Int {
        let running = try query(
            """
            SELECT id
            FROM information_schema.processlist
            WHERE info LIKE '/* rushes audit */%' AND db = DATABASE()
                AND id = COALESCE(\(session), id)
            """
        ) { row in try row("id") as Int }
        for number in running { try endStatement(of: number) }
        return running.count
    }

    private func endStatement(of session: Int) throws {
        do {
            try execute("KILL QUERY \(session)")
        } catch {
            // 1094: it has ended by itself.
            guard error.code == 1094 else { throw error }
        }
    }
}
