import API
import Domain
import Entrance
import HTTP
import HTTPTypes
import Store
import Web

/// How each part of the shop works, for who runs it, and what can be tried to see whether it does.
enum ShopHealth {
    static let routes: [Route] = .part(
        "Administration",
        [
            Route(
                .get, "/api/admin/health", "showHealth", by: .operator(.look),
                answers: [.ok(ShopHealthAnswer.self, "As it stands.")],
                "How each part of the shop works, and since when", show),
            Route(
                .post, "/api/admin/health/checks", "askVendors", by: .operator(.look),
                answers: [
                    .accepted(
                        VendorQuestion.self,
                        "A worker asks them within seconds; what was asked within ten is not again."
                    )
                ], "Has both vendors asked whether they answer", ask),
            Route(
                .post, "/api/admin/health/mail", "sendTestMail", by: .operator(.look),
                answers: [.accepted(TestMail.self, "It is sent within seconds.")],
                refuses: [.conflict, .triedTooOften],
                "Sends a mail to the caller's own address, to see whether it arrives", mail),
            Route(
                .post, "/api/admin/health/webhook", "sendTestWebhook", by: .operator(.look),
                answers: [.accepted(WebhookTest.self, "It is sent within seconds.")],
                refuses: [.triedTooOften],
                "Sends something to the operator's webhook, to see whether it is taken", webhook),
        ])

    private static func show(_ context: Context, _ caller: Caller) throws -> Response {
        let database = context.database
        return try .json(
            ShopHealthAnswer(
                checks: checks(Health.look(context)), changes: database.healthChanges(limit: 100),
                gates: database.closedGates(), queue: database.openVideos(),
                workers: database.workers(), schedules: database.schedules(),
                testMails: database.testMails(of: caller.person().id),
                webhookTest: database.webhookTest(),
                versions: Versions(database: database.databaseVersion()),
                timestamp: context.now))
    }

    /// The database, what probes are told of, and what only operators are.
    private static func checks(_ look: Health.Look) -> [CheckRecord] {
        let known = look.names.map { name in
            CheckRecord(
                name: name, state: look.state(of: [name]),
                check: look.checks.first { $0.name == name })
        }
        let others = look.checks.filter { !look.names.contains($0.name) }
            .sorted { $0.name < $1.name }
            .map { CheckRecord(name: $0.name, state: $0.isHealthy ? .ok : .failing, check: $0) }
        return [CheckRecord(name: "database", state: look.database, check: nil)] + known + others
    }

    private static func ask(_ context: Context, _ caller: Caller) throws -> Response {
        try .json(.accepted, VendorQuestion(since: context.database.hurryVendorChecks()))
    }

    /// 409 while mail is off, or when nobody has proved the caller's address.
    private static func mail(_ context: Context, _ caller: Caller) throws -> Response {
        let user = try caller.person()
        try context.database.countTry(context.mailTries(to: user.email).keys)
        return try .json(.accepted, context.database.sendTestMail(to: user.id))
    }

    /// Counted like mails to the caller.
    private static func webhook(_ context: Context, _ caller: Caller) throws -> Response {
        try context.database.countTry(context.mailTries(to: caller.person().email).keys)
        return try .json(.accepted, context.database.askForWebhookTest())
    }
}
