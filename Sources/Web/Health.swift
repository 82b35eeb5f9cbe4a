import Domain
import FoundationEssentials
import HTTP
import HTTPTypes
import JSON
import Logging
import MariaDB
import Store

/// Whether the shop works, for probes. Vendors are asked by `work`; this only reads what it found.
enum Health {
    /// `GET /api/health/live`: the process answers.
    static func live(_ request: Request, _ context: Context) -> Response {
        Response(
            status: .ok, contentType: "application/json", fields: [.cacheControl: "no-store"],
            body: liveBody)
    }

    private static let liveBody = Array(#"{"status":"live"}"#.utf8)

    /// The checks of `work`, and how long after its last look at each it must be dead. Those of the
    /// audit are as old as the instant that it saw (A2).
    private static let checks = [
        ("pollo_api", 300), ("stripe", 1800), ("webhook_receiver", 120), ("ledger", .max),
        ("deadlines", .max), ("clock", 120),
    ]

    /// `GET /api/health`: `{status, checks, timestamp}`. Each check is `ok`, `failing` (also when
    /// nobody has looked for long, or a look came to no end: `work` is dead, or cannot write) or,
    /// before the first look, `unknown`. 503 when the database does not answer, for then nothing
    /// works; one that takes no writes, or a vendor that fails, leaves the rest of the shop open:
    /// `degraded`, and 200.
    static func show(_ request: Request, _ context: Context) -> Response {
        let found: (checks: [HealthCheck], isAuditSound: Bool)?
        do {
            found = (
                try context.database.healthChecks(),
                try context.database.auditStanding().isSound
            )
        } catch {
            context.site.logger(for: request).error(
                "health: the database does not answer", metadata: ["error": "\(error)"])
            found = nil
        }
        let states = checks.map { name, seconds in
            guard let found else { return "unknown" }
            if !found.isAuditSound, name == "ledger" || name == "deadlines" { return "failing" }
            guard let check = found.checks.first(where: { $0.name == name }) else {
                return "unknown"
            }
            return check.isHealthy && check.ageSeconds < seconds ? "ok" : "failing"
        }
        let takesWrites = found != nil && takesWrites(request, context)
        let isHealthy = takesWrites && !states.contains("failing")
        return .json(found == nil ? .serviceUnavailable : .ok) { json in
            json.member("status", isHealthy ? "healthy" : "degraded")
            json.key("checks")
            json.beginObject()
            json.member("database", takesWrites ? "ok" : "failing")
            for ((name, _), state) in zip(checks, states) {
                json.key(name)
                json.string(state)
            }
            json.endObject()
            json.member("timestamp", context.now)
        }
    }
    private static func takesWrites(_ request: Request, _ context: Context) -> Bool {
        do {
            try context.database.proveWrites()
            return true
        } catch {
            context.site.logger(for: request).error(
                "health: the database takes no writes", metadata: ["error": "\(error)"])
            return false
        }
    }
}
