import Addresses
import Domain
import Pollo

struct PolloSettings: Sendable {
    private static let home = "https://pollo.ai/api/platform"

    let key: String
    let base: String
    let family: PolloFamily
    let webhookSecret: String
    let parallel: Int
    let pollInterval: Duration
    /// Where files may be fetched from although it is no public address: the stand-ins.
    let exceptOrigins: [Origin]

    /// - Parameter stage: nil when it is not known; then nothing is judged by it.
    init?(_ reader: SettingsReader, stage: ShopSettings.Stage?) {
        let isProduction = stage == .production
        let key = reader.required(
            "POLLO_API_KEY", "a key of Pollo's API", like: "pollo_…", isSecret: true
        ) { text throws(Unusable) in
            guard !isProduction || Secrets.isVendorSecret(text, atLeast: 16) else {
                throw Unusable("is no key of Pollo's: copy it whole")
            }
            return text
        }
        let base = reader.value(
            "POLLO_API_BASE", "where Pollo's API is; without user, query or fragment",
            default: Self.home
        ) { text throws(Unusable) in
            try vendorBase(text, home: Self.home, isProduction: isProduction)
        }
        let family = reader.value(
            "POLLO_API_FAMILY", "which of Pollo's two APIs: `classic` or `v1`", default: "classic",
            form: "classic or v1", PolloFamily.init(rawValue:))
        let webhookSecret = reader.required(
            "POLLO_WEBHOOK_SECRET", "signs what Pollo calls us with", like: "…", isSecret: true
        ) { text throws(Unusable) in
            guard
                !isProduction
                    || PolloSignature.isSecret(text) && Secrets.isVendorSecret(text, atLeast: 24)
            else { throw Unusable("is no secret of Pollo's: copy it whole") }
            return text
        }
        let parallel = reader.value(
            "POLLO_MAX_PARALLEL", "tasks at the vendor at once, over all workers", default: "4"
        ) { Int($0).flatMap { (1...1000).contains($0) ? $0 : nil } }
        let pollInterval = reader.value(
            "POLLO_POLL_INTERVAL", "how often a task is asked for, to begin with", default: "5s"
        ) { Duration(span: $0).flatMap { $0 >= .milliseconds(100) ? $0 : nil } }
        guard let key, let base, let family, let webhookSecret, let parallel, let pollInterval
        else { return nil }
        self.key = key
        self.base = base
        self.family = family
        self.webhookSecret = webhookSecret
        self.parallel = parallel
        self.pollInterval = pollInterval
        exceptOrigins = isProduction ? [] : (try? [WebURL(base).origin]) ?? []
    }
}
