import API
import Billing
import Domain
import Entrance
import HTTP
import HTTPTypes
import JSON
import Logging
import Media
import Store
import Stripe
import Texts
import Web

/// A disputed payment, what is recorded against it, and the press that submits that.
enum Disputes {
    static let routes: [Route] = .part(
        "Administration",
        [
            Route(
                .get, "/api/admin/disputes/:id", "showDispute", by: .operator(.readPurchases),
                with: [id], answers: [.ok(DisputeAnswer.self, "As it stands.")],
                "A disputed payment, and what a bank can be told of it", show),
            Route(
                .get, "/api/admin/disputes/:id/evidence.pdf", "downloadEvidence",
                by: .operator(.readPurchases), with: [id],
                answers: [.file("application/pdf", "What is, or was, submitted.")],
                "The evidence on paper", pdf),
            Route(
                .post, "/api/admin/disputes/:id/evidence", "submitEvidence",
                by: .operator(.refund), with: [id, .neededCommandKey],
                takes: Body("EvidenceOrder", Inputs.reason("the videos were downloaded")),
                answers: [
                    .ok(DisputeAnswer.self, "Stripe has it."),
                    .accepted(
                        DisputeAnswer.self,
                        "Stripe has not answered: the same again finds out, and submits it once."),
                ], refuses: [.conflict, .stripeBusy], "Submits the evidence, which is final",
                submit),
        ])

    private static let id = Parameter.path("disputeId", "id", "Stripe's, such as du_1.")

    private static func show(_ context: Context, _ caller: Caller) throws -> Response {
        try .json(answer(context))
    }

    private static func answer(_ context: Context) throws -> DisputeAnswer {
        guard let known = try context.database.disputeCase(context.argument()) else {
            throw NotFound()
        }
        return DisputeAnswer(known)
    }

    private static func pdf(_ context: Context, _ caller: Caller) throws -> Response {
        let answer = try answer(context)
        let pdf = try paper(answer.evidence, context)
        return Response(
            status: .ok, contentType: "application/pdf",
            fields: [
                .cacheControl: "no-store",
                .contentDisposition: "inline; filename=\"evidence.pdf\"",
            ], body: pdf)
    }

    private static func paper(_ evidence: DisputeEvidence, _ context: Context) throws -> [UInt8] {
        let id = try context.argument()
        return try context.threads.pass(.typesetter) {
            try Typesetter.pdf(pages: EvidencePaper(dispute: id, evidence: evidence).pages)
        }
    }

    private static func submit(_ context: Context, _ caller: Caller) throws -> Response {
        let actor = try Operator(context, caller)
        let log = context.log
        do {
            try context.withBilling(log) { billing in
                try billing.submitEvidence(against: context.argument(), by: actor) { evidence in
                    try paper(evidence, context)
                }
            }
            return try .json(answer(context))
        } catch is UnfinishedEvidence {
            return try .json(.accepted, answer(context))
        }
    }
}
