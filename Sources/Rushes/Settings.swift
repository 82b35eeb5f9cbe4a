import Addresses
import Configuration
import Curl
import Domain
import FoundationEssentials
import MariaDB
import Pollo
import Sodium
import Store
import Stripe
import Texts
import Web
import Worker

/// A variable of the environment that cannot be used: one line that names it.
struct SettingsError: Error, CustomStringConvertible {
    let description: String

    init(_ name: String, _ problem: String) {
        description = "\(name) \(problem)"
    }
}

/// The environment, read through names in the manner of `database.url` for DATABASE_URL.
struct Environment {
    private let reader: ConfigReader

    /// For each `NAME_FILE`, NAME is what the file holds, without the white space around it.
    init(_ variables: [String: String] = ProcessInfo.processInfo.environment) throws {
        var values = variables.filter { !$0.value.isEmpty }
        for (name, path) in values where name.hasSuffix("_FILE") {
            let target = String(name.dropLast("_FILE".count))
            guard Self.secrets.contains(target) else { continue }
            guard values[target] == nil else {
                throw SettingsError(name, "and \(target) are both set; keep one")
            }
            guard let bytes = try? Data(contentsOf: URL(filePath: path)),
                let text = String(bytes: bytes, encoding: .utf8)
            else { throw SettingsError(name, "names a file that cannot be read: \(path)") }
            values[target] = text.trimmed
        }
        reader = ConfigReader(
            provider: EnvironmentVariablesProvider(
                environmentVariables: values, secretsSpecifier: .specific(Self.secrets)))
    }

    /// The variables that may come from a file, and whose values are never shown.
    private static let secrets: Set<String> = [
        "DATABASE_URL", "DATABASE_NODE_URLS", "MIGRATE_DATABASE_URL", "JWT_SECRET",
        "JWT_SECRET_PREVIOUS", "POLLO_API_KEY", "POLLO_WEBHOOK_SECRET", "STRIPE_SECRET_KEY",
        "STRIPE_WEBHOOK_SECRET", "MAIL_URL", "SENTRY_DSN",
    ]

    func text(_ name: String) -> String? {
        reader.string(forKey: ConfigKey(name.lowercased().split(separator: "_").map(String.init)))
    }

    func required(_ name: String) throws -> String {
        guard let text = text(name) else { throw SettingsError(name, "is not set") }
        return text
    }

    /// The parts between commas, without the white space around them; none when it is not set.
    func list(_ name: String) -> [String] {
        (text(name) ?? "").split(separator: ",").map { String($0).trimmed }.filter { !$0.isEmpty }
    }

    /// The value read by `parse`, or `standard` when the variable is not set.
    func value<Value>(
        _ name: String, default standard: Value, like example: String,
        _ parse: (String) -> Value?
    ) throws -> Value {
        guard let text = text(name) else { return standard }
        guard let value = parse(text) else {
            throw SettingsError(name, "is malformed; write it like \(example)")
        }
        return value
    }

    func databaseURL(_ name: String = "DATABASE_URL") throws -> DatabaseConfiguration {
        try databaseURL(name, required(name))
    }

    /// The nodes of the database's cluster, whose books the auditor compares; none by default.
    func databaseNodes() throws -> [DatabaseConfiguration] {
        let name = "DATABASE_NODE_URLS"
        return try list(name).map { url in try databaseURL(name, url) }
    }

    private func databaseURL(_ name: String, _ url: String) throws -> DatabaseConfiguration {
        do throws(InvalidDatabaseURL) {
            return try DatabaseConfiguration(url: url)
        } catch {
            throw SettingsError(name, "\(error.reason)")
        }
    }
}

/// All that `serve` and `work` are set to, judged as a whole before anything starts.
struct Settings: Sendable {
    enum Stage: String {
        case development, staging, production
    }

    static let polloBase = "https://pollo.ai/api/platform"
    static let stripeBase = "https://api.stripe.com"

    let origin: Origin
    let database: DatabaseConfiguration
    let databaseNodes: [DatabaseConfiguration]
    let jwtSecret: [UInt8]
    let previousJWTSecret: [UInt8]?
    let polloKey: String
    let polloBase: String
    let polloFamily: PolloFamily
    let polloWebhookSecret: String
    let stripeKey: String
    let stripeBase: String
    let stripeWebhookSecrets: [String]
    let isLive: Bool
    let mediaPath: String
    /// Nil: mail is off.
    let mail: MailSettings?
    /// Who is told when somebody is needed.
    let operatorMail: String?
    let creditPolicy: CreditPolicy
    let signupCredit: Money
    /// Whether an address has to be proved before anybody signs in with it.
    let requiresVerified: Bool
    let generateLimit: CallLimit
    let purchaseLimit: CallLimit
    let parallel: Int
    let pollInterval: Duration
    let deadlines: JobDeadlines
    /// Where files may be fetched from although it is no public address: the stand-ins.
    let exceptOrigins: [Origin]

    init(_ environment: Environment) throws {
        let stage = try environment.value(
            "APP_ENV", default: .production, like: "development, staging or production",
            Stage.init(rawValue:))
        origin = try Self.address("APP_URL", environment.required("APP_URL"), Origin.init)
        database = try environment.databaseURL()
        databaseNodes = try environment.databaseNodes()
        jwtSecret = try Self.jwtSecret("JWT_SECRET", environment.required("JWT_SECRET"))
        previousJWTSecret = try environment.text("JWT_SECRET_PREVIOUS").map {
            try Self.jwtSecret("JWT_SECRET_PREVIOUS", $0)
        }

        polloKey = try environment.required("POLLO_API_KEY")
        let pollo = environment.text("POLLO_API_BASE") ?? Self.polloBase
        polloBase = try Self.address("POLLO_API_BASE", pollo, WebURL.base)
        polloFamily = try environment.value(
            "POLLO_API_FAMILY", default: .classic, like: "classic or v1",
            PolloFamily.init(rawValue:))
        polloWebhookSecret = try environment.required("POLLO_WEBHOOK_SECRET")

        let stripeKey = try environment.required("STRIPE_SECRET_KEY")
        self.stripeKey = stripeKey
        guard ["sk_test_", "sk_live_", "rk_test_", "rk_live_"].contains(where: stripeKey.hasPrefix)
        else { throw SettingsError("STRIPE_SECRET_KEY", "must begin with sk_ or rk_") }
        isLive = stripeKey.dropFirst(3).hasPrefix("live_")
        let stripe = environment.text("STRIPE_API_BASE") ?? Self.stripeBase
        stripeBase = try Self.address("STRIPE_API_BASE", stripe, WebURL.base)
        _ = try environment.required("STRIPE_WEBHOOK_SECRET")
        stripeWebhookSecrets = environment.list("STRIPE_WEBHOOK_SECRET")
        guard !stripeWebhookSecrets.isEmpty,
            stripeWebhookSecrets.allSatisfy({
                $0.hasPrefix("whsec_") && $0.utf8.count > "whsec_".utf8.count
            })
        else {
            throw SettingsError("STRIPE_WEBHOOK_SECRET", "must be whsec_…, several with commas")
        }

        mediaPath = try Self.mediaPath(environment.text("MEDIA_URL") ?? "file:media")
        mail = try Self.mail(environment, as: Self.clientName(origin.host))
        operatorMail = try environment.text("OPERATOR_MAIL").map { text in
            guard let address = MailSender(text)?.address else {
                throw SettingsError("OPERATOR_MAIL", "must be an address such as you@shop.example")
            }
            return address
        }
        creditPolicy = try Self.creditPolicy(environment)
        signupCredit = try environment.value("SIGNUP_CREDIT", default: .zero, like: "1.50") {
            Money(dollars: $0).flatMap { $0 >= .zero && $0.cents != nil ? $0 : nil }
        }
        requiresVerified = try environment.value(
            "REQUIRE_VERIFIED", default: false, like: "on, or off"
        ) { ["on": true, "off": false][$0] }
        guard mail != nil || !requiresVerified else {
            throw SettingsError("REQUIRE_VERIFIED", "needs MAIL_URL: addresses are proved by mail")
        }
        generateLimit = try environment.value(
            "GENERATE_LIMIT", default: CallLimit(calls: 10, window: .seconds(900)),
            like: "10/15m", CallLimit.init(_:))
        purchaseLimit = try environment.value(
            "PURCHASE_LIMIT", default: CallLimit(calls: 10, window: .seconds(900)),
            like: "10/15m", CallLimit.init(_:))
        parallel = try environment.value("POLLO_MAX_PARALLEL", default: 4, like: "4") {
            Int($0).flatMap { (1...1000).contains($0) ? $0 : nil }
        }
        pollInterval = try environment.value(
            "POLLO_POLL_INTERVAL", default: .seconds(5), like: "5s"
        ) { Duration(span: $0).flatMap { $0 >= .milliseconds(100) ? $0 : nil } }
        deadlines = try environment.value(
            "JOB_DEADLINES", default: JobDeadlines(), like: "queue=60m,unknown=45m",
            JobDeadlines.init(_:))
        exceptOrigins =
            stage == .production
            ? [] : [try Self.address("POLLO_API_BASE", polloBase, WebURL.init).origin]

        switch stage {
        case .production: try refuseForProduction()
        case .development, .staging:
            guard !isLive else {
                throw SettingsError(
                    "STRIPE_SECRET_KEY", "is a live key; only APP_ENV=production takes one")
            }
        }
    }

    /// Nothing that is meant for a trial may reach people's money.
    private func refuseForProduction() throws {
        guard origin.scheme == .https else {
            throw SettingsError("APP_URL", "must begin with https:// in production")
        }
        guard isLive else {
            throw SettingsError("STRIPE_SECRET_KEY", "is a test key; production takes a live one")
        }
        guard polloBase == Self.polloBase else {
            throw SettingsError("POLLO_API_BASE", "must be \(Self.polloBase) in production")
        }
        guard stripeBase == Self.stripeBase else {
            throw SettingsError("STRIPE_API_BASE", "must be \(Self.stripeBase) in production")
        }
        let advice = "is easy to guess; take the output of `openssl rand -base64 32`"
        for (name, secret) in [
            ("JWT_SECRET", jwtSecret), ("JWT_SECRET_PREVIOUS", previousJWTSecret ?? jwtSecret),
        ] where Secrets.isWeak(String(decoding: secret, as: UTF8.self), bits: 100) {
            throw SettingsError(name, advice)
        }
        // What vendors make has a form; what has another was cut off, or never copied.
        guard Self.isVendorSecret(stripeKey.split(separator: "_").last ?? "", atLeast: 24) else {
            throw SettingsError("STRIPE_SECRET_KEY", "is no key of Stripe's: copy it whole")
        }
        for secret in stripeWebhookSecrets
        where !Self.isVendorSecret(secret.dropFirst("whsec_".count), atLeast: 24) {
            throw SettingsError("STRIPE_WEBHOOK_SECRET", "is no secret of Stripe's: copy it whole")
        }
        guard Self.isVendorSecret(polloKey[...], atLeast: 16) else {
            throw SettingsError("POLLO_API_KEY", "is no key of Pollo's: copy it whole")
        }
        guard PolloSignature.isSecret(polloWebhookSecret),
            Self.isVendorSecret(polloWebhookSecret[...], atLeast: 24)
        else {
            throw SettingsError("POLLO_WEBHOOK_SECRET", "is no secret of Pollo's: copy it whole")
        }
    }

    /// Letters, digits and the signs of base64, long and without a pattern.
    private static func isVendorSecret(_ text: Substring, atLeast length: Int) -> Bool {
        text.utf8.count >= length
            && text.utf8.allSatisfy { byte in
                (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
                    || "+/=_-.".utf8.contains(byte)
            }
            && !Secrets.isWeak(String(text), bits: 40)
    }

    static func creditPolicy(_ environment: Environment) throws -> CreditPolicy {
        let days = try environment.value("CREDIT_EXPIRY_DAYS", default: 90, like: "90, or 0") {
            Int($0).flatMap { (0...36_500).contains($0) ? $0 : nil }
        }
        return CreditPolicy(expiry: days == 0 ? nil : .seconds(days * 86_400))
    }

    private static func jwtSecret(_ name: String, _ text: String) throws -> [UInt8] {
        guard text.utf8.count >= 32 else { throw SettingsError(name, "needs at least 32 bytes") }
        return Array(text.utf8)
    }

    /// The one form of an address that is compared and used from here on.
    private static func address<Address>(
        _ name: String, _ text: String, _ read: (String) throws(AddressProblem) -> Address
    ) throws -> Address {
        do throws(AddressProblem) {
            return try read(text)
        } catch {
            throw SettingsError(
                name, "must be a web address such as https://shop.example. \(error.phrase.text())")
        }
    }

    private static func mediaPath(_ url: String) throws -> String {
        guard url.hasPrefix("file:") else {
            throw SettingsError("MEDIA_URL", "must be a folder such as file:/var/lib/rushes/media")
        }
        return try folder("MEDIA_URL", url)
    }

    /// The path of a `file:` URL, with or without two slashes.
    private static func folder(_ name: String, _ url: String) throws -> String {
        var path = url.dropFirst("file:".count)
        if path.hasPrefix("//") { path = path.dropFirst(2) }
        guard !path.isEmpty else { throw SettingsError(name, "names no folder") }
        return path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : String(path)
    }

    /// Who we say that we are to mail servers: the host of `APP_URL`, or its address in the form of
    /// RFC 5321 4.1.3.
    static func clientName(_ host: Host) -> String {
        guard case .address = host else { return host.text }
        return host.text.utf8.first == UInt8(ascii: "[")
            ? "[IPv6:\(host.text.dropFirst())" : "[\(host.text)]"
    }

    private static func mail(
        _ environment: Environment, as clientName: String
    ) throws -> MailSettings? {
        guard let url = environment.text("MAIL_URL") else { return nil }
        guard let sender = MailSender(try environment.required("MAIL_FROM")) else {
            throw SettingsError(
                "MAIL_FROM", "must be an address such as Rushes <mail@shop.example>")
        }
        if url.hasPrefix("file:") {
            return MailSettings(route: .folder(try folder("MAIL_URL", url)), sender: sender)
        }
        guard var server = SMTPServer(url: url) else {
            throw SettingsError(
                "MAIL_URL",
                "must be smtps://user:password@mail.example, smtp://mail.example or file:/folder")
        }
        server.clientName = clientName
        return MailSettings(route: .server(server), sender: sender)
    }
}

// MARK: - The real things

extension Settings {
    private static let userAgent = "Rushes/\(Rushes.version)"

    var site: SiteSettings {
        SiteSettings(
            origin: origin, jwtSecret: jwtSecret, previousJWTSecret: previousJWTSecret,
            stripeWebhookSecrets: stripeWebhookSecrets, polloWebhookSecret: polloWebhookSecret,
            isLive: isLive, creditPolicy: creditPolicy, signupCredit: signupCredit,
            generateLimit: generateLimit, purchaseLimit: purchaseLimit,
            deadlines: deadlines, exceptOrigins: exceptOrigins,
            requiresVerified: requiresVerified)
    }

    var courier: CourierSettings {
        CourierSettings(
            appURL: origin.text, mail: mail, operatorMail: operatorMail, creditPolicy: creditPolicy,
            exceptOrigins: exceptOrigins,
            links: LinkTokens(secret: jwtSecret, previous: previousJWTSecret))
    }

    var worker: WorkerSettings {
        WorkerSettings(
            appURL: origin.text, media: MediaFolder(path: mediaPath), parallel: parallel,
            pollInterval: pollInterval, deadlines: deadlines, creditPolicy: creditPolicy,
            isMailOn: mail != nil)
    }

    /// A client for one thread. `timeout` bounds each call; `clock` watches the answers.
    func stripe(timeout: Duration, clock: ClockWatch? = nil) -> StripeClient {
        let curl = Curl(CurlOptions(userAgent: Self.userAgent, timeout: timeout))
        return StripeClient(
            secretKey: stripeKey, base: stripeBase, send: clock?.watching(curl.send) ?? curl.send)
    }

    func pollo() -> PolloClient {
        let curl = Curl(CurlOptions(userAgent: Self.userAgent, timeout: .seconds(60)))
        return PolloClient(apiKey: polloKey, base: polloBase, family: polloFamily, send: curl.send)
    }

    /// For mail, and for webhooks: 15 seconds, and nothing that an answer says is of interest.
    func outgoing() -> Curl {
        Curl(
            CurlOptions(
                userAgent: Self.userAgent, timeout: .seconds(15), maxResponseBytes: 64 << 10,
                addressPolicy: .publicOnly(exceptOrigins: exceptOrigins)))
    }

    func downloads() -> Curl {
        Curl(
            CurlOptions(
                userAgent: Self.userAgent,
                addressPolicy: .publicOnly(exceptOrigins: exceptOrigins)))
    }
}
