import Addresses
import Testing
import Worker

@testable import Rushes

struct SettingsTests {
    private static let jwt = "q7Yw0mB3vKZs8pJtX2fLr9dNhUc5aEoG1iTz4xWbVkM="
    private static let production = [
        "APP_URL": "https://shop.example", "DATABASE_URL": "mariadb://u:p@db.example/rushes",
        "JWT_SECRET": jwt, "POLLO_API_KEY": "pollo_9fK2mQx7Lw4Rt8Yv3Bn6",
        "POLLO_WEBHOOK_SECRET": "cG9sbG8tdGVzdC12ZWN0b3Ita2V5LW9uZS0zMmJ5dGU=",
        "STRIPE_SECRET_KEY": "sk_live_51HqLyjWDarjtT1zdp7dcAbCdEf",
        "STRIPE_WEBHOOK_SECRET": "whsec_5WbX5kEWLlfzsGNjH64I8lOOqUB6e8FH",
    ]

    private func settings(_ changes: [String: String]) throws -> Settings {
        try SettingsReader.read(Self.production.merging(changes) { _, new in new }) { Settings($0) }
    }

    @Test func `a shop with good secrets starts in production`() throws {
        let settings = try settings([:])
        #expect(settings.stripe.isLive)
        #expect(settings.post.operator == OperatorSettings(digestHour: 7))
    }

    @Test(arguments: [
        ("JWT_SECRET", String(repeating: "A", count: 44)),
        ("JWT_SECRET", String(repeating: "x", count: 32)),
        ("JWT_SECRET", "12345678901234567890123456789012"),
        ("JWT_SECRET", "abcdefghijklmnopqrstuvwxyz0123456789"),
        ("JWT_SECRET", "change-me-please-change-me-now-1x7"),
        ("JWT_SECRET", "this is my very own secret of the shop"),
        ("JWT_SECRET", "q7Yw0mB3vKZq7Yw0mB3vKZq7Yw0mB3vKZ"),
        ("JWT_SECRET_PREVIOUS", String(repeating: "A", count: 44)),
        ("STRIPE_WEBHOOK_SECRET", "whsec_"), ("STRIPE_WEBHOOK_SECRET", "whsec_x"),
        ("STRIPE_WEBHOOK_SECRET", "whsec_" + String(repeating: "a", count: 32)),
        ("STRIPE_WEBHOOK_SECRET", "whsec_5WbX5kEWLlfzsGNjH64I8lOOqUB6e8FH,whsec_"),
        ("STRIPE_WEBHOOK_SECRET", "5WbX5kEWLlfzsGNjH64I8lOOqUB6e8FH"),
        ("STRIPE_SECRET_KEY", "sk_live_"), ("STRIPE_SECRET_KEY", "sk_live_x"),
        ("STRIPE_SECRET_KEY", "sk_live_" + String(repeating: "1", count: 30)),
        ("STRIPE_SECRET_KEY", "pk_live_51HqLyjWDarjtT1zdp7dcAbCdEf"),
        ("POLLO_API_KEY", "key"), ("POLLO_API_KEY", "pollo_9fK2 mQx7Lw4Rt8Yv3Bn6"),
        ("POLLO_API_KEY", "pollo_" + String(repeating: "9", count: 20)),
        ("POLLO_WEBHOOK_SECRET", "AA"), ("POLLO_WEBHOOK_SECRET", "AAAA"),
        ("POLLO_WEBHOOK_SECRET", String(repeating: "A", count: 44)),
        ("POLLO_WEBHOOK_SECRET", String(repeating: "abc=", count: 11)),
    ])
    func `a secret that can be guessed or is not whole is refused by name, and not shown`(
        name: String, value: String
    ) {
        let error = #expect(throws: SettingsError.self) { try settings([name: value]) }
        #expect(error?.description.hasPrefix(name + " ") == true)
        #expect(error?.description.contains(value) == false || ["whsec_", "key"].contains(value))
    }

    @Test func `secrets that programs make are taken`() throws {
        for secret in [
            // openssl rand -base64 32, -hex 32 and -hex 16.
            Self.jwt, "0f3c9a7be2d1548670c4fa1b93de8265a7c0b9e4f1d23658790abc4def561237",
            "9c1f04be7a3d52e86b0fd419c8a72e35",
        ] {
            #expect(throws: Never.self) { try settings(["JWT_SECRET": secret]) }
        }
    }

    @Test(arguments: [
        ("https://shop.example", "shop.example"), ("https://shop.example:8443", "shop.example"),
        ("https://127.0.0.1:8443", "[127.0.0.1]"),
        ("https://[2001:db8::1]:8443", "[IPv6:2001:db8::1]"),
        ("http://localhost:8080", "localhost"),
    ])
    func `mail servers are greeted with the host of the site`(url: String, name: String) throws {
        #expect(try ShopSettings.clientName(Origin(url).host) == name)
    }

    @Test func `the operator's address may have a name, and has to be one`() throws {
        for text in ["ops@shop.example", "Night shift <ops@shop.example>"] {
            #expect(try settings(["OPERATOR_MAIL": text]).post.operator.mail == "ops@shop.example")
        }
        for text in ["ops", "ops@", "a@b@c", "a@b.example\r\nBcc: x@y.example"] {
            #expect(throws: SettingsError.self) { try settings(["OPERATOR_MAIL": text]) }
        }
    }

    @Test func `when and where else the operator is told has to make sense`() throws {
        let told = try settings([
            "OPERATOR_WEBHOOK_URL": "https://hooks.example/services/T0/B0/x",
            "OPERATOR_QUIET_HOURS": "22-7", "OPERATOR_DIGEST": "off",
        ]).post.operator
        #expect(told.webhook == "https://hooks.example/services/T0/B0/x")
        #expect(told.quietHours == QuietHours(from: 22, to: 7) && told.digestHour == nil)
        #expect(try settings(["OPERATOR_DIGEST": "0"]).post.operator.digestHour == 0)
        for (variable, texts) in [
            "OPERATOR_WEBHOOK_URL": ["http://hooks.example/x", "https://10.0.0.1/x", "hooks"],
            "OPERATOR_QUIET_HOURS": ["22", "22-24", "-1-7", "22-7-8", "a-b", "22–7"],
            "OPERATOR_DIGEST": ["24", "-1", "seven", "7:00"],
        ] {
            for text in texts {
                #expect(throws: SettingsError.self) { try settings([variable: text]) }
            }
        }
    }
}
