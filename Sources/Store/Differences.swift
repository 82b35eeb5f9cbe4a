package import Domain
package import FoundationEssentials
package import JSON
package import MariaDB

package enum DifferenceKind: String, CaseIterable, Sendable, SQLConvertible {
    /// The ledger contradicts itself.
    case ledger
    /// Stripe has a payment that was not credited, or the other way round.
    case payment
    case refund
    case dispute
    /// A task ended otherwise at the vendor, or cost something else.
    case task
    /// The vendor's balance fell by more than our tasks cost.
    case balance
}

/// A place where our books and a vendor's disagree, as a comparison finds it.
package struct Difference: Hashable, Sendable {
    package let kind: DifferenceKind
    /// The object that it is about: with the kind, what the next comparison knows it by.
    package let subject: String
    package let jobID: VideoID?
    package let purchaseID: PurchaseID?
    package let amount: Money?
    package let detail: String

    /// - Parameter subject: the job or the purchase when it is left out.
    package init(
        _ kind: DifferenceKind, subject: String? = nil, job: VideoID? = nil,
        purchase: PurchaseID? = nil, amount: Money? = nil, _ detail: String
    ) {
        self.kind = kind
        self.subject = subject ?? job?.description ?? purchase?.description ?? ""
        jobID = job
        purchaseID = purchase
        self.amount = amount
        self.detail = detail
    }
}

extension Difference {
    /// The vendor made, and billed, a video that was refunded.
    package static func loss(of job: VideoID, _ amount: Money?) -> Difference {
        Difference(.task, job: job, amount: amount, "refunded, but made and billed by the vendor")
    }

    /// A video was refunded whose task is known, and the vendor does not tell whether it was made:
    /// the amount is what it would cost.
    package static func presumedLoss(of job: VideoID, _ amount: Money?) -> Difference {
        Difference(
            .task, job: job, amount: amount,
            "refunded, and the vendor does not tell whether it made it")
    }
}

package enum OpenDifferenceKind {}
package typealias DifferenceID = ID<OpenDifferenceKind>

/// A difference that is neither gone nor closed.
package struct OpenDifference: Sendable {
    package let id: DifferenceID
    package let difference: Difference
    package let foundAt: Date
}

/// A part of a comparison.
package enum ReconciliationPart: String, CaseIterable, Sendable, SQLConvertible {
    case ledger, stripe, tasks, balance
}

/// A part that could not be read: what it would show is unknown.
package struct UnreadPart: Hashable, Sendable {
    package let part: ReconciliationPart
    /// When it was last read; nil when it never was.
    package let since: Date?
    package let problem: String
}

extension Connection {
    /// Writes down what a comparison has found (R1): new differences, those that are still there,
    /// and those that are gone.
    ///
    /// One that a person has closed stays closed while it is as it was.
    ///
    /// - Parameter examined: for each kind, the subjects that were looked at. What is open there
    ///   and was not found is gone; of others nothing is known.
    package func record(
        _ found: [Difference], examined: [DifferenceKind: Set<String>]
    ) throws {
        for difference in found {
            do {
                try record(difference)
            } catch let error as DatabaseError
                where error.kind == .duplicateKey(constraint: "differences_open_once")
            {
                // Another comparison has just found it too.
                try record(difference)
            }
        }
        let names = Set(found.map { Identity($0) })
        for open in try openDifferences() {
            let difference = open.difference
            guard examined[difference.kind]?.contains(difference.subject) == true,
                !names.contains(Identity(difference))
            else { continue }
            try execute(
                """
                UPDATE differences
                SET gone_at = UTC_TIMESTAMP(6)
                WHERE id = \(open.id) AND is_open
                """)
        }
    }

    private struct Identity: Hashable {
        let kind: DifferenceKind
        let subject: String

        init(_ difference: Difference) {
            kind = difference.kind
            subject = difference.subject
        }
    }

    /// Writes one down; to be called in the transaction that finds it, where it is found once.
    func record(_ difference: Difference) throws {
        let detail = difference.detail.cut(to: 500)
        let subject = difference.subject.cut(to: 255)
        try transaction {
            let last = try first(
                """
                SELECT id, gone_at, closed_at, amount_micros, detail
                FROM differences
                WHERE kind = \(difference.kind) AND subject = \(subject)
                ORDER BY id DESC
                LIMIT 1
                FOR UPDATE
                """
            ) { row in
                (
                    id: try row("id") as DifferenceID,
                    isGone: try (row("gone_at") as Date?) != nil,
                    isClosed: try (row("closed_at") as Date?) != nil,
                    isSame: try (row("amount_micros") as Money?) == difference.amount
                        && (row("detail") as String) == detail
                )
            }
            if let last, !last.isGone, !last.isClosed || last.isSame {
                try execute(
                    """
                    UPDATE differences
                    SET seen_at = UTC_TIMESTAMP(6), amount_micros = \(difference.amount),
                        detail = \(detail)
                    WHERE id = \(last.id)
                    """)
                return
            }
            try execute(
                """
                INSERT INTO differences
                    (id, kind, subject, job_id, purchase_id, amount_micros, detail, found_at,
                     seen_at)
                VALUES (\(DifferenceID.new()), \(difference.kind), \(subject),
                    \(difference.jobID), \(difference.purchaseID), \(difference.amount),
                    \(detail), UTC_TIMESTAMP(6), UTC_TIMESTAMP(6))
                """)
        }
    }

    /// What nobody has closed and is not gone, oldest first; at most 10,000.
    package func openDifferences() throws -> [OpenDifference] {
        try query(
            """
            SELECT id, kind, subject, job_id, purchase_id, amount_micros, detail, found_at
            FROM differences
            WHERE is_open
            ORDER BY found_at, id
            LIMIT 10000
            """
        ) { row in
            try OpenDifference(
                id: row("id"),
                difference: Difference(
                    row("kind"), subject: row("subject"), job: row("job_id"),
                    purchase: row("purchase_id"), amount: row("amount_micros"), row("detail")),
                foundAt: row("found_at"))
        }
    }

    /// Closes a difference by a person's word. Throws ``NotFound``, and ``Conflict`` when it is
    /// closed or gone already.
    package func close(_ id: DifferenceID, by actor: Operator) throws {
        try transaction { _ = try close(id, of: .differences, by: actor) }
    }

    // MARK: Parts

    /// Notes that a part of a comparison was read, or why it was not: after the work (R3).
    package func note(_ part: ReconciliationPart, problem: String?) throws {
        let text = problem?.cut(to: 500)
        try execute(
            """
            INSERT INTO reconciliation_parts (part, tried_at, read_at, problem)
            VALUES (\(part), UTC_TIMESTAMP(6), IF(\(text) IS NULL, UTC_TIMESTAMP(6), NULL), \(text))
            ON DUPLICATE KEY UPDATE tried_at = VALUES(tried_at), problem = VALUES(problem),
                read_at = COALESCE(VALUES(read_at), read_at)
            """)
    }

    /// Notes that a part was not read to its end yet. That alone is no problem: the next run goes
    /// on, and what was known before stands for a day. A part that was never read is unknown.
    package func noteUnfinished(_ part: ReconciliationPart) throws {
        try execute(
            """
            INSERT INTO reconciliation_parts (part, tried_at, problem)
            VALUES (\(part), UTC_TIMESTAMP(6), 'not read to its end yet')
            ON DUPLICATE KEY UPDATE tried_at = VALUES(tried_at)
            """)
    }

    /// The parts that the last try could not read, or that nobody has read to its end for a day.
    package func unreadParts() throws -> [UnreadPart] {
        try query(
            """
            SELECT part, read_at, COALESCE(problem, 'not read to its end for a day') AS problem
            FROM reconciliation_parts
            WHERE problem IS NOT NULL OR read_at < UTC_TIMESTAMP(6) - INTERVAL 1 DAY
            ORDER BY part
            """
        ) { row in
            try UnreadPart(part: row("part"), since: row("read_at"), problem: row("problem"))
        }
    }
}

extension ReconciliationPart: JSONWord {}

extension UnreadPart: JSONObject {
    package static func list<List: FieldList>(_ fields: inout List)
    where List.Source == UnreadPart {
        fields.field("part") { $0.part }
        fields.field("since", "When it was read last; null: never.") { $0.since }
        fields.field("problem") { $0.problem }
    }
}
