import Addresses
import Curl
import Domain
import MariaDB
import Media
import Pollo
import Sodium
import Store
import Stripe
import Web
import Worker

// The real things, made as the settings say.
extension Settings {
    private static let userAgent = "Rushes/\(programVersion)"

    var database: DatabaseConfiguration { databases.application }

    private var storage: Storage { Storage(folder: media.folder) }

    var site: SiteSettings {
        SiteSettings(
            origin: shop.origin, jwtSecret: shop.jwtSecret,
            previousJWTSecret: shop.previousJWTSecret,
            stripeWebhookSecrets: stripe.webhookSecrets,
            polloWebhookSecret: pollo.webhookSecret, isLive: stripe.isLive,
            creditPolicy: policy.credit, seller: seller, signupCredit: policy.signupCredit,
            generateLimit: policy.generateLimit, purchaseLimit: policy.purchaseLimit,
            deadlines: policy.deadlines, media: storage,
            exceptOrigins: pollo.exceptOrigins,
            requiresVerified: policy.requiresVerified, undoSeconds: policy.undoSeconds,
            supportRefundLimit: policy.supportRefundLimit,
            operatorsNeedCodes: shop.stage == .production)
    }

    var courier: CourierSettings {
        CourierSettings(
            appURL: shop.origin.text, mail: post.mail, operator: post.operator,
            creditPolicy: policy.credit, exceptOrigins: pollo.exceptOrigins,
            links: LinkTokens(secret: shop.jwtSecret, previous: shop.previousJWTSecret))
    }

    var worker: WorkerSettings {
        WorkerSettings(
            appURL: shop.origin.text, media: storage,
            parallel: pollo.parallel, pollInterval: pollo.pollInterval,
            deadlines: policy.deadlines, creditPolicy: policy.credit, seller: seller,
            secrets: SecretBox(
                secret: shop.jwtSecret, previous: shop.previousJWTSecret,
                purpose: SecondFactor.purpose),
            isMailOn: post.mail != nil,
            visitor: CurlOptions(userAgent: Self.userAgent, timeout: .seconds(10)),
            judgesCertificate: shop.stage != .development)
    }

    /// A client for one thread. `timeout` bounds each call; `clock` watches the answers.
    func stripeClient(timeout: Duration, clock: ClockWatch? = nil) -> StripeClient {
        let curl = Curl(CurlOptions(userAgent: Self.userAgent, timeout: timeout))
        return StripeClient(
            secretKey: stripe.key, base: stripe.base, filesBase: stripe.filesBase,
            send: clock?.watching(curl.send) ?? curl.send)
    }

    func polloClient() -> PolloClient {
        let curl = Curl(CurlOptions(userAgent: Self.userAgent, timeout: .seconds(60)))
        return PolloClient(
            apiKey: pollo.key, base: pollo.base, family: pollo.family, send: curl.send)
    }

    /// For mail, and for webhooks: 15 seconds, and nothing that an answer says is of interest.
    func outgoing() -> Curl {
        Curl(
            CurlOptions(
                userAgent: Self.userAgent, timeout: .seconds(15), maxResponseBytes: 64 << 10,
                addressPolicy: .publicOnly(exceptOrigins: pollo.exceptOrigins)))
    }

    func downloads() -> Curl {
        Curl(
            CurlOptions(
                userAgent: Self.userAgent,
                addressPolicy: .publicOnly(exceptOrigins: pollo.exceptOrigins)))
    }
}
