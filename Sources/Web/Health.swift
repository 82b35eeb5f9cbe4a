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

    /// `GET /api/health`: `{status, checks, timestamp}`. Each check is `ok`, `failing` or, before
    /// the first look, `unknown`. 503 when the database does not answer, for then nothing works;
    /// a vendor that fails leaves the rest of the shop open: `degraded`, and 200.
    static func show(_ request: Request, _ context: Context) -> Response {
        let found: [HealthCheck]?
        do {
            found = try context.database.healthChecks()
        } catch {
            context.site.logger(for: request).error(
                "health: the database does not answer", metadata: ["error": "\(error)"])
            found = nil
        }
        let names = ["pollo_api", "stripe", "webhook_receiver", "ledger", "clock"]
        let states = names.map { name in
            guard let check = found?.first(where: { $0.name == name }) else { return "unknown" }
            return check.isHealthy ? "ok" : "failing"
        }
        let isHealthy = found != nil && !states.contains("failing")
        return .json(found == nil ? .serviceUnavailable : .ok) { json in
            json.member("status", isHealthy ? "healthy" : "degraded")
            json.key("checks")
            json.beginObject()
            json.member("database", found == nil ? "failing" : "ok")
            for (name, state) in zip(names, states) {
                json.key(name)
                json.string(state)
            }
            json.endObject()
            json.member("timestamp", context.now)
        }
    }
}
