import FoundationEssentials
import Testing

@testable import Sandbox

struct SettingsTests {
    private static let good = [
        "APP_URL": "https://shop.example", "POLLO_API_KEY": "p", "POLLO_WEBHOOK_SECRET": "s",
        "STRIPE_SECRET_KEY": "sk_test_x", "STRIPE_WEBHOOK_SECRET": " whsec_a , whsec_b",
    ]

    private func settings(_ changes: [String: String]) throws(SettingsError) -> SandboxSettings {
        let environment = Self.good.merging(changes) { _, new in new }
        return try SandboxSettings(
            environment: environment, publicURL: "http://localhost:1/", folder: "/tmp/x")
    }

    @Test func `the first of several webhook secrets signs`() throws {
        let settings = try settings([:])
        #expect(settings.stripeWebhookSecret == "whsec_a")
        #expect(settings.publicURL == "http://localhost:1")
        #expect(settings.mailFolder == nil)
        #expect(settings.polloEnvelope == .wrapped)
    }

    @Test(arguments: [
        ("APP_ENV", "production", "APP_ENV"), ("APP_URL", "", "APP_URL"),
        ("APP_URL", "https://shop.example/shop", "APP_URL"),
        ("APP_URL", "https://shop.example:99999", "APP_URL"),
        ("POLLO_API_KEY", "", "POLLO_API_KEY"), ("STRIPE_SECRET_KEY", "sk_live_x", "live"),
        ("STRIPE_WEBHOOK_SECRET", " , ", "STRIPE_WEBHOOK_SECRET"),
        ("SANDBOX_POLLO_ENVELOPE", "round", "SANDBOX_POLLO_ENVELOPE"),
    ])
    func `it does not start in production, or with a value missing or wrong`(
        name: String, value: String, message: String
    ) {
        let error = #expect(throws: SettingsError.self) { try settings([name: value]) }
        #expect(error?.description.contains(message) == true)
    }

    @Test func `a secret may be read from a file`() throws {
        let path = "/tmp/rushes-sandbox-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data("pollo_file\n".utf8).write(to: URL(filePath: path))
        let settings = try settings(["POLLO_API_KEY": "", "POLLO_API_KEY_FILE": path])
        #expect(settings.polloKey == "pollo_file")
        #expect(throws: SettingsError.self) {
            try self.settings(["POLLO_API_KEY": "", "POLLO_API_KEY_FILE": "/nonexistent"])
        }
    }

    @Test(arguments: [("file:/a/b", "/a/b"), ("file:///a/b", "/a/b"), ("smtp://x", nil)])
    func `mail is looked for in its folder`(url: String, folder: String?) throws {
        #expect(try settings(["MAIL_URL": url]).mailFolder == folder)
    }
}
