package import Domain
import JSON
package import MariaDB
import Texts

extension Connection {
    package func evidence(against dispute: String) throws -> EvidenceRecord? {
        try first(
            """
            SELECT dispute_evidence.id, fields, file_id, begun_at, sent_at, problem,
                users.email AS sent_by
            FROM dispute_evidence
            LEFT JOIN users ON users.id = sent_by
            WHERE dispute_id = \(dispute)
            """
        ) { row in
            let pairs = try JSONValue(parsing: Array((row("fields") as String).utf8)).array ?? []
            return try EvidenceRecord(
                id: row("id"),
                fields: pairs.compactMap { pair in
                    guard let name = pair["name"]?.string, let value = pair["value"]?.string
                    else { return nil }
                    return (name, value)
                },
                fileID: row("file_id"), begunAt: row("begun_at"), sentAt: row("sent_at"),
                sentBy: row("sent_by"), problem: row("problem"))
        }
    }

    /// Writes evidence down before Stripe is asked. What is under way already is what goes on,
    /// whoever asks; what was refused is replaced. Throws ``Conflict`` when it was sent, unless by
    /// the same key.
    package func beginEvidence(
        _ id: ID<EvidenceKind>, fields: [(name: String, value: String)], against dispute: String,
        by actor: Operator
    ) throws -> EvidenceRecord {
        try transaction {
            let isKnown = try first("SELECT 1 FROM disputes WHERE id = \(dispute) FOR UPDATE") {
                _ in true
            }
            guard isKnown != nil else { throw NotFound() }
            let earlier = try claim(
                "dispute.evidence", dispute, arguments: "", result: dispute, by: actor)
            if let known = try evidence(against: dispute), known.problem == nil {
                guard known.isUnderWay || earlier != nil else { throw Conflict(.evidenceSent) }
                return known
            }
            try execute(
                """
                INSERT INTO dispute_evidence (dispute_id, id, fields, begun_by, begun_at)
                VALUES (\(dispute), \(id), \(Self.json(fields)), \(actor.userID),
                    UTC_TIMESTAMP(6))
                ON DUPLICATE KEY UPDATE id = VALUES(id), fields = VALUES(fields), file_id = NULL,
                    begun_by = VALUES(begun_by), begun_at = VALUES(begun_at), problem = NULL
                """)
            guard let begun = try evidence(against: dispute) else { throw NotFound() }
            return begun
        }
    }

    /// Notes the paper that Stripe has. Of two that press at once, one paper is the evidence's.
    package func setFile(_ file: String, of evidence: EvidenceID) throws -> String {
        try transaction {
            try execute(
                """
                UPDATE dispute_evidence
                SET file_id = \(file)
                WHERE id = \(evidence) AND file_id IS NULL
                """)
            let kept = try first("SELECT file_id FROM dispute_evidence WHERE id = \(evidence)") {
                row in try row("file_id") as String
            }
            return kept ?? file
        }
    }

    /// Notes that Stripe has it, once, with a line in the log of how things stood before and after.
    package func finish(
        _ evidence: EvidenceRecord, against dispute: String, from before: String,
        to after: String, submissions: Int, by actor: Operator
    ) throws {
        try transaction {
            let isFirst = try execute(
                """
                UPDATE dispute_evidence
                SET sent_at = UTC_TIMESTAMP(6), sent_by = \(actor.userID)
                WHERE id = \(evidence.id) AND sent_at IS NULL AND problem IS NULL
                """)
            guard isFirst == 1 else { return }
            try execute(
                "UPDATE disputes SET submissions = \(submissions) WHERE id = \(dispute)")
            try log(
                "dispute.evidence", dispute,
                detail: """
                    before: \(before); after: \(after), \(evidence.fields.count) texts and a paper
                    """, by: actor)
        }
    }

    /// Notes that Stripe does not take it; other evidence may follow.
    package func fail(
        _ evidence: EvidenceID, against dispute: String, problem: String, by actor: Operator
    ) throws {
        try transaction {
            try execute(
                """
                UPDATE dispute_evidence
                SET problem = \(problem.cut(to: 500))
                WHERE id = \(evidence) AND sent_at IS NULL
                """)
            try log("dispute.evidence.refused", dispute, detail: problem, by: actor)
        }
    }

    private static func json(_ fields: [(name: String, value: String)]) -> String {
        var json = JSONWriter()
        json.beginArray()
        for (name, value) in fields {
            json.beginObject()
            json.member("name", name)
            json.member("value", value)
            json.endObject()
        }
        json.endArray()
        return String(decoding: json.bytes, as: UTF8.self)
    }
}
