import API
import Domain
import Entrance
import HTTP
import HTTPTypes
import JSON
import Logging
import Pollo
import Store

/// The video vendor's callbacks.
enum PolloWebhook {
    static let routes: [Route] = .part(
        "Webhooks",
        [
            Route(
                .post, "/api/webhooks/pollo", "receivePolloCallback", by: .vendor(.pollo),
                takes: callback, answers: [.received], "A callback of the video vendor's",
                create),
            Route(
                .post, "/api/webhooks/pollo/:token", "receivePolloJobCallback",
                by: .vendor(.pollo),
                with: [.path("callbackToken", "token", "The secret of one job.", refuses: [])],
                takes: callback, answers: [.received],
                "A callback of the video vendor's for one job", create),
        ])

    private static let callback = Body.event(#"{"taskId":"task_1","status":"succeed"}"#)

    /// A task has ended. The body is only a hint (W3): the job's state is asked for at once.
    /// Answers 200 also for a task that is not known (W5).
    private static func create(_ context: Context, _ body: [UInt8]) throws -> Response {
        let log = context.log
        guard let taskID = PolloCallback.taskID(in: body) else {
            log.warning("pollo callback without a task")
            return .json(Receipt())
        }
        let id = context.request.values("HTTP_X_WEBHOOK_ID")
        try context.site.threads.pass(.callbacks) { try note(taskID, id[0], context, log) }
        return .json(Receipt())
    }

    private static func note(
        _ taskID: String, _ event: String, _ context: Context, _ log: Logger
    ) throws {
        try context.database.receive(event, from: .pollo, type: "task", object: taskID) {
            let job =
                try context.arguments.first.map { token in
                    try context.database.hint(
                        callbackToken: token, taskID: taskID,
                        renderDeadline: context.settings.deadlines.render)
                } ?? context.database.hint(taskID: taskID)
            if job == nil { log.notice("pollo callback for no open job of ours") }
            return true
        }
    }
}
