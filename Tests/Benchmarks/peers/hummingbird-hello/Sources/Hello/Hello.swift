import Hummingbird
import Logging

/// `GET /api/health/live` by Hummingbird, on as many event loops as its programs have by default.
///
///     Hello SOCKET
struct Health: ResponseCodable {
    let status: String
}

@main
enum Hello {
    static func main() async throws {
        let router = Router()
        router.get("api/health/live") { _, _ in Health(status: "live") }
        var logger = Logger(label: "hello")
        logger.logLevel = .error
        let app = Application(
            router: router,
            configuration: .init(address: .unixDomainSocket(path: CommandLine.arguments[1])),
            logger: logger)
        try await app.runService()
    }
}
