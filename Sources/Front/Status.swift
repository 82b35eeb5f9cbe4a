import API
import Domain
import FoundationEssentials
import HTTP
import HTTPTypes
import Store
import Web

/// How the shop stands and stood, for whoever wonders whether it is them: without signing in, and
/// even when the database does not answer.
enum Status {
    static let routes: [Route] = .part(
        "Service",
        [
            Route(
                .get, "/api/status", "status", by: .anyone,
                answers: [.ok(StatusAnswer.self, "Also when parts of it do not work.")],
                needsDatabase: false, "How the shop stands, and stood for 90 days", show),
            Route(
                .get, "/api/status/page", "statusPage", by: .anyone,
                answers: [.file("text/html", "A fragment without a head, for the status page.")],
                needsDatabase: false, "The same as HTML", page),
        ])

    private static func show(_ context: Context) -> Response { .json(answer(context)) }

    private static func page(_ context: Context) -> Response {
        HTML.answer(StatusPage(answer(context)).html)
    }

    private static func answer(_ context: Context) -> StatusAnswer {
        let look = Health.look(context)
        let known: (times: [StatusTime], incidents: [Incident])? =
            look.isAnswered ? try? (times(context), context.database.incidents()) : nil
        return StatusAnswer(
            parts: parts(look), pauses: look.pauses, times: known?.times ?? [],
            incidents: (known?.incidents ?? []).map(StatusIncident.init),
            isKnown: known != nil, timestamp: context.now)
    }

    private static func parts(_ look: Health.Look) -> [StatusPart] {
        [
            StatusPart(id: .web, state: .ok, since: nil),
            StatusPart(id: .database, state: look.database, since: nil),
            part(.videoService, ["pollo_api"], look),
            part(.payments, ["stripe", "webhook_receiver"], look),
        ]
    }

    private static func part(
        _ id: StatusPart.Name, _ names: [String], _ look: Health.Look
    ) -> StatusPart {
        let state = look.state(of: names)
        // Of those that make it what it is; one that nobody looks at any more has no time.
        let changes = look.checks.filter {
            names.contains($0.name) && $0.isHealthy == (state == .ok)
        }
        .map(\.changedAt)
        return StatusPart(id: id, state: state, since: state == .ok ? changes.max() : changes.min())
    }

    private static func times(_ context: Context) throws -> [StatusTime] {
        let measured = try context.database.renderTimes()
        return try context.catalog().tiers.filter(\.isEnabled).flatMap { tier in
            tier.durations.compactMap { seconds in
                measured[RenderTimeKey(tierID: tier.id, duration: seconds)].map {
                    StatusTime(
                        tier: tier.id, name: tier.name, duration: seconds,
                        p50Seconds: $0.p50Seconds, p90Seconds: $0.p90Seconds)
                }
            }
        }
    }
}
