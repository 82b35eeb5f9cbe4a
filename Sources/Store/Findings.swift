package import Domain
package import FoundationEssentials
package import Ledger
package import MariaDB
import Texts

package enum FindingKind {}
package typealias FindingID = ID<FindingKind>

/// What the auditor found and nobody has closed.
package struct OpenFinding: Sendable {
    package let id: FindingID
    package let violation: Violation
    package let foundAt: Date
}

/// What one look at the books has come to.
package struct AuditVerdict: Sendable {
    /// The instant that was seen.
    package let lookedAt: Date
    package let violations: [Violation]
    /// The nodes that could not be asked: of their findings nothing is known.
    package let unreadNodes: [(node: String, problem: String)]
    /// The findings that were judged anew: those that were open when the look began; nil: all.
    package let judged: Set<FindingID>?

    package init(
        lookedAt: Date, violations: [Violation],
        unreadNodes: [(node: String, problem: String)] = [], judged: Set<FindingID>? = nil
    ) {
        self.lookedAt = lookedAt
        self.violations = violations
        self.unreadNodes = unreadNodes
        self.judged = judged
    }

    /// Those that are about money, not about time.
    package var isClean: Bool { violations.allSatisfy { $0.scope == .lateness } }
    package var isLate: Bool { violations.contains { $0.scope == .lateness } }
}

extension Connection {
    /// Writes down what a look has found (A3): new findings, those that are still there, and those
    /// that are gone; and gives the turn back. Throws ``LeaseLost`` and changes nothing when another
    /// process has it: what this one saw is old.
    ///
    /// One that a person has closed stays closed while it is as it was.
    package func record(
        _ verdict: AuditVerdict, of turn: Turn, nextAfter span: Duration
    ) throws {
        try transaction {
            try finish(turn, asOf: verdict.lookedAt, nextAfter: span)
            try record(verdict)
        }
    }

    /// The same without a turn.
    func record(_ verdict: AuditVerdict) throws {
        for violation in verdict.violations { try record(violation) }
        let found = Set(verdict.violations.map(\.name))
        // Of a rule with more findings than a look names, what is not named may still be there.
        let cut = Set(verdict.violations.filter(\.isCut).map(\.rule))
        for open in try openFindings() {
            let violation = open.violation
            let isUnknown = verdict.unreadNodes.contains { node, _ in
                violation.subject.hasPrefix(Violation.prefix(node: node))
            }
            guard !found.contains(violation.name), !cut.contains(violation.rule), !isUnknown,
                !violation.isOfChain, verdict.judged?.contains(open.id) != false
            else { continue }
            try execute(
                "UPDATE findings SET gone_at = UTC_TIMESTAMP(6) WHERE id = \(open.id) AND is_open")
        }
    }

    /// Writes down one finding, new or still there.
    func record(_ violation: Violation) throws {
        let subject = violation.subject.cut(to: 255)
        let detail = violation.description.cut(to: 500)
        let last = try first(
            """
            SELECT id, gone_at, closed_at, detail
            FROM findings
            WHERE rule = \(violation.rule) AND subject = \(subject)
            ORDER BY id DESC
            LIMIT 1
            FOR UPDATE
            """
        ) { row in
            (
                id: try row("id") as FindingID, isGone: try (row("gone_at") as Date?) != nil,
                isClosed: try (row("closed_at") as Date?) != nil,
                isSame: try (row("detail") as String) == detail
            )
        }
        if let last, !last.isGone, !last.isClosed || last.isSame {
            try execute(
                """
                UPDATE findings
                SET seen_at = UTC_TIMESTAMP(6), detail = \(detail)
                WHERE id = \(last.id)
                """)
            return
        }
        try execute(
            """
            INSERT INTO findings (id, rule, subject, scope, account_id, detail, found_at, seen_at)
            VALUES (\(FindingID.new()), \(violation.rule), \(subject), \(violation.scope),
                \(violation.accountID), \(detail), UTC_TIMESTAMP(6), UTC_TIMESTAMP(6))
            """)
    }

    /// What is neither gone nor closed, oldest first.
    package func openFindings() throws -> [OpenFinding] {
        try query(
            """
            SELECT id, rule, subject, scope, account_id, detail, found_at
            FROM findings
            WHERE is_open
            ORDER BY found_at, id
            LIMIT 10000
            """
        ) { row in
            try OpenFinding(
                id: row("id"),
                violation: Violation(
                    rule: row("rule"), scope: row("scope"), subject: row("subject"),
                    accountID: row("account_id"), description: row("detail")),
                foundAt: row("found_at"))
        }
    }

    /// Closes a finding by a person's word: it stops nothing more while it stays as it is. Throws
    /// ``NotFound``, and ``Conflict`` when it is closed or gone already.
    package func close(_ id: FindingID, by actor: Operator) throws {
        try transaction {
            if try close(id, of: .findings, by: actor) { try hurry(AuditStanding.schedule) }
        }
    }

    /// Throws ``AccountHeld`` while something is wrong with the books of this account, and
    /// ``IntakeStopped`` while something is wrong with the whole (A3).
    func checkFindings(about account: AccountID) throws {
        let found = try first(
            """
            SELECT EXISTS (SELECT 1 FROM findings WHERE is_open AND scope = 'whole') AS is_stopped,
                EXISTS (
                    SELECT 1
                    FROM findings
                    WHERE is_open AND scope = 'account' AND account_id = \(account)) AS is_held
            """
        ) { row in (isStopped: try row("is_stopped") as Bool, isHeld: try row("is_held") as Bool) }
        if found?.isStopped == true { throw IntakeStopped.booksAreWrong }
        if found?.isHeld == true { throw AccountHeld() }
    }
}

extension IntakeStopped {
    static let booksAreWrong = IntakeStopped(.booksChecked)
}
