import API
import Domain
import Entrance
import HTTP
import HTTPTypes
import JSON
import Logging
import MariaDB
package import Store

/// Whether the shop works, for probes. Vendors are asked by `work`; this only reads what it found.
package enum Health {
    static let routes: [Route] = .part(
        "Service",
        [
            Route(
                .get, "/api/health/live", "live", by: .anyone,
                answers: [.ok(Life.self, "It does.")], needsDatabase: false,
                "Whether the process answers", live),
            Route(
                .get, "/api/health", "health", by: .anyone,
                answers: [
                    .ok(HealthAnswer.self, "Open, perhaps with a vendor that fails."),
                    Outcome(
                        status: 503, says: "The database does not answer.",
                        body: HealthAnswer.self, example: HealthAnswer.closedExample),
                ], needsDatabase: false, "Whether the shop works", show),
        ])

    private static func live(_ context: Context) -> Response { alive }

    /// Always the same, and the answer that is asked for most: made once.
    private static let alive: Response = {
        var json = JSONWriter()
        Life().write(to: &json)
        return Response(
            status: .ok, contentType: "application/json", fields: [.cacheControl: "no-store"],
            body: json.bytes)
    }()

    /// The checks of `work`, and how long after its last look at each it must be dead. Those of the
    /// audit are as old as the instant that it saw, and the daily walk has an age too (A2).
    static let checks = [
        ("pollo_api", 300), ("stripe", 1800), ("webhook_receiver", 120), ("ledger", .max),
        ("deadlines", .max), ("clock", 120),
    ]

    /// How everything stands: each check is `ok`, `failing` (also when nobody has looked for long, or
    /// a look came to no end: `work` is dead, or cannot write) or, before the first look, `unknown`.
    package struct Look {
        package let checks: [HealthCheck]
        /// What probes are told of, but for the database.
        package var names: [String] { Health.checks.map(\.0) }
        /// One for each of ``Health/checks``, in their order.
        let states: [CheckState]
        package let database: CheckState
        /// Whether the database answered.
        package let isAnswered: Bool
        /// What an operator has paused, which is no fault.
        package let pauses: [Pause]

        /// The worst of some checks.
        package func state(of names: [String]) -> CheckState {
            let found = zip(Health.checks, states).filter { names.contains($0.0.0) }.map(\.1)
            return found.contains(.failing)
                ? .failing : found.contains(.unknown) ? .unknown : .ok
        }
    }

    /// 503 when the database does not answer, for then nothing works; one that takes no writes or has
    /// just refused another request, or a vendor that fails, leaves the rest of the shop open:
    /// `degraded`, and 200.
    private static func show(_ context: Context) -> Response {
        let look = look(context)
        let states = CheckStates(states: [look.database] + look.states)
        return .json(
            look.isAnswered ? .ok : .serviceUnavailable,
            HealthAnswer(checks: states, pauses: look.pauses, timestamp: context.now))
    }

    package static func look(_ context: Context) -> Look {
        let found: (checks: [HealthCheck], isAuditSound: Bool, isWalkSound: Bool, pauses: [Pause])?
        do {
            found = (
                try context.database.healthChecks(),
                try context.database.auditStanding().isSound,
                try context.database.chainStanding().isSound,
                try context.database.announcements().pausesInForce
            )
        } catch {
            context.log.error(
                "health: the database does not answer", metadata: ["error": "\(error)"])
            found = nil
        }
        let states = checks.map { name, seconds -> CheckState in
            guard let found else { return .unknown }
            if !found.isAuditSound, name == "ledger" || name == "deadlines" { return .failing }
            if !found.isWalkSound, name == "ledger" { return .failing }
            guard let check = found.checks.first(where: { $0.name == name }) else {
                return .unknown
            }
            return check.isHealthy && check.ageSeconds < seconds ? .ok : .failing
        }
        let isWhole = found != nil && takesWrites(context) && !context.site.trouble.isRecent
        return Look(
            checks: found?.checks ?? [], states: states, database: isWhole ? .ok : .failing,
            isAnswered: found != nil, pauses: found?.pauses ?? [])
    }

    private static func takesWrites(_ context: Context) -> Bool {
        do {
            try context.database.proveWrites()
            return true
        } catch {
            context.log.error(
                "health: the database takes no writes", metadata: ["error": "\(error)"])
            return false
        }
    }
}

private struct Life: JSONObject {
    static var schemaName: String? { "Live" }

    static func list<List: FieldList>(_ fields: inout List) where List.Source == Life {
        fields.field("status", as: .constant("live".quoted), example: "live".quoted) { _ in "live" }
    }
}
