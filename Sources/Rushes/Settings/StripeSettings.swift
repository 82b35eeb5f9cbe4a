import Addresses

struct StripeSettings: Sendable {
    private static let home = "https://api.stripe.com"
    private static let filesHome = "https://files.stripe.com"

    let key: String
    let base: String
    let filesBase: String
    let webhookSecrets: [String]
    var isLive: Bool { key.dropFirst(3).hasPrefix("live_") }

    /// - Parameter stage: nil when it is not known; then nothing is judged by it.
    init?(_ reader: SettingsReader, stage: ShopSettings.Stage?) {
        let isProduction = stage == .production
        let key = reader.required(
            "STRIPE_SECRET_KEY", "a secret or restricted key of Stripe's API",
            like: "sk_live_…", isSecret: true
        ) { text throws(Unusable) in try Self.key(text, stage) }
        let base = reader.value(
            "STRIPE_API_BASE", "where Stripe's API is; without user, query or fragment",
            default: Self.home
        ) { text throws(Unusable) in
            try vendorBase(text, home: Self.home, isProduction: isProduction)
        }
        let filesBase = reader.value(
            "STRIPE_FILES_BASE", "where Stripe takes files, likewise",
            default: Self.filesHome
        ) { text throws(Unusable) in
            try vendorBase(text, home: Self.filesHome, isProduction: isProduction)
        }
        let secrets = reader.required(
            "STRIPE_WEBHOOK_SECRET",
            "of the endpoint that Stripe calls; several with commas while one replaces another",
            like: "whsec_…", isSecret: true
        ) { text throws(Unusable) in try Self.webhookSecrets(text, isProduction: isProduction) }
        guard let key, let base, let filesBase, let secrets else { return nil }
        self.key = key
        self.base = base
        self.filesBase = filesBase
        webhookSecrets = secrets
    }

    private static func key(
        _ text: String, _ stage: ShopSettings.Stage?
    ) throws(Unusable) -> String {
        guard ["sk_test_", "sk_live_", "rk_test_", "rk_live_"].contains(where: text.hasPrefix)
        else { throw Unusable("must begin with sk_ or rk_") }
        let isLive = text.dropFirst(3).hasPrefix("live_")
        switch stage {
        case .production:
            guard isLive else { throw Unusable("is a test key; production takes a live one") }
            guard Secrets.isVendorSecret(text.split(separator: "_").last ?? "", atLeast: 24)
            else { throw Unusable("is no key of Stripe's: copy it whole") }
        case .development, .staging:
            guard !isLive else {
                throw Unusable("is a live key; only APP_ENV=production takes one")
            }
        case nil: break
        }
        return text
    }

    private static func webhookSecrets(
        _ text: String, isProduction: Bool
    ) throws(Unusable) -> [String] {
        let secrets = text.parts
        guard !secrets.isEmpty,
            secrets.allSatisfy({
                $0.hasPrefix("whsec_") && $0.utf8.count > "whsec_".utf8.count
            })
        else { throw Unusable("must be whsec_…, several with commas") }
        for secret in secrets where isProduction {
            guard Secrets.isVendorSecret(secret.dropFirst("whsec_".count), atLeast: 24) else {
                throw Unusable("is no secret of Stripe's: copy it whole")
            }
        }
        return secrets
    }
}

/// The base of a vendor's API, which in production is the vendor's own.
func vendorBase(
    _ text: String, home: String, isProduction: Bool
) throws(Unusable) -> String {
    let base = try address(text, WebURL.base)
    guard !isProduction || base == home else {
        throw Unusable("must be \(home) in production")
    }
    return base
}
