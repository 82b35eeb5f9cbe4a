import Domain
import FoundationEssentials
import Ledger
import Logging
import MariaDB
import Store
import Synchronization
import System

/// Where a look at the books is taken, and since when; the connections are patient.
private struct LookPlan: Sendable {
    let database: DatabaseConfiguration
    let nodes: [DatabaseConfiguration]
    /// The instant that the last look has seen; nil before the first, which looks at everything.
    let since: Date?
}

/// A look at the books on a thread and with connections of its own, so that whoever started it can
/// renew its turn meanwhile, and break it off.
private final class Look: Sendable {
    private let end = Mutex<Result<AuditVerdict, any Error>?>(nil)
    /// The session that looks; 0 before it does.
    private let session = Atomic(0)

    var outcome: Result<AuditVerdict, any Error>? { end.withLock { $0 } }

    var sessionNumber: Int? {
        let number = session.load(ordering: .relaxed)
        return number == 0 ? nil : number
    }

    func start(_ plan: LookPlan) throws -> WorkerThread {
        try WorkerThread.start(name: "audit") {
            let result = Result { try self.look(plan) }
            self.end.withLock { $0 = result }
        }
    }

    private func look(_ plan: LookPlan) throws -> AuditVerdict {
        let database = Connection(plan.database)
        let (lookedAt, open, found) = try database.snapshot {
            session.store(try database.sessionNumber(), ordering: .relaxed)
            let lookedAt = try database.databaseTime()
            let open = try database.openFindings()
            let found = try database.lookAtBooks(
                since: plan.since, known: open.ownViolations, isScheduled: true)
            return (lookedAt, open, found)
        }
        let known = open.map(\.violation)
        var violations = found
        var unread: [(node: String, problem: String)] = []
        for node in plan.nodes {
            do {
                violations += try database.compare(
                    with: Connection(node), since: plan.since, known: known, isScheduled: true)
            } catch {
                unread.append(("\(node)", "\(error)"))
            }
        }
        return AuditVerdict(
            lookedAt: lookedAt, violations: violations, unreadNodes: unread,
            judged: Set(open.map(\.id)))
    }
}

extension Worker {
    /// How long a turn lasts that nobody renews: so long an audit waits whose process is gone.
    static let auditLease = Duration.seconds(30)
    static let auditInterval = Duration.seconds(300)
    /// How soon the books are looked at again that are wrong, or that could not be looked at.
    static let auditSoon = Duration.seconds(20)
    private static let renewal = Duration.seconds(5)
    /// How long one look may last. One that takes longer than the verdict may be old is red anyway;
    /// what it finds is worth waiting for.
    private static let longest = Duration.seconds(3600)

    /// Looks at the books (A1, A2), and writes down what it found together with the end of its
    /// turn (A3).
    func audit(_ budget: Budget, _ turn: Turn) throws -> TurnEnd {
        // Who had the turn before is gone, or paused; its statement may still run at the server.
        let abandoned = try database.endAudits()
        if abandoned > 0 {
            log.warning("ended abandoned looks at the books", metadata: ["count": "\(abandoned)"])
        }
        // What came due while no worker ran is not wrong; the other lane may not be there yet.
        try endOverdueJobs(budget)
        try database.renew(turn, lasting: Self.auditLease)
        let begin = ContinuousClock.now
        guard let verdict = try look(turn, until: begin + Self.longest) else { return .brokenOff }
        try record(verdict, of: turn, took: begin.duration(to: .now))
        return .givenBack
    }

    /// Takes the look and renews the turn meanwhile. Nil when it was broken off because the process
    /// is to end.
    private func look(
        _ turn: Turn, until end: ContinuousClock.Instant
    ) throws -> AuditVerdict? {
        let look = Look()
        let thread = try look.start(
            LookPlan(
                database: database.configuration.patient(Self.longest),
                nodes: nodes.map { $0.configuration.patient(Self.longest) },
                since: turn.doneAt))
        defer { thread.join() }
        var renewAt = ContinuousClock.now + Self.renewal
        var pause = Duration.milliseconds(2)
        while true {
            if let outcome = look.outcome { return try outcome.get() }
            CurrentThread.sleep(for: pause)
            pause = min(pause * 2, .milliseconds(250))
            do {
                if ContinuousClock.now > renewAt {
                    try database.renew(turn, lasting: Self.auditLease)
                    renewAt = .now + Self.renewal
                }
                guard ContinuousClock.now < end else { throw LookTooLong() }
                if isStopping() {
                    breakOff(look)
                    return nil
                }
            } catch let error as DatabaseError where error.isPassing {
                // The look meets it too, and says so.
                troubles.failed(error, doing: "renewing the audit's turn", log)
                renewAt = .now + .seconds(1)
            } catch {
                breakOff(look)
                throw error
            }
        }
    }

    /// Ends the look's statements at the server until it has ended.
    private func breakOff(_ look: Look) {
        while look.outcome == nil {
            do {
                if let session = look.sessionNumber { try database.endAudits(of: session) }
            } catch {
                troubles.failed(error, doing: "breaking off a look at the books", log)
            }
            CurrentThread.sleep(for: .milliseconds(50))
        }
    }

    private func record(_ verdict: AuditVerdict, of turn: Turn, took: Duration) throws {
        for violation in verdict.violations {
            log.critical(
                "the books are wrong",
                metadata: ["rule": "\(violation.rule)", "finding": "\(violation)"])
        }
        try database.record(
            verdict, of: turn,
            // Whoever waits for its end waits for the next look; but the server has others to serve.
            nextAfter: verdict.violations.isEmpty ? Self.auditInterval : max(Self.auditSoon, took))
        let open = try database.openFindings().map(\.violation)
        let wrong = open.filter { $0.scope != .lateness }
        let late = open.count - wrong.count
        report("ledger", wrong.isEmpty, wrong.isEmpty ? "clean" : "\(wrong.count) violations")
        report("deadlines", late == 0, late == 0 ? "kept" : "\(late) jobs are late")
        let unread = verdict.unreadNodes.map { "\($0.node): \($0.problem)" }
        report(
            "nodes", unread.isEmpty,
            unread.isEmpty ? "\(nodes.count) compared" : unread.joined(separator: "; "))
    }
}

/// A look at the books was broken off.
private struct LookTooLong: Error, CustomStringConvertible {
    var description: String { "the look at the books did not end within an hour" }
}
