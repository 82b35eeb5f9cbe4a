import Domain
import FoundationEssentials
import HTTP
import HTTPTypes
import JSON
import Logging
import Pollo
import Stripe
import Synchronization
import Testing

@testable import Sandbox

/// A sandbox in a folder of its own, whose time stands still unless a test moves it, and the shop's
/// own clients speaking to it.
final class World {
    static let webhookSecret = "whsec_world"
    static let polloSecret = "cG9sbG8tdGVzdC12ZWN0b3Ita2V5LW9uZS0zMmJ5dGU="

    private final class Clock: Sendable {
        let now = Mutex(Date(timeIntervalSince1970: 1_767_225_600))
    }

    let folder: String
    private(set) var sandbox: Sandbox
    private let clock = Clock()
    private let settings: SandboxSettings
    /// What the shop was told, and what it answers.
    private(set) var received: [OutboundRequest] = []
    var shopAnswers: (OutboundRequest) throws(TransportError) -> Int = { _ in 200 }
    /// The pictures that the shop shows, by address.
    var pictures: [String: InboundResponse] = [:]

    init(_ changes: [String: String] = [:]) throws {
        folder = "/tmp/rushes-sandbox-\(UUID().uuidString)"
        var environment = [
            "APP_ENV": "development", "APP_URL": "https://shop.example/",
            "POLLO_API_KEY": "pollo_key", "POLLO_WEBHOOK_SECRET": Self.polloSecret,
            "STRIPE_SECRET_KEY": "sk_test_key",
            "STRIPE_WEBHOOK_SECRET": "\(Self.webhookSecret),whsec_other",
            "MAIL_URL": "file:\(folder)/mail",
        ]
        environment.merge(changes) { _, new in new }
        settings = try SandboxSettings(
            environment: environment, publicURL: "http://localhost:8487", folder: folder)
        sandbox = try Self.sandbox(settings, clock)
    }

    private static func sandbox(_ settings: SandboxSettings, _ clock: Clock) throws -> Sandbox {
        try Sandbox(
            settings, log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            clock: { clock.now.withLock { $0 } },
            makeVideo: { order, picture, path in
                if order.prompt.contains("broken") { throw SettingsError("no ffmpeg") }
                let start = try picture.map { try Data(contentsOf: URL(filePath: $0)) }
                try (start ?? Data("video".utf8)).write(to: URL(filePath: path))
            })
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    /// Ends the sandbox and starts another one on its folder.
    func restart() throws {
        sandbox.save()
        sandbox = try Self.sandbox(settings, clock)
    }

    var now: Date { clock.now.withLock { $0 } }

    /// Lets time pass, and everything happen that is due by then.
    func pass(_ seconds: TimeInterval) {
        clock.now.withLock { $0 += seconds }
        while sandbox.renderNext(send: shop) {}
        sandbox.advance()
        while sandbox.deliverNext(send: shop) {}
    }

    /// The shop, as the sandbox calls it.
    func shop(_ request: OutboundRequest) throws(TransportError) -> InboundResponse {
        if request.method == .get {
            return pictures[request.url] ?? InboundResponse(status: .notFound)
        }
        received.append(request)
        return InboundResponse(status: .init(code: try shopAnswers(request)))
    }

    /// Sends a request the way nginx would hand it on.
    func send(_ request: OutboundRequest) throws(TransportError) -> InboundResponse {
        let parts = request.url.split(
            separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
        let target = parts[0].hasSuffix(":") ? "/\(parts[3])" : request.url
        let sides = target.split(separator: "?", maxSplits: 1)
        var fields = request.fields
        if fields[.userAgent] == nil { fields[.userAgent] = "Rushes/1.2.3" }
        if fields[.userAgent] == "" { fields[.userAgent] = nil }
        let response = sandbox.respond(
            to: Request(
                method: request.method, path: String(sides[0]),
                queryString: sides.count > 1 ? String(sides[1]) : "", id: "test",
                source: Source(fields, request.body ?? [])),
            send: shop)
        guard response.fields.first(where: { $0.name.canonicalName == "x-accel-redirect" }) == nil
        else { throw TransportError(.unknown, "hung up") }
        return InboundResponse(
            status: response.status, fields: response.fields, body: response.body)
    }

    func get(_ path: String) throws(TransportError) -> InboundResponse {
        try send(OutboundRequest(method: .get, url: path))
    }

    @discardableResult
    func post(_ path: String, _ form: String = "") throws(TransportError) -> InboundResponse {
        try send(OutboundRequest(method: .post, url: path, body: Array(form.utf8)))
    }

    /// Asks Stripe's API to close a session.
    func expire(_ session: String) throws(TransportError) -> InboundResponse {
        try send(
            OutboundRequest(
                method: .post, url: "/v1/checkout/sessions/\(session)/expire",
                fields: [.authorization: "Bearer sk_test_key"], body: []))
    }

    /// The items of a control list.
    func items(_ path: String) throws -> [JSONValue] {
        try #require(try JSONValue(parsing: get(path).body)["items"]?.array)
    }

    var pollo: PolloClient {
        PolloClient(
            apiKey: "pollo_key", base: "http://localhost:8487/api/platform", family: .classic,
            send: send)
    }

    var stripe: StripeClient {
        StripeClient(secretKey: "sk_test_key", base: "http://localhost:8487", send: send)
    }

    /// Orders a video from Kling 1.6.
    func order(_ prompt: String, hook: String = "https://shop.example/hook/1") throws -> String {
        try pollo.create(
            path: "kling-ai/kling-v1-6", input: [VendorField("prompt", .string(prompt))],
            webhookURL: hook)
    }

    /// Starts a payment of $10.
    func session(key: String = UUID().uuidString) throws(StripeError) -> CheckoutSession {
        try stripe.createCheckoutSession(
            CheckoutSessionRequest(
                productName: "Credit", unitAmount: 1000, clientReferenceID: "order_42",
                metadata: ["purchase_id": "order_42"],
                successURL: "https://shop.example/paid?s={CHECKOUT_SESSION_ID}",
                cancelURL: "https://shop.example/credits"),
            idempotencyKey: key)
    }

    /// The types of the events that the shop was told of, in their order.
    var eventTypes: [String] { received.compactMap { StripeEvent($0.body ?? [])?.type } }

    private final class Source: RequestSource {
        let fields: HTTPFields
        let bytes: [UInt8]

        init(_ fields: HTTPFields, _ bytes: [UInt8]) {
            self.fields = fields
            self.bytes = bytes
        }

        func parameter(_ name: StaticString) -> String? { values(name).first }
        func count(of name: StaticString) -> Int { values(name).count }

        private func values(_ name: StaticString) -> [String] {
            fields.filter { field in
                let cgi = field.name.canonicalName.uppercased().replacing("-", with: "_")
                return "\(name)" == cgi || "\(name)" == "HTTP_\(cgi)"
            }.map(\.value)
        }

        func body(upTo limit: Int) throws -> [UInt8] {
            guard bytes.count <= limit else { throw BodyTooLarge(limit: limit) }
            return bytes
        }
    }
}

extension InboundResponse {
    var text: String { String(decoding: body, as: UTF8.self) }
    var location: String? { fields[.location] }
}
