import Domain
import FoundationEssentials
import Logging
import MariaDB
package import Store
package import Stripe
import Texts

/// What became of evidence is not known yet: the same press again finds out, and submits it once.
package struct UnfinishedEvidence: Error, Equatable {
    package init() {}
}

extension Billing {
    /// Submits what is recorded against a dispute: once, however often and by however many this is
    /// called, with `paper` beside it.
    ///
    /// Throws ``NotFound``; ``Conflict`` when it was submitted, when the dispute is over or its time
    /// is, and when Stripe refuses it; and ``UnfinishedEvidence`` when Stripe gives no answer: then
    /// the same is to be called again, with any key.
    package func submitEvidence(
        against dispute: String, by actor: Operator, paper: (DisputeEvidence) throws -> [UInt8]
    ) throws {
        guard let facts = try database.disputeCase(dispute) else { throw NotFound() }
        let id = EvidenceID.new()
        let begun = try database.beginEvidence(
            id, fields: DisputeEvidence(facts, reference: id).pairs, against: dispute, by: actor)
        guard begun.isUnderWay else { return }
        do {
            try send(begun, against: dispute, by: actor, paper: paper)
        } catch let error as StripeError {
            if case .refused(let failure) = error {
                try database.fail(
                    begun.id, against: dispute, problem: failure.message, by: actor)
                throw Conflict(.stripeRefuses, ["problem": .text(failure.message)])
            }
            log.error(
                "evidence is not submitted yet",
                metadata: ["dispute": "\(dispute)", "error": "\(error)"])
            throw UnfinishedEvidence()
        }
    }

    private func send(
        _ begun: EvidenceRecord, against dispute: String, by actor: Operator,
        paper: (DisputeEvidence) throws -> [UInt8]
    ) throws {
        let before = try stripe.dispute(id: dispute)
        if before.submission.count > 0, before.evidenceText?.contains("\(begun.id)") == true {
            // It arrived; its answer did not.
            return try finish(begun, from: before, to: before, by: actor)
        }
        if let reason = before.reasonAgainstEvidence {
            try database.fail(
                begun.id, against: dispute, problem: reason.phrase.text(), by: actor)
            throw reason
        }
        let texts = DisputeEvidence(pairs: begun.fields)
        let file = try begun.fileID ?? upload(paper(texts), of: begun.id)
        let after = try stripe.submit(
            texts.with(file: file), against: dispute, idempotencyKey: "evidence:\(begun.id)")
        try finish(begun, from: before, to: after, by: actor)
    }

    private func upload(_ paper: [UInt8], of evidence: EvidenceID) throws -> String {
        // A page of paper tells when it was made, so that no two are the same call.
        let file = try stripe.upload(
            evidence: paper, named: "evidence.pdf",
            idempotencyKey: "evidence-file:\(EvidenceID.new())")
        return try database.setFile(file, of: evidence)
    }

    private func finish(
        _ begun: EvidenceRecord, from before: StripeDispute, to after: StripeDispute,
        by actor: Operator
    ) throws {
        try database.finish(
            begun, against: after.id, from: before.status.text, to: after.status.text,
            submissions: max(after.submission.count, 1), by: actor)
        log.notice("evidence submitted", metadata: ["dispute": "\(after.id)"])
    }
}

extension StripeDispute {
    /// Why no evidence can be submitted against it any more.
    fileprivate var reasonAgainstEvidence: Conflict? {
        if status.isClosed { return Conflict(.disputeOver) }
        if submission.count > 0 { return Conflict(.evidenceSentElsewhere) }
        if let due = submission.dueAt, due <= Date() { return Conflict(.evidenceLate) }
        return nil
    }
}

extension DisputeEvidence {
    package init(pairs: [(name: String, value: String)]) {
        let known = pairs.compactMap { name, value in Field(rawValue: name).map { ($0, value) } }
        self.init(Dictionary(known) { first, _ in first })
    }

    package var pairs: [(name: String, value: String)] {
        values.map { ($0.field.rawValue, $0.value) }
    }
}
