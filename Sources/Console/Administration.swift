import API
import Billing
import Domain
import HTTP
import HTTPTypes
import JSON
import Ledger
import Logging
import Pollo
import Store
import Texts
import Web

extension Body {
    static func closure(_ example: String) -> Body { Body("Closure", Inputs.reason(example)) }
}

/// What the operator sees and does. Every act needs a `reason` and leaves a line in the log; the
/// same again under the same `Idempotency-Key` does nothing more.
enum Administration {
    static let routes: [Route] = .part(
        "Administration",
        [
            Route(
                .get, "/api/admin/attention", "listAttention", by: .operator(.look),
                answers: [.ok(List<AttentionItem>.self, "At most 500 items.")],
                "What needs a person, oldest first", attention),
            Route(
                .get, "/api/admin/reconciliation", "showReconciliation", by: .operator(.readMoney),
                answers: [
                    .ok(
                        ReconciliationAnswer.self, "Without items and unknown parts, all agrees.")
                ], "What the last comparison with the vendors found", reconciliation),
            Route(
                .post, "/api/admin/differences/:id/closure", "closeDifference",
                by: .operator(.repairBooks), with: [.commandKey],
                takes: .closure("credited by hand"),
                answers: [.nothing("It is shown no more while it stays as it is.")],
                refuses: [.conflict], "Closes a difference that is dealt with", close),
            Route(
                .post, "/api/admin/purchases/:id/refund", "refundPurchase",
                by: .operator(.refund), with: [.commandKey],
                takes: Body("RefundOrder", Inputs.reason("asked by mail"), Inputs.refund),
                answers: [
                    .ok(Purchase.self, "Refunded."),
                    .accepted(
                        Purchase.self,
                        "Stripe has not answered: the refund is being finished."),
                ], refuses: [.conflict, .stripeBusy], "Sends money back, and takes its credit",
                refund),
            Route(
                .post, "/api/admin/videos/:id/resolution", "resolveVideo",
                by: .operator(.endVideos), with: [.commandKey],
                takes: Body("Resolution", Inputs.reason("asked the vendor"), Inputs.taskID),
                answers: [.nothing("It goes on, or its price is returned.")],
                refuses: [.conflict], "Says whether the vendor has made an uncertain video",
                resolve),
            Route(
                .post, "/api/admin/videos/:id/closure", "endVideo", by: .operator(.endVideos),
                with: [.commandKey], takes: .closure("it never ends"),
                answers: [.nothing("Its price is returned.")], refuses: [.conflict],
                "Ends a video in whatever state it is", endVideo),
        ])

    private static func attention(_ context: Context, _ caller: Caller) throws -> Response {
        try .json(List(context.database.attention()))
    }

    /// 404 before the first.
    private static func reconciliation(_ context: Context, _ caller: Caller) throws -> Response {
        guard let last = try context.database.lastReconciliation() else { throw NotFound() }
        return try .json(
            ReconciliationAnswer(
                startedAt: last.startedAt, finishedAt: last.finishedAt,
                items: StoredDifferences(json: last.report),
                unknown: context.database.unreadParts()))
    }

    /// 409 when it is closed already, or gone by itself.
    private static func close(_ context: Context, _ caller: Caller) throws -> Response {
        let actor = try actor(context, caller)
        try context.database.close(context.id() as DifferenceID, by: actor)
        return .nothing
    }

    /// Who asks, with the reason of the body and the key of the header.
    private static func actor(_ context: Context, _ caller: Caller) throws -> Operator {
        var body = context.body.reader
        return try Operator(
            caller, reason: body.read(Inputs.anyReason),
            key: context.request.clientKey(body: [], of: caller)?.key,
            refundLimit: caller.permissions.contains(.moveMoney)
                ? nil : context.settings.supportRefundLimit)
    }

    /// Sends money back, and takes the credit with it: `amount`, or all that is not spent.
    ///
    /// 202 when Stripe does not answer: then the refund is being finished by `work`, and is not to
    /// be repeated; 409 when it is more than is left or Stripe refuses it.
    private static func refund(_ context: Context, _ caller: Caller) throws -> Response {
        let actor = try actor(context, caller)
        var body = context.body.reader
        let amount = body.read(Inputs.refund)
        try body.finish()
        let log = context.log
        guard let known = try context.database.purchase(context.id()) else { throw NotFound() }
        do {
            let purchase = try context.withBilling(log) { billing in
                try billing.refund(context.id(), amount: amount, by: actor)
            }
            return .json(purchase)
        } catch is UnfinishedRefund {
            return .json(.accepted, known)
        }
    }

    /// Ends the uncertainty about a submission: with `taskId` it goes on, without the hold goes
    /// back. 409 when the video is not uncertain.
    private static func resolve(_ context: Context, _ caller: Caller) throws -> Response {
        let actor = try actor(context, caller)
        var body = context.body.reader
        let task = body.read(Inputs.taskID)
        if let task, !PolloTask.isID(task) {
            body.refuse("taskId", .taskMalformed)
        }
        try body.finish()
        try context.database.resolve(
            context.id(), task: task, renderDeadline: context.settings.deadlines.render,
            policy: context.settings.creditPolicy, by: actor)
        return .nothing
    }

    /// Ends a video in whatever state it is, and gives the credit back (J13). What the vendor makes
    /// of it all the same is a loss. 409 when it has ended.
    private static func endVideo(_ context: Context, _ caller: Caller) throws -> Response {
        let actor = try actor(context, caller)
        try context.database.endVideo(
            context.id(), policy: context.settings.creditPolicy, by: actor)
        return .nothing
    }
}
